"""What the departments of a case amount to: who still owes an opinion, what stands against an end, and which end."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from gis_projects.argument.models import Case, Consultation, Escalation, Opinion, Task
from gis_projects.argument.queries import changes
from gis_projects.argument.queries.routing import table
from gis_projects.argument.workflow import EFFECTIVE, OWED, SETTLED
from gis_projects.library.models import Outcome
from siting.engine.notices import Notice

#: A task that was replaced or taken back says nothing any more.
GONE = ("superseded", "cancelled")


def tasks(case: Case) -> QuerySet[Task]:
    """The tasks that count: those of the last round, and those of earlier ones that it did not touch."""
    return case.tasks.exclude(state__in=GONE).select_related("organisation", "function", "clock")


def opinions_in_force(case: Case) -> list[Opinion]:
    """The opinion that stands for each department whose task counts: its newest one in force."""
    rows = Opinion.objects.filter(task__in=tasks(case), state__in=EFFECTIVE).order_by("task_id", "-version")
    return list(rows.distinct("task_id").select_related("task"))


def objections(case: Case) -> list[Task]:
    """Departments whose result is that they object."""
    return [task for task in tasks(case) if task.state in SETTLED and task.result == "object"]


def outcome(case: Case) -> Outcome:
    """How a case ends whose departments have all settled: one objection fails it, one condition is a condition."""
    results = {task.result for task in tasks(case)}
    if "object" in results:
        return Outcome.FAILED
    return Outcome.CONDITIONAL if "conditional" in results else Outcome.PASSED


def obstacles(case: Case) -> list[Notice]:
    """What stands between an open case and its end."""
    return list(_obstacles(case))


def _obstacles(case: Case) -> Iterator[Notice]:
    if Consultation.objects.filter(case=case, settled=None).exists():
        yield Notice("case-consulting", "联合会商尚未形成纪要")
    if Escalation.objects.filter(task__case=case, decision="").exists():
        yield Notice("case-escalated", "提请上级的事项尚未裁定")
    owed = [task for task in tasks(case) if task.state in OWED]
    if owed:
        yield Notice(
            "case-owed",
            "还有 %(count)s 个部门没有出具意见：%(departments)s",
            {"count": len(owed), "departments": [task.organisation.name for task in owed]},
        )
    approving = Opinion.objects.filter(task__in=tasks(case).filter(state__in=SETTLED), state="approving")
    if approving.exists():
        yield Notice("case-opinion-on-its-way", "有部门正在审签新的意见")
    if change := changes.of(case):
        yield Notice("case-stale", "%(what)s，须先重新征求所涉部门意见", {"what": change.text})
    limits = table(case.routing).limits
    against = objections(case)
    if against and limits.objection_needs_consultation:
        heard = {*_decided(case), *_consulted(case, against)}
        if any(task.pk not in heard for task in against):
            yield Notice("case-objection", "有部门不同意，须先联合会商或提请上级，再作结论")


def _decided(case: Case) -> set[int]:
    rows = Escalation.objects.filter(task__case=case).exclude(decision__in=["", "passed_up"])
    return set(rows.values_list("task_id", flat=True))


def _consulted(case: Case, against: list[Task]) -> set[int]:
    """Objecting departments that a consultation, held in this round, was called with."""
    held = Consultation.objects.filter(
        case=case, settled__isnull=False, called_at__gte=min(task.dispatched_at for task in against)
    )
    present = set(held.values_list("participants", flat=True))
    return {task.pk for task in against if task.organisation_id in present}
