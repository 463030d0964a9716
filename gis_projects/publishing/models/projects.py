"""Who asked for a project to be shown to the public, who let it be, and what was done."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models.libraries import PROJECT_PATHS
from gis_projects.people.permissions import Scoped
from gis_projects.publishing.models.rules import DisclosureRule


class Place(models.TextChoices):
    """How the public sees where a project is; `gis_projects.disclosure.models.Form` and not at all."""

    OUTLINE = "outline", _("概化轮廓")
    POINT = "point", _("概略点位")
    NONE = "none", _("不公开位置")


class Decision(models.TextChoices):
    OPEN = "open", _("待审批")
    APPROVED = "approved", _("已批准")
    REJECTED = "rejected", _("已退回")


class Chosen(models.Model):
    """What of a project is to be shown, and how, as `copying.Choice` has it.

    ``fields`` are the optional ones of `DisclosedProject`; ``milestones`` name what they are of (``diary:7``),
    ``media`` and ``results`` are keys of `ProgressMedia` and `PerformanceResult`. ``starts_at``: not before this moment
    (None: at once); ``until``: the last day on which it is shown (None: without end).
    """

    fields = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    form = models.CharField(_("位置形式"), max_length=10, choices=Place, default=Place.OUTLINE)
    precision_m = models.PositiveIntegerField(_("概化精度（米）"), default=50)
    township = models.CharField(_("所在乡镇"), max_length=60, blank=True)
    review_number = models.CharField(_("审图号"), max_length=40, blank=True)
    notice = models.CharField(_("声明"), max_length=200, blank=True)
    starts_at = models.DateTimeField(_("公开时间"), null=True, blank=True)
    until = models.DateField(_("公开至"), null=True, blank=True)
    milestones = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    media = ArrayField(models.BigIntegerField(), default=list, blank=True)
    results = ArrayField(models.BigIntegerField(), default=list, blank=True)
    reason = models.CharField(_("理由"), max_length=300, blank=True)
    rule = models.ForeignKey(
        DisclosureRule,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("公开规则"),
    )

    class Meta:
        abstract = True


class Proposal(Scoped, Chosen):
    """Someone wants a project shown to the public (or shown anew); someone else decides.

    A project has one open proposal at most. ``content`` is the public copy as it would have been when it was asked for,
    ``digest`` SHA-256 over it: who approves does so by the digest of what they were shown. One that is approved for
    later has no ``done_at``; it is published when its time has come, or it lapses (``lapsed_at``, with the reason in
    ``outcome``) where the copy would no longer be what was approved.
    """

    SCOPE = PROJECT_PATHS

    project = models.ForeignKey("library.Project", on_delete=models.PROTECT, related_name="+")
    content: Any = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    approved_digest = models.CharField(max_length=64, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    lapsed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(decision="open"), name="publishing_one_open_proposal"
            ),
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(decision="approved", done_at=None, lapsed_at=None),
                name="publishing_one_scheduled_proposal",
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
            models.CheckConstraint(
                condition=Q(decision="approved") | Q(done_at=None, lapsed_at=None),
                name="publishing_only_approved_is_carried_out",
            ),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(lapsed_at=None), name="publishing_done_or_lapsed"
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

    Rows are only inserted (trigger ``publishing_record_unchanged``). ``content`` is the whole copy and ``digest``
    SHA-256 over it, so it can be told later what the public saw; ``choice`` is how it was chosen (`copying.Choice`).
    A withdrawal needs one person, or none where the platform did it; the other acts need two.
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
    content: Any = models.JSONField(default=dict)
    choice: Any = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["project", "-id"], name="publishing_record_latest")]
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
