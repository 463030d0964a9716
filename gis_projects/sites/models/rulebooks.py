"""Who wrote a rulebook's draft, and the two persons who publish it. What was once recorded is never overwritten."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class RulebookRevision(models.Model):
    """A draft as one person saved it. Inserted only (trigger)."""

    draft = models.ForeignKey("siting.RulebookDraft", on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["draft_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["draft", "number"], name="one_number_per_draft_revision")
        ]

    def __str__(self) -> str:
        return f"draft {self.draft_id}, revision {self.number}"


class PublicationState(models.TextChoices):
    """Where the publication of a draft stands."""

    PROPOSED = "proposed", _("待批准")
    PUBLISHED = "published", _("已发布")
    REFUSED = "refused", _("已退回")
    WITHDRAWN = "withdrawn", _("已撤回")


class RulebookPublication(models.Model):
    """One person proposes a draft's revision, another publishes or refuses it (constraint).

    ``trial`` is the one that it rests on, of exactly this revision; ``reason`` says why it may be published without
    one, or with one that isn't current any more. ``words`` are the second person's. A publication that has ended never
    changes, and none is deleted (triggers).
    """

    draft = models.ForeignKey("siting.RulebookDraft", on_delete=models.PROTECT, related_name="publications")
    revision = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=PublicationState, default=PublicationState.PROPOSED)
    trial = models.ForeignKey(
        "siting.RulebookTrial", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(blank=True)
    proposer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    words = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    rulebook = models.OneToOneField(
        "siting.RuleBook", null=True, blank=True, on_delete=models.PROTECT, related_name="publication"
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approver=None) | ~Q(approver=F("proposer")),
                name="rulebook_publication_needs_two_persons",
            ),
            models.UniqueConstraint(
                fields=["draft"],
                condition=Q(state=PublicationState.PROPOSED),
                name="one_open_publication_per_draft",
            ),
            models.CheckConstraint(
                condition=Q(trial__isnull=False) | ~Q(reason=""),
                name="rulebook_publication_rests_on_a_trial_or_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state=PublicationState.PROPOSED, approver=None, ended_at=None, rulebook=None)
                | Q(
                    state=PublicationState.PUBLISHED,
                    approver__isnull=False,
                    ended_at__isnull=False,
                    rulebook__isnull=False,
                )
                | Q(
                    state=PublicationState.REFUSED,
                    approver__isnull=False,
                    ended_at__isnull=False,
                    rulebook=None,
                )
                | Q(state=PublicationState.WITHDRAWN, approver=None, ended_at__isnull=False, rulebook=None),
                name="rulebook_publication_state",
            ),
        ]

    def __str__(self) -> str:
        return f"publication {self.pk} of draft {self.draft_id}: {self.state}"
