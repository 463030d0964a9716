"""The libraries in figures: multiples at their bounds, who is left out, and what a region's own parameter changes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gis_projects.library.actions.parameters import set_parameter, state_factor
from gis_projects.library.models import Parameter, PlanningList, PlanningRow, Project
from gis_projects.library.queries import coverage, gates
from gis_projects.library.queries.parameters import setting
from gis_projects.people.permissions import Role
from tests.factories.libraries import (
    in_library,
    project_for_catalogue,
    proven,
    ready_for_reserve,
)
from tests.factories.library import InvestmentFactory, ProjectFactory
from tests.factories.people import RegionFactory, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SIGNING_KEY_PATH = tmp_path / "key.pem"


@pytest.fixture
def city():
    return user_of(Role.PLANNER, "150200")


def with_total(library: str, amount: str) -> None:
    project = in_library(ProjectFactory(region=RegionFactory(code="150207"), stage="planning"), library)
    InvestmentFactory(project=project, planned_yuan=Decimal(amount))


def total(user, library: str) -> coverage.Total:
    return next(one for one in coverage.totals(coverage.projects(user), "150200") if one.library == library)


def base(value: str = "100", **more) -> None:
    set_parameter(by=None, key="base_investment", value=Decimal(value), source="统计年报", **more)


@pytest.mark.parametrize(
    ("library", "amount", "met"),
    [
        ("catalogue", "400.00", True),
        ("catalogue", "399.99", False),
        ("reserve", "200.00", True),
        ("reserve", "199.99", False),
    ],
)
def test_multiples_at_their_bounds(city, library, amount, met):
    """F247, F248."""
    RegionFactory(code="150207")
    base()
    with_total(library, amount)
    found = total(city, library)
    assert found.met is met
    assert found.ratio is not None
    assert (found.ratio >= found.multiple.value) is met, "what is shown agrees"
    assert (found.share == 100) is met


def test_a_bound_that_is_not_inclusive_has_to_be_passed(city):
    RegionFactory(code="150207")
    base()
    set_parameter(by=None, key="reserve_multiple", value=Decimal(2), source="超过两倍", inclusive=False)
    with_total("reserve", "200.00")
    assert total(city, "reserve").met is False
    with_total("reserve", "0.01")
    assert total(city, "reserve").met is True


def test_without_a_base_nothing_is_said_to_be_met(city):
    RegionFactory(code="150207")
    with_total("catalogue", "400.00")
    found = total(city, "catalogue")
    assert (found.base, found.ratio, found.met) == (None, None, None)


def test_the_nearest_region_and_the_newest_day_count():
    city, district = RegionFactory(code="150200"), RegionFactory(code="150207")
    district.parent = city
    district.save()
    base("100")
    base("300", region=city)
    base("20", region=district)
    base("25", region=district, valid_from=timezone.localdate() + timedelta(days=1))
    values = {code: setting("base_investment", code).value for code in ("150200", "150207")} | {
        "none": setting("base_investment").value
    }
    assert values == {"150200": 300, "150207": 20, "none": 100}
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert setting("base_investment", "150207", tomorrow).value == 25
    with pytest.raises(IntegrityError), transaction.atomic():
        Parameter.objects.update(value=1)


@pytest.mark.parametrize(
    ("total_yuan", "inclusive", "asked"),
    [
        ("50000.01", True, True),
        ("50000.00", True, True),
        ("49999.99", True, False),
        ("50000.01", False, True),
        ("50000.00", False, False),
    ],
)
def test_a_review_is_asked_from_the_threshold_on(total_yuan, inclusive, asked):
    """F191: of projects of information technology only."""
    set_parameter(
        by=None, key="review_threshold", value=Decimal(50_000), source="总投资5万元以上", inclusive=inclusive
    )
    for kind, expected in (("project_type:information", asked), ("project_type:building", False)):
        project = in_library(
            project_for_catalogue(
                name=f"智慧平台 {kind}", project_type_id=kind, intended_yuan=Decimal(total_yuan)
            ),
            "reserve",
        )
        found = {one.code for one in gates.missing(project, "implementation")}
        assert ({"evidence.review", "evidence.consultation"} <= found) is expected


def test_what_is_under_construction_and_not_in_the_library_is_listed(city):
    """F246, F249: 99 of 100 is not all."""
    RegionFactory(code="150207")
    inside = [ProjectFactory(region=RegionFactory(code="150207")) for _ in range(3)]
    for project in inside:
        in_library(project, "implementation")
    rows = coverage.projects(city)
    assert coverage.building(rows).complete
    left_out = ProjectFactory(region=RegionFactory(code="150207"))
    found = coverage.building(rows)
    assert (found.part, found.whole, found.complete, found.percent) == (3, 4, False, 75)
    assert [row.pk for row in coverage.outside(rows)] == [left_out.pk]
    assert coverage.Coverage(999, 1000).percent == 99


def test_what_could_be_transferred_and_was_not_is_listed(city):
    """F245: only what passes the whole gate."""
    ready = ready_for_reserve(in_library(project_for_catalogue(name="完备的项目"), "catalogue"))
    half = in_library(project_for_catalogue(name="未完备的项目"), "catalogue")
    proven(half, "total_structure")
    proven(half, "site")
    assert [row.pk for row in coverage.transferable(coverage.projects(city))] == [ready.pk]


def test_the_catalogue_is_held_against_planning_lists(city):
    """F244."""
    region = RegionFactory(code="150207")
    plan = PlanningList.objects.create(code="L1", name="谋划清单", region=region, year=2026)
    project = in_library(ProjectFactory(region=region), "catalogue")
    more = {"settled_at": timezone.now()}
    PlanningRow.objects.create(
        list=plan, number=1, name="一", region=region, state="matched", project=project, **more
    )
    PlanningRow.objects.create(list=plan, number=2, name="二", region=region)
    PlanningRow.objects.create(list=plan, number=3, name="三", region=region, state="dropped", **more)
    found = coverage.listed(city)
    assert (found.part, found.whole, found.percent) == (1, 2, 50)


def test_planning_lists_are_narrowed_and_go_out_as_they_are(city, client):
    region, other = RegionFactory(code="150207"), RegionFactory(code="150202")
    first = PlanningList.objects.create(code="L1", name="谋划清单", region=region, year=2026)
    PlanningList.objects.create(code="L2", name="谋划清单", region=other, year=2025)
    PlanningRow.objects.create(list=first, number=1, name="一", region=region)
    client.force_login(city)
    address = "/databases/planning/"

    def codes(**asked):
        text = client.get(address, {**asked, "format": "csv"}).content.decode("utf-8-sig")
        return [row.split(",")[0] for row in text.splitlines()[1:]]

    assert codes() == ["L1", "L2"]
    assert codes(year="2025") == codes(region="150202") == codes(words="L2") == ["L2"]
    assert codes(words="没有") == []
    assert "没有符合条件的清单" in client.get(address, {"words": "没有"}).content.decode()


def test_tables_by_region_and_department_add_up_to_the_totals(city):
    baotou = {code: RegionFactory(code=code) for code in ("150200", "150207", "150202")}
    for number, code in enumerate(["150200", "150207", "150207", "150202"]):
        project = in_library(ProjectFactory(region=baotou[code]), "reserve" if number % 2 else "catalogue")
        InvestmentFactory(project=project, planned_yuan=Decimal(100 + number))
    ProjectFactory(region=baotou["150202"], secrecy="confidential")
    rows = coverage.projects(city)
    for table in (coverage.by_region(rows), coverage.by_department(rows)):
        for one in coverage.totals(rows, ""):
            assert sum(row.numbers[one.library] for row in table) == one.number
            assert sum(row.planned_yuan[one.library] for row in table) == one.planned_yuan
    assert sum(row.numbers["none"] for row in coverage.by_region(rows)) == 0, (
        "confidential ones are not counted"
    )


def test_factors_count_what_was_last_said(city):
    """F253."""
    project = in_library(ProjectFactory(region=RegionFactory(code="150207")), "reserve")
    in_library(ProjectFactory(region=RegionFactory(code="150207")), "implementation")
    state_factor(by=None, project=project, factor="land", state="lacking", note="指标不足")
    state_factor(by=None, project=project, factor="land", state="secured")
    found = {one.factor: one.states for one in coverage.factors(coverage.projects(city))}
    assert found["land"] == {"unknown": 1, "pending": 0, "secured": 1, "lacking": 0}
    assert found["water"]["unknown"] == 2


def test_a_gate_reads_many_projects_in_as_many_queries_as_one():
    with_one = ready_for_reserve(in_library(project_for_catalogue(name="道路"), "catalogue"))
    for _ in range(4):
        proven(in_library(ProjectFactory(region=RegionFactory(code="150207")), "catalogue"), "site")

    def queries(rows) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert gates.known_of(rows.select_related("site__current"), "reserve")
        return len(captured)

    one, five = Project.objects.filter(pk=with_one.pk), Project.objects.filter(library="catalogue")
    assert five.count() == 5
    assert queries(five) == queries(one)
