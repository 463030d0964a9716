"""While a project is built and when it is done: changes of what was decided, and acceptance (验收)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models.libraries import PROJECT_PATHS
from gis_projects.library.models.projects import Project
from gis_projects.people.permissions import Scoped


class ChangeKind(models.TextChoices):
    CONTENT = "content", _("建设内容和规模")
    INVESTMENT = "investment", _("总投资")
    SCHEDULE = "schedule", _("工期")
    DESIGN = "design", _("设计方案")


class ChangeState(models.TextChoices):
    APPLIED = "applied", _("待审批")
    APPROVED = "approved", _("已批准")
    RETURNED = "returned", _("已退回")
    WITHDRAWN = "withdrawn", _("已撤回")


class BuildingChange(Scoped, models.Model):
    """建设变更: what is asked to be otherwise than decided while a project is built, one at a time.

    ``from_yuan`` and ``from_finish`` are the record's total (元) and planned completion when it was asked. Asked only
    of a project under construction in the implementation library, and not while the whole is being accepted (trigger
    ``library_change_gate``); all that changes afterwards is that it is decided, once, by another person
    (``library_change_decided_once``).
    """

    SCOPE = PROJECT_PATHS

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="building_changes")
    kind = models.CharField(_("变更类别"), max_length=12, choices=ChangeKind)
    text = models.TextField(_("变更内容"))
    reason = models.TextField(_("变更理由"))
    from_yuan = models.DecimalField(
        _("原总投资（元）"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    to_yuan = models.DecimalField(
        _("变更后总投资（元）"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    from_finish = models.DateField(_("原计划竣工"), null=True, blank=True)
    to_finish = models.DateField(_("变更后计划竣工"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=ChangeState, default=ChangeState.APPLIED)
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    applied_at = models.DateTimeField(_("申请时间"), default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("办结时间"), null=True, blank=True)
    opinion = models.TextField(_("意见"), blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(state="applied"), name="library_one_open_change"
            ),
            models.CheckConstraint(condition=Q(kind__in=ChangeKind.values), name="library_change_kind"),
            models.CheckConstraint(condition=Q(state__in=ChangeState.values), name="library_change_state"),
            models.CheckConstraint(
                condition=~Q(kind="investment") | Q(to_yuan__gt=0), name="library_change_says_the_money"
            ),
            models.CheckConstraint(
                condition=~Q(kind="schedule") | Q(to_finish__isnull=False), name="library_change_says_the_day"
            ),
            models.CheckConstraint(
                condition=Q(state="applied", decided_by=None, decided_at=None)
                | ~Q(state="applied") & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="library_change_decided_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "returned"]) | ~Q(decided_by=F("applied_by")),
                name="library_change_decided_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.kind} {self.state}"


class AcceptanceKind(models.TextChoices):
    """The three ways; with a joint or an own one the project is completed."""

    SPECIAL = "special", _("专业验收")
    JOINT = "joint", _("联合验收")
    OWN = "own", _("自行验收")


#: Which of them accept the whole project.
WHOLE = (AcceptanceKind.JOINT, AcceptanceKind.OWN)


class AcceptanceState(models.TextChoices):
    APPLIED = "applied", _("待验收")
    PASSED = "passed", _("验收通过")
    RECTIFY = "rectify", _("限期整改")
    WITHDRAWN = "withdrawn", _("已撤回")


class Acceptance(Scoped, models.Model):
    """An application for acceptance (验收申请) and what came of it (验收).

    ``facts`` is what the record said when it was applied for, so that nobody writes it again. Applied for, and passed,
    only while the project is under construction in the implementation library with no change open (trigger
    ``library_acceptance_gate``); all that changes afterwards is that it is concluded, once, by another person
    (``library_acceptance_concluded_once``). Whose start is registered is completed by a passed one of the whole only
    (``library_project_completes`` on the project).
    """

    SCOPE = PROJECT_PATHS

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="acceptances")
    kind = models.CharField(_("验收方式"), max_length=8, choices=AcceptanceKind)
    subject = models.CharField(_("验收内容"), max_length=200)
    note = models.TextField(_("申请说明"), blank=True)
    facts = models.JSONField(default=dict)
    state = models.CharField(
        _("状态"), max_length=10, choices=AcceptanceState, default=AcceptanceState.APPLIED
    )
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    applied_at = models.DateTimeField(_("申请时间"), default=timezone.now)
    surveyed_on = models.DateField(_("现场踏勘日期"), null=True, blank=True)
    accepted_on = models.DateField(_("验收日期"), null=True, blank=True)
    number = models.CharField(_("验收文号"), max_length=120, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("办结时间"), null=True, blank=True)
    opinion = models.TextField(_("意见"), blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "kind", "subject"],
                condition=Q(state="applied"),
                name="library_one_open_acceptance",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=AcceptanceKind.values), name="library_acceptance_kind"
            ),
            models.CheckConstraint(
                condition=Q(state__in=AcceptanceState.values), name="library_acceptance_state"
            ),
            models.CheckConstraint(condition=Q(subject__regex=r"\S"), name="library_acceptance_says_of_what"),
            models.CheckConstraint(
                condition=Q(state="applied", decided_by=None, decided_at=None)
                | ~Q(state="applied") & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="library_acceptance_concluded_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["passed", "rectify"]) | ~Q(decided_by=F("applied_by")),
                name="library_accepted_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="passed") | Q(accepted_on__isnull=False, number__regex=r"\S"),
                name="library_acceptance_has_its_number",
            ),
            models.CheckConstraint(
                condition=~Q(state="rectify") | Q(opinion__regex=r"\S"),
                name="library_rectified_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.kind} {self.state}"
