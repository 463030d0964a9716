"""The committee: who may, what a meeting needs before it resolves, and what a confirmed one leaves standing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import Error, IntegrityError, connection, transaction
from django.utils import timezone

from gis_projects.argument.actions import committee as committees
from gis_projects.argument.actions import meetings, minutes
from gis_projects.argument.models import (
    Meeting,
    Resolution,
    Vote,
)
from gis_projects.argument.queries import meetings as queries
from gis_projects.argument.queries.committee_todo import committee_waiting
from gis_projects.argument.refusals import NotNow
from gis_projects.library.models import Evidence
from gis_projects.people.permissions import Role
from gis_projects.trail import words
from gis_projects.trail.models import Step
from siting.engine.notices import UnusableInput
from tests.factories.committee import meeting, resolved, sitting
from tests.factories.library import ProjectFactory
from tests.factories.people import RegionFactory, UserFactory, user_of

pytestmark = pytest.mark.django_db


def confirmed(of, row) -> Meeting:
    row = minutes.record_minutes(by=of.clerk, meeting=row, minutes="会议审议了各项议题。")
    return minutes.confirm_minutes(by=of.second, meeting=row, revision=row.revision)


def test_a_resolution_counts_once_a_second_person_confirms_the_minutes(of, item, project):
    resolved(of, item, "conditional", conditions="先落实资金来源。")
    assert not Evidence.objects.exists()
    row = confirmed(of, item.meeting)
    assert row.state == "confirmed"
    item.refresh_from_db()
    assert item.resolution.document == f"九投委决〔{row.year}〕1号"
    [evidence] = Evidence.objects.filter(project=project)
    assert (evidence.kind, evidence.outcome) == ("resolution", "conditional")
    assert evidence.reference == f"argument.resolution:{item.resolution.pk}"
    [step] = Step.objects.filter(verb="argument.adopt_resolution")
    assert step.subject == f"library.project:{project.pk}"
    assert "有条件通过" in words.sentence(step)


@pytest.mark.parametrize(
    ("outcome", "established"), [("adopted", "passed"), ("rejected", "failed"), ("deferred", None)]
)
def test_what_was_resolved_is_what_the_gates_find(of, item, project, outcome, established):
    resolved(of, item, outcome)
    confirmed(of, item.meeting)
    found = Evidence.objects.filter(project=project).first()
    assert (found.outcome if found else None) == established


def test_only_a_fiscal_deliberation_opens_the_gate(of, project):
    row = meeting(of)
    item = meetings.add_item(
        by=of.clerk, meeting=row, kind="issue", title="征拆", project=project, link="start"
    )
    resolved(of, item)
    confirmed(of, row)
    assert not Evidence.objects.exists()


def test_who_wrote_the_minutes_does_not_confirm_them(of, item):
    resolved(of, item)
    row = minutes.record_minutes(by=of.clerk, meeting=item.meeting, minutes="纪要。")
    with pytest.raises(meetings.TwoPersons):
        minutes.confirm_minutes(by=of.clerk, meeting=row, revision=row.revision)
    Resolution.objects.update(document="九投委决〔2026〕9号")
    with pytest.raises(IntegrityError, match="argument_minutes_two_persons"), transaction.atomic():
        Meeting.objects.filter(pk=row.pk).update(
            state="confirmed", confirmed_by=of.clerk, confirmed_at=timezone.now()
        )
    row.refresh_from_db()
    assert row.state == "recorded"


def test_minutes_are_confirmed_as_they_were_read(of, item):
    resolved(of, item)
    row = minutes.record_minutes(by=of.clerk, meeting=item.meeting, minutes="纪要。")
    read = row.revision
    minutes.return_minutes(by=of.second, meeting=row, reason="表决数有误")
    row = minutes.record_minutes(by=of.clerk, meeting=row, minutes="纪要（改）。")
    with pytest.raises(NotNow):
        minutes.confirm_minutes(by=of.second, meeting=row, revision=read)


def test_numbers_go_on_over_the_meetings_of_a_year(of, project):
    documents = []
    for _ in range(2):
        row = meeting(of)
        for title in ("甲", "乙"):
            item = meetings.add_item(by=of.clerk, meeting=row, kind="fiscal", title=title, project=project)
        for item in row.items.all():
            resolved(of, item)
        confirmed(of, row)
        documents += [entry.document.split("〕")[1] for entry in Resolution.objects.filter(item__meeting=row)]
    assert documents == ["1号", "2号", "3号", "4号"]


def test_too_few_members_resolve_nothing(of, item):
    meetings.record_attendance(by=of.clerk, meeting=item.meeting, presence={of.members[0]: "present"})
    meetings.cast_votes(by=of.clerk, item=item, choices={of.members[0]: "for"})
    assert queries.quorum(item.meeting) == queries.Quorum(
        members=3, present=1, needed=3
    )  # 67 % of three, rounded up
    with pytest.raises(NotNow) as refused:
        meetings.resolve(by=of.clerk, item=item, outcome="adopted", text="同意。")
    assert refused.value.notices[0].code == "no-quorum"


@pytest.mark.parametrize(
    ("votes", "adopted"),
    [
        (("for", "for", "for"), True),
        (("for", "for", "against"), True),
        (("for", "against", "abstained"), False),  # a third
        (("for", "against", "recused"), False),  # a half is not more than a half
        (("for", "recused", "recused"), True),
        (("recused", "recused", "recused"), False),
    ],
)
def test_more_than_the_majority_adopts(of, item, votes, adopted):
    meetings.record_attendance(by=of.clerk, meeting=item.meeting, presence=of.everybody())
    meetings.cast_votes(by=of.clerk, item=item, choices=of.votes(*votes))
    if adopted:
        assert meetings.resolve(by=of.clerk, item=item, outcome="adopted", text="同意。").outcome == "adopted"
    else:
        with pytest.raises(NotNow) as refused:
            meetings.resolve(by=of.clerk, item=item, outcome="adopted", text="同意。")
        assert refused.value.notices[0].code == "not-adopted"
        meetings.resolve(by=of.clerk, item=item, outcome="rejected", text="不同意。")


def test_everybody_present_has_to_vote(of, item):
    meetings.record_attendance(by=of.clerk, meeting=item.meeting, presence=of.everybody())
    meetings.cast_votes(by=of.clerk, item=item, choices={of.members[0]: "for", of.members[1]: "for"})
    with pytest.raises(NotNow) as refused:
        meetings.resolve(by=of.clerk, item=item, outcome="adopted", text="同意。")
    assert refused.value.notices[0].code == "votes-missing"


def test_a_member_of_the_projects_own_unit_is_recused(of, item, project):
    member = of.members[1]
    member.organisation = project.organisation
    member.save()
    meetings.record_attendance(by=of.clerk, meeting=item.meeting, presence=of.everybody())
    with pytest.raises(UnusableInput) as refused:
        meetings.cast_votes(by=of.clerk, item=item, choices=of.votes("for", "for", "for"))
    assert refused.value.notices[0].code == "vote-recused"
    meetings.cast_votes(by=of.clerk, item=item, choices=of.votes("for", "recused", "for"))
    with pytest.raises(Error, match="recused"), transaction.atomic():
        Vote.objects.filter(user=member).update(choice="for")


def test_who_is_not_there_has_no_vote(of, item):
    stranger = UserFactory(username="stranger")
    meetings.record_attendance(
        by=of.clerk, meeting=item.meeting, presence={**of.everybody(), stranger: "observing"}
    )
    with pytest.raises(UnusableInput):
        meetings.cast_votes(by=of.clerk, item=item, choices={stranger: "for"})
    meetings.cast_votes(by=of.clerk, item=item, choices=of.votes("for", "for", "for"))
    meetings.record_attendance(
        by=of.clerk, meeting=item.meeting, presence={**of.everybody(), of.members[2]: "absent"}
    )
    assert item.votes.count() == 2


def test_nothing_of_a_confirmed_meeting_changes(of, item):
    resolved(of, item)
    row = confirmed(of, item.meeting)
    with pytest.raises(NotNow):
        meetings.add_item(by=of.clerk, meeting=row, kind="dispatch", title="补议")
    for change in (
        lambda: Meeting.objects.filter(pk=row.pk).update(minutes="改"),
        lambda: Meeting.objects.filter(pk=row.pk).delete(),
        lambda: row.items.update(title="改"),
        lambda: Resolution.objects.update(text="改"),
        lambda: Vote.objects.all().delete(),
        lambda: Vote.objects.create(item=item, user=of.clerk, choice="for"),
        lambda: row.attendance.all().delete(),
    ):
        with pytest.raises(Error), transaction.atomic():
            change()


def test_a_meeting_is_not_confirmed_with_an_item_open(of, item):
    with pytest.raises(NotNow) as refused:
        minutes.record_minutes(by=of.clerk, meeting=item.meeting, minutes="纪要。")
    assert refused.value.notices[0].code == "item-open"
    with pytest.raises(NotNow):
        minutes.record_minutes(by=of.clerk, meeting=meeting(of), minutes="纪要。")
    Meeting.objects.filter(pk=item.meeting_id).update(
        state="recorded", minutes="x", recorded_by=of.clerk, recorded_at=timezone.now()
    )
    with pytest.raises(Error, match="numbered resolution"), transaction.atomic():
        Meeting.objects.filter(pk=item.meeting_id).update(
            state="confirmed", confirmed_by=of.second, confirmed_at=timezone.now()
        )


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.COMMITTEE, Role.ADMINISTRATOR)])
def test_only_the_office_holds_meetings(of, item, role):
    user = user_of(role, "150207", username="other")
    for act in (
        lambda: meetings.convene(by=user, committee=of.committee, title="会议", scheduled_at=timezone.now()),
        lambda: meetings.add_item(by=user, meeting=item.meeting, kind="dispatch", title="议题"),
        lambda: meetings.record_attendance(by=user, meeting=item.meeting, presence={}),
        lambda: meetings.cast_votes(by=user, item=item, choices={}),
        lambda: meetings.resolve(by=user, item=item, outcome="adopted", text="同意"),
        lambda: committees.draw_up_plan(by=user, committee=of.committee, year=2026, amounts={1: Decimal(1)}),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_an_office_of_another_region_does_not(of, item):
    with pytest.raises(PermissionDenied):
        meetings.resolve(by=sitting("150202").clerk, item=item, outcome="adopted", text="同意")


def test_an_item_says_what_it_is_about(of, project):
    row = meeting(of)
    for wrong in (
        {"kind": "fiscal"}, {"kind": "annual_plan"}, {"kind": "issue"}, {"kind": "no-such"},
        {"kind": "fiscal", "project": ProjectFactory(region=RegionFactory(code="150202"))},
    ):  # fmt: skip
        with pytest.raises(UnusableInput):
            meetings.add_item(by=of.clerk, meeting=row, title="议题", **wrong)
    assert not row.items.exists()


def test_an_item_about_a_confidential_project_is_withheld_and_uncounted(of, project):
    row = meeting(of)
    secret = ProjectFactory(region=project.region, secrecy="confidential")
    administrator = user_of(Role.ADMINISTRATOR, "150207")
    meetings.add_item(by=administrator, meeting=row, kind="fiscal", title="涉密", project=secret)
    meetings.add_item(by=of.clerk, meeting=row, kind="dispatch", title="调度")
    assert [item.title for item in queries.items(of.clerk, row)] == ["调度"]
    assert queries.meetings(of.clerk).get(pk=row.pk).item_count == 1
    assert queries.meetings(administrator).get(pk=row.pk).item_count == 2


def test_a_meeting_to_come_waits_for_its_members(of):
    row = meeting(of, at=timezone.now() + timedelta(days=3))
    [waiting] = committee_waiting(of.members[0])
    assert (waiting.kind, waiting.params["title"], waiting.mine) == ("meeting", row.title, True)
    assert list(committee_waiting(user_of(Role.LEADER, "150207", username="no-member"))) == []
    meetings.cancel(by=of.clerk, meeting=row, reason="改期")
    assert not list(committee_waiting(of.members[0]))


def test_counting_votes_takes_no_query_per_member(of, item, django_assert_max_num_queries):
    resolved(of, item)
    with django_assert_max_num_queries(2):
        queries.tally(item)
    assert connection.vendor == "postgresql"
