"""Clocks in the database: started, paused, resumed, stopped; guarded, and moved by overrides of the calendar."""

from __future__ import annotations

import io
import json
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from gis_projects.clock.actions import clocks
from gis_projects.clock.actions.overrides import override_day
from gis_projects.clock.calendar import OutsideCalendar
from gis_projects.clock.limits import ACCOUNTS, added, chained, months_after
from gis_projects.clock.models import Clock, ClockEvent, ClockState, DayOverride, Pause
from gis_projects.clock.queries import calendar
from gis_projects.clock.queries import clocks as queries
from gis_projects.clock.queries.clocks import Standing
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db
SUBJECT = "argument.task:12"


@pytest.fixture
def clock() -> Clock:
    return clocks.start(by=None, limit_days=15, starts_on=date(2026, 11, 2), subject=SUBJECT)


@pytest.fixture
def keeper():
    return user_of(Role.COORDINATOR)


def test_a_clock_is_due_on_its_fifteenth_working_day(clock):
    assert clock.due_on == date(2026, 11, 23)
    assert queries.state(clock, date(2026, 11, 23)) == Standing.RUNNING
    assert queries.state(clock, date(2026, 11, 24)) == Standing.OVERDUE
    assert queries.elapsed(clock, date(2026, 11, 2)) == 0
    assert queries.elapsed(clock, date(2026, 11, 3)) == 1
    assert queries.remaining(clock, date(2026, 11, 25)) == -2
    assert list(queries.overdue(date(2026, 11, 24))) == [clock]
    assert not queries.overdue(date(2026, 11, 23)).exists()
    step = Step.objects.get(subject=SUBJECT)
    assert (step.verb, step.data["due_on"]) == ("clock.start", "2026-11-23")


def test_it_stands_still_from_after_the_stop_up_to_and_with_the_day_of_resuming(clock):
    clock = clocks.pause(by=None, clock=clock, reason="补正材料", on=date(2026, 11, 4))
    assert (clock.state, clock.due_on) == (ClockState.PAUSED, None)
    assert queries.elapsed(clock, date(2026, 11, 20)) == 2
    # if it were resumed on the 10th, the 11th would be its third day
    assert queries.due(clock, today=date(2026, 11, 10)).day == date(2026, 11, 27)
    clock = clocks.resume(by=None, clock=clock, on=date(2026, 11, 10))
    assert clock.due_on == date(2026, 11, 27)
    clock = clocks.stop(by=None, clock=clock, on=date(2026, 11, 12))
    assert (clock.elapsed_days, clock.stopped_on) == (4, date(2026, 11, 12))
    assert queries.state(clock) == Standing.STOPPED
    kinds = list(ClockEvent.objects.filter(clock=clock).values_list("kind", flat=True))
    assert kinds == ["start", "pause", "resume", "stop"]


def test_one_that_ends_a_day_late_stays_late(clock):
    late = clocks.stop(by=None, clock=clock, on=date(2026, 11, 22))
    assert queries.state(late) == Standing.STOPPED
    other = clocks.start(by=None, limit_days=1, starts_on=date(2026, 11, 2), subject=SUBJECT)
    other = clocks.stop(by=None, clock=other, on=date(2026, 11, 4))
    assert (queries.state(other), other.elapsed_days) == (Standing.LATE, 2)
    assert queries.of_subjects([SUBJECT])[SUBJECT] == other
    assert queries.open_of(SUBJECT) is None


def test_what_makes_no_sense_is_refused(clock):
    with pytest.raises(ValidationError):
        clocks.start(by=None, limit_days=5, starts_on=date(2026, 11, 2), subject=SUBJECT)
    with pytest.raises(ValidationError):
        clocks.start(by=None, limit_days=0, starts_on=date(2026, 11, 2), subject="other:1")
    with pytest.raises(OutsideCalendar):
        clocks.start(by=None, limit_days=5, starts_on=date(2003, 1, 2), subject="other:1")
    with pytest.raises(ValidationError):
        clocks.pause(by=None, clock=clock, reason=" ", on=date(2026, 11, 4))
    with pytest.raises(ValidationError):
        clocks.pause(by=None, clock=clock, reason="早", on=date(2026, 11, 1))
    with pytest.raises(ValidationError):
        clocks.pause(by=None, clock=clock, reason="以后", on=date(2999, 1, 1))
    with pytest.raises(ValidationError):
        clocks.resume(by=None, clock=clock, on=date(2026, 11, 4))
    clocks.pause(by=None, clock=clock, reason="补正", on=date(2026, 11, 4))
    with pytest.raises(ValidationError):
        clocks.pause(by=None, clock=clock, reason="再停", on=date(2026, 11, 5))
    clocks.stop(by=None, clock=clock, on=date(2026, 11, 5))
    with pytest.raises(ValidationError):
        clocks.stop(by=None, clock=clock, on=date(2026, 11, 6))


def test_the_database_keeps_it_so(clock):
    for change in ({"limit_days": 30}, {"starts_on": date(2026, 11, 3)}, {"subject": "other:1"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Clock.objects.filter(pk=clock.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        clock.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        ClockEvent.objects.update(reason="别的")
    Pause.objects.create(
        clock=clock, paused_on=date(2026, 11, 4), resumed_on=date(2026, 11, 10), reason="补正"
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        Pause.objects.create(
            clock=clock, paused_on=date(2026, 11, 9), resumed_on=date(2026, 11, 12), reason="重叠"
        )
    Pause.objects.create(
        clock=clock, paused_on=date(2026, 11, 10), resumed_on=date(2026, 11, 10), reason="相接"
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        Pause.objects.update(resumed_on=date(2026, 11, 30))


def test_an_override_moves_running_clocks_and_says_so(clock, keeper):
    paused = clocks.start(by=None, limit_days=15, starts_on=date(2026, 11, 2), subject="argument.task:13")
    clocks.pause(by=None, clock=paused, reason="补正", on=date(2026, 11, 4))
    row, changed = override_day(
        by=keeper, day=date(2026, 11, 12), working=False, reason="暴雪停工", source="市政府通知"
    )
    assert changed == 1
    clock.refresh_from_db()
    assert clock.due_on == date(2026, 11, 24)
    event = ClockEvent.objects.filter(clock=clock).last()
    assert (event.kind, event.due_before, event.due_after) == (
        "recompute", date(2026, 11, 23), date(2026, 11, 24),
    )  # fmt: skip
    assert not calendar().is_working(date(2026, 11, 12))
    back, changed = override_day(
        by=keeper, day=date(2026, 11, 12), working=None, reason="恢复正常", source="市政府通知"
    )
    assert (changed, back.replaces) == (1, row)
    clock.refresh_from_db()
    assert clock.due_on == date(2026, 11, 23)
    assert calendar().is_working(date(2026, 11, 12))


def test_overrides_are_only_added_by_who_keeps_the_calendar(keeper):
    said = {"day": date(2026, 11, 12), "working": False, "reason": "停工", "source": "通知"}
    with pytest.raises(PermissionDenied):
        override_day(by=user_of(Role.PLANNER), **said)
    with pytest.raises(PermissionDenied):  # the calendar is everybody's, not a district's
        override_day(by=user_of(Role.COORDINATOR, "150207", username="district"), **said)
    for wrong in ({"reason": " "}, {"source": ""}, {"working": None}):
        with pytest.raises(ValidationError):
            override_day(by=keeper, **{**said, **wrong})
    with pytest.raises(OutsideCalendar):
        override_day(by=keeper, **{**said, "day": date(2003, 1, 1)})
    row, _changed = override_day(by=keeper, **said)
    with pytest.raises(ValidationError):
        override_day(by=keeper, **said)
    with pytest.raises(IntegrityError), transaction.atomic():
        DayOverride.objects.update(working=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.delete()
    with pytest.raises(IntegrityError), transaction.atomic():  # the first word on that day is said already
        DayOverride.objects.create(day=row.day, working=True, reason="x", source="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        DayOverride.objects.create(day=date(2026, 11, 13), working=True, reason="x", source="x", replaces=row)


def test_past_the_coverage_a_clock_is_provisional_until_its_days_are_known(keeper):
    clock = clocks.start(by=None, limit_days=1, starts_on=date(2026, 12, 31), subject=SUBJECT)
    assert (clock.due_on, clock.provisional) == (date(2027, 1, 4), True)
    for day in (1, 2, 3, 4):
        override_day(
            by=keeper, day=date(2027, 1, day), working=day == 4, reason="放假通知", source="国办发明电"
        )
    clock.refresh_from_db()
    assert (clock.due_on, clock.provisional) == (date(2027, 1, 4), False)


# --- months ---------------------------------------------------------------------------------------


def test_a_limit_in_months_ends_on_the_same_day_or_the_next_that_is_worked():
    assert added(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert added(date(2023, 1, 31), 1) == date(2023, 2, 28)
    assert added(date(2024, 11, 30), 3) == date(2025, 2, 28)
    assert months_after(date(2024, 4, 4), 1).day == date(2024, 5, 6)  # 4 May lies in the holidays
    assert months_after(date(2024, 3, 11), 2).day == date(2024, 5, 11)  # a Saturday that is worked
    assert months_after(date(2026, 12, 1), 1).provisional


def test_both_accounts_take_eleven_months_with_nothing_to_spare():
    months = [length for _label, length in ACCOUNTS]
    assert months == [4, 1, 6]
    assert chained(date(2024, 3, 15), months) == [date(2024, 7, 15), date(2024, 8, 15), date(2025, 2, 15)]
    assert chained(date(2024, 3, 15), months)[-1] == added(date(2024, 3, 15), 11)
    assert chained(date(2024, 3, 15), months, sequential=False)[-1] == date(2025, 1, 15)


# --- page and command -----------------------------------------------------------------------------


def test_the_calculator_counts_the_days_and_shows_them(keeper):
    page = Client()
    page.force_login(user_of(Role.PLANNER))
    answer = page.get("/calendar/", {"year": "2024", "start": "2024-04-28", "n": "15"})
    assert answer.context["due"].day == date(2024, 5, 21)
    assert sum(len(days) for _month, days in answer.context["counted"]) == 15
    assert "2024-05-21" in answer.content.decode()
    assert answer.context["working_days"] == 251
    answer = page.get("/calendar/", {"start": "2024-03-15", "n": "1", "unit": "accounts"})
    assert [row[2] for row in answer.context["accounts"]][-1] == date(2025, 2, 15)
    for wrong in (
        {"start": "x", "n": "15", "unit": "accounts"},
        {"start": "x", "n": "15"},
        {"start": "2024-04-28", "n": "0"},
        {"start": "1999-01-01", "n": "5"},
    ):
        answer = page.get("/calendar/", wrong)
        assert answer.status_code == 200
        assert answer.context["refused"]


def test_a_day_is_set_on_the_page(keeper):
    page = Client()
    page.force_login(keeper)
    said = {"day": "2026-11-12", "working": "no", "reason": "暴雪停工", "source": "市政府通知"}
    assert page.post("/calendar/", said).status_code == 302
    assert DayOverride.objects.get().by == keeper
    again = page.post("/calendar/", said)
    assert again.status_code == 400
    assert "这一天已经是这样设置的。" in again.content.decode()
    planner = Client()
    planner.force_login(user_of(Role.PLANNER))
    assert planner.post("/calendar/", said).status_code == 403
    asked = {"year": "2026", "format": "csv"}
    _head, row = planner.get("/calendar/", asked).content.decode("utf-8-sig").splitlines()
    assert row.startswith("2026-11-12,休息日,暴雪停工,市政府通知,")
    assert row.endswith("有效")
    page.post("/calendar/", {**said, "working": "official", "reason": "恢复"})
    for standing, number in (("", 2), ("in_force", 1), ("replaced", 1)):
        listed = planner.get("/calendar/", {**asked, "standing": standing}).content.decode("utf-8-sig")
        assert len(listed.splitlines()) == 1 + number, standing
    assert planner.get("/calendar/", {**asked, "year": "2025"}).content.decode("utf-8-sig").count("\n") == 1


def test_the_command_prints_the_day(keeper):
    out = io.StringIO()
    call_command("working_days", "2024-04-28", "15", stdout=out)
    assert out.getvalue() == "2024-05-21\n"
    override_day(by=keeper, day=date(2024, 5, 20), working=False, reason="停工", source="通知")
    out = io.StringIO()
    call_command("working_days", "2024-04-28", "15", "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert (found["due"], found["provisional"], len(found["counted"])) == ("2024-05-22", False, 15)
    out = io.StringIO()
    call_command("working_days", "2024-04-28", "15", "--official", stdout=out)
    assert out.getvalue() == "2024-05-21\n"


@pytest.mark.parametrize(
    "asked",
    [("x", "5"), ("2024-04-28", "0"), ("2003-01-01", "5"), ("2026-12-31", "5", "--refuse-provisional")],
)
def test_the_command_refuses_in_one_line(asked):
    with pytest.raises(CommandError) as refused:
        call_command("working_days", *asked)
    assert "\n" not in str(refused.value)
