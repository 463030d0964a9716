"""Every address × every role × every relation to the project: what differs from the policy fails."""

from __future__ import annotations

import datetime
import os

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gis_projects.library.models import Project
from gis_projects.people.models import Department, Engagement, Organisation, Region, User
from gis_projects.people.roles import ROLES, Permission, Role
from tests.api.addresses import ADDRESSES, POLICIES, World
from tests.api.addresses.policy import REACHES, SECRET, VISITORS_BY_RELATION, Policy, Visitor, by_entry
from tests.api.addresses.visits import Address
from tests.factories.people import OrganisationFactory, UserFactory


def test_every_address_has_a_policy():
    assert set(ADDRESSES) - set(POLICIES) == set(), "say beside its ADDRESSES what each address asks (POLICY)"
    assert set(POLICIES) - set(ADDRESSES) == set(), "these addresses are gone"
    for name, policy in POLICIES.items():
        assert len(by_entry(policy, ADDRESSES[name])) == len(ADDRESSES[name]), name


def test_a_policy_names_what_can_be_reached():
    reached = frozenset().union(*REACHES.values())
    for name, policy in POLICIES.items():
        for one in by_entry(policy, ADDRESSES[name]):
            assert {one.of, one.read_of} - {""} <= reached, name


def test_every_role_comes_in_every_relation():
    assert {visitor.role for visitor in VISITORS_BY_RELATION} == set(ROLES)
    for role in (Role.HANDLER, Role.APPROVER, Role.COMMITTEE, Role.LEADER, Role.PLANNER, Role.ADMINISTRATOR):
        assert {visitor.relation for visitor in VISITORS_BY_RELATION if visitor.role == role} == {
            "own department", "other department", "other region", "superior",
        }  # fmt: skip


@pytest.fixture
def everybody(world) -> dict[Visitor, User]:
    """A user for every role in every relation to the world's project."""
    project = Project.objects.get(pk=world.project)
    Region.objects.create(code="150000", name="内蒙古自治区", short_name="自治区", kind="province")
    # the functions that work is routed to in the world are these departments'
    organisations: dict[str, Organisation] = {
        "own unit": project.organisation,
        "other unit": OrganisationFactory(),
        "own department": department("water", "150207"),
        "other department": department("forestry", "150207"),
        "other region": department("water", "150202"),
        "superior": department("water", "150000"),
        "engaged": OrganisationFactory(kind="intermediary"),
        "engagement ended": OrganisationFactory(kind="intermediary"),
    }
    found = {}
    for number, visitor in enumerate(VISITORS_BY_RELATION):
        organisation = organisations[visitor.relation]
        outside = visitor.role == Role.EXPERT
        found[visitor] = UserFactory(
            username=f"visitor{number}",
            roles=[str(visitor.role)],
            region=None if outside else organisation.region,
            organisation=None if outside else organisation,
        )
        if visitor.role in (Role.INTERMEDIARY, Role.EXPERT):
            engage(project, found[visitor], ended=visitor.relation == "engagement ended")
    return found


def department(function: str, region: str) -> Organisation:
    kind = Department.objects.get_or_create(code=function, defaults={"name": function})[0]
    there = Organisation.objects.filter(department=kind, region_id=region).first()
    return there or OrganisationFactory(kind="department", department=kind, region_id=region)


def engage(project: Project, user: User, *, ended: bool) -> None:
    today = timezone.localdate()
    holder = {"organisation": user.organisation} if user.organisation else {"user": user}
    Engagement.objects.create(
        project=project.pk,
        **holder,
        phase="early",
        service="review",
        starts_on=today - datetime.timedelta(days=30),
        ends_on=today + datetime.timedelta(days=30),
        ended_at=timezone.now() if ended else None,
    )


def signed_in(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def visit(session: str, address: str, entry: Address, world: World) -> int:
    """The code of one visit, which leaves nothing behind in the database."""
    client = Client(
        raise_request_exception=False
    )  # a fresh one: a visit may end the session or change the language
    client.cookies[settings.SESSION_COOKIE_NAME] = session
    send = getattr(client, entry.method)
    with transaction.atomic():
        if entry.json is not None:
            answer = send(address, entry.json(world), content_type="application/json")
        else:
            answer = send(address, entry.query(world))
        answer.close()
        transaction.set_rollback(True)
    return answer.status_code


@pytest.mark.skipif("EVERY_ROLE" not in os.environ, reason="takes minutes: EVERY_ROLE=1 visits them all")
@pytest.mark.django_db(transaction=True, databases=["default", "public"])
def test_every_role_in_every_relation_gets_what_the_policy_says(world, visitors, everybody):
    administrator = signed_in(visitors["administrator"])
    sessions = {visitor: signed_in(user) for visitor, user in everybody.items()}
    wrong = []
    for name, entries in ADDRESSES.items():
        for entry, policy in zip(entries, by_entry(POLICIES[name], entries), strict=True):
            address = reverse(name, kwargs=entry.arguments(world))
            reference = visit(administrator, address, entry, world)
            let_in: set[str] = set()
            lacking: set[str] = set()
            for visitor, session in sessions.items():
                wanted = policy.expected(visitor, entry, reference)
                if policy.lacks(visitor):
                    # A role that doesn't list the permission is refused before anybody asks how it stands to the thing.
                    if visitor.role in lacking:
                        continue
                    lacking.add(visitor.role)
                elif wanted < 400:
                    # Pages take long to draw: who is let in is let in once by each role and once by each relation. Who
                    # may do it, but not here, is asked in every relation.
                    if {visitor.role, visitor.relation} <= let_in:
                        continue
                    let_in |= {visitor.role, visitor.relation}
                got = visit(session, address, entry, world)
                if got != wanted:
                    wrong.append(f"{visitor}: {entry.method} {name} {address} {got}, not {wanted}")
    assert not wrong, f"{len(wrong)} differ from the policy:\n" + "\n".join(wrong)


EDIT = Policy(Permission.EDIT_SITES, "project", reading=Permission.READ_SITES)
READ = Policy(Permission.READ_SITES, "project")
OPINE = Policy(Permission.GIVE_OPINIONS, "task", reading=Permission.READ_SITES, read_of="project")


@pytest.mark.parametrize(
    ("policy", "visitor", "expected"),
    [
        (EDIT, Visitor(Role.PLANNER, "own department"), 200),
        (EDIT, Visitor(Role.MONITOR, "superior"), 403),
        (EDIT, Visitor(Role.OWNER, "other unit"), 404),
        (EDIT, Visitor(Role.UNIT_ADMIN, "own unit"), 403),
        (READ, Visitor(Role.EXPERT, "engaged"), 200),
        (READ, Visitor(Role.EXPERT, "engagement ended"), 404),
        (OPINE,
         Visitor(Role.HANDLER, "other department"), 403),
        (OPINE,
         Visitor(Role.HANDLER, "other region"), 404),
        (Policy(Permission.READ_SITES, unless=SECRET), Visitor(Role.LEADER, "superior"), 404),
    ],
)  # fmt: skip
def test_a_policy_says_who_may(policy, visitor, expected):
    assert policy.expected(visitor, Address("302 403 200 404 200 200 200"), 200) == expected
