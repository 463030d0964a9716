"""The duties' rules as data, and the weeks, months and years in which they fall due. Pure.

A week is that of ISO 8601 (Monday to Sunday, ``2026-W47``); whoever asks says which day it is in China.
"""

from __future__ import annotations

import tomllib
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import get_language

from gis_projects.clock.calendar import ZONE

PATH = Path(__file__).parent / "data" / "duties.toml"
SIGN_IN = "sign_in"


class Every(StrEnum):
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True)
class Rule:
    """What departments of some functions owe in every period. ``seen_by``: how the platform itself sees it done."""

    code: str
    name: str
    name_en: str
    period: Every
    functions: tuple[str, ...]
    month: int | None
    day: int | None
    seen_by: tuple[str, ...]
    basis: str

    @property
    def label(self) -> str:
        return self.name_en if get_language() == "en" else self.name

    def due_on(self, period: str) -> date:
        """The last day of the rule in a period; a day past a month's end is the month's last."""
        first, last = bounds(period)
        if self.period == Every.WEEK or self.day is None:
            return last
        year, month = first.year, self.month or first.month
        return date(year, month, min(self.day, monthrange(year, month)[1]))


@dataclass(frozen=True)
class ListedTask:
    """A row of the year's list of tasks."""

    number: int
    name: str
    name_en: str
    functions: tuple[str, ...]
    due: str
    due_en: str
    duty: str

    @property
    def label(self) -> str:
        return self.name_en if get_language() == "en" else self.name

    @property
    def due_label(self) -> str:
        return self.due_en if get_language() == "en" else self.due


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(PATH.read_text(encoding="utf-8"))


def _functions(row: Mapping[str, Any]) -> tuple[str, ...]:
    groups = _data()["groups"]
    named = [*row.get("functions", []), *(code for group in row.get("groups", []) for code in groups[group])]
    return tuple(dict.fromkeys(named))


@cache
def rules() -> Mapping[str, Rule]:
    """The rules by their code, in the file's order."""
    return {
        row["code"]: Rule(
            code=row["code"],
            name=row["name"],
            name_en=row["name_en"],
            period=Every(row["period"]),
            functions=_functions(row),
            month=row.get("month"),
            day=row.get("day"),
            seen_by=tuple(row.get("seen_by", [])),
            basis=row["basis"],
        )
        for row in _data()["duty"]
    }


@cache
def tasks() -> tuple[ListedTask, ...]:
    """The year's list of tasks, in its order."""
    return tuple(
        ListedTask(
            number=row["number"],
            name=row["name"],
            name_en=row["name_en"],
            functions=_functions(row),
            due=row["due"],
            due_en=row["due_en"],
            duty=row["duty"],
        )
        for row in _data()["task"]
    )


def period_of(every: Every, day: date) -> str:
    """The period that a day lies in. The days around New Year may be of another year's week."""
    if every == Every.WEEK:
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    return f"{day:%Y-%m}" if every == Every.MONTH else f"{day:%Y}"


def bounds(period: str) -> tuple[date, date]:
    """First and last day of a period.

    Raises
    ------
    ValueError
        It is none.
    """
    if "-W" in period:
        of_year, week = period.split("-W")
        first = date.fromisocalendar(int(of_year), int(week), 1)
        return first, first + timedelta(days=6)
    if "-" in period:
        year, month = map(int, period.split("-"))
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date(int(period), 1, 1), date(int(period), 12, 31)


def moments(period: str) -> tuple[datetime, datetime]:
    """Where a period begins and ends in time: 0:00 in China of its first day, and of the day after its last."""
    first, last = bounds(period)
    return datetime.combine(first, time.min, ZONE), datetime.combine(last + timedelta(days=1), time.min, ZONE)


def periods(every: Every, since: str | None, today: date, *, most: int = 60) -> Iterator[str]:
    """The periods after ``since`` up to today's, or today's alone; not more than the last ``most``."""
    current = period_of(every, today)
    if since is None or since >= current:
        yield current
        return
    found: list[str] = []
    while current > since and len(found) < most:
        found.append(current)
        current = period_of(every, bounds(current)[0] - timedelta(days=1))
    yield from reversed(found)
