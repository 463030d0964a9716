"""Projects on the map: regions as the report counts them, areas held against shapely and pyproj, and files."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import numpy as np
import pyogrio
import pytest
import shapely
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from openpyxl import load_workbook
from pyproj import Geod

from gis_projects.atlas import areas
from gis_projects.library.models import Project
from gis_projects.people.permissions import Role
from siting.models import Site, SiteVersion
from tests.factories import land
from tests.factories.library import InvestmentFactory, ProjectFactory
from tests.factories.people import baotou, user_of

pytestmark = pytest.mark.django_db
GEOD = Geod(ellps="GRS80")  # what CGCS2000 lies on, to 0.1 mm


def with_boundary(project: Project, shape: shapely.Polygon) -> Project:
    site = Site.objects.create()
    polygon = MultiPolygon(Polygon([tuple(place) for place in shape.exterior.coords], srid=4490), srid=4490)
    site.current = SiteVersion.objects.create(
        site=site, number=1, geometry=polygon, declared={}, format="drawing", epsg=4490, area_m2=1.0,
        planar_area_m2=1.0,
    )  # fmt: skip
    site.save()
    project.site = site
    project.save(update_fields=["site"])
    return project


@pytest.fixture
def reviewer(client):
    baotou()
    user = user_of(Role.REVIEWER)
    client.force_login(user)
    return user


def ids(client, **params) -> set[int]:
    answer = client.get("/api/v1/map/area/", params)
    assert answer.status_code == 200, answer.content
    return set(answer.json()["ids"])


@pytest.fixture
def scattered(reviewer):
    """Sixty points around a place, and ten squares, each with its shape in degrees."""
    rng = np.random.default_rng(7)
    regions = baotou()
    shapes: dict[int, shapely.Geometry] = {}
    for number in range(60):
        x, y = 109.8 + rng.normal(0, 0.05), 40.6 + rng.normal(0, 0.04)
        one = ProjectFactory(region=regions["150207"], location=Point(x, y, srid=4490), kinds=["key"])
        InvestmentFactory(
            project=one, planned_yuan=Decimal(number * 101) / 100, cumulative_yuan=Decimal(number) / 100
        )
        shapes[one.pk] = shapely.Point(x, y)
    for _number in range(10):
        x, y, r = 109.8 + rng.normal(0, 0.05), 40.6 + rng.normal(0, 0.04), 0.006
        square = shapely.box(x - r, y - r, x + r, y + r)
        # its own point lies elsewhere: where there is a boundary it is the boundary that counts
        one = with_boundary(
            ProjectFactory(region=regions["150202"], location=Point(111, 42, srid=4490)), square
        )
        shapes[one.pk] = square
    ProjectFactory(region=regions["150207"], location=None, precision="unknown")
    return shapes


AREAS = [
    "rect:109.76,40.57,109.85,40.64",
    "poly:109.7,40.55,109.9,40.56,109.82,40.66,109.8,40.58",
    "rect:109.0,40.0,110.9,41.2",
]


@pytest.mark.parametrize("mode", ["intersects", "inside"])
@pytest.mark.parametrize("text", AREAS)
def test_a_drawn_area_holds_what_shapely_says(client, scattered, text, mode):
    shape = areas.parse(text).shape
    test = shapely.intersects if mode == "intersects" else shapely.covered_by
    expected = {pk for pk, one in scattered.items() if test(one, shape)}
    assert ids(client, area=text, mode=mode) == expected
    assert expected


@pytest.mark.parametrize("metres", [1500, 5000, 12_000])
def test_a_circle_holds_what_lies_so_near_on_the_ellipsoid(client, scattered, metres):
    longitude, latitude = 109.81, 40.605

    def far(places) -> np.ndarray:
        x, y = np.array(places).T
        return GEOD.inv(np.full(len(x), longitude), np.full(len(x), latitude), x, y)[2]

    touched, held = set(), set()
    for pk, one in scattered.items():
        if isinstance(one, shapely.Point):
            if far(one.coords)[0] <= metres:
                touched.add(pk), held.add(pk)
            continue
        corners = one.exterior.coords
        edges = shapely.get_coordinates(shapely.segmentize(one.exterior, 0.00002))
        if one.contains(shapely.Point(longitude, latitude)) or far(edges).min() <= metres:
            touched.add(pk)
        if far(corners).max() <= metres:
            held.add(pk)
    circle = f"circle:{longitude},{latitude},{metres}"
    assert ids(client, area=circle) == touched
    assert ids(client, area=circle, mode="inside") == held
    assert held < touched or metres != 5000


def test_a_site_without_a_location_lies_where_its_boundary_does(client, reviewer):
    lone = ProjectFactory(region_id="150207", location=None, precision="unknown")
    with_boundary(lone, shapely.box(109.8, 40.5, 109.9, 40.6))
    assert ids(client, area="rect:109.89,40.59,110,40.7") == {lone.pk}
    assert ids(client, area="rect:109.89,40.59,110,40.7", mode="inside") == set()
    assert ids(client, area="circle:109.85,40.55,20000", mode="inside") == {lone.pk}


def test_an_area_sums_to_the_fen_and_its_groups_to_it(client, scattered):
    said = client.get("/api/v1/map/area/", {"area": AREAS[0]}).json()
    rows = Project.objects.filter(pk__in=said["ids"])
    planned = sum(
        (row.investments.first().planned_yuan for row in rows if row.investments.exists()), Decimal(0)
    )
    assert Decimal(said["planned_yuan"]) == planned > 0
    assert said["total"] == len(said["ids"]) == rows.count()
    assert said["unrecorded"] == sum(not row.investments.exists() for row in rows)
    for name in ("stage", "industry", "level", "region", "library"):
        assert sum(group["number"] for group in said["by"][name]) == said["total"]
        assert sum(Decimal(group["planned_yuan"]) for group in said["by"][name]) == planned
    of_none = [group for group in said["by"]["kind"] if group["code"] == "none"]
    assert of_none[0]["number"] == sum(not row.memberships.exists() for row in rows)


def test_filters_narrow_an_area(client, scattered):
    both = ids(client, area=AREAS[2])
    assert ids(client, area=AREAS[2], region="150202") == {
        pk for pk, one in scattered.items() if not isinstance(one, shapely.Point)
    }
    assert ids(client, area=AREAS[2], kind="key") < both


def test_a_region_is_an_area_too(client, reviewer):
    west, east = shapely.box(109.7, 40.5, 109.85, 40.7), shapely.box(109.85, 40.5, 110, 40.7)
    land.publish_layer("XZQ", [("150207", "", west), ("150202", "", east)])
    inside = ProjectFactory(location=Point(109.8, 40.6, srid=4490))
    outside = ProjectFactory(location=Point(109.9, 40.6, srid=4490))
    assert ids(client, area="region:150207") == {inside.pk}
    assert ids(client, area="region:150202") == {outside.pk}
    answer = client.get("/api/v1/map/area/", {"area": "region:150221"})
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (400, "没有这个地区的界线。")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "form"), ("rect:1,2,3", "form"), ("rect:1,2,3,x", "form"), ("rect:1,2,3,nan", "form"),
        ("blob:1,2,3,4", "form"), ("poly:1,2,3,4", "form"), ("region:15", "form"),
        ("rect:109,40,109,41", "empty"), ("poly:109,40,110,41,111,42", "empty"),
        ("poly:109,40,110,41,110,40,109,41", "crossed"), ("rect:109,40,200,41", "place"),
        ("circle:109,95,5", "place"), ("circle:109,40,0", "radius"), ("circle:109,40,500001", "radius"),
        ("poly:" + ",".join(["109", "40"] * 201), "points"),
    ],
)  # fmt: skip
def test_what_is_no_area_says_why(client, reviewer, text, code):
    with pytest.raises(areas.NoArea) as refusal:
        areas.parse(text)
    assert refusal.value.code == code
    assert client.get("/api/v1/map/area/", {"area": text}).status_code == 400


def test_secrets_are_in_no_area_figure_or_file(client, reviewer):
    place = {"region_id": "150207", "location": Point(109.8, 40.6, srid=4490)}
    known = ProjectFactory(code="K1", **place)
    InvestmentFactory(project=known, planned_yuan=Decimal("1.01"))
    secret = ProjectFactory(code="S1", secrecy="confidential", **place)
    InvestmentFactory(project=secret, planned_yuan=Decimal("7.07"))
    assert ids(client, area=AREAS[0]) == {known.pk, secret.pk}
    client.force_login(user_of(Role.PLANNER, "150207"))
    said = client.get("/api/v1/map/area/", {"area": AREAS[0]}).json()
    assert (said["ids"], said["planned_yuan"], said["by"]["stage"][0]["number"]) == ([known.pk], "1.01", 1)
    rows = client.get("/api/v1/map/regions/").json()["rows"]
    assert {
        row["code"]: (row["number"], row["planned_yuan"]) for row in rows if row["number"] and row["code"]
    } == {"150207": (1, "1.01")}
    for kind in ("csv", "geojson"):
        assert b"S1" not in client.get("/map/projects/export/", {"format": kind}).content


def test_regions_say_what_the_report_says_to_the_fen(client, reviewer):
    for number, code in enumerate(["150200", "150202", "150207", "150207"]):
        one = ProjectFactory(region_id=code, kinds=["key"] if number % 2 else [])
        InvestmentFactory(
            project=one, planned_yuan=Decimal("9007199254740.01") + number, cumulative_yuan=Decimal("0.01"),
            recorded_on="2018-09-28",
        )  # fmt: skip
        InvestmentFactory(
            project=one, planned_yuan=Decimal("9007199254741.07") + number, cumulative_yuan=Decimal("5.03"),
            recorded_on="2019-03-15",
        )  # fmt: skip
    ProjectFactory(region_id="150207")  # without a record
    for day in ("2018-09-27", "2018-09-28", "2019-03-15", None):
        params = {"as_of": day} if day else {}
        said = client.get("/api/v1/map/regions/", params).json()
        report = client.get(said["report"])
        assert report.status_code == 200
        from gis_projects.reporting.queries import statistics

        table = statistics(reviewer, report.context["as_of"]).rows
        assert [(row["code"], row["number"], Decimal(row["planned_yuan"]), Decimal(row["cumulative_yuan"]),
                 row["progress"]) for row in said["rows"]] == [
            (row.code, row.figures.number, row.figures.planned_yuan, row.figures.cumulative_yuan,
             row.figures.progress) for row in table
        ]  # fmt: skip
        shown = {row["name"]: row["number"] for row in report.context["rows"]}
        assert {row["name"]: row["number"] for row in said["rows"]} == shown
        assert said["narrowed"] is False
    assert said["unrecorded"] == 1
    narrowed = client.get("/api/v1/map/regions/", {"kind": "key"}).json()
    assert narrowed["narrowed"] is True
    assert [row["number"] for row in narrowed["rows"] if row["kind"] == "total"] == [2]
    planned = [row["planned_yuan"] for row in narrowed["rows"] if row["kind"] == "total"]
    assert planned == ["18014398509486.14"]


def test_regions_come_with_outlines_that_meet(client, reviewer):
    wavy = shapely.LineString([(109.85 + 0.004 * np.sin(k), 40.5 + k * 0.002) for k in range(101)])
    west, east = shapely.get_parts(shapely.polygonize([shapely.node(shapely.GeometryCollection(
        [shapely.box(109.7, 40.5, 110, 40.7).exterior, wavy]))]))  # fmt: skip
    land.publish_layer("XZQ", [("150207", "", west), ("150202", "", east)])
    rows = {row["code"]: row for row in client.get("/api/v1/map/regions/").json()["rows"]}
    one, other = (shapely.geometry.shape(rows[code]["geometry"]) for code in ("150207", "150202"))
    assert one.intersection(other).area == pytest.approx(0, abs=1e-12)
    assert one.union(other).area == pytest.approx(0.3 * 0.2)
    assert shapely.get_num_coordinates(one) < shapely.get_num_coordinates(west)
    assert west.contains(shapely.Point(rows["150207"]["centre"]))
    assert "geometry" not in rows["150221"]
    bare = client.get("/api/v1/map/regions/", {"outlines": "0"}).json()["rows"]
    assert not any("geometry" in row for row in bare)


def test_questions_are_few_however_many_projects(client, scattered, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):  # session, user, rows, two of the area, regions
        client.get("/api/v1/map/area/", {"area": AREAS[2]})
    with django_assert_max_num_queries(14):
        client.get("/api/v1/map/regions/", {"outlines": "0"})


def test_a_workbook_says_what_was_chosen_and_adds_up(client, scattered):
    answer = client.get("/map/projects/export/", {"format": "xlsx", "area": AREAS[0], "kind": "key"})
    chosen = ids(client, area=AREAS[0], kind="key")
    book = load_workbook(io.BytesIO(answer.content))
    projects, sums, told = book.worksheets
    assert projects.max_row - 1 == len(chosen)
    column = [cell.value for cell in projects[1]].index("计划投资（元）")
    planned = sum(Decimal(str(row[column])) for row in projects.iter_rows(min_row=2, values_only=True))
    assert [cell.value for cell in sums[2]][2] == len(chosen)
    assert Decimal(str([cell.value for cell in sums[2]][3])) == planned
    words = "\n".join(str(cell) for row in told.iter_rows(values_only=True) for cell in row)
    assert AREAS[0] in words
    assert "kind=" not in words
    assert "项目类别=key" in words


def test_a_geopackage_brings_points_and_boundaries(client, scattered, tmp_path):
    answer = client.get("/map/projects/export/", {"format": "gpkg"})
    file = tmp_path / "out.gpkg"
    file.write_bytes(answer.content)
    assert {name for name, _kind in pyogrio.list_layers(file)} == {"projects", "sites"}
    assert pyogrio.read_info(file, layer="projects")["features"] == Project.objects.count()
    meta, _fids, shapes, _data = pyogrio.raw.read(file, layer="sites")
    squares = [one for one in scattered.values() if not isinstance(one, shapely.Point)]
    assert meta["crs"] == "EPSG:4490"
    assert shapely.union_all(shapely.from_wkb(shapes)).area == pytest.approx(shapely.union_all(squares).area)


def test_a_geojson_is_the_map_in_words_too(client, scattered):
    answer = json.loads(client.get("/map/projects/export/", {"format": "geojson", "kind": "key"}).content)
    assert len(answer["features"]) == 60
    assert answer["features"][0]["properties"]["kinds_label"] == "重点项目"


def test_an_export_that_cannot_be_is_a_page_that_says_why(client, reviewer):
    for params in (
        {"format": "exe"},
        {"format": "csv", "area": "rect:1"},
        {"format": "csv", "kind": "nonsense"},
    ):
        answer = client.get("/map/projects/export/", params)
        assert answer.status_code == 400
        assert "没有导出" in answer.content.decode()
