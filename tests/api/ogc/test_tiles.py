"""Tile sets, tiles and TileJSON (20-057)."""

from __future__ import annotations

import pytest

from tests.api.ogc.asking import get, linked, local

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("layers")]


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
