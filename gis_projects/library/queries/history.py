"""The library as of a day: what was recorded of each project by then, and from when on that can be told.

Money and its region come from `InvestmentRecord` (a ledger that was taken over speaks of days before the platform),
the library from `LibraryMove`, kinds, stage, industry, level and year from the trail, read forward from the day on
which the project was registered. Nothing is read backwards from today: what has no record is None. A project whose
steps, read to their end, don't give what it says today was written past the trail, and tells nothing of its past.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, cast

from django.db.models import F, QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone

from gis_projects.library.models import InvestmentRecord, LibraryMove, Project, ProjectKind
from gis_projects.library.queries import mapping
from gis_projects.library.queries.mapping import Mapped
from gis_projects.trail.models import Step

_SUBJECT = "library.project:"
#: Every verb that changes what is told of a day.
VERBS = (
    "library.register_project",
    "library.revise_project",
    "library.start_construction",
    "library.complete_project",
    "library.set_kinds",
    "library.enter_database",
    "library.leave_database",
    "library.realise_plan_item",
)
_FIELDS = ("stage", "industry", "level", "year", "region")
_FEW = 500  # projects whose steps are asked for one by one; above that all steps of these verbs are read


@dataclass(frozen=True)
class _Said:
    """What a project's steps say up to one of them."""

    at: datetime
    kinds: frozenset[str]
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Span:
    """The days on which something changed, oldest first; and from which day on kinds, stage and library are told."""

    days: list[date]
    told_from: date | None


def rows_as_of(queryset: QuerySet[Project], day: date) -> list[Mapped]:
    """The projects of a selection (`projects`) that were known by the end of a day (local time), as they stood then.

    Known is what was registered by then, or had money recorded for a day up to it, so they sum to the statistics of
    that day. Place and name are today's. Today's answer is that of `mapping.rows`. At most five queries.
    """
    today = mapping.rows(queryset)
    if day >= timezone.localdate():
        return today
    end = _end_of(day)
    keys = [row.pk for row in today]
    registered = {pk for pk, at in queryset.order_by().values_list("pk", "created_at") if at < end}
    money = _money(keys, day)
    libraries = _libraries(keys, end)
    past = _past(today)
    found = []
    for row in today:
        record = money.get(row.pk)
        if row.pk not in registered and record is None:
            continue
        said = _at(past.get(row.pk, ()), end) if row.pk in registered else None
        fields = said.fields if said is not None else {}
        found.append(
            replace(
                row,
                kinds=None if said is None else tuple(sorted(said.kinds)),
                stage=fields.get("stage"),
                library=libraries.get(row.pk, "none") if row.pk in registered else None,
                industry=fields.get("industry", row.industry),
                level=fields.get("level", row.level),
                year=int(fields.get("year", row.year)),
                region=record[0] if record is not None else fields.get("region", row.region),
                planned_yuan=record[1] if record is not None else None,
                cumulative_yuan=record[2] if record is not None else None,
            )
        )
    return found


def span(queryset: QuerySet[Project]) -> Span:
    """When something changed in a selection, up to today. Five queries."""
    rows = mapping.rows(queryset)
    keys = [row.pk for row in rows]
    registered = [timezone.localdate(at) for at in queryset.order_by().values_list("created_at", flat=True)]
    days = set(registered)
    days |= set(
        InvestmentRecord.objects.filter(project__in=keys).values_list("recorded_on", flat=True).distinct()
    )
    moves = LibraryMove.objects.filter(project__in=keys).order_by().values_list("at", flat=True)
    days |= {timezone.localdate(at) for at in moves}
    days |= {timezone.localdate(said.at) for steps in _past(rows).values() for said in steps}
    today = timezone.localdate()
    return Span(sorted(day for day in days if day <= today), min(registered, default=None))


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def _money(keys: list[int], day: date) -> dict[int, tuple[str, Decimal, Decimal]]:
    records = InvestmentRecord.objects.filter(project__in=keys, recorded_on__lte=day)
    latest = records.order_by("project_id", "-recorded_on", "-pk").distinct("project_id")
    said = latest.values_list("project_id", "region_id", "planned_yuan", "cumulative_yuan")
    return {pk: (region, planned, cumulative) for pk, region, planned, cumulative in said}


def _libraries(keys: list[int], end: datetime) -> dict[int, str]:
    moves = LibraryMove.objects.filter(project__in=keys, at__lt=end)
    return dict(
        moves.order_by("project_id", "-pk").distinct("project_id").values_list("project_id", "to_library")
    )


def _past(rows: Iterable[Mapped]) -> dict[int, list[_Said]]:
    """What the steps say of each project, step by step; none for those whose steps don't end at what is so today."""
    today = {row.pk: row for row in rows}
    said: dict[int, list[_Said]] = {}
    for pk, step in _steps(today):
        before = said[pk][-1] if said.get(pk) else None
        after = _after(before, step)
        if after is not None:
            said.setdefault(pk, []).append(after)
    return {pk: steps for pk, steps in said.items() if _agrees(steps[-1], today[pk])}


def _steps(projects: Mapping[int, Mapped]) -> Iterator[tuple[int, dict[str, Any]]]:
    steps = Step.objects.filter(verb__in=VERBS)
    if len(projects) <= _FEW:
        steps = steps.filter(subject__in=[f"{_SUBJECT}{pk}" for pk in projects])
    read = steps.order_by("number").values(
        "subject",
        "at",
        "verb",
        after=F("data__after"),
        kinds=F("data__kinds"),
        database=KT("data__code"),
        **{f"first_{name}": KT(f"data__{name}") for name in _FIELDS},
    )
    for step in read.iterator(chunk_size=5000):
        key = step["subject"].removeprefix(_SUBJECT)
        if key.isdecimal() and int(key) in projects:
            yield int(key), cast("dict[str, Any]", step)


def _after(before: _Said | None, step: dict[str, Any]) -> _Said | None:
    """What is so after one step; None before the registration."""
    verb, at = step["verb"], step["at"]
    if verb == "library.register_project":
        first = {name: step[f"first_{name}"] for name in _FIELDS if step[f"first_{name}"] is not None}
        return _Said(at, frozenset(step["kinds"] or ()), first)
    if before is None:
        return None
    kinds, fields = before.kinds, dict(before.fields)
    if verb == "library.set_kinds":
        kinds = frozenset(step["after"])
    elif verb == "library.enter_database":
        kinds |= {step["database"]} & set(ProjectKind.values)
    elif verb == "library.leave_database":
        kinds -= {step["database"]}
    elif verb == "library.realise_plan_item":
        kinds |= {str(ProjectKind.PLANNED)}
    else:
        fields |= {name: str(value) for name, value in (step["after"] or {}).items() if name in _FIELDS}
    return _Said(at, kinds, fields)


def _agrees(said: _Said, today: Mapped) -> bool:
    now = {"stage": today.stage, "industry": today.industry, "level": today.level, "year": str(today.year),
           "region": today.region}  # fmt: skip
    return said.kinds == frozenset(today.kinds or ()) and all(
        said.fields.get(name, value) == value for name, value in now.items()
    )


def _at(steps: Iterable[_Said], end: datetime) -> _Said | None:
    """The last of the steps before a moment."""
    found = None
    for said in steps:
        if said.at >= end:
            break
        found = said
    return found
