"""What serves leaders, by the programme's five functions: figures that each lead to the list that they count."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from gis_projects import files
from gis_projects.argument.models import Blocker, BlockerState, MeetingTaskState
from gis_projects.argument.queries import meetings
from gis_projects.desk.models import TaskState
from gis_projects.desk.queries import instructions
from gis_projects.library.models import Attachment, DiaryEntry, Library, ProjectKind
from gis_projects.library.queries import projects as projects_of
from gis_projects.library.queries.overviews import overview
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, visible
from gis_projects.reporting import programme

#: How far back what was reported of building sites is counted.
LATELY = timedelta(days=30)


@dataclass(frozen=True)
class Figure:
    """One number, and the page that shows what it counts. ``alarming``: better none."""

    name: str
    value: int | Decimal
    address: str
    alarming: bool = False
    money: bool = False


@dataclass(frozen=True)
class Section:
    part: programme.Part
    figures: list[Figure] = field(default_factory=list)


def sections(user: User, today: date) -> list[Section]:
    """The five functions in their order, each with its figures of what the user may know of. Bounded queries."""
    shown = (_map, _money, _sites, _problems, _instructions)
    parts = [part for part in programme.functions() if part.for_leaders]
    return [Section(part, figures(user, today)) for part, figures in zip(parts, shown, strict=True)]


def _map(user: User, today: date) -> list[Figure]:
    every = projects_of.projects(user)
    counted = overview(every).kinds
    return [
        Figure(str(kind.label), counted[kind], _address("atlas:map", kind=str(kind))) for kind in ProjectKind
    ]


def _money(user: User, today: date) -> list[Figure]:
    every = projects_of.projects(user)
    whole, page = overview(every), reverse("reporting:pivot")
    stand = dict(every.order_by().values_list("library").annotate(number=Count("pk")))
    return [
        Figure(_("项目数"), whole.number, page),
        Figure(_("计划投资（元）"), whole.planned_yuan, page, money=True),
        Figure(_("累计投资（元）"), whole.cumulative_yuan, page, money=True),
        *(
            Figure(
                str(library.label), stand.get(library, 0), _address("library:projects", library=str(library))
            )
            for library in (Library.CATALOGUE, Library.RESERVE, Library.IMPLEMENTATION)
        ),
    ]


def _sites(user: User, today: date) -> list[Figure]:
    pictures = [kind.code for kind in files.KINDS.values() if kind.media_type.startswith("image/")]
    photos = visible(user, Permission.READ_PROJECTS, Attachment.objects.filter(kind__in=pictures))
    entries = visible(
        user, Permission.READ_PROJECTS, DiaryEntry.objects.filter(on__gt=today - LATELY, corrected_by=None)
    )
    page = reverse("library:projects")
    return [
        Figure(_("实景照片"), photos.count(), page),
        Figure(_("近30日建设日志"), entries.count(), page),
    ]


def _problems(user: User, today: date) -> list[Figure]:
    found = []
    if has(user, Permission.READ_ARGUMENTS):
        rows = visible(user, Permission.READ_ARGUMENTS, Blocker.objects.filter(state=BlockerState.OPEN))
        tasks = meetings.tasks(user).filter(state=MeetingTaskState.OPEN)
        late = {"due_on__lt": today}
        found = [
            Figure(_("待解决堵点"), rows.count(), _address("argument:blockers", state=BlockerState.OPEN.value)),
            Figure(
                _("逾期堵点"), rows.filter(**late).count(), _address("argument:blockers", state="overdue"),
                alarming=True,
            ),
            Figure(_("投委会交办事项办理中"), tasks.count(), _address("argument:meeting-tasks", state="open")),
            Figure(
                _("投委会交办事项超期"), tasks.filter(**late).count(),
                _address("argument:meeting-tasks", state="overdue"), alarming=True,
            ),
        ]  # fmt: skip
    return found


def _instructions(user: User, today: date) -> list[Figure]:
    rows = instructions.tasks(user, today=today)
    return [
        *(
            Figure(
                str(state.label), rows.filter(state=state).count(), _address("desk:instructions", state=str(state))
            )
            for state in TaskState
        ),
        Figure(
            _("已逾期"), instructions.tasks(user, state=instructions.OVERDUE, today=today).count(),
            _address("desk:instructions", state=instructions.OVERDUE), alarming=True,
        ),
    ]  # fmt: skip


def _address(page: str, **query: str) -> str:
    return f"{reverse(page)}?{urlencode(query)}"
