"""Working days by the official calendar. Pure: dates in, dates out; overrides are handed in.

The days are those of the State Council's yearly notices (国务院办公厅关于部分节假日安排的通知), as the package
``chinesecalendar`` has them, with the make-up days on which weekends are worked.

How a limit is counted
    The day on which it begins is not counted; the next working day is the first (民法典 201). Holidays don't count
    (行政许可法 82). It ends with the last working day at 24:00 in China (民法典 203).
How it is stopped
    The day of the stop still counts, the day of resuming doesn't: the first working day after it is the next one.
    What lies between is no part of the limit (行政许可法 45).
Where no notice has been published yet
    Monday to Friday are taken for working days, but for the holidays that fall on a fixed date by law
    (全国年节及纪念日放假办法 2). What rests on such a day is marked provisional, or refused if the caller asks for
    that. Notices have changed the last days of the year before them (2005, 2006, 2007, 2011, 2018): these come with
    the next edition of the package, and `gis_projects.clock.actions.clocks.recompute` brings them to running clocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

import chinese_calendar
import numpy as np
from chinese_calendar.constants import holidays as published_holidays
from chinese_calendar.constants import workdays as published_make_up_days
from django.utils.translation import gettext_noop

from siting.engine.notices import Notice, UnusableInput

ZONE = ZoneInfo("Asia/Shanghai")
FIRST = date(2004, 1, 1)
#: The last day that a published notice speaks of.
COVERED_UNTIL = date(max(published_holidays).year, 12, 31)
#: How far days are guessed; further on no limit is of any use.
_GUESSED_YEARS = 30
#: Where the package and the notice disagree, the notice decides: the day, whether it is worked, the notice.
CORRECTIONS: Mapping[date, tuple[bool, str]] = {
    date(2005, 12, 31): (True, "国办发明电〔2005〕35号"),
}
#: Holidays that the law puts on a fixed date: month and day.
_FIXED_HOLIDAYS = {
    (1, 1): "New Year's Day",
    (5, 1): "Labour Day",
    (5, 2): "Labour Day",
    (10, 1): "National Day",
    (10, 2): "National Day",
    (10, 3): "National Day",
}
HOLIDAY_NAMES: Mapping[str, str] = {
    "New Year's Day": gettext_noop("元旦"),
    "Spring Festival": gettext_noop("春节"),
    "Tomb-sweeping Day": gettext_noop("清明节"),
    "Labour Day": gettext_noop("劳动节"),
    "Dragon Boat Festival": gettext_noop("端午节"),
    "National Day": gettext_noop("国庆节"),
    "Mid-autumn Festival": gettext_noop("中秋节"),
    "Anti-Fascist 70th Day": gettext_noop("抗战胜利70周年纪念日"),
}

#: What to do about days that no notice speaks of: count on a guess and say so, or refuse.
Past = Literal["provisional", "refuse"]
#: From the day of a stop to the day of resuming; None while it lasts.
Pause = tuple[date, "date | None"]


class OutsideCalendar(UnusableInput):
    """A day about which the calendar says nothing."""


class DayKind(StrEnum):
    WORKING = "working"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"  # a weekend day that is worked


@dataclass(frozen=True)
class Day:
    """One day: ``name`` is the holiday that it belongs to, in Chinese; ``certain``: by a notice or an override."""

    day: date
    kind: DayKind
    working: bool
    name: str = ""
    overridden: bool = False
    certain: bool = True


@dataclass(frozen=True)
class Due:
    """The last day of a limit. ``assumed_from`` is the first day on the way to it that was only guessed."""

    day: date
    provisional: bool = False
    assumed_from: date | None = None

    @property
    def ends_at(self) -> datetime:
        """The moment at which the limit is over: 24:00 of its last day in China, which is 0:00 of the next."""
        return datetime.combine(self.day + timedelta(days=1), datetime.min.time(), ZONE)


@cache
def _official(covered_until: date) -> tuple[np.ndarray, np.ndarray]:
    """Per day from `FIRST` on: whether it is worked, and whether that is only guessed."""
    last = date(covered_until.year + _GUESSED_YEARS, 12, 31)
    count = (last - FIRST).days + 1
    working = (np.arange(count) + FIRST.weekday()) % 7 < 5
    guessed = np.arange(count) > (covered_until - FIRST).days
    for days, worked in ((published_holidays, False), (published_make_up_days, True)):
        for day in days:
            if day <= covered_until:
                working[(day - FIRST).days] = worked
    for day, (worked, _notice) in CORRECTIONS.items():
        if day <= covered_until:
            working[(day - FIRST).days] = worked
    for year in range(covered_until.year + 1, last.year + 1):
        for month, number in _FIXED_HOLIDAYS:
            working[(date(year, month, number) - FIRST).days] = False
    return working, guessed


class Calendar:
    """The official calendar with a bureau's own overrides laid over it.

    Parameters
    ----------
    overrides
        Days that a later notice, or a local one, made working (True) or not.
    covered_until
        The last day that counts as published; what the package knows unless given.
    """

    def __init__(
        self, overrides: Mapping[date, bool] | None = None, *, covered_until: date = COVERED_UNTIL
    ) -> None:
        self.overrides = dict(overrides or {})
        self.covered_until = covered_until
        working, guessed = _official(covered_until)
        self._working, self._guessed = working.copy(), guessed.copy()
        self.last = FIRST + timedelta(days=len(working) - 1)
        for day, worked in self.overrides.items():
            index = self._index(day)
            self._working[index] = worked
            self._guessed[index] = False
        self._counted = np.cumsum(self._working)  # working days up to and with each day
        self._guesses = np.cumsum(self._guessed)

    def _index(self, day: date) -> int:
        index = (day - FIRST).days
        if index < 0:
            raise OutsideCalendar(
                Notice("before-calendar", "官方日历自%(first)s起，%(day)s早于此日。",
                       {"first": FIRST.isoformat(), "day": day.isoformat()})
            )  # fmt: skip
        if day > self.last:
            raise self._past(day)
        return index

    def _past(self, day: date) -> OutsideCalendar:
        return OutsideCalendar(
            Notice("past-calendar", "官方日历只公布到%(until)s，%(day)s是否为工作日尚未确定。",
                   {"until": self.covered_until.isoformat(), "day": day.isoformat()})
        )  # fmt: skip

    def is_working(self, day: date, *, past: Past = "provisional") -> bool:
        index = self._index(day)
        if past == "refuse" and self._guessed[index]:
            raise self._past(day)
        return bool(self._working[index])

    def describe(self, day: date) -> Day:
        """What a day is and why."""
        index = self._index(day)
        weekday = day.weekday() < 5
        overridden = day in self.overrides
        working, certain = bool(self._working[index]), not self._guessed[index]
        holiday = ""
        if not overridden and not working and day not in CORRECTIONS:
            holiday = (
                published_holidays.get(day, "")
                if day <= self.covered_until
                else _FIXED_HOLIDAYS.get((day.month, day.day), "")
            )
        if working:
            kind = DayKind.WORKING if weekday else DayKind.MAKE_UP
        else:
            kind = DayKind.HOLIDAY if weekday or holiday else DayKind.WEEKEND
        return Day(day, kind, working, HOLIDAY_NAMES.get(holiday, holiday), overridden, certain)

    def after(self, start: date, days: int, *, past: Past = "provisional") -> Due:
        """The ``days``-th working day after ``start``, which isn't counted itself.

        Raises
        ------
        OutsideCalendar
            ``start`` is before `FIRST`, or the limit ends where nothing is published and ``past`` is ``refuse``.
        """
        if days < 1:
            raise ValueError("a limit has at least one day")
        begin = self._index(start)
        end = int(np.searchsorted(self._counted, self._counted[begin] + days))
        if end >= len(self._counted):
            raise self._past(self.last)
        return self._due(begin, end, past)

    def _due(self, begin: int, end: int, past: Past) -> Due:
        day = FIRST + timedelta(days=end)
        if self._guesses[end] == self._guesses[begin]:
            return Due(day)
        assumed = int(np.searchsorted(self._guesses, self._guesses[begin] + 1))
        if past == "refuse":
            raise self._past(FIRST + timedelta(days=assumed))
        return Due(day, provisional=True, assumed_from=FIRST + timedelta(days=assumed))

    def after_many(self, starts: np.ndarray, days: np.ndarray) -> np.ndarray:
        """`after` for arrays (they broadcast): ``starts`` as ``datetime64[D]``, days as integers; the same out."""
        begin = (np.asarray(starts, dtype="datetime64[D]") - np.datetime64(FIRST)).astype(np.int64)
        if begin.size and (begin.min() < 0 or begin.max() >= len(self._counted)):
            raise self._past(self.last)
        end = np.searchsorted(self._counted, self._counted[begin] + days)
        if end.size and end.max() >= len(self._counted):
            raise self._past(self.last)
        return np.datetime64(FIRST) + end.astype("timedelta64[D]")

    def between(self, start: date, until: date) -> int:
        """How many working days lie after ``start`` up to and with ``until``; none if that is not after it."""
        if until <= start:
            return 0
        return int(self._counted[self._index(until)] - self._counted[self._index(start)])

    def elapsed(self, start: date, until: date, pauses: Iterable[Pause] = ()) -> int:
        """Working days of a limit that have gone by at the end of ``until``, without those on which it stood still."""
        counted, position = 0, start
        for stopped, resumed in joined(pauses):
            if stopped >= until:
                break
            counted += self.between(position, stopped)
            position = max(position, until if resumed is None else min(resumed, until))
        return counted + self.between(position, until)

    def due(
        self,
        start: date,
        limit: int,
        pauses: Iterable[Pause] = (),
        *,
        today: date,
        past: Past = "provisional",
    ) -> Due:
        """The last day of a limit that stood still now and then.

        While it stands still, that is the day on which it would end if it were resumed ``today``.
        """
        counted, position, assumed = 0, start, None
        for stopped, resumed in joined(pauses):
            run = self.between(position, stopped)
            if counted + run >= limit:
                break
            counted += run
            if run and assumed is None:
                assumed = self._due(self._index(position), self._index(stopped), past).assumed_from
            position = max(position, today if resumed is None else resumed)
        due = self.after(position, limit - counted, past=past)
        return due if assumed is None else Due(due.day, provisional=True, assumed_from=assumed)

    def counted(self, start: date, due: date) -> list[Day]:
        """The working days after ``start`` up to and with ``due``, in their order."""
        days = (start + timedelta(days=n) for n in range(1, (due - start).days + 1))
        return [self.describe(day) for day in days if self.is_working(day)]


def joined(pauses: Iterable[Pause]) -> list[Pause]:
    """Pauses in their order, those that touch or overlap made one."""
    result: list[Pause] = []
    for stopped, resumed in sorted(pauses, key=lambda pause: pause[0]):
        if result and (result[-1][1] is None or stopped <= result[-1][1]):
            before, end = result[-1]
            result[-1] = (before, None if end is None or resumed is None else max(end, resumed))
        else:
            result.append((stopped, resumed))
    return result


Overrides = Calendar | Mapping[date, bool] | None


@cache
def official() -> Calendar:
    """The calendar without any override."""
    return Calendar()


def laid_over(overrides: Overrides) -> Calendar:
    """The calendar with these overrides; a calendar is taken as it is."""
    if isinstance(overrides, Calendar):
        return overrides
    return Calendar(overrides) if overrides else official()


def is_working(day: date, overrides: Overrides = None, **more: Any) -> bool:
    """`Calendar.is_working`."""
    return laid_over(overrides).is_working(day, **more)


def working_days_after(start: date, n: int, overrides: Overrides = None, **more: Any) -> Due:
    """`Calendar.after`: the n-th working day after ``start``.

    >>> working_days_after(date(2024, 4, 28), 15).day
    datetime.date(2024, 5, 21)
    """
    return laid_over(overrides).after(start, n, **more)


def working_days_between(start: date, until: date, overrides: Overrides = None) -> int:
    """`Calendar.between`: working days after ``start`` up to and with ``until``."""
    return laid_over(overrides).between(start, until)


def elapsed(start: date, until: date, pauses: Iterable[Pause] = (), overrides: Overrides = None) -> int:
    """`Calendar.elapsed`: working days gone by, without pauses."""
    return laid_over(overrides).elapsed(start, until, pauses)


def edition() -> str:
    """Which edition of the calendar this is, for whoever wants to say so."""
    return str(getattr(chinese_calendar, "__version__", ""))
