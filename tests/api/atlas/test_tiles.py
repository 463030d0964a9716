"""Tiles: permission before anything kept, addresses that never change their content, and clear refusals."""

import gzip
import math

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from gis_projects.people.models import User
from layers import tiles
from layers.models import Layer
from tests.factories.layers import ORIGIN, grid_table, published

pytestmark = pytest.mark.django_db
ZOOM = 14


def address(layer="DLTB", version=1, z=ZOOM, x=None, y=None):
    side = 2**ZOOM
    lon, lat = ORIGIN[0] + 0.005, ORIGIN[1] + 0.005
    column = int((lon + 180) / 360 * side)
    row = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)
    return f"/tiles/{layer}/{version}/{z}/{column if x is None else x}/{row if y is None else y}.mvt"


def test_a_tile_is_vector_data_compressed_once(layers, planner):
    response = planner.get(address(), headers={"accept-encoding": "gzip"})
    assert response.status_code == 200
    assert response["Content-Type"] == "application/vnd.mapbox-vector-tile"
    assert response["Content-Encoding"] == "gzip"
    plain = gzip.decompress(response.content)
    assert b"DLTB" in plain
    assert b"K0000" in plain
    assert planner.get(address()).content == plain


def test_a_kept_tile_is_not_made_again(layers, planner, monkeypatch):
    first = planner.get(address()).content

    def never(*args):
        raise AssertionError("made again")

    monkeypatch.setattr(tiles, "tile", never)
    assert planner.get(address()).content == first


def test_who_may_not_know_a_layer_gets_404_though_the_tile_is_kept(layers, planner, reviewer):
    kept = reviewer.get(address("MI"))
    assert kept.status_code == 200
    assert kept.content
    for headers in ({}, {"if-none-match": kept["ETag"]}):
        refused = planner.get(address("MI"), headers=headers)
        unknown = planner.get(address("NONE"), headers=headers)
        assert refused.status_code == unknown.status_code == 404
        assert refused.json() == unknown.json()
        assert "ETag" not in refused


def test_a_layer_that_becomes_confidential_is_closed_at_once(layers, planner):
    assert planner.get(address()).status_code == 200
    Layer.objects.filter(code="DLTB").update(secrecy="confidential")
    assert planner.get(address()).status_code == 404


def test_nobody_gets_a_tile_without_signing_in(layers, client):
    for code in ("XZQ", "DLTB", "MI", "NONE"):
        response = client.get(address(code))
        assert response.status_code == 401
        assert response["Content-Type"] == "application/problem+json"


def test_someone_without_a_role_gets_none(layers, client):
    client.force_login(User.objects.create(username="nobody", roles=[]))
    assert client.get(address("XZQ")).status_code == 404


def test_a_browser_may_keep_a_tile_for_good_but_not_a_confidential_one(layers, reviewer):
    usual, secret = reviewer.get(address()), reviewer.get(address("MI"))
    assert usual["Cache-Control"] == "private, max-age=31536000, immutable"
    assert secret["Cache-Control"] == "private, no-cache"
    for response in (usual, secret):
        assert {"Cookie", "Accept-Encoding"} <= {word.strip() for word in response["Vary"].split(",")}


def test_an_unchanged_tile_is_not_sent_again(layers, planner):
    first = planner.get(address())
    again = planner.get(address(), headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert planner.get(address(), headers={"if-none-match": 'W/"other"'}).status_code == 200


def test_old_versions_are_still_served(layers, planner):
    old = planner.get(address(version=1))
    published("DLTB", grid_table(1, 1, keys=["NEW"]))
    again, new = planner.get(address(version=1)), planner.get(address(version=2))
    assert again.content == old.content
    assert b"NEW" in new.content
    assert b"NEW" not in again.content
    assert new["ETag"] != old["ETag"]
    assert planner.get(address(version=3)).status_code == 404


def test_a_database_made_anew_is_not_served_from_an_old_folder(planner):
    """Version 1 of a layer with other content is another tile, though its address is the same."""
    with transaction.atomic():
        published("DLTB", grid_table(1, 1, keys=["OLD"]))
        old = planner.get(address())
        transaction.set_rollback(True)
    published("DLTB", grid_table(1, 1, keys=["NEW"]))
    new = planner.get(address())
    assert b"OLD" in old.content
    assert b"NEW" in new.content
    assert b"OLD" not in new.content
    assert new["ETag"] != old["ETag"]


@pytest.mark.parametrize(
    "bad",
    [
        {"z": 23},
        {"z": -1},
        {"z": "a"},
        {"z": "1e3"},
        {"z": 2, "x": 4, "y": 0},
        {"z": 2, "x": 0, "y": 4},
        {"z": 2, "x": -1, "y": 0},
        {"x": "9" * 400},
        {"y": "1.5"},
        {"y": "²"},
        {"version": "x"},
        {"version": "-1"},
        {"version": "99999999999999999999"},
    ],
)
def test_a_number_that_is_no_tile_is_a_problem_document(layers, planner, bad):
    response = planner.get(address(**bad))
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["title"]


def test_where_nothing_is_the_tile_is_empty(layers, planner):
    response = planner.get(address(x=0, y=0))
    assert (response.status_code, response.content) == (200, b"")


def test_a_raster_has_no_tiles(layers, planner):
    Layer.objects.filter(code="XZQ").update(kind="raster")
    assert planner.get(address("XZQ")).status_code == 404


def test_only_reading(layers, planner):
    assert planner.post(address()).status_code == 405
    assert planner.head(address()).status_code == 200


def test_a_kept_tile_costs_three_queries(layers, planner):
    planner.get(address())
    with CaptureQueriesContext(connection) as asked:
        planner.get(address())
    # session, user, version with its layer
    assert len(asked) == 3, [query["sql"] for query in asked]
