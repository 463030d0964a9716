"""Coordinate systems (18-058r1) and properties to filter by (19-079r2: queryables)."""

from __future__ import annotations

import json

import pyproj
import pytest
import shapely

from gis_projects.atlas.ogc.crs import CRS84, EPSG, STORAGE, URIS
from layers.models import Feature
from tests.api.ogc.asking import ITEMS, cell, get, keys, linked, numbers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("layers")]


def test_crs_collections_name_their_systems_and_the_one_of_storage(planner):
    body = get(planner, "/ogc/collections/DLTB").json()
    assert body["crs"][0] == CRS84
    assert body["storageCrs"] == STORAGE == "http://www.opengis.net/def/crs/EPSG/0/4490"
    assert set(body["crs"]) == set(URIS)
    assert EPSG + "4525" in URIS


@pytest.mark.parametrize("uri", URIS)
def test_crs_coordinates_come_in_the_order_of_the_register(planner, uri):
    answer = get(planner, ITEMS, crs=uri, limit=3, version=1)
    assert answer["Content-Crs"] == f"<{uri}>"
    code = "OGC:CRS84" if uri == CRS84 else "EPSG:" + uri.rsplit("/", 1)[1]
    # the register's own order, and no always_xy: latitude first goes in, whatever the system says comes out
    witness = pyproj.Transformer.from_crs("EPSG:4490", code)
    metres = not pyproj.CRS(code).is_geographic
    for feature in answer.json()["features"]:
        stored = Feature.objects.get(layer__code="DLTB", key=feature["id"], first_version=1)
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        expected = [witness.transform(lat, lon) for lon, lat in stored.geom.coords[0]]
        got = sorted(shapely.get_coordinates(shape).tolist())
        assert got == [pytest.approx(pair, abs=1e-4 if metres else 1e-9) for pair in sorted(expected)]
    one = get(planner, f"{ITEMS}/K0001", crs=uri, version=1)
    assert one["Content-Crs"] == f"<{uri}>"


@pytest.mark.parametrize("uri", [CRS84, STORAGE, EPSG + "4326", EPSG + "3857", EPSG + "4525", EPSG + "4524"])
def test_crs_of_the_bbox(planner, uri):
    west, south, east, north = cell(1.2, 1.2, 0.6)
    code = "OGC:CRS84" if uri == CRS84 else "EPSG:" + uri.rsplit("/", 1)[1]
    witness = pyproj.Transformer.from_crs("EPSG:4490", code)
    corners = [*witness.transform(south, west), *witness.transform(north, east)]
    assert keys(planner, **{"bbox": numbers(corners), "bbox-crs": uri}) == ["K0005"]


def test_crs_a_box_in_a_zone_is_the_zones_box_and_not_a_wider_one(planner):
    """Beside the central meridian a box in metres stands askew in degrees: its corner cuts less than its hull."""
    witness = pyproj.Transformer.from_crs(
        "EPSG:4490", "EPSG:4524", always_xy=True
    )  # meridian 108°, 1.9° to the west
    west, south, east, north = cell(1, 1, 2)
    x0, y0 = witness.transform(west + 1e-9, south + 1e-9)
    x1, y1 = witness.transform(east, north)
    box = shapely.box(x0, y0, x1, y1)
    shapes = {f.key: f.geom for f in Feature.objects.filter(layer__code="DLTB", last_version=None)}
    expected = sorted(
        key
        for key, geom in shapes.items()
        if box.intersects(shapely.Polygon([witness.transform(*xy) for xy in geom.coords[0]]))
    )
    assert 0 < len(expected) < 15
    asked = {"bbox": numbers((y0, x0, y1, x1)), "bbox-crs": EPSG + "4524"}
    assert keys(planner, **asked) == expected


@pytest.mark.parametrize("uri", [STORAGE, EPSG + "3857", EPSG + "4525"])
def test_crs_a_box_may_be_a_point_and_is_counted(planner, uri):
    west, south, _east, _north = cell(1.5, 1.5, 0)
    x, y = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:" + uri.rsplit("/", 1)[1]).transform(south, west)
    body = get(planner, ITEMS, **{"bbox": numbers((x, y, x, y)), "bbox-crs": uri}).json()
    assert ([one["id"] for one in body["features"]], body["numberMatched"]) == (["K0005"], 1)


def test_crs_unknown_ones_are_refused(planner):
    for wrong in ("EPSG:4490", EPSG + "2334", EPSG + "4534", "", "x"):
        get(planner, ITEMS, 400, crs=wrong)
        get(planner, ITEMS, 400, **{"bbox": "1,2,3,4", "bbox-crs": wrong})
    get(planner, ITEMS, 400, **{"bbox": "9e300,9e300,9e301,9e301", "bbox-crs": EPSG + "4525"})


def test_queryables_are_a_json_schema(planner):
    answer = get(planner, "/ogc/collections/XZQ/queryables")
    assert answer["Content-Type"] == "application/schema+json"
    body = answer.json()
    assert body["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert body["$id"].endswith("/ogc/collections/XZQ/queryables")
    assert body["type"] == "object"
    kinds = {name: schema.get("type") for name, schema in body["properties"].items()}
    assert kinds == {
        "key": "string", "class_code": "string", "name": "string", "geometry": None,
        "MC": "string", "人口": "integer", "比": "number", "城区": "boolean",
    }  # fmt: skip
    collection = get(planner, "/ogc/collections/XZQ").json()
    assert linked(collection, "http://www.opengis.net/def/rel/ogc/1.0/queryables")


def test_queryables_are_parameters(planner):
    assert keys(planner, class_code="01") == [f"K{n:04d}" for n in range(1, 15, 2)]
    assert keys(planner, TBMJ="1.50") == ["K0001"]
    assert keys(planner, QSXZ="20", class_code="02", limit=1) == ["K0000"]
    assert keys(planner, QSXZ="30") == []
    assert keys(planner, name="图斑7") == ["K0007"]
    assert keys(planner, key="K0007' OR 1=1 --") == []
    matched = get(planner, ITEMS, class_code="01", limit=1).json()["numberMatched"]
    assert matched == 7
    xzq = get(planner, "/ogc/collections/XZQ/items", 人口="12", 城区="true").json()
    assert xzq["numberMatched"] == 1
    get(planner, ITEMS, 400, MC="1")  # a property of another layer
