"""What happens where departments disagree: joint consultation, escalation; and the tripartite checklist, blockers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.argument.models.cases import Case
from gis_projects.argument.models.tasks import Task
from gis_projects.library.models import Project
from gis_projects.people.models import Organisation
from gis_projects.people.permissions import Scoped, ScopePaths

_OF_PROJECT = ScopePaths(
    region="project__region_id",
    organisation="project__organisation_id",
    project="project_id",
    secrecy="project__secrecy",
)


class Consultation(models.Model):
    """A joint consultation (联合会商) of the departments of a case: called, then held with its minutes.

    ``settled`` says whether the objections were talked out; each department that objected then says so itself by a new
    version of its opinion. Its files lie beside ``argument.consultation:<key>``.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="consultations")
    topic = models.CharField(_("会商事项"), max_length=300)
    meets_on = models.DateField(_("会商日期"))
    place = models.CharField(_("地点"), max_length=120, blank=True)
    participants = models.ManyToManyField(Organisation, related_name="+", verbose_name=_("参加部门"))
    called_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    called_at = models.DateTimeField(default=timezone.now)
    minutes = models.TextField(_("会商纪要"), blank=True)
    attended = models.CharField(_("出席人员"), max_length=500, blank=True)
    settled = models.BooleanField(_("达成一致"), null=True, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["case_id", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(settled=None), name="argument_one_consultation_under_way"
            ),
            models.CheckConstraint(
                condition=Q(settled=None, recorded_at=None, recorded_by=None)
                | (
                    Q(settled__isnull=False, recorded_at__isnull=False, recorded_by__isnull=False)
                    & Q(minutes__regex=r"\S")
                ),
                name="argument_held_consultation_has_minutes",
            ),
        ]

    def __str__(self) -> str:
        return f"consultation {self.pk} of case {self.case_id}"


class Decision(models.TextChoices):
    """What a superior says of what was put before it; ``passed_up``: it went one level further up.

    ``withdrawn`` is no decision: the case was taken back meanwhile.
    """

    AGREE = "agree", _("同意")
    CONDITIONAL = "conditional", _("有条件同意")
    OBJECT = "object", _("不同意")
    PASSED_UP = "passed_up", _("转报上一级")
    WITHDRAWN = "withdrawn", _("已撤回")


class Escalation(models.Model):
    """One department's task put before its superior (提请上级): an objection that stands, or an opinion overdue.

    ``level`` 1 is the next region up, 2 the one above that. The clock stands still meanwhile where the routing table
    says so. Who put it there doesn't decide it.
    """

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="escalations")
    level = models.PositiveSmallIntegerField(_("层级"), default=1)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("上级部门")
    )
    reason = models.TextField(_("提请理由"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    decision = models.CharField(_("裁定"), max_length=12, choices=Decision, blank=True)
    text = models.TextField(_("裁定意见"), blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["task_id", "level", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["task"], condition=Q(decision=""), name="argument_one_escalation_under_way"
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_at=None, decided_by=None)
                | (
                    Q(decision__in=Decision.values, decided_at__isnull=False, decided_by__isnull=False)
                    & Q(text__regex=r"\S")
                ),
                name="argument_decision_is_somebodys",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | Q(by=None) | Q(decision="withdrawn") | ~Q(decided_by=F("by")),
                name="argument_decision_by_a_second_person",
            ),
            models.CheckConstraint(condition=Q(level__gte=1), name="argument_escalation_level"),
        ]

    def __str__(self) -> str:
        return f"escalation {self.pk} of task {self.task_id}"


class ChecklistState(models.TextChoices):
    OPEN = "open", _("会商中")
    PASSED = "passed", _("三方已签")
    FAILED = "failed", _("未通过")


class Checklist(Scoped, models.Model):
    """The tripartite checklist (数字化改革项目三方会商要点清单) of a project; ``content`` is the list as it then was.

    It closes with three signatures (trigger ``argument_checklist_closes``).
    """

    SCOPE = _OF_PROJECT

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="checklists")
    content = models.JSONField()
    state = models.CharField(_("状态"), max_length=8, choices=ChecklistState, default=ChecklistState.OPEN)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("发起时间"), default=timezone.now)
    closed_at = models.DateTimeField(_("办结时间"), null=True, blank=True)

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(state="open"), name="argument_one_open_checklist"
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None)
                | (Q(state__in=["passed", "failed"]) & Q(closed_at__isnull=False)),
                name="argument_closed_checklist",
            ),
        ]

    def __str__(self) -> str:
        return f"checklist {self.pk} of {self.project_id}"


class ChecklistParty(models.Model):
    """One of a checklist's three parties: who it is, what it answered to each of its points, and its signature.

    What is signed stays (trigger ``argument_checklistparty_signed_stays``); one person signs for one party.
    """

    checklist = models.ForeignKey(Checklist, on_delete=models.PROTECT, related_name="parties")
    party = models.SlugField(max_length=20)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField(default=dict)
    passes = models.BooleanField(null=True, blank=True)
    remark = models.TextField(_("会商意见"), blank=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_at = models.DateTimeField(_("签署时间"), null=True, blank=True)

    class Meta:
        ordering = ["checklist_id", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["checklist", "party"], name="argument_three_parties"),
            models.UniqueConstraint(fields=["checklist", "organisation"], name="argument_three_units"),
            models.UniqueConstraint(fields=["checklist", "signed_by"], name="argument_three_signers"),
            models.CheckConstraint(
                condition=Q(signed_by=None, signed_at=None, passes=None)
                | Q(signed_by__isnull=False, signed_at__isnull=False, passes__isnull=False),
                name="argument_party_signs_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party} of checklist {self.checklist_id}"


class Link(models.TextChoices):
    """The eight links in which something may get stuck."""

    TOTAL_STRUCTURE = "total_structure", _("总量结构论证")
    SITE = "site", _("选址论证")
    FISCAL = "fiscal", _("财力论证")
    APPROVAL = "approval", _("审批")
    START = "start", _("开工")
    FINISH = "finish", _("竣工")
    SETTLEMENT = "settlement", _("结算")
    FINAL_ACCOUNT = "final_account", _("决算")


class BlockerState(models.TextChoices):
    OPEN = "open", _("待协调")
    SOLVED = "solved", _("待确认")
    CLOSED = "closed", _("已销号")


class Blocker(Scoped, models.Model):
    """Something that keeps a project from going on (堵点): whose it is to solve, until when, and how it was.

    Who solved it doesn't strike it off. Its files lie beside ``argument.blocker:<key>``.
    """

    SCOPE = _OF_PROJECT

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="blockers")
    case = models.ForeignKey(Case, null=True, blank=True, on_delete=models.PROTECT, related_name="blockers")
    link = models.CharField(_("环节"), max_length=20, choices=Link)
    title = models.CharField(_("堵点"), max_length=200)
    text = models.TextField(_("情况说明"), blank=True)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("责任单位")
    )
    due_on = models.DateField(_("解决期限"))
    state = models.CharField(_("状态"), max_length=8, choices=BlockerState, default=BlockerState.OPEN)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField(_("提出时间"), default=timezone.now)
    resolution = models.TextField(_("解决情况"), blank=True)
    solved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    solved_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due_on", "pk"]
        indexes = [models.Index(fields=["state", "due_on"], name="argument_blocker_by_state")]
        constraints = [
            models.CheckConstraint(condition=Q(link__in=Link.values), name="argument_blocker_link"),
            models.CheckConstraint(
                condition=Q(state="open", solved_by=None, solved_at=None, closed_by=None, closed_at=None)
                | (
                    Q(
                        state="solved",
                        solved_by__isnull=False,
                        solved_at__isnull=False,
                        closed_by=None,
                        closed_at=None,
                    )
                    & Q(resolution__regex=r"\S")
                )
                | (
                    Q(
                        state="closed",
                        solved_by__isnull=False,
                        closed_by__isnull=False,
                        closed_at__isnull=False,
                    )
                    & Q(resolution__regex=r"\S")
                ),
                name="argument_blocker_state",
            ),
            models.CheckConstraint(
                condition=Q(closed_by=None) | ~Q(closed_by=F("solved_by")),
                name="argument_blocker_two_persons",
            ),
        ]

    def __str__(self) -> str:
        return f"blocker {self.pk}: {self.link}"
