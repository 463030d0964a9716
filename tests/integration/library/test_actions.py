from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.gis.geos import Point
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from gis_projects.library.actions.disclosure import mark_disclosed
from gis_projects.library.actions.investment import record_investment
from gis_projects.library.actions.projects import register_project, revise_project, set_kinds
from gis_projects.library.actions.sites import attach_site, state_facts
from gis_projects.library.models import InvestmentRecord, Membership, Project
from gis_projects.library.queries import projects as queries
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from gis_projects.trail.queries import verify
from siting.models import Site
from tests.factories.library import InvestmentFactory, ProjectFactory, clerk
from tests.factories.people import RegionFactory, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def planner():
    return clerk()


def register(by, **more):
    return register_project(
        by=by,
        **{
            "code": "2019-150207-000001",
            "name": "九原大道改造",
            "region": RegionFactory(code="150207"),
            "industry": "E",
            "level": "city",
            "stage": "construction",
            "year": 2019,
            "kinds": ["reserve", "key"],
            "planned_yuan": Decimal("120000000.05"),
            "cumulative_yuan": Decimal("30000000"),
            **more,
        },
    )


def test_a_project_is_registered_with_kinds_money_and_its_step(planner):
    project = register(planner, location=Point(109.9, 40.6, srid=4490), precision="exact")
    assert sorted(project.memberships.values_list("kind", flat=True)) == ["key", "reserve"]
    record = project.investments.get()
    assert (record.planned_yuan, record.cumulative_yuan) == (Decimal("120000000.05"), Decimal("30000000"))
    assert (record.recorded_on, record.region_id) == (timezone.localdate(), "150207")
    step = Step.objects.get()
    assert (step.actor, step.subject) == ("planner", f"library.project:{project.pk}")
    assert step.data["investment"]["planned_yuan"] == "120000000.05"
    assert step.data["location"] == [109.9, 40.6]
    assert verify().broken is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"industry": "Z"},
        {"kinds": ["other"]},
        {"year": 1800},
        {"planned_yuan": Decimal("-1")},
        {"planned_yuan": Decimal("1.001")},
        {"precision": "exact"},  # without a location
        {"location": Point(109.9, 40.6, srid=4490)},  # without its precision
        {"recorded_on": date(2999, 1, 1)},
    ],
)
def test_what_a_project_may_not_be(planner, wrong):
    with pytest.raises(ValidationError):
        register(planner, **wrong)
    assert not Project.objects.exists()
    assert not Step.objects.exists()


def test_a_code_is_taken_once(planner):
    register(planner)
    with pytest.raises(ValidationError):
        register(planner)


def test_a_planner_registers_in_their_own_region_only(planner):
    with pytest.raises(PermissionDenied):
        register(planner, region=RegionFactory(code="150202"))
    with pytest.raises(PermissionDenied):
        register(user_of(Role.REVIEWER))


def test_a_revision_records_only_what_changed(planner):
    project = register(planner)
    revise_project(by=planner, project=project, name="九原大道", year=2019)
    step = Step.objects.last()
    assert (step.data["before"], step.data["after"]) == ({"name": "九原大道改造"}, {"name": "九原大道"})
    count = Step.objects.count()
    revise_project(by=planner, project=project, name="九原大道")
    assert Step.objects.count() == count


def test_a_project_is_not_pushed_out_of_ones_reach(planner):
    project = register(planner)
    with pytest.raises(PermissionDenied):
        revise_project(by=planner, project=project, region=RegionFactory(code="150202"))
    project.refresh_from_db()
    assert project.region_id == "150207"


def test_a_new_region_starts_a_new_record_and_leaves_the_old_one(planner):
    project = register(planner)
    boss = user_of(Role.ADMINISTRATOR)
    revise_project(by=boss, project=project, region=RegionFactory(code="150202"))
    regions = list(project.investments.order_by("pk").values_list("region_id", "planned_yuan"))
    assert regions == [("150207", Decimal("120000000.05")), ("150202", Decimal("120000000.05"))]


def test_code_and_money_are_not_revised(planner):
    with pytest.raises(TypeError, match="not revisable"):
        revise_project(by=planner, project=register(planner), code="x")


def test_kinds_are_set_as_a_whole(planner):
    project = register(planner)
    set_kinds(by=planner, project=project, kinds=["government", "key"])
    assert set(Membership.objects.values_list("kind", flat=True)) == {"government", "key"}
    assert Step.objects.last().data == {"before": ["key", "reserve"], "after": ["government", "key"]}


def test_the_newest_record_is_the_present_money(planner):
    project = ProjectFactory(region=RegionFactory(code="150207"))
    InvestmentFactory(project=project, recorded_on=date(2019, 1, 31), planned_yuan=1)
    InvestmentFactory(project=project, recorded_on=date(2019, 3, 29), planned_yuan=2)
    record_investment(
        by=planner,
        project=project,
        planned_yuan=Decimal(3),
        cumulative_yuan=Decimal(1),
        recorded_on=date(2019, 3, 29),
    )
    found = queries.projects(planner).get()
    assert (found.planned_yuan, found.cumulative_yuan) == (3, 1)


def test_records_come_in_the_order_of_their_days(planner):
    project = ProjectFactory(region=RegionFactory(code="150207"))
    InvestmentFactory(project=project, recorded_on=date(2019, 3, 29))
    with pytest.raises(ValidationError, match="早于"):
        record_investment(
            by=planner,
            project=project,
            planned_yuan=Decimal(1),
            cumulative_yuan=Decimal(1),
            recorded_on=date(2019, 3, 28),
        )


@pytest.mark.parametrize(
    "values",
    [
        {"recorded_on": date(2019, 3, 28)},
        {"recorded_on": date.today() + timedelta(days=3)},
        {"planned_yuan": Decimal("-0.01")},
        {"cumulative_yuan": Decimal("-0.01")},
    ],
)
def test_the_database_refuses_wrong_records(values):
    first = InvestmentFactory(recorded_on=date(2019, 3, 29))
    with pytest.raises(IntegrityError), transaction.atomic():
        InvestmentFactory(project=first.project, **{"recorded_on": date(2019, 3, 30), **values})


@pytest.mark.parametrize(
    "sql",
    ["UPDATE library_investmentrecord SET planned_yuan = 1", "DELETE FROM library_investmentrecord"],
)
def test_the_database_refuses_to_change_records(sql):
    InvestmentFactory()
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_money_is_recorded_by_who_may(planner):
    project = ProjectFactory(region=RegionFactory(code="150207"))
    with pytest.raises(PermissionDenied):
        record_investment(
            by=user_of(Role.SURVEYOR), project=project, planned_yuan=Decimal(1), cumulative_yuan=Decimal(0)
        )


def test_a_project_gets_one_site_and_keeps_it(planner):
    project = ProjectFactory(region=RegionFactory(code="150207"))
    site = attach_site(by=planner, project=project)
    assert site.region_code == "150207"
    assert attach_site(by=planner, project=project) == site
    assert Step.objects.filter(verb="library.attach_site").count() == 1
    with pytest.raises(ValidationError):
        attach_site(by=planner, project=project, site=Site.objects.create())
    with pytest.raises(PermissionDenied):
        attach_site(by=user_of(Role.REVIEWER), project=project)


def test_facts_stand_on_the_site(planner):
    project = ProjectFactory(region=RegionFactory(code="150207"))
    with pytest.raises(ValidationError):
        state_facts(by=planner, project=project, facts={"work": "road"})
    attach_site(by=planner, project=project)
    state_facts(by=planner, project=project, facts={"work": "road", "empty": ""})
    assert Site.objects.get().facts == {"work": "road"}
    assert Step.objects.last().data == {"before": {}, "after": {"work": "road"}}


def test_a_confidential_project_is_never_disclosed():
    reviewer = user_of(Role.REVIEWER)
    project = ProjectFactory(secrecy="confidential")
    with pytest.raises(ValidationError):
        mark_disclosed(by=reviewer, project=project, disclosed=True)
    with pytest.raises(IntegrityError, match="library_confidential_is_not_disclosed"), transaction.atomic():
        Project.objects.update(disclosed=True)


def test_disclosure_is_noted():
    reviewer = user_of(Role.REVIEWER)
    project = mark_disclosed(by=reviewer, project=ProjectFactory(), disclosed=True)
    assert project.disclosed
    assert Step.objects.get().data == {"disclosed": True}
    assert InvestmentRecord.objects.count() == 0


def test_a_site_is_live_until_its_project_is_completed(planner):
    project = register(planner)
    site = attach_site(by=planner, project=project)
    assert site.is_live
    revise_project(by=planner, project=project, stage="completed")
    assert not Site.objects.get().is_live
    revise_project(by=planner, project=project, stage="suspended")
    assert Site.objects.get().is_live


def test_a_completed_projects_site_is_never_live(planner):
    made = attach_site(by=planner, project=register(planner, stage="completed"))
    assert not made.is_live
    given = Site.objects.create()
    other = register(planner, code="2019-150207-000002", stage="completed")
    attach_site(by=planner, project=other, site=given)
    given.refresh_from_db()
    assert not given.is_live
