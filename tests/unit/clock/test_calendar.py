"""Working days against two independent witnesses: another keeper's table, and the notices themselves.

`lunar-python` keeps the State Council's days apart from `chinesecalendar`. The two disagree on three days between 2004
and 2026, and the notices decide. 2005-12-31 is worked (国办发明电〔2005〕35号: 12月31日（星期六）上班): there
chinesecalendar
errs, and `CORRECTIONS` sets it right. 2013-04-07 and 2013-10-12 are worked (国办发明电〔2012〕33号): there lunar-python
errs.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lunar_python.util import HolidayUtil

from gis_projects.clock.calendar import (
    COVERED_UNTIL,
    FIRST,
    Calendar,
    DayKind,
    OutsideCalendar,
    elapsed,
    is_working,
    joined,
    official,
    working_days_after,
    working_days_between,
)

LUNAR_ERRS = {date(2013, 4, 7): "国办发明电〔2012〕33号", date(2013, 10, 12): "国办发明电〔2012〕33号"}

# What the notices say: by year the notice, the spans of rest and the make-up days (month, day).
Span = tuple[tuple[int, int], tuple[int, int]]
NOTICES: dict[int, tuple[str, list[Span], list[tuple[int, int]]]] = {
    2006: (
        "国办发明电〔2005〕35号",
        [((1, 1), (1, 3)), ((1, 29), (2, 4)), ((5, 1), (5, 7)), ((10, 1), (10, 7))],
        [(1, 28), (2, 5), (4, 29), (4, 30), (9, 30), (10, 8), (12, 30), (12, 31)],  # the last two: of 2007's
    ),
    2007: (
        "国办发明电〔2006〕49号",
        [((1, 1), (1, 3)), ((2, 18), (2, 24)), ((5, 1), (5, 7)), ((10, 1), (10, 7)), ((12, 30), (12, 31))],
        [(2, 17), (2, 25), (4, 28), (4, 29), (9, 29), (9, 30), (12, 29)],  # the last days: of 2008's
    ),
    2010: (
        "国办发明电〔2009〕27号",
        [((1, 1), (1, 3)), ((2, 13), (2, 19)), ((4, 3), (4, 5)), ((5, 1), (5, 3)), ((6, 14), (6, 16)),
         ((9, 22), (9, 24)), ((10, 1), (10, 7))],
        [(2, 20), (2, 21), (6, 12), (6, 13), (9, 19), (9, 25), (9, 26), (10, 9)],
    ),
    2013: (
        "国办发明电〔2012〕33号",
        [((1, 1), (1, 3)), ((2, 9), (2, 15)), ((4, 4), (4, 6)), ((4, 29), (5, 1)), ((6, 10), (6, 12)),
         ((9, 19), (9, 21)), ((10, 1), (10, 7))],
        [(1, 5), (1, 6), (2, 16), (2, 17), (4, 7), (4, 27), (4, 28), (6, 8), (6, 9), (9, 22), (9, 29), (10, 12)],
    ),
    2024: (
        "国办发明电〔2023〕7号",
        [((1, 1), (1, 1)), ((2, 10), (2, 17)), ((4, 4), (4, 6)), ((5, 1), (5, 5)), ((6, 10), (6, 10)),
         ((9, 15), (9, 17)), ((10, 1), (10, 7))],
        [(2, 4), (2, 18), (4, 7), (4, 28), (5, 11), (9, 14), (9, 29), (10, 12)],
    ),
    2025: (
        "国办发明电〔2024〕12号",
        [((1, 1), (1, 1)), ((1, 28), (2, 4)), ((4, 4), (4, 6)), ((5, 1), (5, 5)), ((5, 31), (6, 2)),
         ((10, 1), (10, 8))],
        [(1, 26), (2, 8), (4, 27), (9, 28), (10, 11)],
    ),
    2026: (
        "国办发明电〔2025〕7号",
        [((1, 1), (1, 3)), ((2, 15), (2, 23)), ((4, 4), (4, 6)), ((5, 1), (5, 5)), ((6, 19), (6, 21)),
         ((9, 25), (9, 27)), ((10, 1), (10, 7))],
        [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)],
    ),
}  # fmt: skip


def every_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def lunar_works(day: date) -> bool:
    if day in LUNAR_ERRS:
        return True
    found = HolidayUtil.getHoliday(day.isoformat())
    return bool(found.isWork()) if found is not None else day.weekday() < 5


@pytest.fixture(scope="module")
def worked() -> np.ndarray:
    """Every working day of the other table, from `FIRST` to the end of 2026."""
    return np.array(
        [day for day in every_day(FIRST, date(2026, 12, 31)) if lunar_works(day)], dtype="datetime64[D]"
    )


def test_every_start_of_2004_to_2026_and_every_limit_to_60_days(worked):
    starts = np.arange(np.datetime64("2004-01-01"), np.datetime64("2026-10-01"))
    limits = np.arange(1, 61)
    expected = worked[np.searchsorted(worked, starts, side="right")[:, None] + limits - 1]
    found = official().after_many(starts[:, None], limits)
    assert found.shape == (8309, 60)
    wrong = np.argwhere(found != expected)
    assert not len(wrong), [(starts[i], limits[j], found[i, j], expected[i, j]) for i, j in wrong[:5]]


def test_one_by_one_says_what_many_at_once_say():
    starts = np.arange(np.datetime64("2004-01-01"), np.datetime64("2026-10-01"), 97)
    for start in starts.tolist():
        for limit in (1, 2, 15, 60):
            due = working_days_after(start, limit)
            assert np.datetime64(due.day) == official().after_many(np.array([start]), np.array([limit]))[0]
            assert not due.provisional


def test_the_other_table_errs_where_the_notice_says_so():
    wrong = {
        day
        for day in every_day(FIRST, date(2026, 12, 31))
        if official().is_working(day)
        != (
            found.isWork()
            if (found := HolidayUtil.getHoliday(day.isoformat())) is not None
            else day.weekday() < 5
        )
    }
    assert wrong == set(LUNAR_ERRS)


@pytest.mark.parametrize("year", NOTICES)
def test_whole_years_as_the_notices_have_them(year):
    _number, rests, make_ups = NOTICES[year]
    resting = {
        day for (m1, d1), (m2, d2) in rests for day in every_day(date(year, m1, d1), date(year, m2, d2))
    }
    working = {date(year, month, day) for month, day in make_ups}
    for day in every_day(date(year, 1, 1), date(year, 12, 31)):
        expected = day in working or (day.weekday() < 5 and day not in resting)
        assert is_working(day) == expected, day


def test_the_last_saturday_of_2005_was_worked():
    """国办发明电〔2005〕35号; chinesecalendar 1.11.0 has it at rest."""
    assert is_working(date(2005, 12, 31))
    assert working_days_after(date(2005, 12, 30), 1).day == date(2005, 12, 31)
    assert official().describe(date(2005, 12, 31)).kind == DayKind.MAKE_UP


def test_fifteen_days_from_the_notice_of_28_april_2024():
    """A make-up Sunday itself; Monday to Friday alone would give 2024-05-17."""
    assert is_working(date(2024, 4, 28))
    assert working_days_after(date(2024, 4, 28), 15).day == date(2024, 5, 21)


def test_the_first_day_is_the_next_working_day_and_the_last_ends_at_midnight_in_china():
    friday = date(2026, 11, 20)
    assert working_days_after(friday, 1).day == date(2026, 11, 23)
    assert working_days_after(date(2026, 11, 21), 1).day == date(2026, 11, 23)
    due = working_days_after(friday, 1)
    assert due.ends_at.astimezone(UTC) == datetime(2026, 11, 23, 16, tzinfo=UTC)


@pytest.mark.parametrize("days", [0, -1])
def test_a_limit_has_a_day(days):
    with pytest.raises(ValueError, match="at least one day"):
        working_days_after(date(2026, 1, 5), days)


# --- past what is published -----------------------------------------------------------------------


def test_past_the_coverage_a_day_is_provisional_and_says_from_when():
    inside = working_days_after(date(2026, 12, 30), 1)
    assert (inside.day, inside.provisional, inside.assumed_from) == (date(2026, 12, 31), False, None)
    beyond = working_days_after(date(2026, 12, 30), 2)
    # 1 January is a holiday by law whatever a notice says; 2 and 3 January 2027 are a weekend
    assert (beyond.day, beyond.provisional) == (date(2027, 1, 4), True)
    assert beyond.assumed_from == date(2027, 1, 1)


def test_past_the_coverage_it_is_refused_where_asked():
    with pytest.raises(OutsideCalendar) as refused:
        working_days_after(date(2026, 12, 30), 2, past="refuse")
    assert "2026-12-31" in str(refused.value)
    assert "2027-01-01" in str(refused.value)
    assert working_days_after(date(2026, 12, 30), 1, past="refuse").day == date(2026, 12, 31)
    with pytest.raises(OutsideCalendar):
        is_working(date(2027, 3, 1), past="refuse")


@pytest.mark.parametrize("start", [date(2003, 12, 31), date(1999, 1, 1)])
def test_before_the_calendar_there_is_no_guess(start):
    with pytest.raises(OutsideCalendar, match="2004-01-01"):
        working_days_after(start, 1)


def test_a_limit_without_end_is_refused():
    with pytest.raises(OutsideCalendar):
        working_days_after(date(2056, 12, 1), 60)
    with pytest.raises(OutsideCalendar):
        official().after_many(np.array(["2056-12-01"], dtype="datetime64[D]"), np.array([60]))


def test_the_coverage_ends_with_the_last_year_that_the_package_knows():
    assert date(2026, 12, 31) <= COVERED_UNTIL
    assert (COVERED_UNTIL.month, COVERED_UNTIL.day) == (12, 31)


def test_an_edition_that_knows_less_guesses_what_it_does_not_know():
    short = Calendar(covered_until=date(2023, 12, 31))
    due = short.after(date(2024, 4, 28), 15)
    assert due.provisional
    assert due.assumed_from == date(2024, 4, 29)
    assert due.day == date(2024, 5, 21)  # by law 1 and 2 May rest, by the notice 1 to 5 with 11 May worked
    assert short.describe(date(2024, 5, 3)).working
    assert not official().describe(date(2024, 5, 3)).working


# --- overrides ------------------------------------------------------------------------------------


def test_an_override_makes_a_day_certain_and_moves_what_comes_after():
    storm = date(2026, 11, 24)
    with_it = Calendar({storm: False})
    assert working_days_after(date(2026, 11, 20), 15).day == date(2026, 12, 11)
    assert with_it.after(date(2026, 11, 20), 15).day == date(2026, 12, 14)
    assert with_it.describe(storm).overridden
    beyond = Calendar({date(2027, 1, day): day == 4 for day in (1, 2, 3, 4)})
    assert not beyond.after(date(2026, 12, 31), 1).provisional
    assert beyond.after(date(2026, 12, 31), 2).assumed_from == date(2027, 1, 5)


def test_days_tell_what_they_are():
    described = official().describe
    assert described(date(2026, 10, 1)).name == "国庆节"
    assert described(date(2026, 10, 3)).kind == DayKind.HOLIDAY  # a Saturday of the holiday
    assert described(date(2026, 10, 10)).kind == DayKind.MAKE_UP
    assert described(date(2026, 10, 11)).kind == DayKind.WEEKEND
    assert described(date(2026, 10, 12)).kind == DayKind.WORKING
    assert not described(date(2027, 10, 12)).certain


# --- counting, against counting day by day --------------------------------------------------------

days = st.dates(date(2022, 1, 1), date(2026, 6, 30))
lengths = st.integers(0, 40)


def count(start: date, until: date, stopped: set[date]) -> int:
    return sum(lunar_works(day) and day not in stopped for day in every_day(start + timedelta(days=1), until))


@st.composite
def pauses_from(draw, start: date):
    """Pauses one after the other, the last one perhaps open."""
    found, position = [], start
    for _ in range(draw(st.integers(0, 4))):
        position += timedelta(days=draw(lengths))
        end = position + timedelta(days=draw(lengths))
        found.append((position, end))
        position = end
    if found and draw(st.booleans()):
        found[-1] = (found[-1][0], None)
    return found


@st.composite
def limits(draw):
    start = draw(days)
    return start, draw(pauses_from(start)), start + timedelta(days=draw(st.integers(0, 200)))


#: How long a draw takes says nothing of the calendar, and on a busy machine a good deal of the machine.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def stopped_days(pauses, until: date) -> set[date]:
    return {
        day
        for stopped, resumed in pauses
        for day in every_day(stopped + timedelta(days=1), resumed or max(until, stopped))
    }


@PATIENT
@given(limits())
def test_elapsed_is_what_counting_day_by_day_gives(limit):
    start, pauses, until = limit
    assert elapsed(start, until, pauses) == count(start, until, stopped_days(pauses, until))
    assert working_days_between(start, until) == count(start, until, set())


@PATIENT
@given(limits(), st.integers(1, 40))
def test_a_limit_is_used_up_on_its_last_day_and_not_before(limit, allowed):
    start, pauses, today = limit
    today = max([today, *(end or stopped for stopped, end in pauses)])
    resumed_today = [(stopped, end or today) for stopped, end in pauses]
    due = official().due(start, allowed, pauses, today=today)
    stopped = stopped_days(resumed_today, today)
    assert count(start, due.day, stopped) == allowed
    assert lunar_works(due.day)
    assert due.day not in stopped
    assert count(start, due.day - timedelta(days=1), stopped) == allowed - 1


@given(limits())
def test_pauses_that_touch_or_overlap_count_once(limit):
    start, pauses, until = limit
    shifted = [(stopped, end and end + timedelta(days=3)) for stopped, end in pauses]
    assert elapsed(start, until, pauses + shifted) == count(
        start, until, stopped_days(pauses + shifted, until)
    )
    apart = joined(pauses + shifted)
    assert all(before is not None and before < after for (_, before), (after, _) in pairwise(apart))


def test_stopping_and_resuming_on_one_day_costs_nothing():
    day = date(2026, 11, 23)
    pauses = [(day, day)]
    assert official().due(date(2026, 11, 20), 5, pauses, today=day) == working_days_after(
        date(2026, 11, 20), 5
    )


def test_a_pause_past_the_coverage_keeps_the_limit_provisional():
    due = official().due(
        date(2026, 12, 30), 3, [(date(2027, 1, 5), date(2027, 1, 6))], today=date(2027, 1, 7)
    )
    assert due.provisional
    assert due.assumed_from == date(2027, 1, 1)
