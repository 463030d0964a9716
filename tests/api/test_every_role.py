"""Every address × every role × every relation to the project: what differs from the policy fails."""

from __future__ import annotations

import io

import pytest
from django.urls import reverse
from PIL import Image
from weasyprint import HTML

from gis_projects import problems
from gis_projects.people.roles import ROLES, Permission, Role
from gis_projects.sites.reports import word
from tests.api.addresses import ADDRESSES, POLICIES
from tests.api.addresses.policy import REACHES, SECRET, VISITORS_BY_RELATION, Policy, Visitor, by_entry
from tests.api.addresses.visits import Address
from tests.api.walk import ROOMS, visit_without_trace


@pytest.fixture(autouse=True)
def _places():
    """The world that is visited has places of its own."""


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


def dot() -> bytes:
    out = io.BytesIO()
    Image.new("L", (1, 1)).save(out, "PNG")
    return out.getvalue()


DOT = dot()


@pytest.fixture
def only_asked(monkeypatch):
    """Who is let in is asked here; how it is drawn, in `test_every_url.py`, which visits the same addresses."""
    monkeypatch.setattr(HTML, "write_pdf", lambda page, *args, **more: b"%PDF-1.7")
    monkeypatch.setattr(word, "picture", lambda svg: DOT)
    monkeypatch.setattr(problems, "render_to_string", lambda *args: "")


@pytest.mark.django_db(databases=["default", "public"])
@pytest.mark.parametrize("room", ROOMS)
def test_every_role_in_every_relation_gets_what_the_policy_says(walked, only_asked, room):
    world, wrong = walked.world, []
    for name in ROOMS[room]:
        entries = ADDRESSES[name]
        for entry, policy in zip(entries, by_entry(POLICIES[name], entries), strict=True):
            address = reverse(name, kwargs=entry.arguments(world))
            reference = visit_without_trace(walked.visitors["administrator"], address, entry, world)
            let_in: set[str] = set()
            lacking: set[str] = set()
            for visitor, session in walked.everybody.items():
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
                got = visit_without_trace(session, address, entry, world)
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
