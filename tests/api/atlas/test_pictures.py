"""Raster tiles: the same question before anything kept, and addresses that say whether their colours may change."""

import io

import pytest
from PIL import Image

from layers import raster_tiles
from layers.models import Layer
from tests.factories.rasters import published_raster

pytestmark = pytest.mark.django_db

PLACE = "/tiles/{}/1/12/3298/1541.png"


@pytest.fixture
def rasters(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    published_raster(tmp_path, "DEM", style={"": {"fill": "#c9b38f"}})
    published_raster(tmp_path, "GC", secrecy="confidential", style={"": {"fill": "#c9b38f"}})


def test_each_style_is_a_picture_of_its_own(rasters, planner):
    pictures = set()
    for style in ("values", "hillshade", "slope", "classes"):
        response = planner.get(PLACE.format("DEM"), {"style": style})
        assert response.status_code == 200
        assert response["Content-Type"] == "image/png"
        with Image.open(io.BytesIO(response.content)) as image:
            assert image.size == (256, 256)
            assert image.convert("RGBA").getextrema()[3][1] == 255
        pictures.add(response.content)
    assert len(pictures) == 4


def test_where_nothing_is_known_the_picture_is_transparent(rasters, planner):
    response = planner.get("/tiles/DEM/1/12/1/1.png")
    with Image.open(io.BytesIO(response.content)) as image:
        assert image.convert("RGBA").getextrema()[3] == (0, 0)


def test_a_kept_picture_is_not_drawn_again_unless_the_colours_change(rasters, planner, monkeypatch):
    first = planner.get(PLACE.format("DEM"))
    drawn = []
    draw = raster_tiles.tile
    monkeypatch.setattr(raster_tiles, "tile", lambda *args, **named: drawn.append(1) or draw(*args, **named))
    assert planner.get(PLACE.format("DEM")).content == first.content
    assert not drawn
    Layer.objects.filter(code="DEM").update(style={"": {"fill": "#2255cc"}})
    again = planner.get(PLACE.format("DEM"), headers={"if-none-match": first["ETag"]})
    assert again.status_code == 200
    assert again.content != first.content
    assert again["ETag"] != first["ETag"]
    assert drawn


def test_only_an_address_that_names_its_colours_is_kept_for_good(rasters, planner, reviewer):
    colours = raster_tiles.colours_key(Layer.objects.get(code="DEM").style)
    named = planner.get(PLACE.format("DEM"), {"colours": colours})
    assert named["Cache-Control"] == "private, max-age=31536000, immutable"
    for other in ({}, {"colours": "old"}):
        response = planner.get(PLACE.format("DEM"), other)
        assert response["Cache-Control"] == "private, no-cache"
        again = planner.get(PLACE.format("DEM"), other, headers={"if-none-match": response["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    secret = reviewer.get(PLACE.format("GC"), {"colours": colours})
    assert secret.status_code == 200
    assert secret["Cache-Control"] == "private, no-cache"


def test_who_may_not_know_a_raster_gets_404_though_it_is_kept(rasters, planner, reviewer, client):
    kept = reviewer.get(PLACE.format("GC"))
    for headers in ({}, {"if-none-match": kept["ETag"]}):
        refused = planner.get(PLACE.format("GC"), headers=headers)
        assert refused.status_code == 404
        assert refused.json() == planner.get(PLACE.format("NONE")).json()
    assert client.get(PLACE.format("DEM")).status_code == 401


@pytest.mark.parametrize(
    ("address", "query"),
    [
        (PLACE.format("DEM"), {"style": "shiny"}),
        ("/tiles/DEM/1/23/0/0.png", {}),
        ("/tiles/DEM/1/2/4/0.png", {}),
        ("/tiles/DEM/x/2/0/0.png", {}),
    ],
)
def test_what_is_no_picture_is_a_problem_document(rasters, planner, address, query):
    response = planner.get(address, query)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["detail"]


def test_a_vector_layer_has_no_pictures_and_a_raster_no_vectors(rasters, layers, planner):
    assert planner.get(PLACE.format("DLTB")).status_code == 404
    assert planner.get("/tiles/DEM/1/12/3298/1541.mvt").status_code == 404


def test_a_kept_picture_is_handed_on_to_the_server_in_front(rasters, planner, settings):
    settings.TILES_ACCEL = "/kept-tiles/"
    response = planner.get(PLACE.format("DEM"))
    assert response["X-Accel-Redirect"].startswith("/kept-tiles/DEM-")
    assert response.content == b""
    assert planner.get(PLACE.format("GC")).status_code == 404
