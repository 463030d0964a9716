"""Split, merge, offset, cut out and move: no ground is lost, none is made up, and what isn't touched stays as it is."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer
from shapely import LineString, MultiPolygon

from siting.engine import editing
from siting.engine.area import exact_area
from siting.engine.boundary import DeclaredBoundary, Plot, build
from siting.engine.crs import DeclaredCrs, to_degrees
from siting.engine.notices import UnusableInput
from siting.formats.numbering import numbered_rings

DEGREES = DeclaredCrs(4490)
ZONE_37 = DeclaredCrs(4525)
CORNER = np.array([37_402_000.0, 4_498_000.0])


def plane_plot(outer, *holes) -> MultiPolygon:
    """A plot given in metres of zone 37 (east, north from a corner), as degrees."""
    rings = [to_degrees(np.array(ring, dtype=float) + CORNER, ZONE_37) for ring in (outer, *holes)]
    return MultiPolygon([(rings[0], rings[1:])])


def line(*points, crs=ZONE_37) -> LineString:
    return LineString(to_degrees(np.array(points, dtype=float) + CORNER, crs))


def exact(plot: MultiPolygon, crs: DeclaredCrs) -> float:
    """Additive ellipsoidal area with edges straight in ``crs``."""
    return float(exact_area(plot if crs.is_geographic else dense(plot)))


def dense(plot: MultiPolygon) -> MultiPolygon:
    """Straight edges of the plane as they run in degrees, a point every 5 m."""
    frame = editing.plane_frame(ZONE_37)
    fine = shapely.segmentize(frame.take(plot), 5.0)
    return shapely.transform(fine, lambda c: to_degrees(c, ZONE_37))


def planar(plot: MultiPolygon) -> float:
    """Area in zone 37 by another library's projection and the plain formula of shapely."""
    there = Transformer.from_crs(4490, 4546, always_xy=True)
    return shapely.transform(plot, lambda c: np.column_stack(there.transform(*c.T))).area


def rings(plot: MultiPolygon):
    return shapely.get_rings(shapely.get_parts(plot))


def vertices(plot: MultiPolygon) -> set[tuple[float, float]]:
    return set(map(tuple, shapely.get_coordinates(plot).tolist()))


SQUARE = [(0, 0), (1000, 0), (1000, 800), (0, 800)]
HOLE = [(300, 300), (500, 300), (500, 500), (300, 500)]

corner = st.tuples(st.floats(60, 940), st.floats(60, 740))


@st.composite
def plots(draw):
    """A star-shaped ring with a hole in its middle, metres."""
    radii = draw(st.lists(st.floats(150, 480), min_size=5, max_size=14))
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    outer = [(600 + r * np.cos(a), 600 + r * np.sin(a)) for r, a in zip(radii, angles, strict=True)]
    hole = [(600 + 40 * np.cos(a), 600 + 40 * np.sin(a)) for a in angles]
    return plane_plot(outer, hole) if draw(st.booleans()) else plane_plot(outer)


@given(plots(), st.floats(0, 6.28), st.floats(-140, 140), st.sampled_from([ZONE_37, DEGREES]))
def test_the_pieces_of_a_split_add_up_to_the_plot(plot, angle, off, crs):
    u, n = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    middle = np.array([600, 600]) + off * n
    cut = line(middle - 3000 * u, middle + 3000 * u)
    pieces = editing.split(plot, cut, crs)
    assert len(pieces) >= 2
    assert sum(exact(piece, crs) for piece in pieces) == pytest.approx(exact(plot, crs), abs=0.01)
    assert vertices(plot) <= set().union(*map(vertices, pieces)), "every vertex is still there, bit for bit"
    assert all(shapely.is_valid(piece) for piece in pieces)
    flat = np.array(pieces, dtype=object)
    shared = shapely.area(shapely.intersection(flat[:-1], flat[1:]))
    assert shared.max() < 1e-12  # square degrees, a hundredth of a square metre: nothing stands twice


@given(plots(), st.floats(0, 6.28), st.sampled_from([ZONE_37, DEGREES]))
def test_what_was_split_merges_to_what_it_was(plot, angle, crs):
    u = np.array([np.cos(angle), np.sin(angle)])
    cut = line(np.array([600, 600]) - 3000 * u, np.array([600, 600]) + 3000 * u)
    again = editing.merge(editing.split(plot, cut, crs), crs)
    frame = editing.straight_frame(crs, [plot])
    assert shapely.hausdorff_distance(frame.take(plot), frame.take(again)) < 0.001
    assert vertices(plot) <= vertices(again)
    assert exact(again, crs) == pytest.approx(exact(plot, crs), abs=0.01)


@given(plots(), corner, st.floats(20, 300), st.sampled_from([ZONE_37, DEGREES]))
def test_what_is_cut_out_and_what_is_left_are_the_plot(plot, at, size, crs):
    x, y = at
    knife = plane_plot([(x, y), (x + size, y + 10), (x + size / 2, y + size)])
    rest, gone = editing.cut_out(plot, knife, crs), editing.common(plot, knife, crs)
    areas = [exact(part, crs) for part in (rest, gone) if part is not None]
    # threads below a millimetre, which both sides leave out, are at most that by the length of the cut
    assert sum(areas) == pytest.approx(exact(plot, crs), abs=0.001 * 4 * size)
    if gone is None:
        assert vertices(rest) == vertices(plot)


@given(plots(), st.floats(-500, 500), st.floats(-500, 500), st.floats(-180, 180))
def test_moving_keeps_the_planar_area_and_moves_by_as_much(plot, north, east, turn):
    (moved,) = editing.move([plot], ZONE_37, north_m=north, east_m=east, turn_deg=turn)
    assert planar(moved) == pytest.approx(planar(plot), abs=1e-3)
    there = Transformer.from_crs(4490, 4546, always_xy=True)

    def centre(geometry):
        projected = shapely.transform(geometry, lambda c: np.column_stack(there.transform(*c.T)))
        return np.array(projected.centroid.coords[0])

    assert centre(moved) - centre(plot) == pytest.approx([east, north], abs=1e-4)


def test_turning_runs_clockwise():
    bar = plane_plot([(0, 0), (10, 0), (10, 100), (0, 100)])  # runs north
    (turned,) = editing.move([bar], ZONE_37, turn_deg=90)
    west, south, east, north = editing.plane_frame(ZONE_37).take(turned).bounds
    assert (east - west, north - south) == pytest.approx((100, 10), abs=1e-6)
    (tilted,) = editing.move([bar], ZONE_37, turn_deg=30)
    xy = shapely.get_coordinates(editing.plane_frame(ZONE_37).take(tilted))
    assert xy[xy[:, 1].argmax()][0] > xy[:, 0].mean(), "the northern end has gone east"


def test_moving_there_and_back_is_where_it_was():
    plot = plane_plot(SQUARE, HOLE)
    (there,) = editing.move([plot], DEGREES, north_m=123.45, east_m=-67.8)
    (back,) = editing.move([there], DEGREES, north_m=-123.45, east_m=67.8)
    assert shapely.get_coordinates(back) == pytest.approx(shapely.get_coordinates(plot), abs=1e-12)


def test_an_offset_is_in_metres_and_a_hole_shrinks_with_it():
    plot = plane_plot(SQUARE, HOLE)
    grown = editing.buffer(plot, 10.0, ZONE_37)
    assert planar(grown) == pytest.approx(1020 * 820 - 180 * 180, abs=0.01)
    shrunk = editing.buffer(plot, -10.0, ZONE_37)
    assert planar(shrunk) == pytest.approx(980 * 780 - 220 * 220, abs=0.01)
    rounded = editing.buffer(plot, 10.0, ZONE_37, rounded=True)
    corners_lost = (4 - np.pi) * 100
    assert planar(rounded) == pytest.approx(1020 * 820 - 180 * 180 - corners_lost, abs=1.0)
    assert editing.buffer(plot, -300.0, ZONE_37) is None
    closed = editing.buffer(plot, 100.0, ZONE_37)
    assert len(rings(closed)) == 1


def test_a_hole_stays_through_every_operation():
    plot = plane_plot(SQUARE, HOLE)
    cut = line((700, -100), (700, 900))
    with_hole, without = editing.split(plot, cut, ZONE_37)
    assert (len(rings(with_hole)), len(rings(without))) == (2, 1)
    merged = editing.merge([with_hole, without], ZONE_37)
    assert len(rings(merged)) == 2
    knife = plane_plot([(900, 700), (1100, 700), (1100, 900), (900, 900)])
    assert len(rings(editing.cut_out(plot, knife, ZONE_37))) == 2
    inner = plane_plot([(600, 100), (700, 100), (700, 200)])
    assert len(rings(editing.cut_out(plot, inner, ZONE_37))) == 3
    (moved,) = editing.move([plot], ZONE_37, north_m=5)
    assert len(rings(moved)) == 2


def test_a_line_through_the_hole_splits_and_one_that_ends_inside_does_not():
    plot = plane_plot(SQUARE, HOLE)
    through = editing.split(plot, line((400, -100), (400, 900)), ZONE_37)
    assert len(through) == 2
    assert sum(len(rings(piece)) for piece in through) == 2
    assert editing.split(plot, line((700, -100), (700, 400)), ZONE_37) == (plot,)
    assert editing.split(plot, line((5000, 0), (5000, 900)), ZONE_37) == (plot,)


def test_parts_that_the_line_misses_stay_with_the_largest_piece():
    far = shapely.get_parts(plane_plot([(2000, 0), (2100, 0), (2100, 100)]))[0]
    plot = MultiPolygon([*plane_plot(SQUARE).geoms, far])
    first, second = editing.split(plot, line((700, -100), (700, 900)), ZONE_37)
    assert (len(first.geoms), len(second.geoms)) == (2, 1)


def test_a_point_on_a_plane_edge_stays_on_it():
    """A kilometre of plane edge bows by 17 mm in degrees: a split there must not move the boundary."""
    plot = plane_plot([(0, 0), (3000, 0), (3000, 800), (0, 800)])
    pieces = editing.split(plot, line((1500, -100), (1500, 900)), ZONE_37)
    declared = [
        build(
            DeclaredBoundary(
                plots=(Plot(numbered_rings([_plane(piece)]), {}),), crs=ZONE_37, header={}, format="drawing"
            )
        )
        for piece in pieces
    ]
    both = shapely.union_all([boundary.geometry for boundary in declared])
    whole = dense(plot)
    assert exact_area(shapely.symmetric_difference(both, whole)) < 1.0  # in degrees it would be 300 m²


def _plane(piece):
    return shapely.get_coordinates(editing.plane_frame(ZONE_37).take(piece.geoms[0].exterior))[:-1]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e9])
def test_numbers_that_are_none_are_refused_by_field(value):
    plot = plane_plot(SQUARE)
    with pytest.raises(UnusableInput) as refused:
        editing.buffer(plot, value, ZONE_37)
    assert refused.value.notices[0].field == "distance_m"
    with pytest.raises(UnusableInput) as refused:
        editing.move([plot], ZONE_37, north_m=value)
    assert refused.value.notices[0].field == "north_m"
