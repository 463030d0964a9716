"""Readers of duties: by department, by rule, and how a month went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy

from gis_projects.desk.models import Deadline, Duty, InstructionTask, TaskState
from gis_projects.desk.periods import bounds, moments, rules
from gis_projects.people.models import Organisation, OrganisationKind, SignIn, User
from gis_projects.people.permissions import Permission, find, region_prefix, visible


class State(StrEnum):
    """Where a duty stands on a day."""

    OPEN = "open"
    OVERDUE = "overdue"
    DONE = "done"
    LATE = "late"

    @property
    def label(self) -> str:
        return str(_STATES[self])


_STATES = {
    State.OPEN: gettext_lazy("未完成"),
    State.OVERDUE: gettext_lazy("已逾期"),
    State.DONE: gettext_lazy("按时完成"),
    State.LATE: gettext_lazy("逾期完成"),
}


def state(duty: Duty, today: date | None = None) -> State:
    """A duty is overdue from the day after its last one, and late when done from then on (days of China)."""
    if duty.done_at is not None:
        return State.LATE if timezone.localdate(duty.done_at) > duty.due_on else State.DONE
    return State.OVERDUE if duty.due_on < (today or timezone.localdate()) else State.OPEN


def in_state(wanted: str, today: date) -> Q:
    """`state` as a filter."""
    conditions = {
        State.OPEN: Q(done_at=None, due_on__gte=today),
        State.OVERDUE: Q(done_at=None, due_on__lt=today),
        State.DONE: Q(done_at__isnull=False, done_at__date__lte=F("due_on")),
        State.LATE: Q(done_at__isnull=False, done_at__date__gt=F("due_on")),
    }
    return conditions[State(wanted)]


def deadlines(code: str, period: str) -> list[Deadline]:
    """The days that were set for a rule in a period, the last word first."""
    return list(Deadline.objects.filter(code=code, period=period).order_by("-pk"))


def standing(rows: Iterable[Deadline], region: str | None) -> Deadline | None:
    """Which of a rule's deadlines holds in a region: the highest superior's last word."""
    above = [row for row in rows if region is not None and region.startswith(region_prefix(row.region_id))]
    return min(above, key=lambda row: (len(region_prefix(row.region_id)), -row.pk), default=None)


@dataclass(frozen=True)
class Wanted:
    """What of the duties is asked for; empty means any."""

    code: str = ""
    state: str = ""
    period: str = ""
    region: str = ""
    function: str = ""
    q: str = ""


def duties(user: User, wanted: Wanted | None = None, *, today: date | None = None) -> QuerySet[Duty]:
    """The duties that a user may see: of their region and below, and of their own department."""
    wanted, today = wanted or Wanted(), today or timezone.localdate()
    rows = Duty.objects.select_related("organisation__region", "organisation__department", "done_by")
    rows = visible(user, Permission.READ_STATISTICS, rows)
    if wanted.code:
        rows = rows.filter(code=wanted.code)
    if wanted.state:
        rows = rows.filter(in_state(wanted.state, today))
    if wanted.period:
        rows = rows.filter(period=wanted.period)
    if wanted.region:
        rows = rows.filter(organisation__region=wanted.region)
    if wanted.function:
        rows = rows.filter(organisation__department=wanted.function)
    for word in wanted.q.split():
        rows = rows.filter(organisation__name__icontains=word)
    return rows.order_by("-due_on", "code", "organisation__name", "pk")


def duty(user: User, pk: int) -> Duty:
    """One duty, or 404."""
    return find(user, Permission.READ_STATISTICS, Duty.objects.select_related("organisation"), pk=pk)


def counts(rows: QuerySet[Duty], today: date) -> dict[State, int]:
    """How many of these duties are in each state. One query."""
    found = rows.order_by().aggregate(**{one: Count("pk", filter=in_state(one, today)) for one in State})
    return {one: found[one] for one in State}


def listed(rows: QuerySet[Duty], year: int, today: date) -> dict[str, dict[State, int]]:
    """By rule, the states of a year's duties. One query."""
    of_year = rows.filter(due_on__year=year).order_by()
    in_states = {str(one): Count("pk", filter=in_state(one, today)) for one in State}
    found = of_year.values("code").annotate(**in_states).values_list("code", *in_states)
    return {code: dict(zip(State, numbers, strict=True)) for code, *numbers in found}


@dataclass(frozen=True)
class Line:
    """How one department did in a month. ``lamp`` is yellow where a week went by without a sign-in."""

    organisation: Organisation
    sign_ins: int
    weeks: int
    weeks_missed: int
    due: int
    in_time: int
    late: int
    overdue: int
    instructions_open: int

    @property
    def lamp(self) -> str:
        return "yellow" if self.weeks_missed else "green"


def circular(user: User, month: str, *, today: date | None = None) -> list[Line]:
    """How the departments that a user may see used the platform in a month, by the days that fell due in it.

    Four queries, whatever the number of departments.
    """
    today = today or timezone.localdate()
    first, last = bounds(month)
    begin, end = moments(month)
    departments = visible(
        user,
        Permission.READ_STATISTICS,
        Organisation.objects.filter(kind=OrganisationKind.DEPARTMENT, closed_at=None),
        Organisation.SCOPE,
    ).select_related("region", "department")
    duties_of: dict[int, list[Duty]] = defaultdict(list)
    for row in visible(user, Permission.READ_STATISTICS, Duty.objects.filter(due_on__range=(first, last))):
        duties_of[row.organisation_id].append(row)
    sign_ins = dict(
        SignIn.objects.filter(at__gte=begin, at__lt=end, organisation__in=departments.order_by().values("pk"))
        .values_list("organisation")
        .annotate(n=Count("pk"))
    )
    instructions = dict(
        visible(user, Permission.READ_STATISTICS, InstructionTask.objects.exclude(state=TaskState.CLOSED))
        .order_by()
        .values_list("organisation")
        .annotate(n=Count("pk"))
    )
    weekly = {code for code, rule in rules().items() if "sign_in" in rule.seen_by}
    lines = []
    for department in departments.order_by("region__position", "region_id", "department__position", "name"):
        rows = duties_of[department.pk]
        states = [state(row, today) for row in rows]
        weeks = [row for row in rows if row.code in weekly and row.due_on < today]
        lines.append(
            Line(
                organisation=department,
                sign_ins=sign_ins.get(department.pk, 0),
                weeks=len(weeks),
                weeks_missed=sum(row.done_at is None for row in weeks),
                due=len(rows),
                in_time=states.count(State.DONE),
                late=states.count(State.LATE),
                overdue=states.count(State.OVERDUE),
                instructions_open=instructions.get(department.pk, 0),
            )
        )
    return lines
