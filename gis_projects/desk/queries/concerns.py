"""What of a leader's projects goes wrong, as far as the platform knows: overdue first, then held up, then neglected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from django.db.models import F, FloatField, Func
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy, gettext_noop

from gis_projects.argument.models import Blocker, BlockerState, MeetingTaskState, Task
from gis_projects.argument.queries import meetings
from gis_projects.argument.workflow import LIVE_CASE, OWED
from gis_projects.clock.calendar import Calendar
from gis_projects.clock.models import ClockState
from gis_projects.clock.queries import calendar
from gis_projects.desk.queries import instructions
from gis_projects.desk.queries.todo import days_left
from gis_projects.library.models import Project
from gis_projects.library.queries import staleness
from gis_projects.library.upkeep import thresholds
from gis_projects.people.models import Organisation, User
from gis_projects.people.permissions import Permission, has, visible
from gis_projects.sentences import filled


class Weight(StrEnum):
    """How much a concern weighs, the heaviest first."""

    OVERDUE = "overdue"
    BLOCKED = "blocked"
    STALE = "stale"

    @property
    def label(self) -> str:
        return str(_WEIGHTS[self])


_WEIGHTS = {
    Weight.OVERDUE: gettext_lazy("已逾期"),
    Weight.BLOCKED: gettext_lazy("有堵点"),
    Weight.STALE: gettext_lazy("久未更新"),
}
_ORDER = list(Weight)

BLOCKER = gettext_noop("堵点“%(about)s”未解决")
OPINION = gettext_noop("%(kind)s的部门意见未出具")
MEETING = gettext_noop("投委会交办“%(about)s”未办结")
INSTRUCTION = gettext_noop("批示“%(about)s”未办结")
NEGLECTED = gettext_noop("项目信息 %(days)s 天未更新")

#: What of a text stands in a line.
_SHOWN = 40


@dataclass(frozen=True)
class Cause:
    """One thing that goes wrong.

    ``name`` (``blocker:12``) finds it again (`cause`). ``days`` are working days since its last day where it is
    overdue, working days to it (zero or below) where it is held up, and days without any news where it is neglected.
    """

    name: str
    weight: Weight
    template: str
    params: dict[str, object]
    days: int
    address: str
    due_on: date | None = None
    organisation: Organisation | None = None

    @property
    def sentence(self) -> str:
        return filled(self.template, self.params)


@dataclass
class Concern:
    """A project with all that goes wrong in it, the worst first; or what a meeting or a leader asked about none.

    ``place``: longitude and latitude in degrees (EPSG:4490), None where the project has none.
    """

    project: Project | None
    causes: list[Cause] = field(default_factory=list)
    place: tuple[float, float] | None = None

    @property
    def weight(self) -> Weight:
        return self.causes[0].weight


def concerns(user: User, today: date | None = None) -> list[Concern]:
    """All that the user may know of: by project, the heaviest first, of the same weight the longest. Bounded queries.

    What is late is told once, as that: a blocker past its day is overdue, not held up.
    """
    today = today or timezone.localdate()
    days = calendar()
    of: dict[int | None, list[Cause]] = {}
    alone: list[Concern] = []
    for project, cause in _causes(user, today, days):
        if project is None:
            alone.append(Concern(None, [cause]))
        else:
            of.setdefault(project, []).append(cause)
    found = [
        Concern(project, sorted(of[project.pk], key=_heaviness), place)
        for project, place in _projects(user, [key for key in of if key is not None])
    ]
    return sorted(
        [*found, *alone],
        key=lambda one: (*_heaviness(one.causes[0]), one.project.code if one.project else ""),
    )


def counts(found: list[Concern]) -> dict[Weight, int]:
    """How many projects (or matters of none) have something of each weight: one may count in several."""
    return {weight: len(of_weight(found, weight)) for weight in Weight}


def of_weight(found: list[Concern], weight: Weight) -> list[Concern]:
    return [one for one in found if any(cause.weight == weight for cause in one.causes)]


def cause(user: User, project: Project, name: str, today: date | None = None) -> Cause | None:
    """One thing that goes wrong in a project by its name; None where it doesn't, or the user may not know."""
    today = today or timezone.localdate()
    return next(
        (one for key, one in _causes(user, today, calendar()) if key == project.pk and one.name == name), None
    )


def _heaviness(cause: Cause) -> tuple[int, int]:
    return _ORDER.index(cause.weight), -cause.days


def _causes(user: User, today: date, days: Calendar) -> Iterator[tuple[int | None, Cause]]:
    if has(user, Permission.READ_ARGUMENTS):
        yield from _blockers(user, today, days)
        yield from _opinions(user, today, days)
        yield from _meeting_tasks(user, today, days)
    yield from _instructions(user, today, days)
    yield from _neglected(user, today)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _blockers(user: User, today: date, days: Calendar) -> Iterator[tuple[int, Cause]]:
    rows = visible(user, Permission.READ_ARGUMENTS, Blocker.objects.filter(state=BlockerState.OPEN))
    for row in rows.select_related("organisation"):
        late = row.due_on < today
        yield (
            row.project_id,
            Cause(
                name=f"blocker:{row.pk}",
                weight=Weight.OVERDUE if late else Weight.BLOCKED,
                template=BLOCKER,
                params={"about": _short(row.title)},
                days=-days_left(row.due_on, today, days),
                address=reverse("argument:blocker", args=[row.pk]),
                due_on=row.due_on,
                organisation=row.organisation,
            ),
        )


def _opinions(user: User, today: date, days: Calendar) -> Iterator[tuple[int, Cause]]:
    rows = visible(user, Permission.READ_ARGUMENTS, Task.objects.all()).filter(
        state__in=OWED,
        case__state__in=LIVE_CASE,
        clock__state=ClockState.RUNNING,
        clock__due_on__lt=today,
    )
    for row in rows.select_related("case", "clock", "organisation"):
        assert row.due_on is not None  # a running clock has its day
        yield (
            row.case.project_id,
            Cause(
                name=f"opinion:{row.pk}",
                weight=Weight.OVERDUE,
                template=OPINION,
                params={"kind": str(row.case.get_kind_display())},
                days=-days_left(row.due_on, today, days),
                address=reverse("argument:case", args=[row.case_id]),
                due_on=row.due_on,
                organisation=row.organisation,
            ),
        )


def _meeting_tasks(user: User, today: date, days: Calendar) -> Iterator[tuple[int | None, Cause]]:
    known = visible(user, Permission.READ_PROJECTS, Project.objects.all())
    rows = meetings.tasks(user).filter(state=MeetingTaskState.OPEN, due_on__lt=today)
    mine = set(
        known.filter(pk__in=[row.item.project_id for row in rows if row.item and row.item.project_id])
        .order_by()
        .values_list("pk", flat=True)
    )
    for row in rows:
        project = row.item.project_id if row.item else None
        if project is not None and project not in mine:
            continue  # the department's own task of a project that isn't the user's to know
        yield (
            project,
            Cause(
                name=f"meeting:{row.pk}",
                weight=Weight.OVERDUE,
                template=MEETING,
                params={"about": _short(row.title)},
                days=-days_left(row.due_on, today, days),
                address=reverse("argument:meeting-task", args=[row.pk]),
                due_on=row.due_on,
                organisation=row.organisation,
            ),
        )


def _instructions(user: User, today: date, days: Calendar) -> Iterator[tuple[int | None, Cause]]:
    for row in instructions.tasks(user, state=instructions.OVERDUE, today=today):
        due_on = row.instruction.due_on
        assert due_on is not None  # it is overdue
        yield (
            row.instruction.project_id,
            Cause(
                name=f"instruction:{row.pk}",
                weight=Weight.OVERDUE,
                template=INSTRUCTION,
                params={"about": _short(row.instruction.text)},
                days=-days_left(due_on, today, days),
                address=f"{reverse('desk:instruction', args=[row.instruction_id])}#task-{row.pk}",
                due_on=due_on,
                organisation=row.organisation,
            ),
        )


def _neglected(user: User, today: date) -> Iterator[tuple[int, Cause]]:
    rows = staleness.of_lamp(
        visible(user, Permission.READ_PROJECTS, Project.objects.all()), staleness.RED
    ).select_related("authority")
    limits = thresholds()
    for row in rows.only("pk", "stage", "updated_at", "authority"):
        days = staleness.of(row, limits, today).days
        yield (
            row.pk,
            Cause(
                name=f"stale:{row.pk}",
                weight=Weight.STALE,
                template=NEGLECTED,
                params={"days": days},
                days=days,
                address=reverse("library:project", args=[row.pk]),
                organisation=row.authority,
            ),
        )


def _projects(user: User, keys: list[int]) -> Iterator[tuple[Project, tuple[float, float] | None]]:
    """The projects with the place that a map shows them at: their own, or the middle of their site."""
    place = Coalesce(F("location"), Func(F("site__current__geometry"), function="ST_Centroid"))
    rows = (
        visible(user, Permission.READ_PROJECTS, Project.objects.filter(pk__in=keys))
        .select_related("region")
        .annotate(
            longitude=Func(place, function="ST_X", output_field=FloatField()),
            latitude=Func(place, function="ST_Y", output_field=FloatField()),
        )
    )
    for row in rows:
        yield row, None if row.longitude is None else (row.longitude, row.latitude)
