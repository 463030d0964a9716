"""A case as its page shows it: lanes side by side, the clock, what stands against its end, what the reader may do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext

from gis_projects.argument.actions.conditions import condition_subject
from gis_projects.argument.actions.consultations import consultation_subject
from gis_projects.argument.models import Case, CaseState, Condition, Consultation, Opinion, Task
from gis_projects.argument.presenting.tasks import files_beside, lane, read_check, titled
from gis_projects.argument.queries import changes, elapsed, standing
from gis_projects.argument.queries.routing import Plan, table
from gis_projects.argument.queries.timeline import steps_of
from gis_projects.argument.subjects import opinion_subject
from gis_projects.argument.workflow import LIVE_CASE, OWED, SETTLED
from gis_projects.clock.models import ClockState
from gis_projects.clock.queries import clocks
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may
from gis_projects.sentences import sentence, word
from gis_projects.sites import presenting as sites
from gis_projects.sites.reviewing.reading import reading
from siting import wording
from siting.engine.verdict import Outcome, Severity


def case_page(
    user: User, case: Case, *, decisions: Mapping[int, Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """All that a case's page shows to a reader; ``decisions``: forms of decisions that weren't done (`lane`)."""
    read = read_check(user, case)
    tasks = _tasks(case)
    opinions = [row for task in tasks for row in task.opinions.all()]
    meetings = list(
        Consultation.objects.filter(case=case)
        .select_related("called_by", "recorded_by")
        .prefetch_related("participants")
    )
    files = files_beside(
        [opinion_subject(row) for row in opinions]
        + [condition_subject(each) for each in _demands(tasks)]
        + [consultation_subject(row) for row in meetings]
    )
    measured = elapsed.of(case, tasks)
    days = {each.task.pk: each for each in measured.lanes}
    organises = may(user, Permission.START_ARGUMENTS, case.project)
    change = changes.of(case)
    counted = [task for task in tasks if task.state not in standing.GONE]
    clock = clocks.read(case.clock) if case.clock else None
    return {
        "case": case,
        "project": case.project,
        "clock": clock,
        "lanes": [
            {**lane(user, task, read, files=files, decisions=decisions), "days": days.get(task.pk)}
            for task in counted
        ],
        "gone": [
            {**lane(user, task, read, files=files), "days": None}
            for task in tasks
            if task.state in standing.GONE
        ],
        "elapsed": measured,
        "settled": sum(task.state in SETTLED for task in counted),
        "change": change,
        "touched": _touched(case, change)
        if change is not None and change.check is not None and organises
        else [],
        "obstacles": [sentence(each) for each in standing.obstacles(case)]
        if case.state == CaseState.OPEN
        else [],
        "outcome_now": standing.outcome(case).label if case.state == CaseState.OPEN else "",
        "meetings": [{"row": row, "files": files.get(consultation_subject(row), [])} for row in meetings],
        "read": read,
        "findings": [each for each in read.document["findings"] if each["geometry"]] if read else [],
        "geometry": sites.site_geojson(case.site_version) if read and case.site_version else None,
        "routing_name": titled(table(case.routing)),
        "steps": list(steps_of(user, case)),
        "may": _may(user, case, counted, organises=organises, stale=change is not None),
        "departments": [task.organisation for task in counted],
        "today": timezone.localdate(),
    }


def _tasks(case: Case) -> list[Task]:
    rows = Opinion.objects.select_related("drafted_by").prefetch_related(
        "approvals__by", "conditions__claimed_by", "conditions__confirmed_by"
    )
    tasks = list(
        case.tasks.select_related("organisation", "function", "clock", "handler")
        .prefetch_related(
            "clock__pauses",
            Prefetch("opinions", queryset=rows.order_by("version")),
            "escalations__organisation",
            "escalations__by",
            "escalations__decided_by",
            "escalations__conditions__claimed_by",
            "escalations__conditions__confirmed_by",
        )
        .order_by("round", "pk")
    )
    for task in tasks:  # what is reached from below is the row that is at hand
        task.case = case
        for row in task.opinions.all():
            row.task = task
        for each in _demands([task]):
            each.task = task
    return tasks


def _demands(tasks: Iterable[Task]) -> Iterator[Condition]:
    """What opinions and decisions of these tasks demand."""
    for task in tasks:
        for opinion in task.opinions.all():
            yield from opinion.conditions.all()
        for escalation in task.escalations.all():
            yield from escalation.conditions.all()


def _touched(case: Case, change: changes.Change) -> list[str]:
    asked, _old = changes.touched_by(case, change)
    return [each.organisation.name if each.organisation else each.name for each in asked]


def _may(user: User, case: Case, tasks: list[Task], *, organises: bool, stale: bool) -> dict[str, Any]:
    live = case.state in LIVE_CASE
    running = case.clock is not None and case.clock.state == ClockState.RUNNING
    today = timezone.localdate()
    open_escalation = {task.pk for task in tasks if any(not row.decision for row in task.escalations.all())}
    return {
        "organise": organises and live,
        "conclude": organises and case.state == CaseState.OPEN,
        "pause": organises and live and running,
        "resume": organises and live and not running and case.state != CaseState.ESCALATED,
        "consult": organises and case.state == CaseState.OPEN and len(tasks) > 1,
        "minutes": organises and case.state == CaseState.CONSULTING,
        "reconfirm": organises and stale and case.state in (CaseState.OPEN, CaseState.CONCLUDED),
        "supplement": live and (organises or may(user, Permission.EDIT_PROJECTS, case.project)),
        "escalate": {
            task.pk
            for task in tasks
            if organises
            and case.state in (CaseState.OPEN, CaseState.ESCALATED)
            and task.pk not in open_escalation
            and (
                (task.state == "given" and task.result == "object")
                or (task.state in OWED and task.due_on is not None and task.due_on < today)
            )
        },
    }


def plan_data(user: User, project: Project, kind: str, label: Any, plan: Plan | None) -> dict[str, Any]:
    """Who would be asked in an argument, and why, before it is opened."""
    if plan is None:
        return {"kind": kind, "label": label, "asked": [], "obstacles": [gettext("还没有发布论证分派表")]}
    names = {}
    if plan.check is not None and may(user, Permission.READ_SITES, project):
        read = reading(user, plan.check)
        names = {
            each.rule: word(read.name_of(each.rule))
            for asked in plan.asked
            for each in asked.planned.findings
        }
    return {
        "kind": kind,
        "label": label,
        "check": plan.check,
        "limit": plan.table.limits.working_days,
        "routing": plan.routing,
        "obstacles": [sentence(each) for each in plan.obstacles],
        "asked": [
            {
                "name": word(each.name),
                "organisation": each.organisation,
                "elsewhere": each.organisation is not None
                and each.organisation.region_id != project.region_id,
                "items": [str(plan.table.item(code)) for code in each.planned.items],
                "findings": [
                    {
                        "name": names.get(found.rule, found.rule),
                        "outcome": found.outcome,
                        "outcome_label": str(wording.OUTCOMES[Outcome(found.outcome)]),
                        "severity": found.severity,
                        "severity_label": str(wording.SEVERITIES[Severity(found.severity)])
                        if found.severity
                        else "",
                    }
                    for found in each.planned.findings
                ],
                "unnamed": [word(name) for name in each.planned.unnamed],
            }
            for each in plan.asked
        ],
    }


def listed(rows: Iterable[Case]) -> list[dict[str, Any]]:
    """The list of cases as its page shows it, each with how many of its departments have settled."""
    cases = list(rows)
    progress: dict[int, list[str]] = {}
    counted = Task.objects.filter(case__in=cases).exclude(state__in=standing.GONE)
    for key, state in counted.values_list("case_id", "state"):
        progress.setdefault(key, []).append(state)
    today = timezone.localdate()
    return [
        {
            "case": case,
            "asked": len(progress.get(case.pk, [])),
            "settled": sum(state in SETTLED for state in progress.get(case.pk, [])),
            "overdue": case.state in LIVE_CASE
            and case.clock is not None
            and case.clock.state == ClockState.RUNNING
            and case.clock.due_on is not None
            and case.clock.due_on < today,
            "paused": case.clock is not None and case.clock.state == ClockState.PAUSED,
        }
        for case in cases
    ]


def case_columns() -> list[str]:
    """The heads of the list of cases as an export."""
    return [
        gettext("编号"), gettext("论证类型"), gettext("项目代码"), gettext("项目名称"), gettext("地区"),
        gettext("状态"), gettext("论证结论"), gettext("已出意见"), gettext("应出意见"), gettext("发起时间"),
        gettext("办理期限"), gettext("期限暂定"), gettext("已超期"), gettext("办结时间"),
    ]  # fmt: skip


def case_rows(rows: Iterable[Case]) -> Iterator[list[Any]]:
    """The list of cases as an export's rows."""
    for each in listed(rows):
        case = each["case"]
        yield [
            case.pk,
            case.get_kind_display(),
            case.project.code,
            case.project.name,
            case.project.region.name,
            case.get_state_display(),
            case.get_outcome_display() if case.outcome else "",
            each["settled"],
            each["asked"],
            timezone.localtime(case.opened_at).replace(tzinfo=None),
            case.clock.due_on if case.clock else None,
            gettext("是") if case.clock and case.clock.provisional else gettext("否"),
            gettext("是") if each["overdue"] else gettext("否"),
            timezone.localtime(case.concluded_at).replace(tzinfo=None) if case.concluded_at else None,
        ]
