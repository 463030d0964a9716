"""The only writers of escalations: a task put before the department's superior, decided there or passed further up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from gis_projects.argument.actions import closing, quotas
from gis_projects.argument.actions.conditions import demanded
from gis_projects.argument.actions.conditions import establish as set_conditions
from gis_projects.argument.models import Case, CaseState, Decision, Escalation, Task, TaskState
from gis_projects.argument.queries import standing
from gis_projects.argument.queries.routing import table
from gis_projects.argument.refusals import not_now, refuse, words
from gis_projects.argument.scopes import DECIDING
from gis_projects.argument.subjects import locked_case, locked_task
from gis_projects.argument.workflow import OWED
from gis_projects.clock.actions import clocks
from gis_projects.clock.models import ClockState
from gis_projects.people.models import Organisation, User
from gis_projects.people.permissions import Permission, find, require
from gis_projects.people.queries.delegations import same_person
from gis_projects.people.queries.organisations import department_of


def superior(organisation: Organisation) -> Organisation | None:
    """The department of the same function in the next region up that has one."""
    region = organisation.region
    if organisation.department_id is None or region is None or region.parent_id is None:
        return None
    return department_of(organisation.department_id, region.parent_id)


@transaction.atomic
def escalate(*, by: User, task: Task, reason: str) -> Escalation:
    """Put a department's objection, or the opinion that it owes past its limit, before its superior.

    Raises
    ------
    NotNow
        There is nothing to decide, no superior, or it is there already.
    """
    task = locked_task(task)
    require(by, Permission.START_ARGUMENTS, task.case.project)
    why = words(reason, field="reason")
    if task.case.state not in (CaseState.OPEN, CaseState.ESCALATED):
        raise not_now(
            "case-not-open", "论证处于“%(state)s”，不能提请上级", state=task.case.get_state_display()
        )
    late = task.state in OWED and task.due_on is not None and task.due_on < timezone.localdate()
    if not late and not (task.state == TaskState.GIVEN and task.result == "object"):
        raise not_now("nothing-to-escalate", "部门不同意或逾期未出具意见时，才能提请上级")
    return put_before(by, task.case, task, why)


def put_before(by: User | None, case: Case, task: Task, reason: str) -> Escalation:
    """Put a task of a case that is held before the superior; the clock stands still where the table says so."""
    if Escalation.objects.filter(task=task, decision="").exists():
        raise not_now("escalated-already", "该部门的意见已经提请上级")
    if case.state == CaseState.OPEN and case.clock is not None and case.clock.state == ClockState.PAUSED:
        raise not_now("case-paused", "期限暂停中，请先恢复计时再提请上级")
    above = superior(task.organisation)
    if above is None:
        raise not_now("no-superior", "“%(name)s”没有上级主管部门", name=task.organisation.name)
    closing.drop_opinions(by=by, tasks=[task])
    if task.state == TaskState.APPROVING:
        task.state = TaskState.GIVEN if task.result else TaskState.WAITING
        task.save(update_fields=["state"])
    row = Escalation.objects.create(task=task, level=1, organisation=above, reason=reason, by=by)
    _move(case, CaseState.ESCALATED)
    if (
        table(case.routing).limits.pause_on_escalation
        and case.clock is not None
        and case.clock.state == ClockState.RUNNING
    ):
        case.clock = clocks.pause(by=by, clock=case.clock, reason=f"提请{above.name}：{reason}"[:300])
    _written(by, case, row, verb="argument.escalate_task")
    return row


@transaction.atomic
def decide(
    *,
    by: User,
    escalation: Escalation,
    decision: str,
    text: str,
    conditions: Iterable[Mapping[str, Any]] = (),
) -> Escalation:
    """Say as the superior what counts, or pass it on to the level above.

    With the last decision the case goes on, and its clock. What the department demanded is demanded no more: the
    decision stands in its place.

    Parameters
    ----------
    conditions
        What a conditional decision demands (`conditions.demanded`), at least one, and no other decision any; tracked as
        an opinion's are.

    Raises
    ------
    UnusableInput
        There is no such decision, its text is missing, a conditional one names no condition, or another one does.
    PermissionDenied, Http404
        Who isn't of the superior department, may not approve there, or may not know of the project.
    NotNow
        It is decided already, the same person put it there, or nobody stands above to pass it to.
    """
    known = Escalation.objects.select_related("task", "organisation__region")
    row = find(by, Permission.APPROVE_OPINIONS, known, paths=DECIDING, pk=escalation.pk)
    case = locked_case(row.task.case_id)
    row = (
        Escalation.objects.select_for_update(of=("self",))
        .select_related("organisation__region")
        .get(pk=row.pk)
    )
    task = Task.objects.select_related("organisation", "clock").get(pk=row.task_id)
    task.case = case
    said = words(text, field="text")
    if not decision:
        raise refuse("decision-missing", "请选择裁定", field="decision")
    if decision not in (Decision.AGREE, Decision.CONDITIONAL, Decision.OBJECT, Decision.PASSED_UP):
        raise refuse("decision-unknown", "没有这种裁定：%(decision)s", field="decision", decision=decision)
    asked = demanded(conditions)
    if asked and decision != Decision.CONDITIONAL:
        raise refuse("conditions-without-decision", "写有条件时，裁定须为“有条件同意”", field="decision")
    if decision == Decision.CONDITIONAL and not asked:
        raise refuse("decision-without-condition", "有条件同意须至少写明一项条件", field="conditions")
    if row.decision:
        raise not_now("decided-already", "已经裁定")
    if same_person(by, row.by_id, timezone.localdate(row.at)):
        raise not_now("decision-two-persons", "提请人不能裁定，须由另一人裁定")
    above = superior(row.organisation) if decision == Decision.PASSED_UP else None
    if decision == Decision.PASSED_UP and above is None:
        raise not_now("no-superior", "“%(name)s”没有上级主管部门", name=row.organisation.name)
    row.decision, row.text, row.decided_by, row.decided_at = decision, said, by, timezone.now()
    row.save(update_fields=["decision", "text", "decided_by", "decided_at"])
    _written(by, case, row, verb="argument.decide_escalation")
    if above is not None:
        higher = Escalation.objects.create(
            task=task, level=row.level + 1, organisation=above, reason=said, by=by
        )
        _written(by, case, higher, verb="argument.escalate_task")
        return row
    _settle(by, task, decision)
    if asked:
        set_conditions(row, asked)
        closing.written(
            by=by,
            case=case,
            verb="argument.set_conditions",
            data={
                "task": task.pk,
                "escalation": row.pk,
                "superior": row.organisation.name,
                "conditions": [each["text"] for each in asked],
            },
        )
    _go_on(by, case)
    return row


def _settle(by: User, task: Task, decision: str) -> None:
    """What the superior said counts for the department; what the department's own opinion took is given back with it
    where the superior refuses.
    """
    if decision == Decision.OBJECT:
        for opinion in standing.opinions_in_force(task.case):
            if opinion.task_id == task.pk:
                quotas.release(by=by, opinion=opinion)
    closing.lapse_conditions([task])
    task.state, task.result, task.settled_at = TaskState.DECIDED, decision, timezone.now()
    task.save(update_fields=["state", "result", "settled_at"])


def _go_on(by: User, case: Case) -> None:
    """Once nothing is before a superior any more, the case is open again and its clock runs."""
    if Escalation.objects.filter(task__case=case, decision="").exists():
        return
    _move(case, CaseState.OPEN)
    if case.clock is not None and case.clock.state == ClockState.PAUSED:
        case.clock = clocks.resume(by=by, clock=case.clock, reason="上级已裁定")


def _move(case: Case, state: CaseState) -> None:
    if case.state != state:
        case.state = state
        case.save(update_fields=["state"])


def _written(by: User | None, case: Case, row: Escalation, *, verb: str) -> None:
    closing.written(
        by=by,
        case=case,
        verb=verb,
        data={
            "task": row.task_id,
            "escalation": row.pk,
            "department": row.task.organisation.name,
            "superior": row.organisation.name,
            "level": row.level,
            "decision": str(row.decision),
            "text": row.text or row.reason,
        },
    )
