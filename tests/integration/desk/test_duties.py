"""Duties: made once per period, seen done where the platform can see it, overdue from the day after."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from gis_projects.clock.calendar import ZONE
from gis_projects.desk.actions.duties import complete, make_due, set_deadline, settle
from gis_projects.desk.models import Duty
from gis_projects.desk.periods import Every, bounds, moments, period_of, periods, rules, tasks
from gis_projects.desk.queries.duties import State, Wanted, circular, duties, state
from gis_projects.people.models import Region, SignIn
from gis_projects.trail.actions import record
from gis_projects.trail.models import Step

pytestmark = pytest.mark.django_db
DAY = date(2026, 4, 15)


def signs_in(user, at):
    SignIn.objects.create(
        user=user, organisation=user.organisation, region=user.region, method="password", at=at
    )


def of(city, function, code, period):
    return Duty.objects.get(organisation=city.departments[function], code=code, period=period)


# --- the data -------------------------------------------------------------------------------------


def test_the_year_has_eighteen_tasks_each_kept_by_a_rule():
    assert [task.number for task in tasks()] == list(range(1, 19))
    for task in tasks():
        rule = rules()[task.duty]
        assert set(task.functions) & set(rule.functions), task.number
        assert task.functions


@pytest.mark.parametrize(
    ("code", "due"),
    [
        ("rules_filed", date(2026, 4, 30)),
        ("project_pre_evaluation", date(2026, 4, 30)),
        ("industry_evaluation", date(2026, 5, 31)),
        ("industry_review", date(2026, 5, 31)),
        ("comprehensive_report", date(2026, 6, 30)),
    ],
)
def test_the_days_of_the_year(code, due):
    assert rules()[code].due_on("2026") == due


def test_monthly_tasks_are_due_on_the_tenth_and_a_month_end_is_the_last_day():
    assert rules()["monthly_accounts"].due_on("2026-02") == date(2026, 2, 10)
    assert rules()["monthly_circular"].due_on("2026-02") == date(2026, 2, 28)
    assert rules()["monthly_circular"].due_on("2028-02") == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("day", "week", "due"),
    [
        (date(2026, 11, 22), "2026-W47", date(2026, 11, 22)),  # a Sunday
        (date(2026, 11, 23), "2026-W48", date(2026, 11, 29)),  # the Monday after
        (date(2026, 12, 31), "2026-W53", date(2027, 1, 3)),
        (date(2027, 1, 3), "2026-W53", date(2027, 1, 3)),  # of last year's week
        (date(2027, 1, 4), "2027-W01", date(2027, 1, 10)),
        (date(2024, 12, 30), "2025-W01", date(2025, 1, 5)),  # of next year's week
        (date(2024, 2, 29), "2024-W09", date(2024, 3, 3)),
    ],
)
def test_weeks_are_those_of_iso_8601(day, week, due):
    assert period_of(Every.WEEK, day) == week
    assert rules()["weekly_login"].due_on(week) == due


@given(st.sampled_from(Every), st.dates(date(2004, 1, 1), date(2040, 12, 31)))
def test_every_day_lies_in_exactly_its_period(every, day):
    period = period_of(every, day)
    first, last = bounds(period)
    assert first <= day <= last
    assert period_of(every, first) == period_of(every, last) == period
    assert period_of(every, last + timedelta(days=1)) > period
    begin, end = moments(period)
    assert begin.utcoffset() == end.utcoffset() == timedelta(hours=8)


def test_periods_go_on_from_the_last_one_that_there_is():
    assert list(periods(Every.WEEK, "2026-W52", date(2027, 1, 12))) == ["2026-W53", "2027-W01", "2027-W02"]
    assert list(periods(Every.MONTH, "2026-12", date(2026, 12, 31))) == ["2026-12"]
    assert list(periods(Every.YEAR, None, date(2026, 12, 31))) == ["2026"]
    assert len(list(periods(Every.WEEK, "2004-W01", date(2026, 1, 1)))) == 60


# --- made -----------------------------------------------------------------------------------------


def test_duties_are_made_once_for_the_departments_that_have_the_function(city):
    made = make_due(today=DAY)
    assert made == Duty.objects.count() > 0
    assert make_due(today=DAY) == 0
    water = set(Duty.objects.filter(organisation=city.departments["water"]).values_list("code", flat=True))
    assert water == {
        "weekly_login", "weekly_report", "monthly_accounts", "project_pre_evaluation", "industry_evaluation",
    }  # fmt: skip
    assert set(
        Duty.objects.filter(organisation=city.departments["audit"]).values_list("code", flat=True)
    ) == {"monthly_audit"}
    assert Step.objects.filter(verb="desk.make_duties").count() == 1


def test_weeks_that_nobody_looked_at_are_made_up_for(city):
    make_due(today=date(2026, 4, 1))
    make_due(today=date(2026, 4, 15))
    weeks = Duty.objects.filter(organisation=city.departments["water"], code="weekly_login").order_by(
        "period"
    )
    assert list(weeks.values_list("period", flat=True)) == ["2026-W14", "2026-W15", "2026-W16"]


def test_a_department_that_came_later_has_the_duties_of_now(city):
    make_due(today=DAY)
    late = city.department("ndrc", "150204")
    assert make_due(today=DAY) == Duty.objects.filter(organisation=late).count() == 5


def test_a_closed_department_owes_nothing_more(city):
    water = city.departments["water"]
    water.closed_at, water.closed_reason = timezone.now(), "机构改革"
    water.save()
    make_due(today=DAY)
    assert not Duty.objects.filter(organisation=water).exists()


# --- seen done ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (datetime(2026, 4, 12, 23, 59, 59, tzinfo=ZONE), False),  # Sunday before
        (datetime(2026, 4, 13, 0, 0, tzinfo=ZONE), True),
        (datetime(2026, 4, 19, 23, 59, 59, tzinfo=ZONE), True),  # Sunday, one second before the week is over
        (datetime(2026, 4, 20, 0, 0, tzinfo=ZONE), False),
    ],
)
def test_a_sign_in_counts_for_the_week_in_china_that_it_lies_in(city, at, counts):
    make_due(today=DAY)
    signs_in(city.water, at)
    settle(today=date(2026, 4, 21))
    duty = of(city, "water", "weekly_login", "2026-W16")
    assert (duty.done_at is not None) == counts
    assert of(city, "finance", "weekly_login", "2026-W16").done_at is None
    if counts:
        assert duty.done_by is None
        assert state(duty) == State.DONE


def test_what_somebody_of_the_department_reported_counts_as_its_weekly_report(city):
    make_due(today=timezone.localdate())
    record(by=city.finance, verb="library.write_diary", subject="library.project:1")
    record(by=city.water, verb="library.write_diary", subject="library.project:1")
    step = Step.objects.filter(actor="水务经办").get()
    assert settle() == 1
    week = period_of(Every.WEEK, timezone.localdate())
    duty = of(city, "water", "weekly_report", week)
    assert duty.evidence == {"seen": "trail", "step": step.number}
    assert duty.done_at == step.at
    assert settle() == 0


# --- overdue --------------------------------------------------------------------------------------


def test_a_duty_is_overdue_from_the_first_of_may(city):
    make_due(today=DAY)
    duty = of(city, "water", "project_pre_evaluation", "2026")
    assert state(duty, date(2026, 4, 30)) == State.OPEN
    assert state(duty, date(2026, 5, 1)) == State.OVERDUE


def test_the_filter_says_what_the_state_says(city):
    make_due(today=DAY)
    user = city.city_coordinator
    signs_in(city.water, datetime(2026, 4, 15, 9, tzinfo=ZONE))
    settle(today=DAY)
    late = of(city, "water", "monthly_accounts", "2026-04")
    Duty.objects.filter(pk=late.pk).update(done_at=datetime(2026, 4, 11, 0, 0, tzinfo=ZONE))
    in_time = of(city, "finance", "monthly_finance", "2026-04")
    Duty.objects.filter(pk=in_time.pk).update(done_at=datetime(2026, 4, 10, 23, 59, tzinfo=ZONE))
    seen = set()
    for one in State:
        rows = list(duties(user, Wanted(state=one), today=DAY))
        assert {state(row, DAY) for row in rows} <= {one}
        seen |= {row.pk for row in rows}
    assert seen == set(duties(user, today=DAY).values_list("pk", flat=True))
    late.refresh_from_db()
    in_time.refresh_from_db()
    assert (state(late), state(in_time)) == (State.LATE, State.DONE)


# --- done by somebody -----------------------------------------------------------------------------


def test_a_department_says_itself_that_it_has_done_what_it_owed(city):
    make_due(today=DAY)
    duty = of(city, "water", "monthly_accounts", "2026-04")
    with pytest.raises(PermissionDenied):
        complete(by=city.finance, duty=duty, note="已反馈")
    with pytest.raises(PermissionDenied):
        complete(by=city.east, duty=duty, note="已反馈")
    with pytest.raises(ValidationError):
        complete(by=city.water, duty=duty, note="  ")
    complete(by=city.water, duty=duty, note="已反馈两算情况")
    duty.refresh_from_db()
    assert (duty.done_by, duty.note) == (city.water, "已反馈两算情况")
    with pytest.raises(ValidationError):
        complete(by=city.water_chief, duty=duty, note="再说一次")
    assert Step.objects.get(verb="desk.complete_duty").data["period"] == "2026-04"


def test_what_is_done_stays_as_it_is(city):
    make_due(today=DAY)
    duty = of(city, "water", "monthly_accounts", "2026-04")
    complete(by=city.water, duty=duty, note="已反馈")
    with pytest.raises(IntegrityError), transaction.atomic():
        Duty.objects.filter(pk=duty.pk).update(done_at=None, done_by=None, note="")
    with pytest.raises(IntegrityError), transaction.atomic():
        duty.delete()


# --- another day by a superior --------------------------------------------------------------------


def test_a_superiors_day_goes_before_the_default_and_names_its_source(city):
    make_due(today=DAY)
    baotou = Region.objects.get(code="150200")
    _row, changed = set_deadline(
        by=city.city_coordinator, code="rules_filed", period="2026", region=baotou,
        due_on=date(2026, 5, 20), source="市政办〔2026〕3号",
    )  # fmt: skip
    assert changed == 1
    duty = of(city, "ndrc", "rules_filed", "2026")
    assert (duty.due_on, duty.source) == (date(2026, 5, 20), "市政办〔2026〕3号")
    # the district's own word doesn't go against the city's
    _row, changed = set_deadline(
        by=city.coordinator, code="rules_filed", period="2026", region=Region.objects.get(code="150207"),
        due_on=date(2026, 6, 30), source="区政办〔2026〕9号",
    )  # fmt: skip
    assert changed == 0
    duty.refresh_from_db()
    assert duty.due_on == date(2026, 5, 20)
    # who comes later has it too
    late = city.department("ndrc", "150204")
    make_due(today=DAY)
    assert Duty.objects.get(organisation=late, code="rules_filed").due_on == date(2026, 5, 20)


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "no_such"},
        {"period": "2026-04"},
        {"period": "x"},
        {"due_on": date(2025, 12, 31)},
        {"source": " "},
    ],
)
def test_a_day_without_its_source_or_period_is_refused(city, wrong):
    said = {"code": "rules_filed", "period": "2026", "due_on": date(2026, 5, 20), "source": "文件", **wrong}
    with pytest.raises(ValidationError):
        set_deadline(by=city.city_coordinator, region=Region.objects.get(code="150200"), **said)


def test_nobody_sets_a_day_for_a_region_that_is_not_theirs(city):
    said = {"code": "rules_filed", "period": "2026", "due_on": date(2026, 5, 20), "source": "文件"}
    with pytest.raises(PermissionDenied):
        set_deadline(by=city.coordinator, region=Region.objects.get(code="150202"), **said)
    with pytest.raises(PermissionDenied):
        set_deadline(by=city.water, region=Region.objects.get(code="150207"), **said)


# --- seen -----------------------------------------------------------------------------------------


def test_a_district_sees_its_own_departments_only(city):
    make_due(today=DAY)
    assert {row.organisation.region_id for row in duties(city.water)} == {"150207"}
    assert {row.organisation.region_id for row in duties(city.east)} == {"150202"}
    assert {row.organisation.region_id for row in duties(city.city_coordinator)} == {"150207", "150202"}
    client = Client()
    client.force_login(city.water)
    assert (
        client.get(
            f"/desk/duties/{Duty.objects.get(organisation=city.elsewhere, code='weekly_login').pk}/"
        ).status_code
        == 404
    )


def test_the_circular_counts_weeks_without_a_sign_in(city):
    for day in (date(2026, 4, 1), date(2026, 4, 8), date(2026, 4, 15), date(2026, 4, 22)):
        make_due(today=day)
    for day in (1, 8, 9, 15, 22):
        signs_in(city.finance, datetime(2026, 4, day, 12, tzinfo=ZONE))
    signs_in(city.water, datetime(2026, 4, 8, 12, tzinfo=ZONE))
    settle(today=date(2026, 4, 30))
    lines = {
        line.organisation: line for line in circular(city.coordinator, "2026-04", today=date(2026, 4, 30))
    }
    finance, water = lines[city.departments["finance"]], lines[city.departments["water"]]
    # weeks that end in April: W14 to W17
    assert (finance.weeks, finance.weeks_missed, finance.sign_ins, finance.lamp) == (4, 0, 5, "green")
    assert (water.weeks, water.weeks_missed, water.sign_ins, water.lamp) == (4, 3, 1, "yellow")
    assert water.overdue == 8  # three weeks without a sign-in, four without a report, one monthly task
    assert city.elsewhere not in lines


def test_the_circular_asks_no_more_questions_for_more_departments(city, django_assert_max_num_queries):
    make_due(today=DAY)
    with django_assert_max_num_queries(8):
        circular(city.city_coordinator, "2026-04", today=DAY)
