"""What persons add to a check: marks, attachments, the sign-off. Only a review's state is ever updated."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ReviewState(models.TextChoices):
    """Where a check stands on its way to a signature; `sites.reviewing.items.state_of` says when which."""

    WAITING = "waiting", _("待复核")
    REVIEWING = "reviewing", _("复核中")
    CHANGE = "change", _("待修改")
    READY = "ready", _("待签发")
    SIGNED = "signed", _("已签发")
    WITHDRAWN = "withdrawn", _("签发已撤回")


class Decision(models.TextChoices):
    """What a mark says. The first four answer a finding, a later one in place of an earlier; the others only speak."""

    SEEN = "seen", _("已阅")
    ACCEPTED = "accepted", _("认可")
    DISMISSED = "dismissed", _("排除")
    CHANGE = "change", _("要求修改")
    OPINION = "opinion", _("意见")
    REPLY = "reply", _("答复")
    SUBMITTED = "submitted", _("提请复核")


#: These stand for a finding until a later one of them does.
ANSWERS = (Decision.SEEN, Decision.ACCEPTED, Decision.DISMISSED, Decision.CHANGE)
#: With one of these a finding has its decision.
SETTLING = (Decision.ACCEPTED, Decision.DISMISSED)
#: These say nothing without words.
NEEDS_WORDS = (Decision.DISMISSED, Decision.CHANGE, Decision.OPINION, Decision.REPLY)


class Review(models.Model):
    """How far the review of one check has come. A check that nobody has touched has no row and waits.

    ``revision`` grows with everything that is added: who signs names the one they saw, so nobody signs what they
    haven't seen. Whoever adds a mark or signs locks this row first.
    """

    # "check" is a method of every Django model, hence the name.
    answer = models.OneToOneField("siting.Check", on_delete=models.PROTECT, related_name="review")
    state = models.CharField(_("状态"), max_length=12, choices=ReviewState, default=ReviewState.WAITING)
    revision = models.PositiveIntegerField(default=0)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    submitted_at = models.DateTimeField(_("提请时间"), null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "assignee"], name="sites_review_by_state"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ReviewState.values), name="sites_review_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"review of check {self.answer_id}: {self.state}"


class Mark(models.Model):
    """What one person said of one finding (``rule``), or of the check as a whole (``rule`` empty).

    Rows are only ever inserted (trigger ``sites_mark_append_only``), about a rule that the check did not find clear and
    only before the check is signed (trigger ``sites_mark_in_time``). A later answer replaces an earlier one; both stay.
    """

    answer = models.ForeignKey("siting.Check", on_delete=models.PROTECT, related_name="marks")
    rule = models.CharField(max_length=60, blank=True)
    decision = models.CharField(max_length=12, choices=Decision)
    text = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["answer", "rule", "id"], name="sites_mark_of_finding")]
        constraints = [
            models.CheckConstraint(
                condition=Q(decision__in=Decision.values), name="sites_mark_decision_known"
            ),
            models.CheckConstraint(
                condition=~Q(decision__in=NEEDS_WORDS) | Q(text__regex=r"\S"),
                name="sites_mark_has_its_reason",
            ),
            models.CheckConstraint(
                condition=~Q(rule="", decision__in=ANSWERS), name="sites_mark_answers_a_finding"
            ),
            models.CheckConstraint(
                condition=~Q(decision="submitted") | Q(rule=""), name="sites_mark_submits_the_whole"
            ),
        ]

    def __str__(self) -> str:
        return f"check {self.answer_id} {self.rule}: {self.decision}"


class Attachment(models.Model):
    """A file beside a finding, or beside the whole check (``rule`` empty).

    The bytes lie below ``MEDIA_ROOT/files`` by their SHA-256 (`gis_projects.files`), never where the web
    server looks. Rows are only ever inserted (``sites_attachment_append_only``), and only before the check is signed
    (``sites_attachment_in_time``).
    """

    answer = models.ForeignKey("siting.Check", on_delete=models.PROTECT, related_name="attachments")
    rule = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="sites_attachment_sha256"
            ),
            models.CheckConstraint(condition=Q(size__gt=0), name="sites_attachment_has_content"),
            models.CheckConstraint(
                condition=~Q(name__regex=r"[/\\[:cntrl:]]") & ~Q(name=""), name="sites_attachment_plain_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SignOff(models.Model):
    """One person's signature under one check and all that was said of it: a sealed record, bound to its digest.

    ``canonical`` is the signed text (`sites.reviewing.sign_offs`). A check is signed once; a later check or boundary
    makes the sign-off outdated and leaves it standing. Rows are only ever inserted (trigger
    ``sites_signoff_append_only``).

    Two persons: who signs neither saved the boundary nor ran the check. Who did stands in the trail, as the floor below
    knows no persons; so the two are written here too, the database refuses a signer who is one of them, and the trigger
    ``sites_signoff_complete`` holds what is written against the trail. It also refuses a signature while a finding that
    needs a decision has none (hits and suspects but those that only inform, and every rule that was not checked), or
    while a change is asked for. ``check_by`` is None where the platform itself ran the check.
    """

    answer = models.OneToOneField("siting.Check", on_delete=models.PROTECT, related_name="sign_off")
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    boundary_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    check_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    canonical = models.TextField()
    digest = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)
    key_id = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(signer=F("boundary_by")) & (Q(check_by=None) | ~Q(signer=F("check_by"))),
                name="sites_signoff_two_persons",
            ),
        ]

    def __str__(self) -> str:
        return f"sign-off of check {self.answer_id}"


class SignOffWithdrawal(models.Model):
    """A sign-off taken back, with the reason. The sign-off stays; the check can't be signed again.

    Rows are only ever inserted (trigger ``sites_signoffwithdrawal_append_only``).
    """

    sign_off = models.OneToOneField(SignOff, on_delete=models.PROTECT, related_name="withdrawal")
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="sites_withdrawal_has_its_reason"),
        ]

    def __str__(self) -> str:
        return f"withdrawal of sign-off {self.sign_off_id}"
