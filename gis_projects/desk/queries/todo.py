"""All that waits for a person, of every room, and what of it is due."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import cast

from django.apps import apps
from django.core.cache import cache as django_cache
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from gis_projects.clock.calendar import Calendar
from gis_projects.clock.queries import calendar
from gis_projects.desk.queries import owed
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.todo import Waiting
from gis_projects.sentences import filled

#: Working days before its last one from which a thing is due soon.
SOON_DAYS = 3
#: How long the number in the header may be old, in seconds; whoever opens the desk has it counted anew.
COUNT_SECONDS = 60


class Urgency(StrEnum):
    OVERDUE = "overdue"
    SOON = "soon"
    LATER = "later"
    OPEN = "open"  # nothing limits it

    @property
    def label(self) -> str:
        return str(_URGENCIES[self])


_URGENCIES = {
    Urgency.OVERDUE: gettext_lazy("已逾期"),
    Urgency.SOON: gettext_lazy("即将到期"),
    Urgency.LATER: gettext_lazy("未到期"),
    Urgency.OPEN: gettext_lazy("无期限"),
}


#: What the kinds are called of rooms that don't say so themselves (``KINDS``).
_KINDS = {
    "library.admission": gettext_noop("入库审核"),
    "library.returned": gettext_noop("入库退回"),
    "library.funds": gettext_noop("资金申报"),
    "opinion": gettext_noop("出具意见"),
    "signature": gettext_noop("意见审签"),
    "decision": gettext_noop("提请裁定"),
    "confirmation": gettext_noop("条件确认"),
    "condition": gettext_noop("条件落实"),
    "supplement": gettext_noop("补充材料"),
    "conclusion": gettext_noop("论证办结"),
    "checklist": gettext_noop("三方会商"),
    "blocker": gettext_noop("堵点"),
    "meeting": gettext_noop("投委会会议"),
    "meeting_task": gettext_noop("会议交办"),
    "minutes": gettext_noop("会议纪要"),
    "closing": gettext_noop("交办销号"),
}


@dataclass(frozen=True)
class ToDo:
    """One thing to do, as it is shown. ``days_left``: working days to its last day, below zero those since."""

    waiting: Waiting
    kind: str
    sentence: str
    urgency: Urgency
    days_left: int | None
    project: Project | None

    @property
    def overdue_days(self) -> int:
        return -(self.days_left or 0)


@dataclass(frozen=True)
class Wanted:
    """What of the to-dos is asked for; empty means any. ``whose``: ``mine`` or ``department``."""

    kind: str = ""
    urgency: str = ""
    whose: str = ""
    q: str = ""


@cache
def _rooms() -> tuple[ModuleType, ...]:
    """The rooms that have something to do: whoever holds a module ``queries.todo``."""
    found = []
    for config in apps.get_app_configs():
        queries = find_spec(f"{config.name}.queries") if config.name.startswith("gis_projects.") else None
        if queries is None or queries.submodule_search_locations is None:
            continue  # none, or a module that holds nothing else
        name = f"{config.name}.queries.todo"
        if name != __name__ and find_spec(name) is not None:
            found.append(import_module(name))
    return tuple(found)


def waiting(user: User) -> list[Waiting]:
    """All that waits for a person, or for anybody of their department, unsorted."""
    sources = [cast("Callable[[User], Iterable[Waiting]]", room.waiting) for room in _rooms()]
    return [one for source in (*sources, owed.waiting) for one in source(user)]


def kinds() -> dict[str, str]:
    """Every kind of thing that there is to do, and what it is called, in the reader's language."""
    said = [cast("dict[str, str]", getattr(room, "KINDS", {})) for room in (*_rooms(), owed)]
    return {kind: gettext(label) for labels in (_KINDS, *said) for kind, label in labels.items()}


def todos(user: User, *, today: date | None = None) -> list[ToDo]:
    """What there is to do: overdue first, then by its last day, the person's own before the department's."""
    today = today or timezone.localdate()
    days = calendar()
    found = waiting(user)
    names = kinds()
    projects = Project.objects.select_related("region").in_bulk(
        {one.project for one in found if one.project is not None}
    )
    rows = [
        ToDo(
            waiting=one,
            kind=names.get(one.kind, gettext("其他待办")),
            sentence=filled(one.template, one.params),
            urgency=urgency(one.due_on, today, days),
            days_left=None if one.due_on is None else days_left(one.due_on, today, days),
            project=projects.get(one.project) if one.project is not None else None,
        )
        for one in found
    ]
    rows.sort(key=lambda row: (row.waiting.due_on or date.max, not row.waiting.mine, row.kind, row.sentence))
    django_cache.set(_key(user), len(rows), COUNT_SECONDS)
    return rows


def narrowed(rows: list[ToDo], wanted: Wanted) -> list[ToDo]:
    """What of the to-dos is asked for."""
    return [row for row in rows if _wanted(row, wanted)]


def count(user: User) -> int:
    """How many things there are to do. Counted once a minute at most, as every room is asked."""
    known: int | None = django_cache.get(_key(user))
    if known is None:
        known = len(waiting(user))
        django_cache.set(_key(user), known, COUNT_SECONDS)
    return known


def urgency(due_on: date | None, today: date, days: Calendar | None = None) -> Urgency:
    """How urgent a last day is; one is overdue from the day after it. ``days``: for many, the calendar read once."""
    if due_on is None:
        return Urgency.OPEN
    if due_on < today:
        return Urgency.OVERDUE
    days = days or calendar()
    return Urgency.SOON if days.between(today, due_on) <= SOON_DAYS else Urgency.LATER


def days_left(due_on: date, today: date, days: Calendar | None = None) -> int:
    """Working days from today to a last day (0 on the day itself); below zero, those since."""
    days = days or calendar()
    if due_on < today:
        # a weekend after the last day counts none of itself, but it is over all the same
        return -max(1, days.between(due_on, today))
    return days.between(today, due_on)


def _wanted(row: ToDo, wanted: Wanted) -> bool:
    if wanted.kind and row.waiting.kind != wanted.kind:
        return False
    if wanted.urgency and row.urgency != wanted.urgency:
        return False
    if wanted.whose and row.waiting.mine != (wanted.whose == "mine"):
        return False
    about = f"{row.sentence} {row.project.name} {row.project.code}" if row.project else row.sentence
    return all(word.lower() in about.lower() for word in wanted.q.split())


def _key(user: User) -> str:
    return f"desk.todos.{user.pk}"
