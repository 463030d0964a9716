"""Vector tiles: what is drawn where, at every zoom, and how much it weighs."""

import numpy as np
import pytest
import shapely
from django.db import connection

from layers import overviews, queries, tiles
from layers.loading import stage
from layers.models import Layer, LayerVersion, OverviewTile
from layers.overviews import settling, to_world
from layers.publishing import discard
from layers.table import Table
from tests.factories.layers import REGION, grid_table, published, square
from tests.factories.vector_tiles import area, decoded, shapes

pytestmark = pytest.mark.django_db

PLACE = (109.905, 40.605)


def tile_at(zoom: int, lon: float = PLACE[0], lat: float = PLACE[1]) -> tuple[int, int, int]:
    x, y = to_world(np.array([[lon, lat]]), zoom)[0] // overviews.EXTENT
    return zoom, int(x), int(y)


@pytest.mark.parametrize("zoom", [12, 14, 16])
def test_features_carry_key_class_and_name(zoom, django_assert_num_queries):
    published("DLTB")
    version = queries.current()["DLTB"]
    data = tiles.tile(version, *tile_at(zoom))
    shown = decoded(data)["DLTB"]
    first = next(f for f in shown if f["properties"]["key"] == "K0000")
    assert first["properties"] == {"key": "K0000", "class": "02", "name": "图斑0"}


@pytest.mark.parametrize("zoom", [8, 10, 12, 15])
def test_a_feature_is_drawn_where_it_lies(zoom):
    published("A", grid_table(1, 1))
    z, x, y = tile_at(zoom)
    (feature,) = decoded(tiles.tile(queries.current()["A"], z, x, y))["A"]
    corners = to_world(np.array([[109.9, 40.6], [109.91, 40.61]]), zoom) - np.array([x, y]) * overviews.EXTENT
    west, north, east, south = corners[0, 0], corners[1, 1], corners[1, 0], corners[0, 1]
    drawn = np.array(feature["rings"][0])
    low, high = -overviews.BUFFER, overviews.EXTENT + overviews.BUFFER
    expected = np.clip([west, north, east, south], low, high)
    tolerance = overviews.PIXEL if zoom >= 10 else overviews.PIXEL * 1.5
    assert np.abs(np.concatenate((drawn.min(axis=0), drawn.max(axis=0))) - expected).max() <= tolerance
    assert area(feature["rings"]) > 0  # the outer ring's direction


@pytest.mark.parametrize("zoom", [6, 9, 11, 12, 13])
def test_a_feature_below_a_pixel_stays_visible(zoom):
    published("A", Table(geometries=np.array([square(0.5, 0.5, 0.00002)], dtype=object), keys=["tiny"]))
    (feature,) = decoded(tiles.tile(queries.current()["A"], *tile_at(zoom)))["A"]
    assert area(feature["rings"]) >= overviews.PIXEL**2 * 0.8


def test_few_and_tiny_of_a_dense_layer_stay_visible(monkeypatch):
    monkeypatch.setattr(settling, "DENSE_FROM", 100)
    rng = np.random.default_rng(4)
    geometries = np.array([square(x, y, 0.00001) for x, y in rng.uniform(0, 150, (600, 2))], dtype=object)
    published("A", Table(geometries=geometries, keys=[str(n) for n in range(600)]))
    version = LayerVersion.objects.select_related("layer").get()
    assert version.feature_zoom == version.detail_zoom  # all dissolved
    found = {}
    for z, x, y in OverviewTile.objects.values_list("z", "x", "y"):
        found.setdefault(z, []).extend(shape for _, shape in shapes(tiles.tile(version, z, x, y)))
    assert set(found) == set(range(overviews.LOWEST_ZOOM, version.detail_zoom))
    spots = [shapely.get_parts(shape) for shape in found[version.detail_zoom - 1]]
    assert len(np.concatenate(spots)) > 500
    assert min(shapely.area(parts).min() for parts in spots) >= overviews.PIXEL**2


def test_overviews_that_are_not_made_yet_are_not_shown_as_nothing():
    published("A")
    version = stage(Layer.objects.get(), grid_table(2, 2), coverage=REGION)
    place = tile_at(version.detail_zoom - 1)
    with pytest.raises(tiles.NotMade):
        tiles.tile(version, *place)
    assert tiles.tile(version, *tile_at(version.detail_zoom))
    assert tiles.tile(queries.current()["A"], *place)
    overviews.build(version)
    assert tiles.tile(version, *place)
    discard(version)
    with pytest.raises(tiles.NotMade):
        tiles.tile(version, *place)


def test_overviews_are_read_and_details_cut(django_assert_num_queries):
    published("A")
    version = queries.current()["A"]
    with django_assert_num_queries(1):
        assert tiles.tile(version, *tile_at(version.detail_zoom - 1))
    with django_assert_num_queries(1):
        assert tiles.tile(version, *tile_at(version.detail_zoom))


def test_each_version_has_its_own_tiles():
    published("A", grid_table(3, 3))
    old = queries.current()["A"]
    published("A", grid_table(1, 1))
    new = queries.current()["A"]
    for zoom in (8, 14):
        place = tile_at(zoom)
        before, after = decoded(tiles.tile(old, *place))["A"], decoded(tiles.tile(new, *place))["A"]
        assert len(before) > len(after) == 1


def test_lines_are_drawn_at_every_zoom():
    line = shapely.LineString([(109.9, 40.6), (109.91, 40.61)])
    published("R", Table(geometries=np.array([line], dtype=object), keys=["road"]))
    version = queries.current()["R"]
    for zoom in (7, 9, 12, 15):
        assert decoded(tiles.tile(version, *tile_at(zoom)))["R"][0]["properties"]["key"] == "road"


def test_nothing_is_an_empty_tile():
    published("A")
    version = queries.current()["A"]
    assert tiles.tile(version, 8, 0, 0) == b""
    assert tiles.tile(version, 14, 0, 0) == b""
    assert tiles.tile(LayerVersion.objects.get(), *tile_at(12)) == tiles.tile(version, *tile_at(12))


@pytest.mark.parametrize("place", [(-1, 0, 0), (2, 4, 0), (2, 0, -1), (30, 0, 0)])
def test_places_that_do_not_exist_are_refused(place):
    published("A")
    with pytest.raises(ValueError, match="no tile"):
        tiles.tile(queries.current()["A"], *place)


def test_a_layer_shown_late_has_no_earlier_tiles():
    published("A", min_zoom=9)
    assert OverviewTile.objects.exists()
    assert not OverviewTile.objects.filter(z__lt=9).exists()


def test_tiles_use_the_spatial_index():
    published("A", grid_table(40, 40))
    version = queries.current()["A"]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE layers_feature")
    statements = []

    def keep(execute, sql, params, many, context):
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        tiles.tile(version, *tile_at(15))
    sql, params = next((s, p) for s, p in statements if "ST_AsMVT" in s)
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("WITH bounds", "EXPLAIN WITH bounds"), params)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "feature_geom" in plan
    assert "layers_feature_layer_id" not in plan
