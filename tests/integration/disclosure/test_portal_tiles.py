"""Tiles of the public map: every project once, nothing from outside, small whatever lies in them."""

import gzip
import math
import random
from datetime import timedelta

import pytest
import shapely
from django.utils import timezone

from gis_projects.disclosure.queries import tiles
from gis_projects.disclosure.queries.selection import EVERYTHING, Selection, selected
from tests.factories import portal
from tests.factories.vector_tiles import decoded

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "public"])


def at(z, lon, lat):
    """The tile of a place, by the formula of the tiling scheme."""
    side = 2**z
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return z, int((lon + 180) / 360 * side), int(y * side)


def marks(z, x, y, selection=EVERYTHING):
    return decoded(tiles.tile(z, x, y, selection)).get("marks", [])


def around(z, x, y, reach=1):
    return [(z, x + dx, y + dy) for dx in range(-reach, reach + 1) for dy in range(-reach, reach + 1)]


def test_every_project_with_a_place_is_in_one_cell_of_one_tile_at_every_zoom():
    rows = portal.many(300)
    placed = [row for row in rows if row.geometry is not None]
    for z in (3, 8, 10, 12):
        names = {at(z, row.geometry.centroid.x, row.geometry.centroid.y) for row in placed}
        # The middle of an outline may stand over a tile's edge by a rounding: the neighbours are asked too.
        found = [
            mark["properties"] for name in set().union(*(around(*n) for n in names)) for mark in marks(*name)
        ]
        assert sum(mark["n"] for mark in found) == len(placed)
        for kind in ("key", "government", "planned", "reserve"):
            assert sum(mark.get(kind, 0) for mark in found) == sum(kind in row.kinds for row in placed)
        singles = [mark["slug"] for mark in found if mark["n"] == 1]
        assert len(set(singles)) == len(singles)


def test_a_point_beside_a_tile_is_not_in_it():
    z, x, y = at(14, 109.85, 40.65)
    west, _south, _east, north = tiles.bounds(z, x, y)
    lon = math.degrees(west / 6378137)
    lat = math.degrees(2 * math.atan(math.exp(north / 6378137)) - math.pi / 2)
    inside = portal.shown(shapely.Point(lon + 1e-5, lat - 1e-5))
    portal.shown(shapely.Point(lon - 1e-5, lat - 1e-5), name="西邻")
    portal.shown(shapely.Point(lon + 1e-5, lat + 1e-5), name="北邻")
    assert [mark["properties"]["slug"] for mark in marks(z, x, y)] == [inside.slug]
    assert [mark["properties"]["name"] for mark in marks(z, x - 1, y)] == ["西邻"]
    assert [mark["properties"]["name"] for mark in marks(z, x, y - 1)] == ["北邻"]


def test_a_mark_stands_where_the_project_is():
    project = portal.shown(shapely.Point(109.8512, 40.6123))
    z, x, y = at(16, 109.8512, 40.6123)
    (mark,) = marks(z, x, y)
    ((px, py),) = mark["rings"][0]
    west, south, east, north = tiles.bounds(z, x, y)
    lon = math.degrees((west + px / 4096 * (east - west)) / 6378137)
    lat = math.degrees(2 * math.atan(math.exp((north - py / 4096 * (north - south)) / 6378137)) - math.pi / 2)
    assert math.hypot(lon - project.geometry.x, lat - project.geometry.y) < 2e-6


@pytest.mark.parametrize(
    "selection",
    [
        Selection(region="150203"),
        Selection(kinds=("key", "reserve")),
        Selection(industry="C", stage="completed"),
        Selection(level="city", year=2024),
        Selection(least_yuan=50_000_000),
        Selection(most_yuan=10_000_000),
        Selection(words="工程1"),
        Selection(no_kind=True),
    ],
)
def test_a_tile_holds_what_the_list_holds(selection):
    portal.many(250)
    whole = sum(mark["properties"]["n"] for mark in marks(0, 0, 0, selection))
    assert whole == selected(selection).filter(geometry__isnull=False).count()


def test_outlines_come_with_large_zooms_and_only_where_they_are():
    shape = shapely.MultiPolygon([shapely.Point(109.85, 40.65).buffer(0.01)])
    project = portal.shown(shape, kinds=["planned"])
    near, far = at(12, 109.85, 40.65), at(12, 110.2, 40.65)
    (drawn,) = decoded(tiles.tile(*near, EVERYTHING))["shapes"]
    assert drawn["properties"] == {"slug": project.slug, "kind": "planned"}
    assert "shapes" not in decoded(tiles.tile(*at(9, 109.85, 40.65), EVERYTHING))
    assert tiles.tile(*far, EVERYTHING) == b""


def test_no_tile_is_larger_than_a_phone_should_fetch():
    """10,000 projects, of which a part lies in one spot, with outlines of thousands of vertices."""
    draw = random.Random(5)
    rows = portal.many(8000)
    heaped = []
    for index in range(2000):
        lon, lat = 109.85 + draw.uniform(0, 0.02), 40.65 + draw.uniform(0, 0.02)
        jagged = [
            (lon + r * math.cos(t / 80 * math.tau), lat + r * math.sin(t / 80 * math.tau))
            for t, r in enumerate(draw.uniform(0.002, 0.01) for _ in range(80))
        ]
        heaped.append(portal.row(shapely.Polygon(jagged).buffer(0), name=f"相邻工程{index}" + "长" * 60))
    portal.DisclosedProject.objects.bulk_create(heaped, batch_size=500)
    assert len(rows) + len(heaped) == 10_000
    for z in range(5, 18):
        body = tiles.tile(*at(z, 109.86, 40.66), EVERYTHING)
        assert 0 < len(gzip.compress(body)) <= tiles.MOST_BYTES, z


def test_what_is_shown_only_until_yesterday_is_in_no_tile():
    portal.shown(shapely.Point(109.85, 40.65), until=timezone.localdate() - timedelta(days=1))
    last = portal.shown(shapely.Point(109.85, 40.65), until=timezone.localdate())
    assert [mark["properties"]["slug"] for mark in marks(0, 0, 0)] == [last.slug]
