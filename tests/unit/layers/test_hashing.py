import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers import hashing

RING = [(109.9, 40.6), (109.95, 40.58), (110.0, 40.6), (110.02, 40.65), (109.93, 40.7)]
HOLE = [(109.94, 40.61), (109.96, 40.61), (109.95, 40.63)]


def canonical(*geometries):
    return list(hashing.canonical_geometries(np.array(geometries, dtype=object)))


def rotated(ring, k):
    return ring[k:] + ring[:k]


@given(k=st.integers(0, 4), reverse=st.booleans(), hole=st.integers(0, 2), hole_reverse=st.booleans())
def test_ring_start_and_direction_do_not_matter(k, reverse, hole, hole_reverse):
    outer, inner = rotated(RING, k), rotated(HOLE, hole)
    other = shapely.Polygon(outer[::-1] if reverse else outer, [inner[::-1] if hole_reverse else inner])
    assert canonical(other) == canonical(shapely.Polygon(RING, [HOLE]))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=3, max_size=9), st.integers(0, 8))
def test_rings_that_visit_their_least_point_twice_are_canonical_too(points, k):
    def made(ring):
        return shapely.Polygon([(110 + x, 40 + y) for x, y in ring])

    k %= len(points)
    assert canonical(made(rotated(points, k))) == canonical(made(points)) == canonical(made(points[::-1]))


def test_order_of_parts_and_holes_does_not_matter():
    a, b = shapely.box(110, 40, 110.1, 40.1), shapely.Polygon(RING, [HOLE])
    assert canonical(shapely.MultiPolygon([a, b])) == canonical(shapely.MultiPolygon([b, a]))


def test_a_hole_is_not_a_part():
    inner = shapely.Polygon(HOLE)
    assert canonical(shapely.Polygon(RING, [HOLE])) != canonical(
        shapely.MultiPolygon([shapely.Polygon(RING), inner])
    )


@pytest.mark.parametrize(("shift", "same"), [(2e-10, True), (2e-9, False)])
def test_rounded_to_a_billionth_of_a_degree(shift, same):
    moved = [(RING[0][0] + shift, RING[0][1]), *RING[1:]]
    assert (canonical(shapely.Polygon(moved)) == canonical(shapely.Polygon(RING))) is same


def test_repeated_vertices_do_not_matter():
    assert canonical(shapely.Polygon([RING[0], *RING])) == canonical(shapely.Polygon(RING))


def test_one_among_many_hashes_as_it_does_alone():
    shapes = [shapely.Polygon(RING, [HOLE]), shapely.Point(110, 40), shapely.box(110, 40, 110.1, 40.1),
              shapely.LineString(RING), shapely.MultiPolygon([shapely.Polygon(RING)])]  # fmt: skip
    assert canonical(*shapes) == [canonical(shape)[0] for shape in shapes]
    assert len(set(canonical(*shapes))) == len(shapes)


def test_a_multipolygon_of_one_part_is_that_part():
    for polygon in (shapely.Polygon(RING), shapely.Polygon(RING, [HOLE])):
        assert canonical(shapely.MultiPolygon([polygon])) == canonical(polygon)


def test_a_line_keeps_its_direction():
    assert canonical(shapely.LineString(RING)) != canonical(shapely.LineString(RING[::-1]))


def test_attributes_are_canonical():
    assert (
        hashing.attributes_json({"b": 1.0, "a": "甲\x00", "none": None, "nan": float("nan")})
        == '{"a":"甲","b":1}'
    )


VALUES = st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text())


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=8))
def test_columns_encode_like_rows(rows):
    columns = {}
    for i, name in enumerate(("z", "名")):
        column = np.empty(len(rows), dtype=object)
        column[:] = [row[i] for row in rows]
        columns[name] = column
    expected = [hashing.attributes_json({"z": z, "名": other}) for z, other in rows]
    assert hashing.columns_json(columns, len(rows)) == expected


@given(st.lists(st.floats(), min_size=1, max_size=8))
def test_number_columns_encode_like_rows(values):
    expected = [hashing.attributes_json({"v": value}) for value in values]
    assert hashing.columns_json({"v": np.array(values)}, len(values)) == expected


def test_fields_do_not_run_into_each_other():
    assert hashing.content_hash("a", "bc", "", "{}", b"") != hashing.content_hash("ab", "c", "", "{}", b"")


def test_root_hash_ignores_order():
    assert hashing.root_hash([b"a" * 32, b"b" * 32]) == hashing.root_hash([b"b" * 32, b"a" * 32])


def test_a_shape_has_the_same_form_whatever_stands_beside_it():
    plain = [shapely.Polygon(RING), shapely.Polygon(HOLE[::-1]), shapely.box(110, 40, 110.1, 40.1)]
    others = [
        shapely.Polygon(RING, [HOLE]),
        shapely.Point(110, 40),
        shapely.MultiPolygon([shapely.Polygon(HOLE)]),
    ]
    alone = [form for shape in plain + others for form in canonical(shape)]
    assert canonical(*plain) == alone[:3]
    assert canonical(*plain, *others) == alone
    assert len(set(alone)) == len(alone) - 1  # a part alone is the polygon


def test_columns_and_rows_give_the_same_json():
    rows = [
        {"a": 'x"y', "b": 1, "c": 2.0, "d": None, "e": "\x00t", "f": True},
        {"a": "中", "b": 2, "c": float("nan"), "d": "z", "e": "\n", "f": 1},
        {"a": "x", "b": 3, "c": 1.5, "d": 4, "e": "\\", "f": "1"},
    ]
    columns = {name: np.array([row[name] for row in rows], dtype=object) for name in "adef"}
    columns |= {"b": np.array([1, 2, 3]), "c": np.array([2.0, float("nan"), 1.5])}
    assert hashing.columns_json(columns, 3) == [hashing.attributes_json(row) for row in rows]
    plain = {"t": np.array(["一", "b c"], dtype=object)}
    assert hashing.columns_json(plain, 2) == [hashing.attributes_json({"t": text}) for text in ("一", "b c")]
