"""One question, two forms: for one object and for a set. They agree on every user and every object."""

from __future__ import annotations

import itertools

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from gis_projects.library.models import Project
from gis_projects.people.models import Engagement, User
from gis_projects.people.permissions import (
    ROLES,
    Permission,
    Role,
    Scope,
    ScopePaths,
    find,
    has,
    may,
    region_prefix,
    require,
    visible,
    visible_by_post,
)
from tests.factories.library import ProjectFactory
from tests.factories.people import OrganisationFactory, RegionFactory, UserFactory, user_of


def test_each_role_and_what_it_lists():
    """The policy, written out a second time: a change of the table is a change of this test."""
    reads = {"read_projects", "read_sites", "read_arguments"}
    inside = reads | {"read_statistics", "read_layers", "run_checks"}
    assert {str(role): set(map(str, listed)) for role, listed in ROLES.items()} == {
        "planner": inside
        | {"edit_projects", "record_investment", "edit_sites", "apply_admission"}
        | {"edit_rules", "compare_plans", "settle_conflicts", "manage_portal", "answer_public"},
        "reviewer": inside
        | {"publish_layers", "disclose_projects", "read_confidential", "read_trail", "export_layers"}
        | {"manage_portal"}
        | {"review_checks", "sign_checks", "publish_rules", "compare_plans", "settle_conflicts"},
        "surveyor": inside | {"upload_layers", "read_confidential", "export_layers"},
        "administrator": set(map(str, Permission)),
        "owner": reads
        | {"edit_projects", "record_investment", "apply_admission", "edit_sites", "run_checks", "read_layers"}
        | {"manage_engagements"},
        "unit_admin": {"manage_unit"},
        "handler": inside
        | {"edit_projects", "apply_admission", "give_opinions", "answer_public", "manage_engagements"},
        "approver": inside | {"approve_opinions"},
        "admission": inside | {"admit_projects", "manage_libraries"},
        "finance": inside | {"manage_budget", "manage_quotas"},
        "coordinator": inside
        | {"start_arguments", "hold_reviews", "manage_engagements", "manage_calendar", "manage_libraries"}
        | {"manage_portal"},
        "committee": inside | {"hold_committee"},
        "leader": inside | {"instruct", "read_trail"},
        "intermediary": reads | {"deliver_services"},
        "expert": reads | {"review_as_expert"},
        "monitor": (inside - {"run_checks"}) | {"read_trail"},
        "joint": reads,
    }


@pytest.mark.parametrize(
    ("code", "prefix"),
    [
        *[("150200", "1502"), ("150000", "15"), ("150207", "150207"), ("150210", "150210"), ("000000", "")],
        *[("150207101", "150207101"), ("150207100", "150207100"), ("150207100100", "150207100100")],
        *[("150207000", "150207"), ("150200000000", "1502"), ("150207100000", "150207100")],
    ],
)
def test_a_region_reaches_those_below_it(code, prefix):
    assert region_prefix(code) == prefix


@pytest.fixture
def projects(db):
    ours, theirs = OrganisationFactory(), OrganisationFactory()
    for code, secrecy, organisation in itertools.product(
        ["150207", "150202", "150200"], ["public", "internal", "confidential"], [None, ours, theirs]
    ):
        ProjectFactory(region=RegionFactory(code=code), secrecy=secrecy, organisation=organisation)
    return ours


@pytest.fixture
def users(projects):
    made = [AnonymousUser()]
    for role, region, organisation in itertools.product(
        [*Role, None], ["150200", "150207", None], [None, projects]
    ):
        made.append(
            UserFactory(
                roles=[str(role)] if role else [],
                region=RegionFactory(code=region) if region else None,
                organisation=organisation,
            )
        )
    made.append(UserFactory(roles=["administrator"], is_active=False))
    made.append(UserFactory(roles=[], is_superuser=True, is_staff=True))
    made.append(UserFactory(roles=["planner", "reviewer"]))
    return made


def test_list_and_single_answer_agree_for_every_user_and_object(users):
    everything = list(Project.objects.all())
    for user, permission in itertools.product(users, Permission):
        listed = set(visible(user, permission, Project.objects.all()).values_list("pk", flat=True))
        assert listed == {project.pk for project in everything if may(user, permission, project)}


def test_who_reaches_what(users, projects):
    def codes(user):
        return sorted(
            visible(user, Permission.READ_PROJECTS, Project.objects.all())
            .order_by()
            .values_list("region_id", "secrecy")
            .distinct()
        )

    district = user_of(Role.PLANNER, "150207")
    assert codes(district) == [("150207", "internal"), ("150207", "public")]
    city = user_of(Role.REVIEWER, "150200")
    assert len(codes(city)) == 9
    nowhere = user_of(Role.SURVEYOR, None)
    assert codes(nowhere) == []
    by_organisation = user_of(Role.ADMINISTRATOR, None, organisation=projects)
    assert len(codes(by_organisation)) == 9
    assert visible(by_organisation, Permission.READ_PROJECTS, Project.objects.all()).count() == 9


@pytest.mark.parametrize(
    ("role", "reads"),
    [("expert", {"in person"}), ("intermediary", {"service"}), ("joint", {"referral"})],
)
@pytest.mark.django_db
def test_each_role_from_outside_is_let_in_by_engagements_of_its_own_kind(role, reads):
    """Somebody of a supervising body who reviews as an expert doesn't read what was referred to that body."""
    unit, today = OrganisationFactory(), timezone.localdate()
    user = user_of(Role(role), "150207", organisation=unit)
    other = OrganisationFactory()
    for purpose, service, holder in (
        ("in person", "review", {"user": user}),
        ("service", "consulting", {"organisation": unit}),
        ("referral", "referral", {"organisation": unit}),
    ):
        project = ProjectFactory(region=RegionFactory(code="150207"), name=purpose, organisation=other)
        Engagement.objects.create(
            project=project.pk, phase="early", service=service, starts_on=today, ends_on=today, **holder
        )
    rows = Project.objects.all()
    answers = {row.name for row in rows if may(user, Permission.READ_PROJECTS, row)}
    listed = {row.name for row in visible(user, Permission.READ_PROJECTS, rows)}
    assert listed == answers == reads


@pytest.mark.django_db
def test_who_is_let_in_has_no_region_whatever_the_account_says():
    here, there = (
        ProjectFactory(region=RegionFactory(code="150207")),
        ProjectFactory(region=RegionFactory(code="150223")),
    )
    rows, unit, today = Project.objects.all(), OrganisationFactory(), timezone.localdate()

    def by_post(user, permission=Permission.READ_ARGUMENTS):
        return set(visible_by_post(user, permission, rows))

    for role, region, reaches in (
        (Role.PLANNER, "150207", True), (Role.PLANNER, None, False), (Role.JOINT, "150207", False),
        (Role.INTERMEDIARY, "150207", False), (Role.EXPERT, "150207", False),
    ):  # fmt: skip
        user = user_of(role, region, username=f"{role}{region}")
        assert by_post(user) == ({here} if reaches else set())
    both = UserFactory(
        username="both", roles=["joint", "monitor"], region=RegionFactory(code="150207"), organisation=unit
    )
    Engagement.objects.create(
        project=there.pk, phase="early", service="referral", starts_on=today, ends_on=today, organisation=unit
    )
    assert set(visible(both, Permission.READ_ARGUMENTS, rows)) == {here, there}
    assert by_post(both) == {here}
    assert by_post(both, Permission.EDIT_PROJECTS) == set()
    there.organisation = unit
    there.save()
    assert by_post(both) == {here, there}


def test_superuser_flag_opens_nothing(users):
    root = User.objects.get(is_superuser=True)
    assert not any(may(root, permission) for permission in Permission)


def test_an_inactive_account_may_nothing(users):
    gone = User.objects.get(is_active=False)
    assert not any(has(gone, permission) for permission in Permission)


@pytest.mark.django_db
def test_city_wide_things_are_bound_to_no_region():
    planner = user_of(Role.PLANNER, "150207")
    assert may(planner, Permission.READ_LAYERS, Scope())
    assert not may(planner, Permission.READ_LAYERS, Scope(secrecy="confidential"))
    assert may(user_of(Role.SURVEYOR, "150207"), Permission.READ_LAYERS, Scope(secrecy="confidential"))


@pytest.mark.django_db
def test_an_unknown_secrecy_counts_as_the_strictest():
    planner, surveyor = user_of(Role.PLANNER), user_of(Role.SURVEYOR)
    assert not may(planner, Permission.READ_LAYERS, Scope(secrecy="nonsense"))
    assert may(surveyor, Permission.READ_LAYERS, Scope(secrecy="nonsense"))


@pytest.mark.django_db
def test_what_lacks_its_region_is_in_nobodys_reach():
    assert not may(user_of(Role.ADMINISTRATOR), Permission.READ_SITES, Scope(region=""))
    project = ProjectFactory()
    paths = ScopePaths(region="site__region_code")  # no site: the path ends on the way
    user = user_of(Role.REVIEWER)
    assert not may(user, Permission.READ_SITES, paths.scope(project))
    assert not visible(user, Permission.READ_SITES, Project.objects.all(), paths).exists()


@pytest.mark.django_db
def test_what_may_not_be_known_is_not_found_and_what_may_not_be_done_is_forbidden():
    theirs = ProjectFactory(region=RegionFactory(code="150202"))
    ours = ProjectFactory(region=RegionFactory(code="150207"))
    planner = user_of(Role.PLANNER, "150207")
    everything = Project.objects.all()
    assert find(planner, Permission.EDIT_SITES, everything, pk=ours.pk) == ours
    with pytest.raises(Http404):
        find(planner, Permission.READ_PROJECTS, everything, pk=theirs.pk)
    with pytest.raises(PermissionDenied):
        find(planner, Permission.DISCLOSE_PROJECTS, everything, reading=Permission.READ_PROJECTS, pk=ours.pk)
    with pytest.raises(Http404):
        find(
            planner, Permission.DISCLOSE_PROJECTS, everything, reading=Permission.READ_PROJECTS, pk=theirs.pk
        )
    with pytest.raises(PermissionDenied):
        find(UserFactory(roles=[]), Permission.READ_PROJECTS, everything, pk=ours.pk)
    with pytest.raises(PermissionDenied):
        require(planner, Permission.EDIT_PROJECTS, theirs)
