"""The limit of a case: what is overdue is dealt with by rule, once; it stands still and goes on."""

from __future__ import annotations

import json
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from gis_projects.argument import jobs
from gis_projects.argument.actions import (
    cases,
    timeouts,
)
from gis_projects.argument.actions.timeouts import apply_due
from gis_projects.argument.models import RoutingTable
from gis_projects.argument.queries import elapsed
from gis_projects.argument.refusals import NotNow
from gis_projects.trail.models import JobState, Step
from siting.engine.notices import UnusableInput
from tests.factories import arguments as factory
from tests.factories.arguments import task_of

pytestmark = pytest.mark.django_db
LONG_AGO = date(2026, 9, 1)


@pytest.fixture
def bureau():
    return factory.bureau()


@pytest.fixture
def case(bureau):
    return factory.opened(bureau, factory.project())


def with_rule(rule: str) -> None:
    """The table in force with another rule for overdue opinions."""
    last = RoutingTable.objects.latest("version")
    content = {**last.content, "limits": {**last.content["limits"], "timeout": rule}}
    RoutingTable.objects.create(
        version=last.version + 1, name=last.name, content=content, sha256=f"{last.version:064x}"
    )


def test_an_overdue_opinion_is_owed_deemed_or_put_before_the_superior(bureau):
    for rule in ("none", "agree", "escalate"):
        if rule != "none":
            with_rule(rule)
        case = factory.opened(bureau, factory.project(name=f"逾期{rule}"), starts_on=LONG_AGO)
        bureau.give(task_of(case, "ndrc"))
        apply_due()
        case.refresh_from_db()
        states = {task.function_id: (task.state, task.result) for task in case.tasks.all()}
        if rule == "none":
            assert states["water"] == ("waiting", "")
        elif rule == "agree":
            assert states["water"] == states["ecology"] == ("deemed", "agree")
            cases.conclude(by=bureau.coordinator, case=case, text="通过")
        else:
            assert case.state == "escalated"
            assert case.clock.state == "paused"
            asked = [task.escalations.get() for task in case.tasks.filter(state="waiting")]
            assert {row.organisation.region_id for row in asked} == {factory.CITY}
        assert states["ndrc"] == ("given", "agree")


def test_once_an_hour_what_is_overdue_is_dealt_with_once(bureau, monkeypatch):
    """The supervisor asks every few seconds; the job is run again after a worker died in the middle of it."""
    assert jobs.tick() is None
    with_rule("agree")
    case = factory.opened(bureau, factory.project(), starts_on=timezone.localdate())
    assert jobs.tick() is None
    last = case.clock.due_on
    at = timezone.localtime().replace(year=last.year, month=last.month, day=last.day, hour=23, minute=59)
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)
    assert jobs.tick() is None
    monkeypatch.setattr("django.utils.timezone.now", lambda: at + timedelta(minutes=2))
    job = jobs.tick()
    assert job.subject == f"argument.hour:{last + timedelta(days=1):%Y-%m-%d}T00"
    assert jobs.tick() is None
    timeouts.apply_due()  # as if a worker had died after it
    jobs.apply_timeouts.func(job_id=job.pk)
    jobs.apply_timeouts.func(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.DONE, {"deemed": 0, "escalated": 0})
    assert set(case.tasks.values_list("state", "result")) == {("deemed", "agree")}
    steps = Step.objects.filter(verb="argument.deem_opinion", data__case=case.pk)
    assert steps.count() == case.tasks.count()
    assert set(steps.values_list("actor", flat=True)) == {""}


def test_a_case_that_fails_holds_up_no_other(bureau, monkeypatch):
    with_rule("agree")
    first, second = (
        factory.opened(bureau, factory.project(name=name), starts_on=LONG_AGO) for name in ("甲", "乙")
    )
    rule = timeouts.apply_rule

    def failing(by, case):
        if case.pk == first.pk:
            raise RuntimeError("out of order")
        return rule(by, case)

    monkeypatch.setattr(timeouts, "apply_rule", failing)
    with pytest.raises(ExceptionGroup) as wrong:
        apply_due()
    assert [error.__notes__ for error in wrong.value.exceptions] == [[f"case {first.pk}"]]
    assert set(first.tasks.values_list("state", flat=True)) == {"waiting"}
    assert set(second.tasks.values_list("state", flat=True)) == {"deemed"}
    with pytest.raises(CommandError, match=f"case {first.pk}: out of order"):
        call_command("apply_timeouts")
    monkeypatch.setattr(timeouts, "apply_rule", rule)
    call_command("apply_timeouts", "--json", stdout=(said := StringIO()))
    assert json.loads(said.getvalue()) == {"deemed": first.tasks.count(), "escalated": 0}


def test_on_the_last_day_nothing_is_deemed(bureau):
    with_rule("agree")
    today = timezone.localdate()
    case = factory.opened(bureau, factory.project(), starts_on=today - timedelta(days=10))
    assert case.clock.due_on >= today
    assert apply_due() == {"deemed": 0, "escalated": 0}


def test_a_case_stands_still_and_goes_on_with_a_reason(bureau, case):
    with pytest.raises(UnusableInput):
        cases.pause_case(by=bureau.coordinator, case=case, reason=" ")
    cases.pause_case(by=bureau.coordinator, case=case, reason="补充材料")
    assert task_of(case, "water").due_on is None
    with pytest.raises(NotNow):
        cases.pause_case(by=bureau.coordinator, case=case, reason="再次")
    cases.resume_case(by=bureau.coordinator, case=case)
    assert task_of(case, "water").due_on is not None
    verbs = list(Step.objects.filter(data__case=case.pk).values_list("verb", flat=True))
    assert {"argument.pause_case", "argument.resume_case"} <= set(verbs)


def test_what_it_took_is_the_slowest_and_not_the_sum(bureau):
    case = factory.opened(bureau, factory.project(), starts_on=date(2026, 11, 2))
    days = {"ndrc": date(2026, 11, 4), "water": date(2026, 11, 6), "ecology": date(2026, 11, 10)}
    bureau.give_all(case)
    for function, day in days.items():  # all are working days after Monday 2 November: 2, 4, 6
        at = timezone.make_aware(timezone.datetime(day.year, day.month, day.day, 10))
        case.tasks.filter(function=function).update(settled_at=at)
    measured = elapsed.of(case, case.tasks.select_related("organisation", "clock"))
    assert {lane.task.function_id: lane.days for lane in measured.lanes} == {
        "ndrc": 2,
        "water": 4,
        "ecology": 6,
    }
    assert (measured.parallel, measured.serial, measured.saved) == (6, 12, 6)
