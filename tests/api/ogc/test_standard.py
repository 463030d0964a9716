"""The answers against the requirements of the standards that /ogc/conformance declares.

Each test names the requirement class of OGC 17-069r4 (core, geojson, html, oas30), 18-058r1 (crs), 19-079r2
(queryables) or 20-057 (tiles) that it holds the service to.
"""

from __future__ import annotations

import json
import re
from datetime import date
from urllib.parse import quote, urlsplit

import jsonschema
import pyproj
import pytest
import shapely
from django.test import Client
from django.utils.html import escape

from gis_projects.atlas.ogc.crs import CRS84, EPSG, STORAGE, URIS
from gis_projects.people.permissions import Role
from layers.loading import load
from layers.models import Feature, Layer, LayerVersion
from tests.factories.layers import ORIGIN, REGION, STEP, grid_table, published
from tests.factories.people import user_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("layers")]
ITEMS = "/ogc/collections/DLTB/items"
MOVED = 1e-6  # degrees, of K0000 in version 2


def get(client, path, status=200, **query):
    answer = client.get(path, query)
    assert answer.status_code == status, answer.content[:500]
    if status >= 400:
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == status
    return answer


def keys(client, **query):
    return [feature["id"] for feature in get(client, ITEMS, **query).json()["features"]]


def linked(body, rel):
    return [link for link in body["links"] if link["rel"] == rel]


def local(href):
    parts = urlsplit(href)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def documents(client):
    """Every document that can be reached from the landing page by links, by address."""
    found, open_ = {}, ["/ogc/"]
    while open_:
        address = open_.pop()
        if address in found:
            continue
        answer = get(client, address)
        found[address] = answer
        if "json" not in answer["Content-Type"]:
            continue

        def walk(value):
            if isinstance(value, dict):
                link = value.get("href")
                if link and not value.get("templated") and "json" in value.get("type", "json"):
                    open_.append(local(link))
                for item in value.values():
                    walk(item)
            elif isinstance(value, list):
                for item in value:
                    walk(item)

        walk(answer.json())
    return found


# --- core: landing page, conformance, description ---------------------------------------------------


def test_core_landing_page_leads_to_description_conformance_and_data(planner):
    body = get(planner, "/ogc/").json()
    for rel in ("self", "service-desc", "service-doc", "conformance", "data"):
        assert linked(body, rel), rel
    for link in body["links"]:
        get(planner, local(link["href"]))


def test_core_no_link_is_dead_and_no_document_says_more_than_its_type(planner):
    found = documents(planner)
    assert len(found) > 20
    for address, answer in found.items():
        if "links" in answer.json() and "items/" not in address:
            assert linked(answer.json(), "self"), address
            assert linked(answer.json(), "alternate"), address


def test_core_conformance_lists_the_classes(planner):
    classes = get(planner, "/ogc/conformance").json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in classes
    assert "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in classes
    # declared is only what these tests hold it to
    told = {re.search(r"conf/([a-z0-9-]+)$", uri).group(1) for uri in classes}
    named = {name.split("_")[1] for name in globals() if name.startswith("test_")}
    assert {name.split("-")[0] for name in told} <= named | {"tileset", "tilesets", "geodata", "mvt"}


META = json.loads(
    """{"type": "object", "required": ["openapi", "info", "paths"],
 "properties": {"openapi": {"pattern": "^3\\\\.0\\\\."},
  "info": {"required": ["title", "version"]},
  "paths": {"patternProperties": {"^/": {"type": "object", "properties": {"get": {"$ref": "#/definitions/operation"}}}},
            "additionalProperties": false}},
 "definitions": {"operation": {"type": "object", "required": ["responses", "operationId"],
   "properties": {"parameters": {"items": {"required": ["$ref"]}},
    "responses": {"minProperties": 1, "additionalProperties": {"required": ["description"]}}}}}}"""
)


def test_oas30_description_is_valid_and_every_path_answers(planner):
    answer = get(planner, "/ogc/api")
    assert answer["Content-Type"] == "application/vnd.oai.openapi+json;version=3.0"
    body = answer.json()
    jsonschema.validate(body, META)
    parameters = body["components"]["parameters"]
    for path, operations in body["paths"].items():
        operation = operations["get"]
        names = [parameters[p["$ref"].rsplit("/", 1)[1]] for p in operation["parameters"]]
        in_path = {p["name"] for p in names if p["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path)), path
        values = {
            "collectionId": "DLTB", "featureId": "K0001", "tileMatrix": "14", "tileRow": "6166", "tileCol": "13193",
        }  # fmt: skip
        answer = get(planner, "/ogc" + path.format(**values))
        assert answer["Content-Type"] in operation["responses"]["200"]["content"], path
        schema = operation["responses"]["200"]["content"][answer["Content-Type"]]["schema"]
        if "$ref" in schema:
            jsonschema.validate(answer.json(), {**schema, "components": body["components"]})
        for name in names:  # what is described is taken
            if name["in"] == "query" and name["name"] not in ("properties", "after", "datetime", "version"):
                example = {"bbox": "109,40,110,41", "limit": 5, "offset": 0, "f": "json"}.get(
                    name["name"], CRS84
                )
                get(planner, "/ogc" + path.format(**values), **{name["name"]: example})


def test_oas30_limits_are_those_of_the_service(planner):
    limit = get(planner, "/ogc/api").json()["components"]["parameters"]["limit"]["schema"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 10_000, 100)


# --- core: collections ------------------------------------------------------------------------------


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


# --- core: features ---------------------------------------------------------------------------------


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


def cell(column, row, size=1.0):
    west, south = ORIGIN[0] + column * STEP, ORIGIN[1] + row * STEP
    return west, south, west + size * STEP, south + size * STEP


def numbers(box):
    return ",".join(str(value) for value in box)


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
    assert len(keys(planner, datetime=second.published_at.date().isoformat())) == 15
    get(planner, ITEMS, 404, datetime="2001-01-01T00:00:00Z")  # there was no such layer
    for wrong in ("x", "2026-13-01", "../..", "/", "2026-01-02/2026-01-01", "2026-01-01T00:00:00", "1/2/3"):
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


# --- geojson and html -------------------------------------------------------------------------------


def test_geojson_media_type_and_content_negotiation(planner):
    assert get(planner, ITEMS)["Content-Type"] == "application/geo+json"
    browser = planner.get(ITEMS, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert browser["Content-Type"].startswith("text/html")
    assert (
        planner.get(ITEMS, headers={"accept": "application/geo+json"})["Content-Type"]
        == "application/geo+json"
    )
    assert planner.get(ITEMS, headers={"accept": "image/png"})["Content-Type"] == "application/geo+json"


def test_html_pages_hold_what_the_json_says_with_its_links(planner):
    for address, answer in documents(planner).items():
        if "f=json" in address:  # "next" keeps to the form
            continue
        page = get(planner, f"{address}{'&' if '?' in address else '?'}f=html").content.decode()
        if "tileMatrices" in answer.json() or "openapi" in answer.json():
            continue
        for text in texts(answer.json()):
            assert escape(text) in page, (address, text)


def texts(value):
    if isinstance(value, dict):
        for name, item in value.items():
            # coordinates are one text on the page; a link's address stands in href or as text
            if name in ("geometry", "timeStamp"):
                continue
            if name == "links":
                yield from (link["href"] for link in item if link["rel"] not in ("self", "alternate"))
            else:
                yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def test_html_shows_no_script_of_the_data(planner):
    published("EVIL", grid_table(1, 1, names=["<script>alert(1)</script>"], keys=['"><img src=x>']))
    page = get(planner, "/ogc/collections/EVIL/items", f="html").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_html_asks_a_visitor_to_sign_in_and_a_program_for_a_token(db):
    answer = Client().get("/ogc/", headers={"accept": "text/html"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=/ogc/")
    answer = Client().get("/ogc/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")  # "Basic" would open the browser's own window


# --- crs --------------------------------------------------------------------------------------------


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


def test_crs_unknown_ones_are_refused(planner):
    for wrong in ("EPSG:4490", EPSG + "2334", EPSG + "4534", "", "x"):
        get(planner, ITEMS, 400, crs=wrong)
        get(planner, ITEMS, 400, **{"bbox": "1,2,3,4", "bbox-crs": wrong})
    get(planner, ITEMS, 400, **{"bbox": "9e300,9e300,9e301,9e301", "bbox-crs": EPSG + "4525"})


# --- queryables -------------------------------------------------------------------------------------


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


# --- tiles ------------------------------------------------------------------------------------------


def test_tilesets_are_listed_and_their_tiles_are_the_maps(planner):
    (entry,) = get(planner, "/ogc/collections/DLTB/tiles").json()["tilesets"]
    assert entry["dataType"] == "vector"
    assert entry["tileMatrixSetURI"] == "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
    whole = get(planner, local(linked(entry, "self")[0]["href"])).json()
    (template,) = linked(whole, "item")
    assert template["templated"] is True
    assert template["type"] == "application/vnd.mapbox-vector-tile"
    address = local(template["href"].format(tileMatrix=14, tileRow=6166, tileCol=13193))
    tile = get(planner, address)
    assert len(tile.content) > 100
    assert tile.content == get(planner, "/tiles/DLTB/2/14/13193/6166.mvt").content
    assert "immutable" in tile["Cache-Control"]
    unversioned = get(planner, address.split("?")[0])
    assert "immutable" not in unversioned["Cache-Control"]
    for wrong in ("99/0/0", "1/2/0", "x/0/0", "14/-1/0"):
        get(planner, f"/ogc/collections/DLTB/tiles/WebMercatorQuad/{wrong}", 400)
    assert planner.get("/ogc/collections/DLTB/tiles/Other/14/0/0").status_code == 404


def test_tileset_limits_name_the_collection_as_the_layer_in_the_tile(planner):
    whole = get(planner, "/ogc/collections/DLTB/tiles/WebMercatorQuad").json()
    assert [layer["id"] for layer in whole["layers"]] == ["DLTB"]
    scheme = get(
        planner, local(linked(whole, "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme")[0]["href"])
    )
    matrices = scheme.json()["tileMatrices"]
    assert matrices[0]["scaleDenominator"] == pytest.approx(559082264.0287178)
    assert [m["matrixWidth"] for m in matrices] == [2**z for z in range(23)]
    side = 2 * 20037508.3427892
    assert all(m["cellSize"] * 256 * m["matrixWidth"] == pytest.approx(side) for m in matrices)


def test_tilejson_names_tiles_that_exist(planner):
    body = get(planner, "/ogc/collections/DLTB/tilejson").json()
    assert body["tilejson"] == "3.0.0"
    assert {"tiles", "vector_layers"} <= set(body)
    for layer in body["vector_layers"]:
        assert {"id", "fields"} <= set(layer)
    (template,) = body["tiles"]
    assert "token" not in template
    address = local(template.format(z=14, x=13193, y=6166))
    assert get(planner, address).content
    west, south, east, north = body["bounds"]
    assert west < body["center"][0] < east
    assert south < body["center"][1] < north
    assert get(planner, "/ogc/collections/DLTB/tilejson", version=1).json()["version"] == "1.0.0"


# --- who may ----------------------------------------------------------------------------------------


def test_a_session_is_as_good_as_a_token_and_wins_over_it(db):
    client = Client()
    client.force_login(user_of(Role.SURVEYOR))
    assert len(get(client, "/ogc/collections").json()["collections"]) == 3
    assert client.get("/ogc/collections", headers={"authorization": "Basic eDp5"}).status_code == 200


def test_a_wrong_token_is_told_so(db):
    answer = Client().get(ITEMS, headers={"authorization": "Bearer gp-x"})
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_answers_are_nobody_elses(planner):
    answer = get(planner, ITEMS)
    assert answer["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Cookie"} <= {name.strip() for name in answer["Vary"].split(",")}
