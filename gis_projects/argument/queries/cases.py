"""Readers of cases and tasks, through the one permission question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from gis_projects.argument.models import Case, CaseState, Opinion, Task
from gis_projects.argument.scopes import HANDLING
from gis_projects.argument.workflow import LIVE_CASE, OWED
from gis_projects.clock.models import ClockState
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, has, require, visible

LIVE = "live"
OVERDUE = "overdue"
ALL = "all"


@dataclass(frozen=True)
class Wanted:
    """What the list of cases is asked for; empty means any. ``state`` is one of `CaseState`, or `LIVE` (also when
    empty), `OVERDUE`, `ALL`; ``department`` a function code.
    """

    kind: str = ""
    state: str = ""
    outcome: str = ""
    region: str = ""
    department: str = ""
    q: str = ""


def cases(user: User, wanted: Wanted = Wanted()) -> QuerySet[Case]:
    """Cases of the projects that a user reaches: those that end soonest first, then the newest."""
    rows = _narrowed(_visible(user), wanted)
    rows = rows.filter(_in_state(wanted.state))
    rows = rows.select_related("project__region", "clock", "opened_by")
    return rows.order_by(
        F("clock__stopped_on").asc(nulls_first=True), F("clock__due_on").asc(nulls_last=True), "-pk"
    )


def counts(user: User, wanted: Wanted) -> dict[str, int]:
    """How many cases of what is asked for are in each state."""
    rows = _narrowed(_visible(user), wanted)
    of_state = {state: rows.filter(_in_state(state)).count() for state in (*CaseState.values, OVERDUE)}
    return {
        **of_state,
        LIVE: sum(of_state[state] for state in LIVE_CASE),
        ALL: sum(of_state[state] for state in CaseState.values),
    }


def _visible(user: User) -> QuerySet[Case]:
    return visible(user, Permission.READ_ARGUMENTS, Case.objects.all())


def _in_state(state: str) -> Q:
    if state == ALL:
        return Q()
    if state == OVERDUE:
        return Q(state__in=LIVE_CASE, clock__state=ClockState.RUNNING, clock__due_on__lt=timezone.localdate())
    return Q(state=state) if state in CaseState.values else Q(state__in=LIVE_CASE)


def _narrowed(rows: QuerySet[Case], wanted: Wanted) -> QuerySet[Case]:
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.outcome:
        rows = rows.filter(outcome=wanted.outcome)
    if wanted.region:
        rows = rows.filter(project__region=wanted.region)
    if wanted.department:
        asked = Task.objects.filter(case=OuterRef("pk"), function=wanted.department)
        rows = rows.filter(Exists(asked.exclude(state__in=["superseded", "cancelled"])))
    for word in wanted.q.split():
        rows = rows.filter(Q(project__name__icontains=word) | Q(project__code__icontains=word))
    return rows


def case(user: User, pk: int, permission: Permission = Permission.READ_ARGUMENTS) -> Case:
    """One case that the user may see, or 404; 403 if they may see it but not do that to it."""
    rows = Case.objects.select_related(
        "project__region", "project__organisation", "project__site", "routing", "clock", "answer__rulebook",
        "site_version", "opened_by", "concluded_by",
    ).prefetch_related("clock__pauses")  # fmt: skip
    return find(user, permission, rows, reading=Permission.READ_ARGUMENTS, pk=pk)


def tasks_of(case: Case) -> list[Task]:
    """All tasks of a case, with all that their lanes show."""
    rows = case.tasks.select_related("organisation", "function", "clock", "handler")
    return list(rows.prefetch_related("clock__pauses").order_by("round", "pk"))


def task(user: User, pk: int) -> Task:
    """One task of a case that the user may read, or 404."""
    # What few ask for (the answer, the boundary, the unit) is left until then: with it the database plans the order of
    # fifteen joins, which takes longer (86 ms) than reading them all one by one.
    rows = Task.objects.select_related(
        "case__project__region",
        "case__routing",
        "case__clock",
        "organisation",
        "function",
        "clock",
        "handler",
    )
    return find(user, Permission.READ_ARGUMENTS, rows, pk=pk)


@dataclass(frozen=True)
class TasksWanted:
    """What the list of tasks is asked for. ``state`` is one of `TaskState`, `OVERDUE`, `ALL`, or empty for what is
    owed.
    """

    state: str = ""
    kind: str = ""
    q: str = ""


def my_tasks(user: User, wanted: TasksWanted = TasksWanted()) -> QuerySet[Task]:
    """The tasks of the user's own department, whether they give opinions there or approve them: soonest due first."""
    rows = Task.objects.select_related(
        "case__project__region", "organisation", "function", "clock", "handler"
    )
    if has(user, Permission.GIVE_OPINIONS):
        rows = visible(user, Permission.GIVE_OPINIONS, rows, HANDLING)
    else:
        rows = visible(user, Permission.APPROVE_OPINIONS, rows, HANDLING)
    if wanted.kind:
        rows = rows.filter(case__kind=wanted.kind)
    for word in wanted.q.split():
        rows = rows.filter(Q(case__project__name__icontains=word) | Q(case__project__code__icontains=word))
    today = timezone.localdate()
    if wanted.state == OVERDUE:
        rows = rows.filter(_late(today))
    elif wanted.state == "":
        rows = rows.filter(state__in=OWED, case__state__in=LIVE_CASE)
    elif wanted.state != ALL:
        rows = rows.filter(state=wanted.state)
    return rows.order_by(F("clock__due_on").asc(nulls_last=True), "pk")


def _late(today: date) -> Q:
    return Q(
        state__in=OWED,
        case__state__in=LIVE_CASE,
        clock__state=ClockState.RUNNING,
        clock__due_on__lt=today,
    )


def opinion(user: User, pk: int) -> Opinion:
    """An opinion of one's own department, or one in force that the user may read; else 404."""
    require(user, Permission.READ_ARGUMENTS)
    known = Opinion.objects.select_related("task__case__project", "task__organisation", "drafted_by")
    row = known.filter(pk=pk).first()
    if row is None or not may_read(user, row):
        raise Http404
    return row


def may_read(user: User, opinion: Opinion) -> bool:
    """An opinion in force is read by whoever reads the case; what is on its way to it by its department alone."""
    if not visible(user, Permission.READ_ARGUMENTS, Task.objects.filter(pk=opinion.task_id)).exists():
        return False
    if opinion.effective_at is not None:
        return True
    return user.organisation_id == opinion.task.organisation_id
