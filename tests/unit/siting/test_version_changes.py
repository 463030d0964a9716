"""Two versions of a boundary: ground by additive areas, points by where they went."""

from __future__ import annotations

import json

import pytest
import shapely
from pyproj import Transformer

from siting import boundaries
from siting.engine.area import exact_area
from siting.version_changes import PointChange, compare

WEST, SOUTH, EAST, NORTH = 109.845, 40.615, 109.850, 40.619


def boundary(*points, hole=None):
    polygon = shapely.Polygon(points, [hole] if hole else [])
    return boundaries.from_drawing(json.loads(shapely.to_geojson(polygon)))


SQUARE = [(WEST, SOUTH), (EAST, SOUTH), (EAST, NORTH), (WEST, NORTH)]


def test_a_moved_corner_is_told_with_its_distance_and_the_ground_it_gained():
    before = boundary(*SQUARE)
    after = boundary(*SQUARE[:2], (EAST + 0.0002, NORTH + 0.0001), SQUARE[3])
    changes = compare(before, after)
    (point,) = changes.points
    to_plane = Transformer.from_crs(4490, 4546, always_xy=True)
    (x0, y0), (x1, y1) = to_plane.transform(EAST, NORTH), to_plane.transform(EAST + 0.0002, NORTH + 0.0001)
    assert point.change is PointChange.MOVED
    assert point.metres == pytest.approx(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5, abs=1e-4)
    assert point.after[0] == pytest.approx(y1, abs=1e-3)
    assert point.after[1] % 1e6 == pytest.approx(x1, abs=1e-3)
    assert changes.unchanged == 3
    assert changes.removed_m2 == pytest.approx(0, abs=1e-3)
    assert changes.kept_m2 + changes.added_m2 == pytest.approx(exact_area(after.geometry), abs=0.01)
    assert changes.official_delta_m2 == pytest.approx(changes.added_m2, rel=1e-3)


def test_points_added_and_removed():
    middle = ((WEST + EAST) / 2, SOUTH)
    more = compare(boundary(*SQUARE), boundary(SQUARE[0], middle, *SQUARE[1:]))
    assert [p.change for p in more.points] == [PointChange.ADDED]
    assert (more.added_m2, more.removed_m2) == (pytest.approx(0, abs=1e-3), pytest.approx(0, abs=1e-3))
    less = compare(boundary(SQUARE[0], middle, *SQUARE[1:]), boundary(*SQUARE))
    assert [p.change for p in less.points] == [PointChange.REMOVED]
    assert less.points[0].place == pytest.approx(middle, abs=1e-12)


def test_a_new_hole_is_ground_removed_and_its_points_are_added():
    hole = [(109.847, 40.616), (109.848, 40.616), (109.848, 40.617)]
    changes = compare(boundary(*SQUARE), boundary(*SQUARE, hole=hole))
    assert changes.removed_m2 == pytest.approx(exact_area(shapely.Polygon(hole)), abs=0.01)
    assert sorted(p.change for p in changes.points) == [PointChange.ADDED] * 3
    assert changes.unchanged == 4


def test_the_same_boundary_from_another_start_is_unchanged():
    changes = compare(boundary(*SQUARE), boundary(*SQUARE[2:], *SQUARE[:2]))
    assert (changes.points, changes.unchanged) == ((), 4)
    assert changes.added is None
    assert changes.removed is None


def test_every_point_is_told_once():
    """However near others lie: before and after each point is unchanged, moved, added or removed."""
    ring = [(WEST + 0.00001 * n, SOUTH + 0.000001 * (n % 3)) for n in range(40)]
    before = boundary(*ring, (EAST, NORTH), (WEST, NORTH))
    after = boundary(*[(x + 0.000004, y) for x, y in ring[:-5]], (EAST, NORTH), (WEST, NORTH))
    changes = compare(before, after)
    of = {kind: sum(p.change is kind for p in changes.points) for kind in PointChange}
    assert changes.unchanged + of[PointChange.MOVED] + of[PointChange.REMOVED] == 42
    assert changes.unchanged + of[PointChange.MOVED] + of[PointChange.ADDED] == 37
