"""The API of a project's record, of code lists and of programmes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from gis_projects.library.actions.codes import load_defaults
from gis_projects.library.actions.plans import Source, set_plan
from gis_projects.library.actions.programmes import save_programme, set_members
from gis_projects.library.models import Project
from gis_projects.library.money import Rounding
from gis_projects.people.permissions import Role
from tests.factories.library import InvestmentFactory, ProjectFactory, clerk
from tests.factories.people import RegionFactory, baotou, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _lists():
    baotou()
    load_defaults()


@pytest.fixture
def api(client):
    client.force_login(clerk())
    return client


@pytest.fixture
def project():
    made = ProjectFactory(region=RegionFactory(code="150207"))
    InvestmentFactory(project=made)
    return made


NEW = {
    "name": "河道整治", "content": "清淤", "region": "150207", "industry": "N", "division": "division:76",
    "level": "county", "stage": "planning", "year": 2026, "investment_kind": "government", "kinds": ["reserve"],
    "lon": 109.9, "lat": 40.6,
    "precision": "exact", "intended_yuan": "50000000.01", "policy": "policy:flood-control",
}  # fmt: skip


def test_a_project_is_created_and_changed(api):
    made = api.post(reverse("library-api:projects"), NEW, "application/json")
    assert made.status_code == 201, made.json()
    properties = made.json()["properties"]
    assert (properties["intended_yuan"], properties["policy"]) == ("50000000.01", "policy:flood-control")
    assert made.json()["geometry"]["coordinates"] == [109.9, 40.6]
    address = reverse("library-api:project", args=[made.json()["id"]])
    changed = api.patch(
        address,
        {"name": "河道综合整治", "lon": None, "lat": None, "precision": "unknown"},
        "application/json",
    )
    assert changed.json()["properties"]["name"] == "河道综合整治"
    assert changed.json()["geometry"] is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"policy": "nature:new"}, "policy"),
        ({"policy": "policy:nothing"}, "policy"),
        ({"division": "division:01"}, "division"),
        ({"name": ""}, "name"),
        ({"lon": None}, "lat"),
        ({"functions": ["dance"]}, "functions"),
        ({"planned_start": "2027-01-02", "planned_finish": "2027-01-01"}, None),
        ({"intended_yuan": "1.001"}, "intended_yuan"),
    ],
)
def test_what_is_wrong_is_told_by_field(api, wrong, field):
    refused = api.post(reverse("library-api:projects"), NEW | wrong, "application/json")
    assert refused.status_code == 400
    assert field in [error["field"] for error in refused.json()["errors"]]
    assert not Project.objects.exists()


def test_a_department_that_enters_no_such_projects_is_refused(client):
    client.force_login(clerk("commerce"))
    assert client.post(reverse("library-api:projects"), NEW, "application/json").status_code == 403
    social = NEW | {"investment_kind": "social"}
    assert client.post(reverse("library-api:projects"), social, "application/json").status_code == 201


def test_a_plan_that_doesnt_add_up_says_by_how_much(api, project):
    address = reverse("library-api:project-plan", args=[project.pk])
    plan = {
        "total_yuan": "100.00", "sources": [{"kind": "city-budget", "amount_yuan": "99.99"}],
        "years": {"2026": "100.00"},
    }  # fmt: skip
    refused = api.post(address, plan, "application/json")
    assert refused.status_code == 400
    assert [(e["field"], "0.01" in e["message"]) for e in refused.json()["errors"]] == [("sources", True)]
    plan["sources"][0]["amount_yuan"] = "100.00"
    made = api.post(address, plan, "application/json")
    assert made.status_code == 201
    assert made.json()["plan"]["instruments"] == {"budget": "100.00", "bond": "0", "fund": "0", "other": "0"}
    assert api.get(address).json()["versions"] == 1


def test_all_of_a_project_is_one_object(api, project, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    file = SimpleUploadedFile("建议书.txt", "建议".encode())
    files = reverse("library-api:project-files", args=[project.pk])
    assert api.post(files, {"file": file, "purpose": "proposal"}).status_code == 201
    diary = reverse("library-api:project-diary", args=[project.pk])
    assert api.post(diary, {"text": "开工"}, "application/json").status_code == 201
    land = reverse("library-api:project-land", args=[project.pk])
    assert (
        api.post(land, {"total_m2": "10.00", "parts": {"unused": "10.00"}}, "application/json").status_code
        == 201
    )
    whole = api.get(reverse("library-api:project-record", args=[project.pk])).json()
    assert {
        "library",
        "evidence",
        "plan",
        "budget",
        "investments",
        "land",
        "diary",
        "files",
        "completeness",
    } <= set(whole)
    assert whole["land"]["parts"] == {"unused": "10.00"}
    assert [file["purpose"] for file in whole["files"]] == ["proposal"]
    assert "开工" in [line["text"] for line in whole["diary"]]


def test_an_industry_group_by_has_25_rows_with_zeros(api, project):
    Project.objects.filter(pk=project.pk).update(industry_type="industry_type:water")
    rows = api.get(reverse("library-api:projects-groups"), {"by": "industry_type"}).json()["results"]
    assert len(rows) == 25
    assert {row["value"]: row["projects"] for row in rows if row["projects"]} == {"water": 1}
    water = next(row for row in rows if row["value"] == "water")
    assert (water["planned_yuan"], water["cumulative_yuan"]) == ("10000000.00", "2500000.00")
    assert len(api.get(reverse("library-api:codes-list", args=["policy"])).json()["codes"]) == 60


def test_money_is_reported_by_instrument(api, project):
    set_plan(
        by=None, project=project, total_yuan=Decimal(6), years={2026: Decimal(6)},
        sources=[
            Source("city-budget", Decimal(1)), Source("special-bond", Decimal(2)), Source("industry-fund", Decimal(3)),
        ],
    )  # fmt: skip
    rows = api.get(reverse("library-api:projects-groups"), {"by": "instrument"}).json()["results"]
    assert {row["value"]: row["amount_yuan"] for row in rows} == {
        "budget": "1.00", "bond": "2.00", "fund": "3.00", "other": "0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"policy": "policy:flood-control"}, 1),
        ({"policy": "none"}, 1),
        ({"policy": ["none", "policy:flood-control"]}, 2),
        ({"policy": "nature:new"}, 0),
        ({"investment_kind": "social"}, 0),
        ({"library": "none"}, 2),
        ({"staleness": "green"}, 2),
        ({"staleness": "red"}, 0),
        ({"intended_from": "5", "intended_to": "10"}, 1),
        ({"has_national_code": "false"}, 2),
    ],
)
def test_every_field_filters(api, project, filters, found):
    Project.objects.filter(pk=project.pk).update(policy="policy:flood-control", intended_yuan=7)
    ProjectFactory(region=project.region)
    assert len(api.get(reverse("library-api:projects"), filters).json()["features"]) == found


def test_the_programme_of_the_source_material(client):
    """F004 to F007: 158 projects, 160 亿 over three years, 194 亿 done: 121 %, as a ratio 1.2125."""
    region = RegionFactory(code="150200")
    programme = save_programme(
        by=None,
        name="三年典型示范项目",
        region=region,
        target_yuan=Decimal(16_000_000_000),
        starts_year=2017,
        years=3,
    )
    projects = [ProjectFactory(region=region) for _ in range(158)]
    each = (Decimal(19_400_000_000) / 158).quantize(Decimal("0.01"))
    for number, project in enumerate(projects):
        done = each if number else Decimal(19_400_000_000) - 157 * each
        InvestmentFactory(project=project, planned_yuan=2 * each, cumulative_yuan=done)
    set_members(by=None, programme=programme, add=projects)
    client.force_login(user_of(Role.REVIEWER))
    data = client.get(reverse("library-api:programme", args=[programme.pk])).json()
    assert (data["projects"], data["actual_yuan"], data["target_yuan"]) == (
        158,
        "19400000000.00",
        "16000000000.00",
    )
    assert (data["completion"], data["percent"]) == ("1.2125", 121)
    page = client.get(reverse("library:programme", args=[programme.pk]) + "?unit=wan").content.decode()
    assert "121%" in page
    assert "1,600,000" in page
    assert "1,940,000" in page


def test_a_programme_counts_what_its_reader_may_know(client):
    region = RegionFactory(code="150200")
    programme = save_programme(
        by=None,
        name="示范",
        region=region,
        target_yuan=Decimal(200),
        starts_year=2017,
        years=3,
        rounding=Rounding.TRUNCATE,
    )
    open_one, secret = ProjectFactory(region=region), ProjectFactory(region=region, secrecy="confidential")
    for one in (open_one, secret):
        InvestmentFactory(project=one, planned_yuan=Decimal(100), cumulative_yuan=Decimal("33.99"))
    set_members(by=None, programme=programme, add=[open_one, secret])
    address = reverse("library-api:programme", args=[programme.pk])
    for user, projects, percent in ((clerk(region="150200"), 1, 16), (user_of(Role.REVIEWER), 2, 33)):
        client.force_login(user)
        data = client.get(address).json()
        assert (data["projects"], len(data["members"]), data["percent"]) == (projects, projects, percent)
