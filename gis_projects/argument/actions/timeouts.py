"""What becomes of departments that let the limit pass: by the rule of the routing table that the case was opened by."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from gis_projects.argument.actions import closing
from gis_projects.argument.actions.escalations import put_before
from gis_projects.argument.models import Case, CaseState, RoutingTable, Task, TaskState, Verdict
from gis_projects.argument.queries import standing
from gis_projects.argument.queries.routing import table
from gis_projects.argument.refusals import NotNow
from gis_projects.argument.subjects import locked_case
from gis_projects.argument.workflow import OWED
from gis_projects.clock.models import ClockState
from gis_projects.people.models import User


def overdue(today: date | None = None) -> QuerySet[Case]:
    """Live cases whose last day has passed while their clock runs."""
    running = Case.objects.filter(state=CaseState.OPEN, clock__state=ClockState.RUNNING)
    return running.filter(clock__due_on__lt=today or timezone.localdate())


def something_due() -> bool:
    """Whether a case is overdue whose routing table has a rule for that. Two queries."""
    versions = set(overdue().order_by().values_list("routing", flat=True).distinct())
    rows = RoutingTable.objects.filter(pk__in=versions)
    return any(table(row).limits.timeout != "none" for row in rows)


def apply_due() -> dict[str, int]:
    """Apply the rule to every live case that is overdue, each in its own transaction; how many tasks by what became.

    Done twice it does nothing more. A case at which it fails holds up none of the others.

    Raises
    ------
    ExceptionGroup
        What went wrong, after all cases were tried.
    """
    done = {"deemed": 0, "escalated": 0}
    wrong: list[Exception] = []
    for key in overdue().order_by("pk").values_list("pk", flat=True):
        try:
            with transaction.atomic():
                for state, count in apply_rule(None, locked_case(key)).items():
                    done[state] += count
        except Exception as error:
            error.add_note(f"case {key}")
            wrong.append(error)
    if wrong:
        raise ExceptionGroup(f"{len(wrong)} overdue cases could not be dealt with", wrong)
    return done


def apply_rule(by: User | None, case: Case) -> dict[str, int]:
    """Apply the rule to a case that is held: ``none`` leaves what is owed owed, ``agree`` deems it given, ``escalate``
    puts it before the superiors. Before the last day has passed nothing is done.

    A department that has no superior stays as it is, with the others: what is owed then keeps the case open.
    """
    rule = table(case.routing).limits.timeout
    if rule == "none" or case.state != CaseState.OPEN:
        return {}
    late = [
        task
        for task in standing.tasks(case).filter(state__in=OWED)
        if task.due_on is not None and task.due_on < timezone.localdate()
    ]
    if not late:
        return {}
    if rule == "escalate":
        return {"escalated": sum(_escalated(case, task) for task in late)}
    closing.drop_opinions(by=by, tasks=late)
    for task in late:
        _deemed(by, case, task)
    return {"deemed": len(late)}


def _deemed(by: User | None, case: Case, task: Task) -> None:
    if task.result:  # it was changing what it had said; that stands
        task.state = TaskState.GIVEN
        task.save(update_fields=["state"])
        return
    task.state, task.result, task.settled_at = TaskState.DEEMED, Verdict.AGREE, timezone.now()
    task.save(update_fields=["state", "result", "settled_at"])
    closing.written(
        by=by,
        case=case,
        verb="argument.deem_opinion",
        data={
            "task": task.pk,
            "department": task.organisation.name,
            "due_on": task.due_on.isoformat() if task.due_on else "",
        },
    )


def _escalated(case: Case, task: Task) -> bool:
    try:
        put_before(None, case, task, "逾期未出具意见，按超期规则提请上级")
    except NotNow:
        return False  # nobody stands above it; that it is owed is shown and stands against an end
    return True
