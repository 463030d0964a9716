"""What is lent: used with the lender's reach, counted as one person with them, and gone when it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gis_projects.library.models import Project
from gis_projects.people.actions import users
from gis_projects.people.actions.delegations import delegate, end_delegation
from gis_projects.people.models import Delegation, User
from gis_projects.people.permissions import Permission, Role, Scope, find, has, may, require, visible
from gis_projects.people.queries.delegations import acting_for, same_person
from gis_projects.trail import actions as trail
from tests.factories.library import ProjectFactory
from tests.factories.people import OrganisationFactory, RegionFactory, UserFactory, user_of

pytestmark = pytest.mark.django_db
EDIT, READ = Permission.EDIT_PROJECTS, Permission.READ_PROJECTS
HERE, THERE = Scope(region="150207"), Scope(region="150202")


@pytest.fixture
def unit():
    return OrganisationFactory()


@pytest.fixture
def giver(unit):
    return user_of(Role.PLANNER, "150207", organisation=unit)


@pytest.fixture
def taker(unit):
    return user_of(Role.MONITOR, "150202", organisation=unit)


def lend(giver, taker, permissions=(EDIT,), first=0, last=7, **more):
    today = timezone.localdate()
    return delegate(
        by=giver,
        to=taker,
        permissions=permissions,
        starts_on=today + timedelta(days=first),
        ends_on=today + timedelta(days=last),
        **{"reason": "出差"} | more,
    )


def again(user):
    return User.objects.get(pk=user.pk)


def test_what_is_lent_works_with_the_lenders_reach_and_nothing_more(giver, taker):
    assert not may(taker, EDIT, HERE)
    lend(giver, taker)
    taker = again(taker)
    assert may(taker, EDIT, HERE)
    assert not may(taker, EDIT, THERE)
    assert not may(taker, READ, HERE)
    assert may(taker, READ, THERE)
    assert not may(taker, Permission.EDIT_SITES, HERE)
    assert acting_for(taker) == [giver]


def test_lists_and_single_answers_agree_on_what_is_lent(giver, taker):
    for region, secrecy in [(r, s) for r in ("150207", "150202") for s in ("internal", "confidential")]:
        ProjectFactory(region=RegionFactory(code=region), secrecy=secrecy)
    cleared = user_of(Role.SURVEYOR, "150200", organisation=giver.organisation)
    lend(giver, taker, [EDIT, READ])
    lend(cleared, taker, [READ, Permission.READ_CONFIDENTIAL])
    taker = again(taker)
    for permission in Permission:
        seen = set(visible(taker, permission, Project.objects.all()).values_list("pk", flat=True))
        assert seen == {p.pk for p in Project.objects.all() if may(taker, permission, p)}
    assert visible(taker, READ, Project.objects.all()).count() == 4
    # the planner lends no clearance: a project that is confidential is edited by nobody in their name
    assert [p.secrecy for p in visible(taker, EDIT, Project.objects.all())] == ["internal"]


def test_it_costs_no_question_for_who_borrows_nothing_and_one_for_who_does(giver, taker):
    with CaptureQueriesContext(connection) as queries:
        assert has(giver, EDIT)
        assert not may(taker, EDIT, HERE)
    assert len(queries) == 0
    lend(giver, taker)
    taker = again(taker)
    with CaptureQueriesContext(connection) as queries:
        for _ in range(3):
            assert may(taker, EDIT, HERE)
            assert has(taker, READ)
    assert len(queries) == 1


@pytest.mark.parametrize(("first", "last", "now"), [(0, 0, True), (1, 3, False), (0, 5, True)])
def test_both_days_belong_to_it(giver, taker, first, last, now):
    lend(giver, taker, first=first, last=last)
    assert may(again(taker), EDIT, HERE) is now


def test_after_its_last_day_it_is_gone(giver, taker):
    row = lend(giver, taker)
    yesterday = timezone.localdate() - timedelta(days=1)
    Delegation.objects.filter(pk=row.pk).update(starts_on=yesterday, ends_on=yesterday)
    assert not may(again(taker), EDIT, HERE)


def test_ending_it_takes_it_back_at_once(giver, taker):
    row = lend(giver, taker)
    with pytest.raises(PermissionDenied):
        end_delegation(by=user_of(Role.ADMINISTRATOR), delegation=row)
    end_delegation(by=giver, delegation=row)
    assert not may(again(taker), EDIT, HERE)
    assert again(taker).borrows_until is None
    assert acting_for(again(taker)) == []


def test_it_lends_no_more_than_the_giver_still_has(giver, taker, unit):
    lend(giver, taker)
    users.set_roles(by=None, user=giver, roles=["monitor"])
    assert not may(again(taker), EDIT, HERE)
    users.set_roles(by=None, user=giver, roles=["planner"])
    assert may(again(taker), EDIT, HERE)
    User.objects.filter(pk=giver.pk).update(organisation=OrganisationFactory())
    assert not may(again(taker), EDIT, HERE)
    User.objects.filter(pk=giver.pk).update(organisation=unit, is_active=False)
    assert not may(again(taker), EDIT, HERE)


def test_what_is_borrowed_is_not_lent_on(giver, taker, unit):
    lend(giver, taker)
    third = user_of(Role.LEADER, "150202", organisation=unit)
    with pytest.raises(ValidationError):
        lend(again(taker), third)


def test_what_may_not_be_lent(giver, taker, unit):
    boss = user_of(Role.ADMINISTRATOR, organisation=unit)
    with pytest.raises(ValidationError):
        lend(boss, taker, [Permission.MANAGE_PEOPLE])
    with pytest.raises(ValidationError):
        lend(giver, taker, [Permission.SIGN_CHECKS])
    with pytest.raises(ValidationError):
        lend(giver, taker, [])
    with pytest.raises(ValidationError):
        lend(giver, giver)
    with pytest.raises(ValidationError):
        lend(giver, user_of(Role.LEADER, organisation=OrganisationFactory()))
    with pytest.raises(ValidationError):
        lend(giver, UserFactory(organisation=unit, is_active=False))
    with pytest.raises(ValidationError):
        lend(giver, taker, first=-3, last=-1)
    with pytest.raises(IntegrityError, match="what_may_be_lent"), transaction.atomic():
        Delegation.objects.create(
            giver=boss,
            taker=taker,
            permissions=["manage_people"],
            starts_on=timezone.localdate(),
            ends_on=timezone.localdate(),
            reason="x",
        )


def test_a_token_is_limited_whatever_is_lent(giver, taker):
    lend(giver, taker)
    taker = again(taker)
    taker.limited_to = frozenset({Permission.READ_LAYERS})
    assert not has(taker, EDIT)
    with pytest.raises(PermissionDenied):
        lend(taker, giver, [READ])


def test_steps_say_in_whose_name(giver, taker):
    lend(giver, taker)
    taker = again(taker)
    require(taker, READ, THERE)
    own = trail.record(by=taker, verb="people.change_password", subject="people.user:1", data={"a": 1})
    assert own.data == {"a": 1}
    require(taker, EDIT, HERE)
    step = trail.record(by=taker, verb="people.change_password", subject="people.user:1", data={"a": 1})
    assert (step.actor, step.data["on_behalf_of"]) == ("monitor", ["planner"])


def test_finding_something_by_a_lent_permission_is_noted_too(giver, taker):
    project = ProjectFactory(region=RegionFactory(code="150207"))
    lend(giver, taker, [EDIT, READ])
    taker = again(taker)
    assert find(taker, EDIT, Project.objects.all(), reading=READ, pk=project.pk) == project
    assert taker.acted_for == {"planner"}


def test_who_acts_for_another_counts_as_the_same_person(giver, taker, unit):
    third, stranger = (UserFactory(organisation=unit, roles=["monitor"]) for _ in range(2))
    assert same_person(giver, giver)
    assert not same_person(giver, taker)
    assert not same_person(None, giver)
    row = lend(giver, taker)
    assert same_person(giver, taker)
    assert same_person(taker.pk, giver)
    assert not same_person(taker, third)
    lend(giver, third)
    assert same_person(taker, third)  # both act for the same one
    assert not same_person(taker, stranger)
    end_delegation(by=giver, delegation=row)
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert not same_person(giver, taker, since=tomorrow)
    # ended today, it still let them act today
    assert same_person(giver, taker)


def test_the_page_is_filtered_and_goes_out_as_it_is(giver, taker, unit, client):
    later = UserFactory(username="later", full_name="李四", roles=[Role.MONITOR], organisation=unit)
    lend(giver, taker, reason="出差")
    lend(giver, later, first=20, last=25, reason="学习")
    client.force_login(giver)

    def rows(**asked):
        text = client.get("/accounts/delegations/", {**asked, "format": "csv"}).content.decode("utf-8-sig")
        return [row.split(",") for row in text.splitlines()[1:]]

    assert [row[5] for row in rows()] == ["学习", "出差"]
    assert [(row[1], row[6]) for row in rows(state="coming")] == [("李四", "未开始")]
    assert [row[5] for row in rows(q="出差")] == ["出差"]
    assert rows(state="over") == []
    page = client.get("/accounts/delegations/", {"q": "李四"}).content.decode()
    assert "学习" in page
    assert "出差</td>" not in page
    assert "没有符合条件的委托" in client.get("/accounts/delegations/", {"q": "王五"}).content.decode()
