"""Limits in calendar months, and limits one after the other. Pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

from django.utils.translation import gettext_noop

from gis_projects.clock.calendar import Calendar, Due, Overrides, laid_over

#: Both accounts after a project's completion, in months: 4 + 1 + 6, eleven in all. Whether the last six begin with the
#: report or with the settlement the rule leaves open: the first is what we take, the second is shown beside it.
ACCOUNTS: tuple[tuple[str, int], ...] = (
    (gettext_noop("竣工结算审核并备案"), 4),
    (gettext_noop("竣工财务决算报告"), 1),
    (gettext_noop("决算批复并备案"), 6),
)


def added(day: date, months: int) -> date:
    """The same day some months on; where that month has no such day, its last (民法典 202)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_after(start: date, months: int, overrides: Overrides = None) -> Due:
    """The last day of a limit in months that begins on ``start``.

    It ends on the same day of the last month; if nobody works on that day, on the next one on which they do
    (民法典 202, 203).

    Raises
    ------
    OutsideCalendar
        The limit ends where the calendar says nothing at all.
    """
    if months < 1:
        raise ValueError("a limit has at least one month")
    calendar: Calendar = laid_over(overrides)
    day = end = added(start, months)
    while not calendar.is_working(day):
        day += timedelta(days=1)
    days = (end + timedelta(days=n) for n in range((day - end).days + 1))
    assumed = next((one for one in days if not calendar.describe(one).certain), None)
    return Due(day, provisional=assumed is not None, assumed_from=assumed)


def chained(start: date, months: Sequence[int], *, sequential: bool = True) -> list[date]:
    """The last days of several limits in months, without moving them off days of rest.

    ``sequential``: each begins where the one before ends, and together they take the sum. Otherwise the last one begins
    where the first ends, for a rule whose wording leaves open when it starts.
    """
    ends = [start]
    for number, length in enumerate(months):
        begin = ends[1] if not sequential and number == len(months) - 1 and number > 0 else ends[-1]
        ends.append(added(begin, length))
    return ends[1:]
