"""Tiles: permission before anything kept, addresses that never change their content, and clear refusals."""

import gzip
import math

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from gis_projects.atlas import tile_cache
from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from layers import overviews, tiles
from layers.loading import stage
from layers.models import Layer
from layers.publishing import discard, publish
from tests.factories.layers import ORIGIN, REGION, grid_table, published

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


def test_a_tile_that_waits_is_asked_for_each_time(layers, as_role):
    """Its number means other content once it is sent back and another one comes."""
    layer, publisher = Layer.objects.get(code="DLTB"), as_role(Role.ADMINISTRATOR)
    version = stage(layer, grid_table(1, 1, keys=["SENT_BACK"]), coverage=REGION)
    first = publisher.get(address(version=2))
    assert b"SENT_BACK" in first.content
    assert first["Cache-Control"] == "private, no-cache"
    asked = publisher.get("/tiles/DLTB/2/permission/")
    assert asked["Tile-Cache-Control"] == "private, no-cache"
    discard(version)
    publish(stage(layer, grid_table(1, 1, keys=["BETTER"]), coverage=REGION))
    second = publisher.get(address(version=2), headers={"if-none-match": first["ETag"]})
    assert b"BETTER" in second.content
    assert second["Cache-Control"] == "private, max-age=31536000, immutable"


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


# --- tiles that aren't made yet, and versions that wait --------------------------------------------


def overview(layer="DLTB", version=1, z=9):
    side = 2**z
    lon, lat = ORIGIN[0] + 0.005, ORIGIN[1] + 0.005
    column = int((lon + 180) / 360 * side)
    row = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)
    return address(layer, version, z, column, row)


def test_an_overview_that_is_not_made_yet_is_asked_for_again_and_not_kept(layers, as_role):
    layer = Layer.objects.get(code="DLTB")
    version = stage(layer, grid_table(2, 2), coverage=REGION)
    client = as_role(Role.SURVEYOR)
    response = client.get(overview(version=2))
    assert response.status_code == 503
    assert response["Content-Type"] == "application/problem+json"
    assert int(response["Retry-After"]) > 0
    assert response["Cache-Control"] == "no-store"
    assert client.get(address(version=2)).status_code == 200  # cut from the features: there already
    overviews.build(version)
    made = client.get(overview(version=2))
    assert made.status_code == 200
    assert b"K0000" in made.content


def test_a_waiting_version_is_shown_only_to_those_who_take_part(layers, as_role):
    stage(Layer.objects.get(code="DLTB"), grid_table(2, 2), coverage=REGION)
    for role, status in ((Role.SURVEYOR, 200), (Role.REVIEWER, 200), (Role.PLANNER, 404)):
        assert as_role(role).get(address(version=2)).status_code == status


def test_the_tiles_of_a_discarded_version_are_gone_though_its_number_comes_again(layers, as_role):
    layer = Layer.objects.get(code="DLTB")
    client = as_role(Role.SURVEYOR)
    version = stage(layer, grid_table(1, 1, keys=["WRONG"]), coverage=REGION)
    overviews.build(version)
    wrong = [client.get(place) for place in (address(version=2), overview(version=2))]
    assert all(b"WRONG" in answer.content for answer in wrong)
    discard(version)
    assert client.get(address(version=2)).status_code == 404
    overviews.build(stage(layer, grid_table(1, 1, keys=["RIGHT"]), coverage=REGION))
    for answer, place in zip(wrong, (address(version=2), overview(version=2)), strict=True):
        again = client.get(place, headers={"if-none-match": answer["ETag"]})
        assert again.status_code == 200
        assert b"RIGHT" in again.content
        assert b"WRONG" not in again.content


# --- given out by the server in front --------------------------------------------------------------


def test_a_kept_tile_is_handed_on_to_the_server_in_front_after_the_question(layers, planner, settings):
    settings.TILES_ACCEL = "/kept-tiles"
    response = planner.get(address(), headers={"accept-encoding": "gzip"})
    assert response.status_code == 200
    assert response.content == b""
    assert response["Content-Encoding"] == "gzip"
    assert response["Content-Type"] == "application/vnd.mapbox-vector-tile"
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    path = response["X-Accel-Redirect"].removeprefix("/kept-tiles/")
    assert b"K0000" in gzip.decompress((tile_cache.folder() / path).read_bytes())
    refused = planner.get(address("MI"), headers={"accept-encoding": "gzip"})
    assert refused.status_code == 404
    assert "X-Accel-Redirect" not in refused


def test_who_takes_no_gzip_and_what_is_empty_is_answered_here(layers, planner, settings):
    settings.TILES_ACCEL = "/kept-tiles"
    plain = planner.get(address())
    assert b"K0000" in plain.content
    empty = planner.get(address(x=1, y=1), headers={"accept-encoding": "gzip"})
    assert (empty.status_code, empty.content) == (200, b"")
    for response in (plain, empty):
        assert "X-Accel-Redirect" not in response


def test_the_server_in_front_is_told_where_the_tiles_are_only_for_who_may_have_them(
    layers, planner, reviewer
):
    answer = planner.get("/tiles/DLTB/1/permission/")
    assert answer.status_code == 204
    planner.get(address())
    z, x, y = address().split("/")[4:7]
    assert (tile_cache.folder() / answer["Tile-Folder"] / z / x / y.replace("mvt", "mvt.gz")).exists()
    assert answer["Tile-Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer["Tile-Ask-Always"] == ""
    secret = reviewer.get("/tiles/MI/1/permission/")
    assert secret["Tile-Cache-Control"] == "private, no-cache"
    assert secret["Tile-Ask-Always"] == "1"
    for refused in ("/tiles/MI/1/permission/", "/tiles/DLTB/7/permission/", "/tiles/NONE/1/permission/"):
        response = planner.get(refused)
        assert response.status_code == 403
        assert "Tile-Folder" not in response


def test_an_empty_tile_is_kept_as_something_that_unpacks_to_nothing(layers, planner):
    assert planner.get(address(x=1, y=1)).content == b""
    kept = [path for path in tile_cache.folder().glob("*/*/*/*.mvt.gz") if path.parent.name == "1"]
    assert [gzip.decompress(path.read_bytes()) for path in kept] == [b""]
