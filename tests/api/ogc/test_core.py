"""Collections and features (17-069r4: core, geojson)."""

from __future__ import annotations

import json
import re
from datetime import date
from urllib.parse import quote

import pytest
import shapely
from django.utils import timezone

from gis_projects.atlas.ogc.crs import CRS84
from layers.loading import load
from layers.models import Feature, Layer, LayerVersion
from layers.table import Table
from tests.api.ogc.asking import ITEMS, cell, get, keys, linked, local, numbers
from tests.factories.layers import ORIGIN, REGION, LayerFactory, grid_table

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("layers")]


def test_core_collections_are_the_layers_that_may_be_read(planner, reviewer):
    body = get(planner, "/ogc/collections").json()
    assert [c["id"] for c in body["collections"]] == ["XZQ", "DLTB"]
    assert [c["id"] for c in get(reviewer, "/ogc/collections").json()["collections"]] == ["XZQ", "DLTB", "MI"]
    for entry in body["collections"]:
        alone = get(planner, f"/ogc/collections/{entry['id']}").json()
        assert {**entry, "links": None} == {**alone, "links": None}
        assert linked(entry, "items")[0]["type"] == "application/geo+json"
        assert entry["extent"]["spatial"]["bbox"] == [[109.0, 40.0, 111.5, 42.5]]
        assert entry["extent"]["spatial"]["crs"] == CRS84
        begin, end = entry["extent"]["temporal"]["interval"][0]
        assert begin.endswith("T00:00:00Z")
        assert end is None


def test_core_a_layer_of_lines_without_a_coverage_reaches_as_far_as_they_do(planner):
    road = shapely.LineString([(109.9, 40.6), (110.1, 40.7)])
    load(LayerFactory(code="ROADS", order=9), Table(geometries=[road], keys=["G6"]))
    body = get(planner, "/ogc/collections/ROADS").json()
    assert body["extent"]["spatial"]["bbox"] == [[109.9, 40.6, 110.1, 40.7]]


def test_core_features_are_those_of_the_version_in_force(planner):
    body = get(planner, ITEMS).json()
    assert body["numberMatched"] == body["numberReturned"] == len(body["features"]) == 15
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["timeStamp"])
    assert linked(body, "self")
    assert not linked(body, "next")
    stored = {f.key: f for f in Feature.objects.filter(layer__code="DLTB", last_version=None)}
    assert {feature["id"] for feature in body["features"]} == set(stored)
    for feature in body["features"]:
        f = stored[feature["id"]]
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        assert shape.equals(shapely.from_wkb(bytes(f.geom.wkb)))
        assert shape.exterior.is_ccw
        assert feature["properties"] == {
            "key": f.key, "class_code": f.class_code, "class_name": {"01": "耕地", "02": "园地"}[f.class_code],
            "name": f.name, "area_m2": round(f.area_m2, 2), **f.attributes,
        }  # fmt: skip


def test_core_pages_follow_each_other_to_the_end(planner):
    address, seen, pages = f"{ITEMS}?limit=4&class_code=02", [], 0
    while address:
        body = get(planner, address).json()
        assert body["numberReturned"] == len(body["features"]) <= 4
        seen += [feature["id"] for feature in body["features"]]
        following = linked(body, "next")
        address = local(following[0]["href"]) if following else None
        pages += 1
    assert pages == 2
    assert seen == [f"K{n:04d}" for n in range(0, 15, 2)]


def test_core_limit_and_offset(planner):
    assert keys(planner, limit=2, offset=13) == ["K0013", "K0014"]
    assert keys(planner, limit=2, offset=99) == []
    assert len(keys(planner, limit=999_999)) == 15
    for wrong in (
        {"limit": 0},
        {"limit": "x"},
        {"limit": -1},
        {"offset": -1},
        {"offset": 1, "after": "K0001"},
    ):
        get(planner, ITEMS, 400, **wrong)


def test_core_one_feature_has_the_same_content_and_awkward_keys_work(planner):
    body = get(planner, "/ogc/collections/XZQ/items").json()
    for feature in body["features"]:
        alone = get(planner, f"/ogc/collections/XZQ/items/{quote(feature['id'], safe='')}").json()
        assert {name: alone[name] for name in feature} == feature
        assert linked(alone, "collection")
        assert linked(alone, "self")
    get(planner, "/ogc/collections/XZQ/items/nothing", 404)
    get(planner, "/ogc/collections/XZQ/items/%00", 404)
    get(planner, "/ogc/collections/nothing/items", 404)


def test_core_bbox_keeps_what_meets_it(planner):
    inside = cell(1.2, 1.2, 0.6)
    assert keys(planner, bbox=numbers(inside)) == ["K0005"]
    assert get(planner, ITEMS, bbox=numbers(inside)).json()["numberMatched"] == 1
    assert keys(planner, bbox=numbers((*inside[:2], -1, *inside[2:], 9))) == ["K0005"]
    assert len(keys(planner, bbox="-180,-90,180,90")) == 15
    assert keys(planner, bbox="0,0,1,1") == []
    assert keys(planner, bbox="179,0,-179,89") == []  # across the antimeridian
    assert len(keys(planner, bbox="109.9001,40,-179,89")) == 15
    # in the hole of the first, beside the parts of the second: a box test alone would find one
    get_xzq = get(planner, "/ogc/collections/XZQ/items", bbox=numbers(cell(0.3, 0.3, 0.1))).json()
    assert get_xzq["features"] == []
    for wrong in ("1,2,3", "1,2,3,4,5", "a,b,c,d", "1,5,3,4", "1,2,nan,4", "1,2,inf,4", "200,0,201,1", ""):
        get(planner, ITEMS, 400, bbox=wrong)


def test_core_datetime_gives_the_state_of_then(planner):
    first, second = LayerVersion.objects.filter(layer__code="DLTB").order_by("number")
    during = first.published_at + (second.published_at - first.published_at) / 2
    stamp = during.isoformat().replace("+00:00", "Z")
    assert len(keys(planner, datetime=stamp)) == 16
    assert len(keys(planner, datetime=f"{stamp}/..")) == 15
    assert len(keys(planner, datetime=f"../{stamp}")) == 16
    assert len(keys(planner, datetime=timezone.localtime(second.published_at).date().isoformat())) == 15
    get(planner, ITEMS, 404, datetime="2001-01-01T00:00:00Z")  # there was no such layer
    for wrong in (
        "x", "2026-13-01", "../..", "/", "2026-01-02/2026-01-01", "2026-01-01T00:00:00", "1/2/3",
        "9999-12-31T23:59:59Z", "../9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00/..",
    ):  # fmt: skip
        get(planner, ITEMS, 400, datetime=wrong)
    get(planner, ITEMS, 400, datetime=stamp, version=1)


def test_core_datetime_heeds_a_declared_validity(planner):
    layer = Layer.objects.create(code="PLAN", name="规划", class_system="test")
    load(layer, grid_table(2, 1), coverage=REGION, valid_from=date(2021, 1, 1), valid_to=date(2035, 12, 31))
    address = "/ogc/collections/PLAN/items"
    assert get(planner, address, datetime="2036-01-01/..").json()["numberMatched"] == 0
    assert get(planner, address, datetime="2035-01-01/..").json()["numberMatched"] == 2
    interval = get(planner, "/ogc/collections/PLAN").json()["extent"]["temporal"]["interval"]
    assert interval == [["2021-01-01T00:00:00Z", "2035-12-31T00:00:00Z"]]


def test_core_old_versions_by_number(planner):
    body = get(planner, ITEMS, version=1).json()
    assert body["numberMatched"] == 16
    first = shapely.from_geojson(json.dumps(body["features"][0]["geometry"]))
    assert first.bounds[0] == ORIGIN[0]
    assert get(planner, "/ogc/collections/DLTB", version=1).json()["version"] == 1
    get(planner, f"{ITEMS}/K0015", version=1)
    get(planner, f"{ITEMS}/K0015", 404)
    for missing in (3, 99, 2**31 - 1):
        get(planner, ITEMS, 404, version=missing)
    for wrong in (0, -1, "x", 2**31, "1e3"):
        get(planner, ITEMS, 400, version=wrong)


def test_core_unknown_and_doubled_parameters_are_refused(planner):
    for path in ("/ogc/", "/ogc/collections", "/ogc/collections/DLTB", ITEMS, f"{ITEMS}/K0001"):
        get(planner, path, 400, nothing="1")
        get(planner, path, 400, f="xml")
        answer = get(planner, path, 400, token="gp-secret")
        assert "gp-secret" not in answer.content.decode()
    get(planner, f"{ITEMS}?limit=1&limit=2", 400)
    get(planner, f"{ITEMS}?class_code=%00", 400)


def test_core_only_reading(planner):
    for method in ("post", "put", "patch", "delete"):
        assert getattr(planner, method)(ITEMS).status_code == 405
    assert planner.head(ITEMS).status_code == 200


def test_core_addresses_that_are_none_are_problems_too(planner):
    for path in ("/ogc/nothing", "/ogc/collections/DLTB/nothing", "/ogc/collections/%00/items"):
        get(planner, path, 404)
