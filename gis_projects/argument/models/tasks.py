"""What one department is asked in a case."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.argument.models.cases import Case
from gis_projects.people.models import Department, Organisation
from gis_projects.people.permissions import Scoped, ScopePaths

#: Who handles a task: the people of the department asked, wherever they are, and nobody else.
HANDLING = ScopePaths(organisation="organisation_id", secrecy="case__project__secrecy")


class TaskState(models.TextChoices):
    WAITING = "waiting", _("待出意见")
    APPROVING = "approving", _("部门审签中")
    RETURNED = "returned", _("退回补正")
    GIVEN = "given", _("已出具意见")
    DEEMED = "deemed", _("逾期视为同意")
    DECIDED = "decided", _("上级已裁定")
    SUPERSEDED = "superseded", _("已重新征求")
    CANCELLED = "cancelled", _("已撤销")


class Verdict(models.TextChoices):
    """What a department says. The first three count as its result; a return asks for other material first."""

    AGREE = "agree", _("同意")
    CONDITIONAL = "conditional", _("有条件同意")
    OBJECT = "object", _("不同意")
    RETURN = "return", _("退回补正")


class Task(Scoped, models.Model):
    """A department's part of a case (部门论证任务), dispatched at the same moment as all others of its round.

    ``items`` are the codes of the routing table's items that it is asked, ``reasons`` why it is asked at all:
    entries of the table, findings of the check and rules that the check left open. ``chain_mode`` and
    ``chain_levels`` are the department's approval chain as it was then: a chain changed later is for later tasks.
    ``clock`` is its round's: all departments of a round have the same limit, so its last day is theirs (`due_on`).
    ``result`` is what counts of it, by its own opinion, by the limit or by the superior's decision. States move as
    `argument.workflow.TASK_MOVES` says (trigger ``argument_task_moves``).
    """

    SCOPE = ScopePaths(
        region="case__project__region_id",
        organisation="case__project__organisation_id",
        project="case__project_id",
        secrecy="case__project__secrecy",
    )

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="tasks")
    round = models.PositiveSmallIntegerField(default=1)
    function = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", verbose_name=_("职能部门")
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="argument_tasks", verbose_name=_("承办部门")
    )
    items = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
    state = models.CharField(_("状态"), max_length=12, choices=TaskState, default=TaskState.WAITING)
    result = models.CharField(_("结论"), max_length=12, choices=Verdict, blank=True)
    clock = models.ForeignKey("clock.Clock", on_delete=models.PROTECT, related_name="+")
    chain_mode = models.CharField(max_length=8)
    chain_version = models.PositiveIntegerField(default=0)
    chain_levels = models.JSONField(default=list)
    dispatched_at = models.DateTimeField(_("送达时间"), default=timezone.now)
    settled_at = models.DateTimeField(_("办结时间"), null=True, blank=True)
    handler = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["case_id", "round", "pk"]
        indexes = [
            models.Index(fields=["organisation", "state"], name="argument_task_of_department"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "round", "organisation"], name="argument_one_task_a_department"
            ),
            models.CheckConstraint(condition=Q(state__in=TaskState.values), name="argument_task_state"),
            models.CheckConstraint(
                condition=Q(chain_mode__in=["approve", "verify", "file"]), name="argument_task_chain_mode"
            ),
            models.CheckConstraint(
                condition=Q(result="") | Q(result__in=["agree", "conditional", "object"]),
                name="argument_task_result",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["given", "deemed", "decided"])
                | (~Q(result="") & Q(settled_at__isnull=False)),
                name="argument_settled_task_has_its_result",
            ),
        ]

    def __str__(self) -> str:
        return f"task {self.pk}: {self.function_id} in case {self.case_id}"

    @property
    def due_on(self) -> date | None:
        """The last day of the limit as the calendar stands now; None while the clock stands still."""
        return self.clock.due_on

    @property
    def due_provisional(self) -> bool:
        """Whether that day lies past what the official calendar has published."""
        return self.clock.provisional
