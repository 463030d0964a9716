from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gis_projects.library.models import ProjectKind
from gis_projects.people.permissions import Role
from siting.models import Site
from tests.factories.library import InvestmentFactory, ProjectFactory
from tests.factories.people import RegionFactory, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def projects():
    jiuyuan, donghe = RegionFactory(code="150207"), RegionFactory(code="150202")
    made = [
        ProjectFactory(code="A1", region=jiuyuan, kinds=["key", "planned"]),
        ProjectFactory(code="A2", region=donghe, kinds=["key"]),
        ProjectFactory(code="A3", region=jiuyuan, kinds=["reserve"], location=None, precision="unknown"),
        ProjectFactory(code="A4", region=jiuyuan, secrecy="confidential"),
    ]
    InvestmentFactory(
        project=made[0], planned_yuan=Decimal("9007199254740993.01"), cumulative_yuan=Decimal(5)
    )
    return made


@pytest.fixture
def reviewer(client, projects):
    client.force_login(user_of(Role.REVIEWER))
    return client


def test_the_collection_is_geojson(reviewer, projects):
    answer = reviewer.get("/api/v1/projects/").json()
    assert (answer["type"], answer["count"]) == ("FeatureCollection", 4)
    first = answer["features"][0]
    assert first["geometry"] == {"type": "Point", "coordinates": [109.9, 40.6]}
    assert first["id"] == projects[0].pk
    properties = first["properties"]
    assert (properties["code"], properties["kinds"]) == ("A1", ["key", "planned"])
    assert (properties["region"], properties["region_name"]) == ("150207", "九原区")
    assert properties["planned_yuan"] == "9007199254740993.01"  # more digits than a double has
    assert answer["features"][2]["geometry"] is None


def test_pages_and_order(reviewer):
    answer = reviewer.get("/api/v1/projects/", {"page_size": 3, "sort": "-code"}).json()
    assert [feature["properties"]["code"] for feature in answer["features"]] == ["A4", "A3", "A2"]
    following = reviewer.get(answer["next"]).json()
    assert [feature["properties"]["code"] for feature in following["features"]] == ["A1"]


@pytest.mark.parametrize(
    "params", [{}, {"kind": "key"}, {"region": "150207"}, {"q": "A1"}, {"has_site": "true"}]
)
def test_list_map_counts_and_page_select_the_same(reviewer, params):
    listed = {feature["id"] for feature in reviewer.get("/api/v1/projects/", params).json()["features"]}
    mapped = {feature["id"] for feature in reviewer.get("/api/v1/projects/map/", params).json()["features"]}
    page = {project.pk for project in reviewer.get("/projects/", params).context["page"]}
    assert listed == mapped == page
    assert reviewer.get("/api/v1/projects/counts/", params).json()["total"] == len(listed)


def test_each_kinds_count_is_its_lists_length(reviewer):
    counts = reviewer.get("/api/v1/projects/counts/", {"region": "150207", "kind": "reserve"}).json()
    assert counts["total"] == 1
    assert list(counts["kinds"]) == ProjectKind.values
    for kind, number in counts["kinds"].items():
        answer = reviewer.get("/api/v1/projects/", {"region": "150207", "kind": kind}).json()
        assert answer["count"] == number


def test_the_map_gets_what_it_draws(reviewer, projects):
    features = reviewer.get("/api/v1/projects/map/").json()["features"]
    assert features[0]["properties"] == {
        "id": projects[0].pk,
        "code": "A1",
        "name": projects[0].name,
        "kinds": ["key", "planned"],
        "region": "150207",
        "industry": "E",
        "level": "city",
        "stage": "construction",
        "library": "none",
        "year": 2019,
        "planned_yuan": "9007199254740993.01",
        "cumulative_yuan": "5.00",
        "precision": "exact",
        "has_site": False,
    }
    assert features[2]["geometry"] is None


def test_rows_say_what_the_features_say(reviewer):
    features = reviewer.get("/api/v1/projects/map/").json()["features"]
    answer = reviewer.get("/api/v1/projects/map/", {"form": "rows"}).json()
    rows = [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]
    for row, feature in zip(rows, features, strict=True):
        place = [row.pop("longitude"), row.pop("latitude")]
        assert place == (feature["geometry"] or {"coordinates": [None, None]})["coordinates"]
        assert row == feature["properties"]


def test_the_map_is_one_question_however_many_projects(reviewer):
    ProjectFactory.create_batch(30, region=RegionFactory(code="150207"), kinds=["key"])
    with CaptureQueriesContext(
        connection,
    ) as asked:
        features = reviewer.get("/api/v1/projects/map/").json()["features"]
    assert len(features) == 34
    about_projects = [query for query in asked if "library_project" in query["sql"]]
    assert len(about_projects) == 1
    assert len(asked) <= 4  # session, user, region


def test_another_regions_projects_and_secrets_are_in_no_answer(client, projects):
    client.force_login(user_of(Role.PLANNER, "150207"))
    for address in ("/api/v1/projects/", "/api/v1/projects/map/"):
        codes = [feature["properties"]["code"] for feature in client.get(address).json()["features"]]
        assert codes == ["A1", "A3"]
    assert client.get("/api/v1/projects/counts/").json()["total"] == 2
    assert client.get(f"/api/v1/projects/{projects[1].pk}/").status_code == 404
    assert client.get(f"/api/v1/projects/{projects[3].pk}/").status_code == 404
    assert client.get(f"/api/v1/projects/{projects[0].pk}/").json()["properties"]["code"] == "A1"


@pytest.mark.parametrize("address", ["projects/", "projects/map/", "projects/counts/"])
def test_a_filter_that_cannot_be_understood_is_a_problem(reviewer, address):
    answer = reviewer.get(f"/api/v1/{address}", {"kind": "nonsense", "year": "zwei"})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert {error["field"] for error in answer.json()["errors"]} == {"kind", "year"}


def test_a_site_without_location_places_the_project(reviewer, projects):
    from django.contrib.gis.geos import MultiPolygon, Polygon

    from siting.models import SiteVersion

    site = Site.objects.create()
    square = Polygon(((109.8, 40.5), (109.9, 40.5), (109.9, 40.6), (109.8, 40.6), (109.8, 40.5)), srid=4490)
    site.current = SiteVersion.objects.create(
        site=site,
        number=1,
        geometry=MultiPolygon(square, srid=4490),
        declared={},
        format="drawing",
        epsg=4490,
        area_m2=1.0,
        planar_area_m2=1.0,
    )
    site.save()
    projects[2].site = site
    projects[2].save()
    feature = reviewer.get("/api/v1/projects/map/", {"has_site": "true"}).json()["features"][0]
    assert feature["geometry"]["coordinates"] == pytest.approx([109.85, 40.55])
    assert feature["properties"]["has_site"] is True
