"""Where departments object: joint consultation, and the superior one and two levels up."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from gis_projects.argument.actions import (
    cases,
    consultations,
    escalations,
)
from gis_projects.argument.models import Case
from gis_projects.argument.refusals import NotNow
from gis_projects.library.models import Evidence
from gis_projects.people.models import Region
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from tests.factories import arguments as factory
from tests.factories.arguments import task_of
from tests.factories.people import UserFactory
from tests.refusals import codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau():
    return factory.bureau()


@pytest.fixture
def case(bureau):
    return factory.opened(bureau, factory.project())


def test_an_objection_is_talked_about_before_it_fails_a_case(bureau, case):
    bureau.give_all(case, water="object")
    with pytest.raises(NotNow) as refusal:
        cases.conclude(by=bureau.coordinator, case=case, text="不通过")
    assert codes(refusal) == {"case-objection"}
    units = [bureau.unit("water"), bureau.unit("ndrc")]
    called = consultations.call(
        by=bureau.coordinator, case=case, topic="取水量", meets_on=timezone.localdate(), organisations=units
    )
    with pytest.raises(NotNow) as refusal:
        cases.conclude(by=bureau.coordinator, case=case, text="不通过")
    assert codes(refusal) == {"case-not-open"}
    consultations.keep_minutes(
        by=bureau.coordinator,
        consultation=called,
        minutes="水务局维持意见",
        attended="张三、李四",
        settled=False,
    )
    cases.conclude(by=bureau.coordinator, case=case, text="不通过")
    assert Case.objects.get(pk=case.pk).outcome == "failed"
    assert Evidence.objects.get(project=case.project).outcome == "failed"


def test_a_department_that_is_convinced_says_so_itself(bureau, case):
    bureau.give_all(case, water="object")
    called = consultations.call(
        by=bureau.coordinator, case=case, topic="取水量", meets_on=timezone.localdate(),
        organisations=[bureau.unit("water"), bureau.unit("ndrc")],
    )  # fmt: skip
    consultations.keep_minutes(
        by=bureau.coordinator, consultation=called, minutes="改用再生水", attended="张三", settled=True
    )
    bureau.give(task_of(case, "water"), "agree")
    cases.conclude(by=bureau.coordinator, case=case, text="通过")
    assert Case.objects.get(pk=case.pk).outcome == "passed"


def test_two_levels_up_and_the_clock_stands_still_meanwhile(bureau, case):
    """Departments side by side, and an objection that goes to the city and on to the province."""
    bureau.give_all(case, water="object")
    task = task_of(case, "water")
    row = escalations.escalate(by=bureau.coordinator, task=task, reason="意见不一致")
    case.refresh_from_db()
    assert (row.organisation, case.state) == (bureau.unit("water", factory.CITY), "escalated")
    assert (case.clock.state, case.clock.due_on) == ("paused", None)
    pause = Step.objects.filter(verb="clock.pause").latest("number")
    assert "意见不一致" in pause.data["reason"]
    city = bureau.person(bureau.unit("water", factory.CITY), Role.APPROVER)
    with pytest.raises((Http404, PermissionDenied)):
        escalations.decide(by=bureau.approver(task), escalation=row, decision="agree", text="同意")
    escalations.decide(by=city, escalation=row, decision="passed_up", text="请自治区水利厅裁定")
    higher = task.escalations.get(decision="")
    assert (higher.level, higher.organisation) == (2, bureau.unit("water", factory.PROVINCE))
    province = bureau.person(bureau.unit("water", factory.PROVINCE), Role.APPROVER)
    escalations.decide(
        by=province, escalation=higher, decision="conditional", text="同意，使用再生水",
        conditions=[{"text": "使用再生水", "due_on": ""}],
    )  # fmt: skip
    case.refresh_from_db()
    task.refresh_from_db()
    assert (case.state, case.clock.state, task.state, task.result) == (
        "open",
        "running",
        "decided",
        "conditional",
    )
    with pytest.raises(NotNow):
        escalations.decide(by=province, escalation=higher, decision="agree", text="再裁定")
    cases.conclude(by=bureau.coordinator, case=case, text="有条件通过")
    assert Case.objects.get(pk=case.pk).outcome == "conditional"


def test_at_the_top_nobody_stands_above(bureau):
    province = Region.objects.get(code=factory.PROVINCE)
    project = factory.project(region=province)
    coordinator = UserFactory(username="province", roles=[Role.COORDINATOR], region=province)
    case = cases.open_case(by=coordinator, project=project, kind="total_structure")
    task = task_of(case, "water")
    bureau.give(task, "object")
    with pytest.raises(NotNow) as refusal:
        escalations.escalate(by=coordinator, task=task, reason="意见不一致")
    assert codes(refusal) == {"no-superior"}
