"""Vector tiles: what is drawn where, at every zoom, and how much it weighs."""

import numpy as np
import pytest
import shapely
from django.db import connection

from layers import overviews, queries, tiles
from layers.models import LayerVersion, OverviewTile
from layers.overviews import to_world
from layers.table import Table
from tests.factories.layers import grid_table, published, square

pytestmark = pytest.mark.django_db

PLACE = (109.905, 40.605)


def tile_at(zoom: int, lon: float = PLACE[0], lat: float = PLACE[1]) -> tuple[int, int, int]:
    x, y = to_world(np.array([[lon, lat]]), zoom)[0] // overviews.EXTENT
    return zoom, int(x), int(y)


def decoded(data: bytes) -> dict[str, list[dict]]:
    """Layer name → features (properties and rings), from the protobuf's bytes."""

    def fields(message):
        at = 0
        while at < len(message):
            tag, at = varint(message, at)
            if tag & 7 == 0:
                value, at = varint(message, at)
            else:
                assert tag & 7 == 2
                length, at = varint(message, at)
                value, at = message[at : at + length], at + length
            yield tag >> 3, value

    def varint(message, at):
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value, at

    def packed(message):
        at, values = 0, []
        while at < len(message):
            value, at = varint(message, at)
            values.append(value)
        return values

    def rings(numbers):
        at = x = y = 0
        made = []
        while at < len(numbers):
            command, count = numbers[at] & 7, numbers[at] >> 3
            at += 1
            if command == 7:
                continue
            for _ in range(count):
                dx, dy = ((n >> 1) ^ -(n & 1) for n in numbers[at : at + 2])
                x, y, at = x + dx, y + dy, at + 2
                if command == 1:
                    made.append([])
                made[-1].append((x, y))
        return made

    layers = {}
    for _, layer in fields(data):
        name, names, values, features = "", [], [], []
        for number, value in fields(layer):
            if number == 1:
                name = value.decode()
            elif number == 2:
                features.append(dict(fields(value)))
            elif number == 3:
                names.append(value.decode())
            elif number == 4:
                values.append(next(fields(value))[1].decode())
        layers[name] = [
            {
                "properties": {
                    names[a]: values[b] for a, b in np.array(packed(f.get(2, b""))).reshape(-1, 2).tolist()
                },
                "rings": rings(packed(f[4])),
            }
            for f in features
        ]
    return layers


def area(rings) -> float:
    return sum(
        sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1], strict=True)) / 2
        for ring in rings
    )


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


def test_a_dense_tiling_is_dissolved_without_tearing():
    side = 120
    geometries = np.array(
        [square(i / 20, j / 20, 0.0005) for i in range(side) for j in range(side)], dtype=object
    )
    classes = ["01" if (n // 700) % 2 else "02" for n in range(side**2)]
    staged = list(
        overviews.build([""] * side**2, classes, [""] * side**2, geometries, range(5, 11), tiling=True)
    )
    for z in range(6, 11):
        shown = [shape for shape in staged if shape.z == z]
        assert {name for shape in shown for name in shape.classes} <= {"01", "02"}
        extent = to_world(np.array([[109.9, 40.6], [109.96, 40.66]]), z)
        expected = abs(np.prod(extent[1] - extent[0]))
        inside = [
            shapely.intersection(shapely.make_valid(shape.geometries), shapely.box(0, 0, 4096, 4096))
            for shape in shown
        ]
        whole = [shapely.union_all(parts) for parts in inside]
        # what two classes cover together is what they cover apart: no gap, no overlap
        assert sum(shapely.area(parts).sum() for parts in inside) == pytest.approx(
            shapely.area(whole).sum(), rel=1e-3
        )
        edge = 4 * np.sqrt(expected) * overviews.CELL
        assert abs(shapely.area(whole).sum() - expected) <= edge
        assert all(len(part.interiors) == 0 for shape in whole for part in shapely.get_parts(shape))


def test_few_and_tiny_of_a_dense_layer_stay_visible():
    rng = np.random.default_rng(4)
    places = rng.uniform(0, 150, (5000, 2))
    geometries = np.array([square(x, y, 0.00001) for x, y in places], dtype=object)
    shapes = list(
        overviews.build([""] * 5000, [""] * 5000, [""] * 5000, geometries, range(5, 11), tiling=True)
    )
    for z in range(5, 11):
        assert sum(shapely.area(shape.geometries).sum() for shape in shapes if shape.z == z) > 0
    top = [shape for shape in shapes if shape.z == 10]
    spots = np.concatenate([shapely.get_parts(shape.geometries).ravel() for shape in top])
    assert len(shapely.get_parts(spots)) > 4500
    assert shapely.area(shapely.get_parts(spots)).min() >= overviews.PIXEL**2


def test_tiles_with_too_many_features_start_deeper():
    def many(count):
        return np.array([square(i / count, 0, 0.0001) for i in range(count)], dtype=object)

    assert overviews.detail_zoom(many(100)) == overviews.DETAIL_ZOOM
    assert overviews.detail_zoom(many(9000)) > overviews.DETAIL_ZOOM


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
