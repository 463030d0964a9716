"""A boundary beside what is known already: area, region, other projects' ground, likely duplicates."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from django.contrib.gis.geos import Point
from django.db import connection

from gis_projects.library.models import Project
from gis_projects.people.permissions import Role
from gis_projects.sites.queries import neighbours
from siting import boundaries, versions
from siting.formats import coordinate_text
from siting.formats.plane import in_plane
from siting.models import Site
from tests.api.conftest import geojson, signed_in
from tests.factories import land
from tests.factories.library import ProjectFactory
from tests.factories.people import RegionFactory, user_of

pytestmark = pytest.mark.django_db


def put(project: Project, polygon) -> Project:
    """Give a project that ground."""
    site = Site.objects.create(region_code=project.region_id)
    versions.save(site, boundaries.from_drawing(geojson(polygon)))
    project.site = site
    project.save()
    return project


def beside(metres: float):
    """The site of the tests, moved east until it is so far from where it was."""
    west, south, east, north = land.SITE.bounds
    degree = 111_320 * np.cos(np.radians((south + north) / 2))
    return shapely.transform(land.SITE, lambda xy: xy + np.array([east - west + metres / degree, 0]))


def asked(client, project: Project, drawing=None):
    url = f"/api/v1/projects/{project.pk}/neighbours/"
    if drawing is None:
        return client.get(url)
    return client.post(url, json.dumps({"geometry": geojson(drawing)}), content_type="application/json")


@pytest.fixture
def sited(published_land, project) -> Project:
    return put(project, land.SITE)


def test_region_by_geometry_against_region_declared(sited, planner) -> None:
    region = asked(planner, sited).json()["region"]
    assert (region["agrees"], region["state"], region["found"][0]["code"]) == (True, "good", "150207")
    over_the_line = shapely.box(109.855, 40.615, 109.8625, 40.619)
    region = asked(planner, sited, over_the_line).json()["region"]
    assert region["agrees"] is False
    assert [one["code"] for one in region["found"]] == ["150207", "150202"]
    assert region["found"][0]["share"] == pytest.approx(2 / 3, abs=1e-4)
    assert "不符" in region["text"]


def test_declared_against_measured_area_within_and_beyond_the_tolerance(sited, planner) -> None:
    for said, within in ((None, True), (1.05, False)):
        boundary = land.boundary(land.SITE)
        text = coordinate_text.write(in_plane(boundary.declared), areas_m2=[boundary.area_m2 * (said or 1.0)])
        version = versions.save(sited.site, boundaries.read(text, "a.txt"))
        area = asked(planner, sited).json()["area"]
        assert area["within_tolerance"] is within
        assert area["declared_m2"] == pytest.approx(version.declared_area_m2)
        assert area["tolerance"] == 0.001
        assert area["matches"] == ("ellipsoidal" if within else "neither")

    assert area["deviation"] == pytest.approx(0.05, abs=1e-3)
    assert asked(planner, sited, land.SITE).json()["area"]["state"] == "unknown"


def test_an_overlap_is_told_with_area_share_and_shape_and_contact_is_none(sited, planner) -> None:
    west, south, east, north = land.SITE.bounds
    half = shapely.box((west + east) / 2, south, east + 0.002, north)
    other = put(
        ProjectFactory(name="北岸公园", region=sited.region, location=None, precision="unknown"), half
    )
    touching = shapely.box(west - 0.002, south, west, north)
    put(ProjectFactory(name="西邻项目", region=sited.region, location=None, precision="unknown"), touching)
    [overlap] = asked(planner, sited).json()["overlaps"]
    assert overlap["project"]["name"] == "北岸公园"
    assert overlap["project"]["url"] == f"/projects/{other.pk}/"
    assert overlap["share"] == pytest.approx(0.5, abs=1e-4)
    assert overlap["area_m2"] == pytest.approx(land.boundary(land.SITE).area_m2 / 2, rel=1e-4)
    assert shapely.from_geojson(json.dumps(overlap["geometry"])).area == pytest.approx(land.SITE.area / 2)


def test_a_project_that_one_may_not_know_of_leaks_neither_name_nor_code_nor_shape(sited) -> None:
    far = RegionFactory(code="150202")
    hidden = put(
        ProjectFactory(code="密-001", name="滨河净水厂工程", content="绝密内容", region=far,
                       location=None, precision="unknown"),
        land.SITE.buffer(0.001),
    )  # fmt: skip
    planner = signed_in(Role.PLANNER, "150207", username="p7")
    for answer in (asked(planner, sited), asked(planner, sited, land.SITE)):
        assert answer.status_code == 200
        data = answer.json()
        [overlap] = data["overlaps"]
        assert (overlap["project"], overlap["geometry"]) == (None, None)
        assert overlap["area_m2"] % 100 == 0 or overlap["share"] == 1.0
        assert overlap["text"].startswith("与另一项目的用地重叠")
        assert data["duplicates"] == []
        for word in (hidden.code, "绝密内容", f"/projects/{hidden.pk}/", "东河"):
            assert word not in answer.content.decode()
    city = signed_in(Role.REVIEWER, "150200", username="c")
    [overlap] = asked(city, sited).json()["overlaps"]
    assert overlap["project"]["code"] == hidden.code
    assert asked(city, sited).json()["duplicates"][0]["project"]["code"] == hidden.code


def test_a_confidential_projects_outline_cannot_be_traced_by_drawing(sited) -> None:
    put(
        ProjectFactory(name="涉密工程", region=sited.region, secrecy="confidential", location=None,
                       precision="unknown"),
        land.SITE,
    )  # fmt: skip
    planner = signed_in(Role.PLANNER, "150207", username="p8")
    assert asked(planner, sited, land.SITE).json()["overlaps"] == []
    [overlap] = asked(planner, sited).json()["overlaps"]
    assert overlap["project"] is None
    reviewer = signed_in(Role.REVIEWER, "150207", username="r8")
    assert asked(reviewer, sited, land.SITE).json()["overlaps"][0]["project"]["name"] == "涉密工程"


@pytest.fixture
def crowd(sited) -> None:
    """Ten thousand projects with names of the same few words, all over the land."""
    rng = np.random.default_rng(20261122)
    things = ["道路", "学校", "医院", "公园", "管网", "水厂", "热力站", "变电站", "仓库", "厂房"]
    works = ["新建", "改造", "扩建", "提升", "修缮"]
    places = ["滨河", "九原", "青山", "昆都仑", "东河", "石拐", "白云", "达茂", "固阳", "土右"]
    chosen = rng.integers(0, [len(places), len(things), len(works)], size=(10_000, 3))
    points = rng.uniform([land.WEST, land.SOUTH], [land.EAST, land.NORTH], size=(10_000, 2))
    Project.objects.bulk_create(
        Project(code=f"R-{at:05d}", name=f"{places[a]}{things[b]}{works[c]}工程 {at} 标段", region=sited.region,
                content=f"{works[c]}{things[b]}", industry="E", level="city", stage="planning", year=2020,
                location=Point(*points[at], srid=4490), precision="exact")
        for at, (a, b, c) in enumerate(chosen.tolist())
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE library_project")


def test_a_planted_pair_is_found_among_ten_thousand_projects(sited, planner, crowd) -> None:
    sited.content = "日处理污水五万吨，新建泵房和清水池"
    sited.save()
    twin = ProjectFactory(name="滨河净水厂工程（一期）", content="日处理污水5万吨，新建泵房、清水池",
                          region=sited.region, location=None, precision="unknown")  # fmt: skip
    put(twin, beside(40))
    found = asked(planner, sited).json()["duplicates"]
    assert found[0]["project"]["id"] == twin.pk
    assert found[0]["likely"] is True
    assert found[0]["score"] > 75
    assert found[0]["distance_m"] == pytest.approx(40, abs=1)
    assert sum(one["likely"] for one in found) == 1
    assert [part["aspect"] for part in found[0]["parts"]] == ["name", "content", "place"]
    assert "相距 40 m" in found[0]["parts"][2]["text"]
    back = asked(planner, twin).json()["duplicates"]
    assert (back[0]["project"]["id"], back[0]["score"]) == (sited.pk, found[0]["score"])


def test_candidates_come_by_an_index(sited, planner, crowd) -> None:
    user = user_of(Role.PLANNER, "150207", username="explains")
    boundary = land.boundary(land.SITE)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plans = [query.explain() for query in neighbours.candidates(user, sited, boundary)]
    plans.append(neighbours.overlapping(sited, boundary).explain())
    assert "siting_siteversion_geometry" in plans[0]
    assert "library_project_location" in plans[1]
    assert "library_project_names_alike" in plans[2]
    assert "siting_siteversion_geometry" in plans[3]


def test_who_may_ask(sited, published_land) -> None:
    assert asked(signed_in(Role.PLANNER, "150202", username="elsewhere"), sited).status_code == 404
    bare = ProjectFactory(region=sited.region)
    assert asked(signed_in(Role.PLANNER, "150207", username="p9"), bare).status_code == 404
    answer = asked(signed_in(Role.PLANNER, "150207", username="p10"), sited, shapely.Point(109.8, 40.6))
    assert answer.status_code == 400
