"""Units inside: offices, posts, levels of approval, and who runs them."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from gis_projects.people.actions import users
from gis_projects.people.actions.chains import set_chain
from gis_projects.people.actions.delegations import delegate
from gis_projects.people.actions.functions import load_functions
from gis_projects.people.actions.organisations import close_organisation
from gis_projects.people.actions.units import appoint, close_post, relieve, save_internal_unit, save_post
from gis_projects.people.items import ITEMS
from gis_projects.people.models import (
    ApprovalChain,
    ChainMode,
    Department,
    User,
)
from gis_projects.people.permissions import Permission, Role
from gis_projects.people.queries import chains
from gis_projects.people.queries.organisations import credit_code_notice, department_of
from gis_projects.people.queries.units import structure
from gis_projects.people.roles import roles_of_unit
from tests.factories.people import OrganisationFactory, RegionFactory, UserFactory, baotou, signed_in, user_of

pytestmark = pytest.mark.django_db
CODE = "91350100M000100Y43"  # the example of GB 32100


@pytest.fixture(autouse=True)
def _baotou():
    baotou()


@pytest.fixture
def boss():
    return user_of(Role.ADMINISTRATOR)


def test_functions_load_once_and_name_their_roles():
    assert load_functions(by=None) == 31
    assert load_functions(by=None) == 0
    assert Department.objects.count() >= 31
    assert {"ndrc", "finance", "water", "committee_office"} <= set(
        Department.objects.values_list("code", flat=True)
    )
    with pytest.raises(PermissionDenied):
        load_functions(by=user_of(Role.REVIEWER))


def test_a_department_is_found_from_the_region_upwards():
    load_functions(by=None)
    RegionFactory._meta.model.objects.filter(parent=None).exclude(code="150200").update(parent="150200")
    town = RegionFactory._meta.model.objects.create(
        code="150207101", name="麻池镇", short_name="麻池镇", kind="town", parent_id="150207"
    )
    water, culture = (Department.objects.get(code=code) for code in ("water", "culture"))
    city = OrganisationFactory(kind="department", department=water, region_id="150200")
    heritage = OrganisationFactory(kind="department", department=culture, region_id="150200")
    own = OrganisationFactory(kind="department", department=water, region_id="150207")
    assert department_of("water", town) == own
    assert department_of("water", "150202") == city
    assert department_of("culture", "150207101") == heritage
    assert department_of("audit", "150207") is None
    boss = user_of(Role.ADMINISTRATOR)
    close_organisation(by=boss, organisation=own, reason="机构改革")
    assert department_of("water", town) == city


def test_the_credit_code_of_the_standard_is_right_and_others_are_told():
    assert credit_code_notice(CODE) is None
    assert credit_code_notice(CODE[:-1] + "4").code == "credit-code-check"
    assert credit_code_notice("I" * 18).code == "credit-code-character"
    assert credit_code_notice("9135").code == "credit-code-length"


@pytest.fixture
def unit():
    load_functions(by=None)
    return OrganisationFactory(kind="department", department_id="ndrc", region_id="150200")


@pytest.fixture
def runs(unit):
    return user_of(Role.UNIT_ADMIN, "150200", organisation=unit)


@pytest.fixture
def posts(unit, runs):
    office = save_internal_unit(by=runs, organisation=unit, name="投资处")
    return [
        save_post(by=runs, organisation=unit, name=name, unit=office) for name in ("科长", "处长", "分管主任")
    ]


def test_three_levels_for_the_next_case_and_two_for_the_running_one(unit, runs, posts):
    item = "argument.opinion"
    assert chains.current(unit, item) == chains.DEFAULT
    set_chain(
        by=runs, organisation=unit, item=item, mode="approve", levels=[("初审", posts[0]), ("复审", posts[1])]
    )
    running = chains.current(unit, item)
    set_chain(
        by=runs,
        organisation=unit,
        item=item,
        mode="verify",
        levels=[("初审", posts[0]), ("复审", posts[1]), ("签发", posts[2])],
    )
    assert [len(chains.current(unit, item).levels), len(chains.version(running.pk).levels)] == [3, 2]
    assert (chains.current(unit, item).version, chains.version(running.pk).version) == (2, 1)
    assert chains.version(running.pk).mode == ChainMode.APPROVE
    assert chains.version(None) == chains.DEFAULT
    assert running.after(1).name == "复审"
    assert running.after(2) is None
    for change in ({"mode": "file"}, {"version": 7}):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            ApprovalChain.objects.filter(pk=running.pk).update(**change)


def test_modes_are_kept_by_unit_and_item(unit, runs, monkeypatch):
    monkeypatch.setitem(ITEMS, "argument.another", "另一事项")
    set_chain(by=runs, organisation=unit, item="argument.opinion", mode="file", levels=[])
    set_chain(by=runs, organisation=unit, item="argument.another", mode="verify", levels=[("审核", None)])
    assert chains.current(unit, "argument.opinion").levels == ()
    assert chains.current(unit, "argument.another").mode == "verify"
    other = OrganisationFactory(kind="department", department_id="water")
    assert chains.current(other, "argument.opinion") == chains.DEFAULT


@pytest.mark.parametrize(
    ("item", "mode", "levels"),
    [
        ("argument.opinion", "approve", []),
        ("argument.opinion", "shout", [("一", None)]),
        ("argument.nothing", "approve", [("一", None)]),
        ("argument.opinion", "approve", [(" ", None)]),
        ("argument.opinion", "approve", [("级", None)] * 10),
    ],
)
def test_what_no_chain_is(unit, runs, item, mode, levels):
    with pytest.raises(ValidationError):
        set_chain(by=runs, organisation=unit, item=item, mode=mode, levels=levels)


def test_the_holder_of_a_post_decides_its_level(unit, runs, posts):
    first, second = (UserFactory(organisation=unit, roles=["approver"]) for _ in range(2))
    appoint(by=runs, post=posts[0], user=first)
    level = chains.Level(1, posts[0].pk, "初审")
    assert chains.may_decide(first, unit, level)
    assert not chains.may_decide(second, unit, level)
    assert chains.may_decide(second, unit, chains.Level(1, None, "审批"))
    assert not chains.may_decide(UserFactory(organisation=None), unit, chains.Level(1, None, "审批"))
    assert chains.holders([posts[0]]) == [first]
    relieve(by=runs, holding=first.holdings.get())
    assert not chains.may_decide(first, unit, level)
    with pytest.raises(ValidationError):
        appoint(by=runs, post=posts[0], user=UserFactory(organisation=OrganisationFactory()))


def test_a_post_that_a_chain_asks_for_stays(unit, runs, posts):
    set_chain(
        by=runs, organisation=unit, item="argument.opinion", mode="approve", levels=[("初审", posts[0])]
    )
    with pytest.raises(ValidationError, match="流程"):
        close_post(by=runs, post=posts[0])
    set_chain(
        by=runs, organisation=unit, item="argument.opinion", mode="approve", levels=[("初审", posts[1])]
    )
    close_post(by=runs, post=posts[0])
    assert [post.name for row in structure(unit) for post in row.posts] == ["处长", "分管主任"]


def test_offices_form_a_tree_without_knots(unit, runs):
    above = save_internal_unit(by=runs, organisation=unit, name="办公室")
    below = save_internal_unit(by=runs, organisation=unit, name="文秘科", parent=above)
    with pytest.raises(ValidationError, match="下级"):
        save_internal_unit(by=runs, organisation=unit, name="办公室", parent=below, unit=above)
    assert [(row.unit and row.unit.name, row.depth) for row in structure(unit)] == [
        (None, 0), ("办公室", 0), ("文秘科", 1),
    ]  # fmt: skip


def test_an_administrator_runs_their_own_unit_and_no_other(unit, runs, boss):
    other = OrganisationFactory(kind="department", department_id="water", region_id="150200")
    for action in (
        lambda: save_internal_unit(by=runs, organisation=other, name="x"),
        lambda: set_chain(by=runs, organisation=other, item="argument.opinion", mode="file", levels=[]),
        lambda: save_internal_unit(by=boss, organisation=unit, name="x"),  # it isn't theirs either
        lambda: users.create_user(
            by=runs, username="x", password=None, roles=["handler"], organisation=other
        ),
    ):
        with pytest.raises(PermissionDenied):
            action()
    pages = ["people:structure", "people:unit-accounts"]
    assert [signed_in(runs).get(reverse(page, args=[other.pk])).status_code for page in pages] == [404, 404]
    assert [signed_in(runs).get(reverse(page, args=[unit.pk])).status_code for page in pages] == [200, 200]


def test_they_give_their_units_roles_and_never_more(unit, runs):
    made = users.create_user(
        by=runs, username="liu", password=None, roles=["handler", "admission"], organisation=unit
    )
    assert not made.has_usable_password()
    for role in (Role.ADMINISTRATOR, Role.FINANCE, Role.UNIT_ADMIN, Role.LEADER, Role.OWNER):
        with pytest.raises(PermissionDenied):
            users.set_roles(by=runs, user=made, roles=[role])
        with pytest.raises(PermissionDenied):
            users.create_user(by=runs, username="x", password=None, roles=[role], organisation=unit)
    users.set_roles(by=None, user=made, roles=["leader", "handler"])
    users.set_roles(by=runs, user=made, roles=["leader", "approver"])  # what is above them stays untouched
    with pytest.raises(PermissionDenied):
        users.deactivate(by=runs, user=made, reason="x")  # and so does who has it
    assert roles_of_unit("owner", None) == (Role.OWNER,)
    assert roles_of_unit("department", "finance") == (Role.HANDLER, Role.APPROVER, Role.FINANCE)


def test_pages_of_a_unit_do_what_they_show(unit, runs, posts):
    client = signed_in(runs)
    there = reverse("people:structure", args=[unit.pk])
    assert client.post(there, {"step": "add-unit", "name": "法规处", "position": 2}).status_code == 302
    assert client.post(there, {"step": "add-post", "name": "", "position": 0}).status_code == 400
    page = reverse("people:chain", args=[unit.pk, "argument.opinion"])
    answer = client.post(page, {"mode": "approve", "name_1": "初审", "post_1": posts[0].pk, "name_2": "签发"})
    assert answer.status_code == 302, answer.context["form"].errors
    assert [level.name for level in chains.current(unit, "argument.opinion").levels] == ["初审", "签发"]
    assert "第 1 版" in client.get(page).content.decode()
    accounts = reverse("people:unit-accounts", args=[unit.pk])
    made = client.post(accounts, {"username": "zhao", "full_name": "赵六", "roles": ["handler"]})
    assert "/accounts/set-password/" in made.content.decode()
    assert User.objects.get(username="zhao").region_id == "150200"
    assert (
        client.post(accounts, {"username": "qian", "full_name": "钱", "roles": ["leader"]}).status_code == 400
    )
    colleague = User.objects.get(username="zhao")
    assert signed_in(colleague).post(there, {"step": "add-unit", "name": "x"}).status_code == 403
    assert signed_in(colleague).get(there).status_code == 200


def test_closing_a_unit_stops_its_people(unit, boss):
    person = UserFactory(organisation=unit, roles=["handler"])
    client = signed_in(person)
    assert client.get(reverse("people:sessions")).status_code == 200
    answer = signed_in(boss).post(
        reverse("people:unit", args=[unit.pk]), {"step": "close", "reason": "机构改革"}
    )
    assert answer.status_code == 302
    assert client.get(reverse("people:sessions")).status_code == 302
    person.refresh_from_db()
    assert not person.is_active
    with pytest.raises(ValidationError, match="注销"):
        users.reactivate(by=boss, user=person)


def test_who_is_lent_something_else_does_not_decide_for_the_holder(unit, runs, posts):
    head, other = (UserFactory(organisation=unit, roles=["approver"]) for _ in range(2))
    appoint(by=runs, post=posts[0], user=head)
    level, today = chains.Level(1, posts[0].pk, "初审"), timezone.localdate()

    def lend(permission):
        delegate(by=head, to=other, permissions=[permission], starts_on=today, ends_on=today, reason="出差")
        return User.objects.get(pk=other.pk)

    assert not chains.may_decide(lend(Permission.READ_PROJECTS), unit, level)
    assert chains.may_decide(lend(Permission.APPROVE_OPINIONS), unit, level)
