"""Showing a project to the public and taking it back: who may, what is copied, what is recorded."""

from decimal import Decimal

import numpy as np
import pytest
import shapely
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction

from gis_projects.disclosure.models import DisclosedProject, PublicOutline
from gis_projects.library.actions.disclosure import mark_disclosed
from gis_projects.library.actions.projects import revise_project
from gis_projects.library.models import Project
from gis_projects.management.commands import run_jobs
from gis_projects.people.permissions import Role
from gis_projects.publishing import jobs
from gis_projects.publishing.actions import projects as actions
from gis_projects.publishing.actions.outlines import publish_outlines
from gis_projects.publishing.models import Act, Proposal, PublicationRecord
from gis_projects.trail import supervisor
from gis_projects.trail.models import Step
from tests.factories.disclosed import SECRET, approved, boundary, project_with_site, shown, two_people
from tests.factories.layers import grid_table, published
from tests.factories.library import ProjectFactory
from tests.factories.people import UserFactory, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return two_people()


@pytest.fixture
def project():
    return project_with_site(name="三环路改造", content="改造道路 3 公里", secrecy="internal")


def everything_copied(public):
    return " ".join(str(getattr(public, field.name)) for field in DisclosedProject._meta.concrete_fields)


def test_permitted_fields_are_copied_and_nothing_else(project, people):
    public = shown(project, people, township="哈林格尔镇", review_number="蒙S(2026)001号")
    assert (public.name, public.content, public.code) == (project.name, project.content, project.code)
    assert (public.region_code, public.region_name) == ("150207", "九原区")
    assert public.kinds == ["key"]
    assert public.planned_yuan == Decimal("123456789.10")
    assert public.review_number == "蒙S(2026)001号"
    assert SECRET not in everything_copied(public)
    names = {field.name for field in DisclosedProject._meta.concrete_fields}
    assert not names & {"project", "site", "organisation", "cumulative_yuan", "secrecy", "location"}
    assert not any(field.is_relation for field in DisclosedProject._meta.concrete_fields)


@pytest.mark.parametrize("form", ["outline", "point"])
def test_no_exact_vertex_survives(project, people, form):
    public = shown(project, people, form=form)
    assert public.form == form
    exact = shapely.get_coordinates(boundary())
    coarse = shapely.get_coordinates(shapely.from_wkb(bytes(public.geometry.wkb)))
    degrees = np.hypot(*(coarse[:, None, :] - exact[None, :, :]).transpose(2, 0, 1))
    assert degrees.min() > 1e-7
    # on a grid: the distinct coordinates are whole steps apart
    for axis, metres_per_degree in ((0, 111_320 * np.cos(np.radians(40.6))), (1, 111_000)):
        steps = np.diff(np.unique(np.round(coarse[:, axis], 9))) * metres_per_degree
        assert (steps > 49).all()


def test_a_location_that_is_only_a_region_is_not_drawn(people):
    public = shown(ProjectFactory(precision="region"), people)
    assert public.geometry is None


def test_a_stated_point_is_moved_to_the_grid(people):
    project = ProjectFactory(precision="exact")
    public = shown(project, people, precision_m=200)
    assert public.form == "point"
    assert public.geometry.coords != project.location.coords
    assert abs(public.geometry.x - project.location.x) < 0.003


def test_one_person_alone_shows_nothing(project):
    reviewer = user_of(Role.REVIEWER)
    with pytest.raises(ValidationError, match="另一人"):
        actions.publish_project(by=reviewer, approved_by=reviewer, project=project)
    assert not DisclosedProject.objects.exists()


def test_the_database_refuses_one_person_too(project):
    reviewer = user_of(Role.REVIEWER)
    record = PublicationRecord(
        project=project, slug="a", act=Act.PUBLISHED, by=reviewer, approved_by=reviewer
    )
    with pytest.raises(IntegrityError, match="publishing_two_people_publish"), transaction.atomic():
        record.save()
    record.approved_by = None
    with pytest.raises(IntegrityError, match="publishing_two_people_publish"), transaction.atomic():
        record.save()


@pytest.mark.parametrize(
    ("by", "approved_by", "may"),
    [
        (Role.PLANNER, Role.REVIEWER, True),
        (Role.REVIEWER, Role.ADMINISTRATOR, True),
        (Role.PLANNER, Role.PLANNER, False),
        (Role.PLANNER, Role.SURVEYOR, False),
        (Role.SURVEYOR, Role.REVIEWER, False),
    ],
)
def test_roles(project, by, approved_by, may):
    first, second = user_of(by, username="first"), user_of(approved_by, username="second")
    if may:
        assert shown(project, (first, second)).pk
    else:
        with pytest.raises(PermissionDenied):
            shown(project, (first, second))
        assert not DisclosedProject.objects.exists()


def test_another_regions_people_may_not(project):
    first = user_of(Role.PLANNER, region="150202", username="first")
    second = user_of(Role.REVIEWER, region="150202", username="second")
    city = user_of(Role.REVIEWER, username="city")
    for pair in ((first, city), (city, second)):
        with pytest.raises(PermissionDenied):
            shown(project, pair)


def test_a_confidential_project_is_refused_at_every_door(project, people):
    proposal = actions.propose(by=people[0], project=project)
    Project.objects.filter(pk=project.pk).update(secrecy="confidential")
    project.refresh_from_db()
    administrators = [user_of(Role.ADMINISTRATOR, username=name) for name in ("a", "b")]
    with pytest.raises(ValidationError, match="涉密"):
        shown(project, administrators)
    with pytest.raises(ValidationError, match="涉密"):
        approved(proposal, administrators[0])
    with pytest.raises((ValidationError, PermissionDenied)):
        actions.propose(by=administrators[0], project=project)
    assert not DisclosedProject.objects.exists()


def test_correcting_copies_anew_and_keeps_the_address(project, people):
    before = shown(project, people, township="哈林格尔镇", review_number="蒙S(2026)001号")
    revise_project(by=people[0], project=project, name="三环路改造(二期)")
    assert DisclosedProject.objects.get().name == "三环路改造"  # nothing follows by itself
    actions.correct_project(by=people[0], approved_by=people[1], project=project, reason="更名")
    after = DisclosedProject.objects.get()
    assert after.name == "三环路改造(二期)"
    assert (after.slug, after.township) == (before.slug, "哈林格尔镇")
    assert after.published_at == before.published_at
    assert list(PublicationRecord.objects.values_list("act", flat=True)) == ["corrected", "published"]


def test_correcting_needs_two_people_too(project, people):
    shown(project, people)
    with pytest.raises(ValidationError, match="另一人"):
        actions.correct_project(by=people[1], approved_by=people[1], project=project, reason="x")


def test_withdrawing_deletes_the_copy_and_keeps_the_record(project, people):
    slug = shown(project, people).slug
    actions.withdraw_project(by=people[1], project=project, reason="用地调整")
    project.refresh_from_db()
    assert not DisclosedProject.objects.exists()
    assert not project.disclosed
    assert PublicationRecord.objects.first().act == Act.WITHDRAWN
    assert shown(project, people).slug == slug


def test_a_planner_can_not_withdraw(project, people):
    shown(project, people)
    with pytest.raises(PermissionDenied):
        actions.withdraw_project(by=people[0], project=project, reason="x")


def test_what_is_shown_or_not_can_not_be_shown_or_withdrawn_twice(project, people):
    with pytest.raises(ValidationError, match="尚未公开"):
        actions.withdraw_project(by=people[1], project=project, reason="x")
    with pytest.raises(ValidationError, match="尚未公开"):
        actions.correct_project(by=people[0], approved_by=people[1], project=project, reason="x")
    shown(project, people)
    with pytest.raises(ValidationError, match="已公开"):
        shown(project, people)


def test_every_act_is_a_step_and_a_record_that_stays(project, people):
    public = shown(project, people)
    steps = Step.objects.filter(subject=f"library.project:{project.pk}", verb__startswith="disclosure.")
    assert [step.verb for step in steps] == ["disclosure.publish_project"]
    assert steps[0].data["approved_by"] == people[1].get_username()
    record = PublicationRecord.objects.get()
    assert (record.slug, len(record.digest)) == (public.slug, 64)
    for change in (
        "UPDATE publishing_publicationrecord SET reason = 'x'",
        "DELETE FROM publishing_publicationrecord",
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            connection.cursor().execute(change)


def test_precision_has_limits(project, people):
    with pytest.raises(ValidationError, match="精度"):
        shown(project, people, precision_m=5)
    assert not DisclosedProject.objects.exists()


# --- proposals ------------------------------------------------------------------------------------


def test_a_proposal_is_decided_by_someone_else(project):
    reviewer = user_of(Role.REVIEWER)
    proposal = actions.propose(by=reviewer, project=project)
    with pytest.raises(ValidationError, match="另一人"):
        approved(proposal, reviewer)
    other = user_of(Role.REVIEWER, username="other")
    public = approved(proposal, other)
    proposal.refresh_from_db()
    assert public.name == project.name
    assert (proposal.decision, proposal.decided_by) == ("approved", other)
    with pytest.raises(ValidationError, match="已处理"):
        approved(proposal, other)


def test_the_database_refuses_a_self_approved_proposal(project, people):
    proposal = actions.propose(by=people[0], project=project)
    with pytest.raises(IntegrityError, match="publishing_two_people_decide"), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(
            decision="approved", decided_by=people[0], decided_at=proposal.proposed_at
        )


def test_one_open_proposal_per_project(project, people):
    actions.propose(by=people[0], project=project)
    with pytest.raises(ValidationError, match="待审批"):
        actions.propose(by=people[1], project=project)


def test_a_proposal_for_what_is_shown_corrects_it(project, people):
    shown(project, people)
    revise_project(by=people[0], project=project, content="改造道路 4 公里")
    approved(actions.propose(by=people[0], project=project), people[1])
    assert DisclosedProject.objects.get().content == "改造道路 4 公里"


def test_withdrawing_ends_an_open_proposal(project, people):
    shown(project, people)
    proposal = actions.propose(by=people[0], project=project)
    actions.withdraw_project(by=people[1], project=project, reason="x")
    with pytest.raises(ValidationError, match="已处理"):
        approved(proposal, people[1])


def test_a_proposal_is_turned_down_or_taken_back(project, people):
    actions.reject(by=people[1], proposal=actions.propose(by=people[0], project=project))
    proposal = actions.propose(by=people[0], project=project)
    with pytest.raises(PermissionDenied):
        actions.reject(by=UserFactory(region=people[0].region), proposal=proposal)
    assert actions.reject(by=people[0], proposal=proposal).decision == "rejected"
    assert not DisclosedProject.objects.exists()


# --- what follows from the trail ------------------------------------------------------------------


def test_a_project_that_becomes_confidential_is_withdrawn(project, people):
    other = project_with_site()
    shown(project, people), shown(other, people)
    assert jobs.follow_trail() == 0
    revise_project(by=user_of(Role.ADMINISTRATOR), project=project, secrecy="confidential")
    assert jobs.follow_trail() == 1
    assert DisclosedProject.objects.get().name == other.name
    record = PublicationRecord.objects.first()
    assert (record.project, record.act, record.by) == (project, Act.WITHDRAWN, None)
    assert jobs.follow_trail() == 0


def test_a_project_that_is_marked_as_not_disclosed_is_withdrawn(project, people):
    shown(project, people)
    mark_disclosed(by=people[1], project=project, disclosed=False)
    assert jobs.follow_trail(limit=1) == 1
    assert not DisclosedProject.objects.exists()


def test_a_project_never_shown_makes_no_work(project):
    revise_project(by=user_of(Role.ADMINISTRATOR), project=project, secrecy="confidential")
    assert jobs.follow_trail() == 0
    assert not PublicationRecord.objects.exists()


def test_the_supervisor_lets_it_follow(project, people):
    shown(project, people)
    mark_disclosed(by=people[1], project=project, disclosed=False)
    for follower in run_jobs.FOLLOWERS:
        supervisor.follow(follower)
    assert not DisclosedProject.objects.exists()


# --- the base map ---------------------------------------------------------------------------------


def outlines(people, **how):
    return publish_outlines(by=people[0], approved_by=people[1], **how)


@pytest.fixture
def disclosers():
    return user_of(Role.REVIEWER), user_of(Role.ADMINISTRATOR)


def test_outlines_are_coarse_copies_of_regions_and_water(disclosers):
    exact = boundary(109.9, 40.6, 0.05)
    table = grid_table(
        1, 1, geometries=np.array([exact.geoms[0]], dtype=object), names=["九原区"], keys=["150207"]
    )
    published("XZQ", table, name="行政区", notice="演示数据,非真实界线")
    pond, lake = boundary(109.85, 40.6, 0.0003), boundary(109.95, 40.6, 0.01)
    water = np.array([pond.geoms[0], lake.geoms[0]], dtype=object)
    published("SX", grid_table(2, 1, geometries=water, names=["池", "湖"]), name="水系")
    assert outlines(disclosers, review_number="蒙S(2026)002号") == 2  # the pond is smaller than the grid
    assert outlines(disclosers) == 2  # replaced, not added
    region = PublicOutline.objects.get(kind="region")
    assert (region.code, region.name, region.notice) == ("150207", "九原区", "演示数据,非真实界线")
    coarse = shapely.get_coordinates(shapely.from_wkb(bytes(region.geometry.wkb)))
    gaps = coarse[:, None, :] - shapely.get_coordinates(exact)[None, :, :]
    assert np.hypot(*gaps.transpose(2, 0, 1)).min() > 1e-7


def test_outlines_need_two_disclosers_and_a_coarse_grid(disclosers):
    published("XZQ", grid_table(1, 1))
    with pytest.raises(ValidationError, match="另一人"):
        outlines((disclosers[0], disclosers[0]))
    with pytest.raises(PermissionDenied):
        outlines((user_of(Role.PLANNER), disclosers[0]))
    with pytest.raises(ValidationError, match="50"):
        outlines(disclosers, precision_m=20)


def test_a_confidential_layer_is_no_public_base_map(disclosers):
    published("XZQ", grid_table(1, 1), secrecy="confidential")
    with pytest.raises(ValidationError, match="涉密"):
        outlines(disclosers)


def test_outlines_without_regions_are_refused(disclosers):
    with pytest.raises(ValidationError, match="行政区"):
        outlines(disclosers)
