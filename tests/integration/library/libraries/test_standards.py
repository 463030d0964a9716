"""A standard of enforcement: two persons, unchanged once published, one a day, and nothing granted past its points."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from gis_projects.library.actions import permits, standards
from gis_projects.library.actions.standards import Given, Point
from gis_projects.library.models import Approval, ApprovalCheck, CheckPoint, EnforcementStandard
from gis_projects.library.queries.standards import StandardState, checklist, in_force, state_of
from gis_projects.library.queries.todo import waiting
from gis_projects.library.refusals import NotThisPerson, Refused
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from tests.factories.libraries import admission, in_library
from tests.factories.people import user_of
from tests.factories.standards import drafted, manager, published
from tests.refusals import codes

pytestmark = pytest.mark.django_db


def refused_by_database(work, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        work()


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def begun(project):
    """A project's setup, begun under a standard of two points."""
    published()
    in_library(project, "reserve")
    return permits.start_approval(by=admission(), project=project, item="setup")


def test_nothing_is_asked_where_no_standard_is_in_force(project, today):
    drafted()  # nobody published it
    published(valid_from=today + timedelta(1), number="明日")
    published("design")
    in_library(project, "reserve")
    approval = permits.start_approval(by=admission(), project=project, item="setup")
    assert approval.standard is None
    assert not checklist(approval).points
    with pytest.raises(Refused) as refused:
        standards.answer_points(by=None, approval=approval, answers={1: Given("met")})
    assert codes(refused) == {"no-standard"}
    permits.grant_approval(by=admission(username="second"), approval=approval, number="1号")


def test_every_point_is_answered_before_an_approval_is_granted(begun):
    one, two = begun.standard.points.all()
    second = admission(username="second")
    grant = lambda: permits.grant_approval(by=second, approval=begun, number="1号")  # noqa: E731
    past_the_action = lambda: Approval.objects.filter(pk=begun.pk).update(  # noqa: E731
        number="1号", granted_on=timezone.localdate(), granted_by=second
    )
    with pytest.raises(Refused) as refused:
        grant()
    assert [notice.params["text"] for notice in refused.value.notices] == [one.text, two.text]
    refused_by_database(past_the_action, "granted with points")
    standards.answer_points(by=begun.started_by, approval=begun, answers={one.pk: Given("met")})
    with pytest.raises(Refused) as refused:
        grant()
    assert [notice.params["article"] for notice in refused.value.notices] == [two.article]
    refused_by_database(past_the_action, "granted with points")
    with pytest.raises(ValidationError):
        standards.answer_points(by=None, approval=begun, answers={two.pk: Given("not_applicable", " ")})
    standards.answer_points(by=second, approval=begun, answers={two.pk: Given("not_applicable", "非资金类")})
    refused_by_database(
        lambda: Approval.objects.filter(pk=begun.pk).update(
            standard=None, number="1号", granted_on=timezone.localdate(), granted_by=second
        ),
        "another standard",
    )
    assert grant().granted_by == second
    with pytest.raises(Refused) as refused:
        standards.answer_points(by=second, approval=begun, answers={two.pk: Given("met")})
    assert codes(refused) == {"granted"}
    told = Step.objects.filter(verb="library.answer_checks").order_by("pk")
    assert [step.data["number"] for step in told] == [1, 1]


def test_an_answer_is_given_once_by_who_manages_and_to_the_points_of_the_day(begun, project):
    one, two = begun.standard.points.all()
    with pytest.raises(PermissionDenied):
        standards.answer_points(
            by=user_of(Role.PLANNER, "150207"), approval=begun, answers={one.pk: Given("met")}
        )
    with pytest.raises(ValidationError):
        standards.answer_points(by=None, approval=begun, answers={})
    (row,) = standards.answer_points(by=None, approval=begun, answers={one.pk: Given("met")})
    with pytest.raises(Refused) as refused:
        standards.answer_points(by=None, approval=begun, answers={one.pk: Given("met")})
    assert codes(refused) == {"point-answered"}
    refused_by_database(lambda: ApprovalCheck.objects.filter(pk=row.pk).update(reason="后补"), "append-only")
    refused_by_database(lambda: ApprovalCheck.objects.filter(pk=row.pk).delete(), "append-only")
    other = published("design", number="另一事项").points.first()
    with pytest.raises(Refused) as refused:
        standards.answer_points(by=None, approval=begun, answers={other.pk: Given("met")})
    assert codes(refused) == {"another-standard"}
    refused_by_database(
        lambda: ApprovalCheck.objects.create(approval=begun, point=other, answer="met"), "another standard"
    )
    refused_by_database(
        lambda: ApprovalCheck.objects.create(approval=begun, point=two, answer="not_applicable", reason=" "),
        "library_check_says_why_not",
    )


def test_two_persons_and_the_second_publishes_what_they_read():
    draft = drafted()
    drafter, publisher = draft.entered_by, manager("publisher")
    with pytest.raises(NotThisPerson):
        standards.publish(by=drafter, standard=draft, revision=draft.revision)
    mine = [one.kind for one in waiting(drafter)]
    assert "library.standard" not in mine
    assert [one.address for one in waiting(publisher) if one.kind == "library.standard"] == [
        f"/libraries/standards/{draft.pk}/"
    ]
    changed = standards.save_draft(
        by=drafter, standard=draft, number=draft.number, name="改过的", valid_from=draft.valid_from,
        source=draft.source, points=[Point("唯一要点", "政府投资条例", "第九条", key="only")],
    )  # fmt: skip
    with pytest.raises(Refused) as refused:
        standards.publish(by=publisher, standard=draft, revision=draft.revision)
    assert codes(refused) == {"changed-meanwhile"}
    with pytest.raises(NotThisPerson):
        standards.save_draft(
            by=publisher, standard=draft, number="别人的", name="别人的", valid_from=draft.valid_from,
            source="无", points=[Point("一", "二")],
        )  # fmt: skip
    done = standards.publish(by=publisher, standard=draft, revision=changed.revision)
    assert (done.published_by, [one.key for one in done.points.all()]) == (publisher, ["only"])
    assert "library.standard" not in [one.kind for one in waiting(publisher)]
    refused_by_database(
        lambda: EnforcementStandard.objects.create(
            item="design", edition=1, number="n", name="n", valid_from=draft.valid_from, source="s",
            entered_by=drafter, published_by=drafter,
        ),
        "library_standard",
    )  # fmt: skip


def test_one_person_in_the_database_either():
    draft = drafted()
    refused_by_database(
        lambda: EnforcementStandard.objects.filter(pk=draft.pk).update(
            published_by=draft.entered_by, published_at=timezone.now()
        ),
        "library_standard_by_two",
    )


def test_what_is_published_stays_as_it_is(today):
    row = published()
    with pytest.raises(Refused) as refused:
        standards.drop_draft(by=row.entered_by, standard=row)
    assert codes(refused) == {"published"}
    rows, points = EnforcementStandard.objects.filter(pk=row.pk), CheckPoint.objects.filter(standard=row)
    for work in (
        lambda: rows.update(name="另一名称"),
        lambda: rows.update(valid_from=today - timedelta(9)),
        lambda: rows.update(published_by=None, published_at=None),
        lambda: points.update(text="另一要点"),
        lambda: points.filter(position=1).delete(),
        lambda: CheckPoint.objects.create(standard=row, position=9, key="9", text="添", law="添"),
    ):
        refused_by_database(work, "published|an end is given once")
    rows.update(valid_to=today + timedelta(9))
    refused_by_database(lambda: rows.update(valid_to=None), "an end is given once")


def test_nothing_is_published_backwards_or_without_points(today):
    late = drafted(valid_from=today - timedelta(1))
    with pytest.raises(Refused) as refused:
        standards.publish(by=manager("publisher"), standard=late, revision=1)
    assert codes(refused) == {"past-days"}
    now = {"published_at": timezone.now()}
    rows = EnforcementStandard.objects.filter(pk=late.pk)
    refused_by_database(lambda: rows.update(**now), "for days that are past")
    with pytest.raises(ValidationError):
        drafted(points=[])
    rows.update(valid_from=today)
    CheckPoint.objects.filter(standard=late).delete()
    refused_by_database(lambda: rows.update(**now), "without points")


def test_the_next_edition_ends_the_one_before_and_days_decide(begun, today):
    first = begun.standard
    second = published(valid_from=today + timedelta(10), number="第二版")
    first.refresh_from_db()
    assert (first.edition, second.edition, first.valid_to) == (1, 2, second.valid_from)
    assert in_force("setup", today + timedelta(9)) == first
    assert in_force("setup", today + timedelta(10)) == second
    assert in_force("setup", today - timedelta(1)) is None
    assert (state_of(first), state_of(second)) == (StandardState.IN_FORCE, StandardState.COMING)
    third = drafted(valid_from=today + timedelta(5), number="第三版")
    with pytest.raises(Refused) as refused:
        standards.publish(by=manager("publisher"), standard=third, revision=1)
    assert codes(refused) == {"days-taken"}
    refused_by_database(
        lambda: EnforcementStandard.objects.filter(pk=third.pk).update(published_at=timezone.now()),
        "library_standards_apart",
    )
    begun.refresh_from_db()
    assert begun.standard == first


def test_who_does_not_manage_the_libraries_drafts_nothing_and_a_draft_can_be_given_up():
    with pytest.raises(PermissionDenied):
        drafted(by=user_of(Role.PLANNER, "150207"))
    draft = drafted()
    with pytest.raises(NotThisPerson):
        standards.drop_draft(by=manager("publisher"), standard=draft)
    standards.drop_draft(by=draft.entered_by, standard=draft)
    assert not EnforcementStandard.objects.exists()
