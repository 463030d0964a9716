"""Landing page, conformance, OpenAPI document, HTML (17-069r4: core, oas30, html), and who may ask at all."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from django.test import Client
from django.utils.html import escape

from gis_projects.atlas.ogc.crs import CRS84
from gis_projects.people.permissions import Role
from tests.api.ogc.asking import ITEMS, documents, get, linked, local
from tests.factories.layers import grid_table, published
from tests.factories.people import user_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("layers")]


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
    source = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    named = set(re.findall(r"^def test_([a-z0-9]+)_", source, re.MULTILINE))
    assert {name.split("-")[0] for name in told} <= named | {"tileset", "geodata", "mvt"}


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


def test_what_the_data_say_is_text_on_a_page_also_where_it_looks_like_a_link(planner):
    link = {"href": "javascript:alert(1)", "title": "<b>点我</b>"}
    published("LINK", grid_table(1, 1, attributes=[{"来源": link}]))
    for address in ("/ogc/collections/LINK/items", "/ogc/collections/LINK/items/K0000"):
        page = get(planner, address, f="html").content.decode()
        assert "javascript:alert(1)" in page
        assert 'href="javascript' not in page
        assert "<b>" not in page
