"""The public pages as anybody gets them: over the restricted role, with nothing that isn't disclosed."""

import json

import numpy as np
import pytest
import shapely
from django.db import connections
from django.test.utils import CaptureQueriesContext

from gis_projects.library.actions.projects import revise_project
from gis_projects.people.permissions import Role
from gis_projects.publishing.actions import outlines
from gis_projects.publishing.actions import projects as actions
from tests.factories.disclosed import SECRET, boundary, project_with_site, shown, two_people
from tests.factories.layers import grid_table, published
from tests.factories.library import ProjectFactory
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "public"])

HIDDEN = "不该公开的项目"


@pytest.fixture
def city():
    """One disclosed project, and of every sort one that must not be seen."""
    people = two_people()
    project = project_with_site(name="三环路改造", content="改造道路 3 公里", kinds=["key", "government"])
    public = shown(project, people, notice="演示数据,非真实界线", review_number="蒙S(2026)001号")
    never = project_with_site(boundary(109.95), name=f"{HIDDEN}一", content=SECRET)
    withdrawn = project_with_site(boundary(109.80), name=f"{HIDDEN}二")
    shown(withdrawn, people)
    actions.withdraw_project(by=people[1], project=withdrawn, reason=SECRET)
    secret = project_with_site(boundary(109.75), name=f"{HIDDEN}三", secrecy="confidential")
    published("XZQ", grid_table(1, 1, names=["九原区"], keys=["150207"]), notice="演示数据,非真实界线")
    published("STBHHX", grid_table(2, 2, names=[f"{HIDDEN}红线"] * 4))
    administrator = user_of(Role.ADMINISTRATOR)
    outlines.publish_outlines(by=people[1], approved_by=administrator)
    return {"project": project, "public": public, "hidden": [never, withdrawn, secret], "people": people}


ADDRESSES = [
    "/public/projects.geojson",
    "/public/projects.geojson?q=" + HIDDEN[:3],
    "/public/projects.geojson?region=150207&kind=key",
    "/public/projects.csv",
    "/public/outlines.geojson",
    "/public/projects/{slug}/",
    "/public/projects/",
    "/public/list.json",
    "/public/search.json?q=" + HIDDEN[:3],
    "/public/statistics/",
    "/public/statistics/region.csv",
    "/public/tiles/9/412/193.mvt",
    "/",
]


@pytest.fixture
def pages(city):
    return [address.format(slug=city["public"].slug) for address in ADDRESSES]


@pytest.mark.parametrize("signed_in", [False, True])
def test_nothing_undisclosed_is_in_any_public_answer(city, pages, client, signed_in):
    if signed_in:
        client.force_login(city["people"][1])
    for address in pages:
        response = client.get(address)
        assert response.status_code == 200, address
        text = response.content.decode(errors="replace")
        assert HIDDEN not in text, address
        assert SECRET not in text, address
        for project in city["hidden"]:
            assert project.code not in text, address


def test_no_declared_vertex_is_in_any_public_answer(city, client):
    exact = shapely.get_coordinates(boundary())
    answer = client.get("/public/projects.geojson").json()
    coarse = shapely.get_coordinates(shapely.geometry.shape(answer["features"][0]["geometry"]))
    assert np.hypot(*(coarse[:, None, :] - exact[None, :, :]).transpose(2, 0, 1)).min() > 1e-7
    page = client.get(f"/public/projects/{city['public'].slug}/").content.decode()
    for lon, lat in exact:
        assert f"{lon:.5f}" not in page
        assert f"{lat:.5f}" not in page


def test_an_anonymous_visit_asks_the_inner_connection_nothing(city, pages, client):
    for address in pages:
        with (
            CaptureQueriesContext(connections["default"]) as inner,
            CaptureQueriesContext(connections["public"]) as outer,
        ):
            assert client.get(address).status_code == 200
        assert inner.captured_queries == [], address
        assert 1 <= len(outer.captured_queries) <= 9, address


def test_the_public_pages_work_as_that_role(city, client):
    with connections["public"].cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("gis_projects_public",)
    assert client.get("/public/projects.geojson").json()["features"][0]["properties"]["name"] == "三环路改造"


def test_a_feature_says_what_the_map_needs(city, client):
    response = client.get("/public/projects.geojson")
    assert response["Content-Type"].startswith("application/geo+json")
    (feature,) = response.json()["features"]
    properties = feature["properties"]
    assert feature["geometry"]["type"] == "MultiPolygon"
    assert properties["kinds"] == ["government", "key"]
    assert properties["planned_yuan"] == 123456789.10
    assert properties["precision_m"] == 50
    assert np.hypot(properties["centre"][0] - 109.8512345, properties["centre"][1] - 40.6123457) < 0.002
    assert set(properties) == {
        "slug", "code", "name", "kinds", "region", "region_name", "township", "industry", "level", "stage", "year",
        "planned_yuan", "completed_yuan", "form", "precision_m", "centre",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 1),
        ("region=150207", 1),
        ("region=150202", 0),
        ("kind=key", 1),
        ("kind=reserve", 0),
        ("q=三环路 道路", 1),
        ("q=地铁", 0),
        ("q=%25", 0),
    ],
)
def test_filters(city, client, query, count):
    assert len(client.get(f"/public/projects.geojson?{query}").json()["features"]) == count


@pytest.mark.parametrize("query", ["region=1 or 1=1", "kind=nope", "q=" + "长" * 101, "q=%00"])
def test_a_filter_that_can_not_be_is_refused(client, query):
    response = client.get(f"/public/projects.geojson?{query}")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["errors"]


def test_answers_may_be_kept_shortly_and_asked_for_again(city, client):
    first = client.get("/public/projects.geojson")
    assert first["Cache-Control"] == "public, no-cache"
    again = client.get("/public/projects.geojson", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    actions.withdraw_project(by=city["people"][1], project=city["project"], reason="x")
    changed = client.get("/public/projects.geojson", headers={"if-none-match": first["ETag"]})
    assert changed.status_code == 200
    assert changed.json()["features"] == []


def test_a_withdrawn_project_has_no_page(city, client):
    address = f"/public/projects/{city['public'].slug}/"
    assert client.get(address).status_code == 200
    actions.withdraw_project(by=city["people"][1], project=city["project"], reason="x")
    assert client.get(address).status_code == 404
    assert client.get("/public/projects/nothing-here/").status_code == 404


def test_the_page_of_a_project_says_what_it_is_and_what_it_is_not(city, client):
    text = client.get(f"/public/projects/{city['public'].slug}/").content.decode()
    for words in (
        "三环路改造",
        "九原区",
        "重点项目",
        "123,456,789.10",
        "演示数据,非真实界线",
        "蒙S(2026)001号",
        "不是用地界线",
    ):
        assert words in text
    assert "<path" in text
    assert "界址点" not in text


def test_the_map_page_knows_regions_kinds_and_counts(city, client):
    context = client.get("/").context
    assert context["count"] == 1
    assert [(one.code, one.name, one.count) for one in context["choices"]["region"]] == [
        ("150207", "九原区", 1)
    ]
    assert {one.code: one.count for one in context["choices"]["kind"]} == {
        "key": 1,
        "government": 1,
        "planned": 0,
        "reserve": 0,
    }
    assert context["review_numbers"] == ("蒙S(2026)001号",)
    assert context["notices"] == ("演示数据,非真实界线",)


def test_outlines_are_regions_and_water_only(city, client):
    features = client.get("/public/outlines.geojson").json()["features"]
    assert [(feature["properties"]["kind"], feature["properties"]["code"]) for feature in features] == [
        ("region", "150207")
    ]


def test_the_table_runs_no_formula(client):
    people = two_people()
    project = project_with_site(name="=HYPERLINK(1)", content="正常")
    shown(project, people)
    text = client.get("/public/projects.csv").content.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in text
    assert "109." not in text


def test_a_point_and_a_place_not_known_are_shown_as_such(client):
    people = two_people()
    shown(ProjectFactory(name="点位", kinds=["planned"]), people)
    shown(ProjectFactory(name="仅到区", precision="region", kinds=["planned"]), people)
    features = {
        feature["properties"]["name"]: feature
        for feature in client.get("/public/projects.geojson").json()["features"]
    }
    assert features["点位"]["geometry"]["type"] == "Point"
    assert features["仅到区"]["geometry"] is None
    slug = features["仅到区"]["properties"]["slug"]
    assert "位置未公开" in client.get(f"/public/projects/{slug}/").content.decode()


def test_a_corrected_project_shows_its_new_words_only(city, client):
    revise_project(by=city["people"][0], project=city["project"], content="改造道路 4 公里")
    page = f"/public/projects/{city['public'].slug}/"
    assert "3 公里" in client.get(page).content.decode()
    actions.correct_project(
        by=city["people"][0], approved_by=city["people"][1], project=city["project"], reason="更正"
    )
    assert "4 公里" in client.get(page).content.decode()


def test_no_method_but_reading(client):
    for address in ("/", "/public/projects.geojson", "/public/projects.csv", "/public/outlines.geojson"):
        assert client.post(address, json.dumps({}), content_type="application/json").status_code == 405
