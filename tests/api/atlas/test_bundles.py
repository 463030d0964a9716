"""The tiles of several layers in one answer are the very tiles, for those who may have each."""

import gzip

import pytest

from layers import queries, tiles
from layers.models import LayerVersion
from tests.factories.layers import grid_table, published

pytestmark = pytest.mark.django_db
PLACE = (14, 13193, 6166)
URL = "/tiles/14/13193/6166.mvt"


def bundle(client, layers, **headers):
    return client.get(URL, {"layers": layers}, headers=headers)


def plain(code):
    return tiles.tile(queries.current([code])[code], *PLACE)


def test_it_is_the_tiles_one_after_the_other(layers, planner):
    answer = bundle(planner, "DLTB:1,XZQ:1")
    assert plain("XZQ")
    assert answer.content == plain("XZQ") + plain("DLTB")
    packed = bundle(planner, "DLTB:1,XZQ:1", accept_encoding="gzip")
    assert gzip.decompress(packed.content) == answer.content


def test_a_layer_that_may_not_be_known_is_as_one_that_does_not_exist(layers, planner, reviewer):
    assert bundle(planner, "DLTB:1,MI:1").content == plain("DLTB")
    assert bundle(planner, "DLTB:1,NONE:1").content == plain("DLTB")
    refused, unknown = bundle(planner, "MI:1"), bundle(planner, "NONE:1")
    assert refused.status_code == unknown.status_code == 404
    assert refused.content == unknown.content
    assert bundle(reviewer, "DLTB:1,MI:1").content == plain("DLTB") + plain("MI")


def test_a_browser_keeps_it_only_where_it_can_never_be_another(layers, planner, reviewer):
    assert "immutable" in bundle(planner, "DLTB:1,XZQ:1")["Cache-Control"]
    assert bundle(planner, "DLTB:1,MI:1")["Cache-Control"] == "private, no-store"
    assert bundle(reviewer, "DLTB:1,MI:1")["Cache-Control"] == "private, no-store"
    assert "Cookie" in bundle(planner, "DLTB:1,XZQ:1")["Vary"]


def test_a_layer_whose_overviews_are_not_made_is_named_and_does_not_hide_the_others(
    layers, planner, monkeypatch
):
    real = tiles.tile

    def tile(version: LayerVersion, *place: int) -> bytes:
        if version.layer.code == "XZQ":
            raise tiles.NotMade
        return real(version, *place)

    monkeypatch.setattr("layers.tiles.tile", tile)
    answer = bundle(planner, "DLTB:1,XZQ:1")
    assert answer.status_code == 200
    assert (answer["Tiles-Not-Made"], answer["Cache-Control"]) == ("XZQ", "private, no-store")
    assert int(answer["Retry-After"]) > 0
    assert answer.content == real(queries.current(["DLTB"])["DLTB"], *PLACE)


def test_superseded_versions_are_given_out_and_staged_ones_are_not(layers, planner):
    published("DLTB", grid_table(2, 2))
    assert bundle(planner, "DLTB:1").status_code == 200
    assert bundle(planner, "DLTB:2").status_code == 200
    LayerVersion.objects.filter(layer__code="DLTB", number=3).delete()
    assert bundle(planner, "DLTB:3").status_code == 404


@pytest.mark.parametrize(
    "layers", ["", "DLTB", "DLTB:x", "DLTB:-1", "DLTB:1,", "\0:1", ",".join(f"L{n}:1" for n in range(61))]
)
def test_what_is_no_list_is_refused(planner, layers):
    assert bundle(planner, layers).status_code == 400


@pytest.mark.parametrize("place", ["14/99999999/0", "30/0/0", "x/0/0", "2/4/0"])
def test_what_is_no_place_is_refused(planner, place):
    assert planner.get(f"/tiles/{place}.mvt?layers=DLTB:1").status_code == 400


def test_nobody_gets_tiles_without_signing_in(client):
    assert bundle(client, "DLTB:1").status_code == 401
