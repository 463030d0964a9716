"""Who asked for a project to be shown to the public, who let it be, and what was done."""

from __future__ import annotations

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.disclosure.models import Form


class Decision(models.TextChoices):
    OPEN = "open", _("待审批")
    APPROVED = "approved", _("已批准")
    REJECTED = "rejected", _("已退回")


class Proposal(models.Model):
    """Someone wants a project shown to the public (or shown anew); someone else decides.

    A project has one open proposal at most.
    """

    project = models.ForeignKey("library.Project", on_delete=models.PROTECT, related_name="+")
    form = models.CharField(_("位置形式"), max_length=10, choices=Form, default=Form.OUTLINE)
    precision_m = models.PositiveIntegerField(_("概化精度（米）"), default=50)
    township = models.CharField(_("所在乡镇"), max_length=60, blank=True)
    review_number = models.CharField(_("审图号"), max_length=40, blank=True)
    reason = models.CharField(_("理由"), max_length=300, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(decision="open"), name="publishing_one_open_proposal"
            ),
            models.CheckConstraint(
                condition=Q(decision="open", decided_by=None, decided_at=None)
                | Q(decision="approved", decided_by__isnull=False, decided_at__isnull=False)
                | Q(decision="rejected", decided_by__isnull=False, decided_at__isnull=False),
                name="publishing_decision_has_its_person",
            ),
            # Who proposed may take it back (rejected), but not approve it.
            models.CheckConstraint(
                condition=~Q(decision="approved", decided_by=F("proposed_by")),
                name="publishing_two_people_decide",
            ),
            models.CheckConstraint(
                condition=Q(precision_m__range=(10, 10_000)), name="publishing_proposal_precision"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.decision}"


class Act(models.TextChoices):
    PUBLISHED = "published", _("公开")
    CORRECTED = "corrected", _("更正")
    WITHDRAWN = "withdrawn", _("撤回")
    OUTLINES = "outlines", _("公开底图")


class PublicationRecord(models.Model):
    """What was done to the public copy of a project (or to the base map's outlines), by whom.

    Rows are only inserted (trigger ``publishing_record_unchanged``). ``digest`` is SHA-256 over the copied
    fields and the public geometry, so it can be told later what the public saw. A withdrawal needs one
    person, or none where the platform did it; the other acts need two.
    """

    project = models.ForeignKey("library.Project", null=True, on_delete=models.PROTECT, related_name="+")
    slug = models.CharField(max_length=20, blank=True, db_index=True)
    act = models.CharField(max_length=10, choices=Act)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=300, blank=True)
    form = models.CharField(max_length=10, blank=True)
    precision_m = models.PositiveIntegerField(null=True)
    review_number = models.CharField(max_length=40, blank=True)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(act__in=Act.values), name="publishing_act_known"),
            models.CheckConstraint(
                condition=Q(act="withdrawn")
                | (Q(by__isnull=False, approved_by__isnull=False) & ~Q(by=F("approved_by"))),
                name="publishing_two_people_publish",
            ),
            models.CheckConstraint(
                condition=Q(act="outlines", project=None) | (~Q(act="outlines") & Q(project__isnull=False)),
                name="publishing_record_names_its_project",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slug} {self.act}"
