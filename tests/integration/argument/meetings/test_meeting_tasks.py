"""What the committee leaves to be done, its annual plans and its own rules."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, IntegrityError, transaction
from django.utils import timezone

from gis_projects.argument.actions import committee as committees
from gis_projects.argument.actions import meeting_tasks, meetings
from gis_projects.argument.models import (
    AnnualPlan,
    MeetingFile,
    MeetingTask,
)
from gis_projects.argument.queries import meetings as queries
from gis_projects.argument.queries.committee_todo import committee_waiting
from gis_projects.argument.refusals import NotNow
from gis_projects.people.models import Department
from gis_projects.people.permissions import Role
from siting.engine.notices import UnusableInput
from tests.factories.committee import meeting
from tests.factories.library import ProjectFactory
from tests.factories.people import OrganisationFactory, RegionFactory, UserFactory, user_of

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture
def department():
    water, _ = Department.objects.get_or_create(code="water", defaults={"name": "水务"})
    return OrganisationFactory(kind="department", department=water, region=RegionFactory(code="150207"))


def handler(department, name="handler"):
    return user_of(Role.HANDLER, "150207", username=name, organisation=department)


def test_a_task_is_closed_by_somebody_else_on_evidence(of, item, department):
    task = meeting_tasks.assign(
        by=of.clerk, meeting=item.meeting, item=item, title="落实资金", organisation=department,
        due_on=timezone.localdate() + timedelta(days=10),
    )  # fmt: skip
    user = handler(department)
    assert [entry.kind for entry in committee_waiting(user)] == ["meeting_task"]
    with pytest.raises(UnusableInput) as refused:
        meeting_tasks.report(by=user, task=task, text="已落实。")
    assert refused.value.notices[0].code == "task-needs-file"
    meeting_tasks.report(by=user, task=task, text="已落实。", file=("批复.pdf", PDF))
    assert [entry.kind for entry in committee_waiting(of.clerk)] == ["closing"]
    meeting_tasks.send_back(by=of.clerk, task=task, reason="缺拨款凭证")
    meeting_tasks.report(by=user, task=task, text="已补。")
    meeting_tasks.close(by=of.clerk, task=task)
    task.refresh_from_db()
    assert task.state == "closed"
    assert not list(committee_waiting(user))
    with pytest.raises(Error), transaction.atomic():
        MeetingTask.objects.filter(pk=task.pk).update(report="改")
    with pytest.raises(Error), transaction.atomic():
        MeetingFile.objects.all().delete()


def test_who_reports_a_task_does_not_close_it(of, item, department):
    both = UserFactory(
        username="both",
        roles=["handler", "committee"],
        organisation=department,
        region=RegionFactory(code="150207"),
    )
    task = meeting_tasks.assign(
        by=of.clerk, meeting=item.meeting, title="落实", organisation=department, due_on=timezone.localdate()
    )
    meeting_tasks.report(by=both, task=task, text="好了", file=("批复.pdf", PDF))
    with pytest.raises(meetings.TwoPersons):
        meeting_tasks.close(by=both, task=task)
    with pytest.raises(IntegrityError), transaction.atomic():
        MeetingTask.objects.filter(pk=task.pk).update(
            state="closed", closed_by=both, closed_at=timezone.now()
        )


def test_another_department_does_not_report(of, item, department):
    task = meeting_tasks.assign(
        by=of.clerk, meeting=item.meeting, title="落实", organisation=department, due_on=timezone.localdate()
    )
    other = handler(OrganisationFactory(kind="department", region=RegionFactory(code="150207")), "other")
    with pytest.raises(UnusableInput):
        meeting_tasks.report(by=other, task=task, text="好了", file=("批复.pdf", PDF))
    with pytest.raises(Error, match="with a file"), transaction.atomic():
        MeetingTask.objects.filter(pk=task.pk).update(
            state="closed", closed_by=of.clerk, closed_at=timezone.now(), report="x", reported_by=other,
            reported_at=timezone.now(),
        )  # fmt: skip


def test_a_joint_meeting_leaves_tasks_with_owner_and_day(of, department):
    row = meeting(of, kind="joint")
    with pytest.raises(UnusableInput):
        meeting_tasks.assign(
            by=of.clerk, meeting=row, title="核查", organisation=department,
            due_on=timezone.localdate() - timedelta(days=30),
        )  # fmt: skip
    task = meeting_tasks.assign(
        by=of.clerk, meeting=row, title="核查", organisation=department, due_on=timezone.localdate()
    )
    assert list(queries.tasks(handler(department))) == [task]


def test_a_plan_is_held_against_the_version_before(of):
    a, b, c = (ProjectFactory(region=RegionFactory(code="150207")) for _ in range(3))
    first = committees.draw_up_plan(
        by=of.clerk, committee=of.committee, year=2026,
        amounts={a.pk: Decimal("100.00"), b.pk: Decimal("50.00")},
    )  # fmt: skip
    second = committees.draw_up_plan(
        by=of.clerk, committee=of.committee, year=2026,
        amounts={a.pk: Decimal("130.00"), c.pk: Decimal("20.00")}, note="年中调整",
    )  # fmt: skip
    assert (first.version, second.version) == (1, 2)
    assert [
        (change.project, change.before, change.after) for change in queries.plan_changes(second, of.clerk)
    ] == [
        (b, Decimal("50.00"), None),
        (a, Decimal("100.00"), Decimal("130.00")),
        (c, None, Decimal("20.00")),
    ]
    with pytest.raises(NotNow):
        committees.draw_up_plan(
            by=of.clerk, committee=of.committee, year=2026,
            amounts={c.pk: Decimal("20.00"), a.pk: Decimal("130.00")},
        )  # fmt: skip
    item = meetings.add_item(
        by=of.clerk, meeting=meeting(of), kind="annual_plan", title="年度计划调整", plan=second
    )
    assert item.plan == second
    with pytest.raises(Error), transaction.atomic():
        AnnualPlan.objects.update(note="改")


@pytest.mark.parametrize("amount", ["-1", "0.001", "NaN"])
def test_a_plan_has_amounts_to_the_fen(of, project, amount):
    with pytest.raises(UnusableInput):
        committees.draw_up_plan(
            by=of.clerk, committee=of.committee, year=2026, amounts={project.pk: Decimal(amount)}
        )


def test_positions_and_rules_are_the_committees_own(of):
    committees.set_committee(
        by=of.clerk, region=of.committee.region, name="投资管理委员会", abbreviation="九投", quorum_percent=50,
        majority_percent=66,
    )  # fmt: skip
    assert [seat.title for seat in queries.seats_on(of.committee)] == ["主任", "常务副主任", "副主任"]
    committees.end_seat(
        by=of.clerk,
        seat=queries.seats_on(of.committee).last(),
        ends_on=timezone.localdate() - timedelta(days=1),
    )
    assert queries.seats_on(of.committee).count() == 2
    with pytest.raises(ValidationError):
        committees.set_committee(
            by=of.clerk, region=of.committee.region, name="x", abbreviation="x", quorum_percent=0
        )
