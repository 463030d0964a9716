from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import translate
from shapely.ops import split

from siting.engine.area import (
    distribute,
    exact_area,
    hectares,
    mu,
    official_area,
    official_ring_area,
    perimeter,
    planar_ring_area,
)
from siting.engine.crs import to_degrees
from tests.unit.siting.engine.scenes import GEOD, ORIGIN, ZONE_38, geodesic_area, rectangle


@pytest.mark.parametrize(
    ("side", "expected"), [(30, 899.7735), (200, 39989.9180), (1000, 999745.9506), (5000, 24993395.6692)]
)
def test_official_formula_gives_the_published_squares(side, expected):
    ring = to_degrees(rectangle(0, 0, side, side) + ORIGIN, ZONE_38)

    assert official_ring_area(ring) == pytest.approx(expected, abs=1e-4)
    assert official_ring_area(ring[::-1]) == pytest.approx(expected, abs=1e-4)
    assert official_ring_area(np.vstack((ring, ring[:1]))) == pytest.approx(expected, abs=1e-4)


def test_official_area_takes_holes_out():
    outer, hole = (to_degrees(rectangle(0, 0, side, side) + ORIGIN, ZONE_38) for side in (1000, 200))
    assert official_area([outer], [hole]) == pytest.approx(999745.9506 - 39989.9180, abs=2e-4)


@st.composite
def star_polygons(draw):
    """A star-shaped polygon with up to two holes, 20 m to 20 km across, anywhere in China."""
    lon, lat = draw(st.floats(75, 133)), draw(st.floats(18, 52))
    radius = draw(st.floats(1e-4, 0.1))
    count = draw(st.integers(5, 24))
    reach = draw(st.lists(st.floats(0.6, 1.0), min_size=count, max_size=count))
    angles = np.arange(count) / count * 2 * np.pi
    outer = np.column_stack((np.cos(angles), np.sin(angles))) * np.array(reach)[:, None]
    holes = [
        np.column_stack((np.cos(angles), np.sin(angles))) * 0.12 + (x, 0.0)
        for x in (-0.2, 0.2)[: draw(st.integers(0, 2))]
    ]
    return shapely.Polygon((lon, lat) + radius * outer, [(lon, lat) + radius * hole for hole in holes])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(star_polygons())
def test_exact_area_agrees_with_geodesics_of_ten_metres(polygon):
    assert exact_area(polygon) == pytest.approx(geodesic_area(polygon), rel=1e-6)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(star_polygons(), st.floats(0, np.pi), st.integers(2, 7))
def test_exact_area_is_additive_under_splitting(polygon, bearing, count):
    centre = np.array(polygon.centroid.coords[0])
    size = np.ptp(polygon.bounds[::2])
    along = np.array([np.cos(bearing), np.sin(bearing)]) * 3 * size
    across = np.array([-along[1], along[0]])
    cuts = np.linspace(-0.5, 0.5, count + 1)[1:-1] * 0.4
    pieces = [polygon]
    for cut in cuts:
        knife = shapely.LineString([centre + cut * across - along, centre + cut * across + along])
        pieces = [part for piece in pieces for part in split(piece, knife).geoms]

    assert exact_area(np.array(pieces, dtype=object)).sum() == pytest.approx(exact_area(polygon), rel=1e-9)
    assert len(pieces) > 1 or count == 2


@pytest.mark.parametrize("side_m", [0.5, 1, 5, 30])
def test_tiny_parcels_keep_their_digits(side_m):
    # Exactly representable steps, so that only the formula's own rounding is seen.
    step = 2.0**-20 * side_m
    small = shapely.box(110, 40, 110 + step, 40 + step)
    grid = np.array(
        [
            translate(shapely.box(110, 40, 110 + step / 4, 40 + step / 4), step / 4 * i, step / 4 * j)
            for i in range(4)
            for j in range(4)
        ],
        dtype=object,
    )
    assert exact_area(grid).sum() == pytest.approx(exact_area(small), rel=1e-9)


def test_many_at_once_give_what_each_gives_alone():
    rng = np.random.default_rng(7)
    polygons = [
        shapely.Point(xy).buffer(r, 4)
        for xy, r in zip(rng.uniform((75, 18), (130, 52), (20, 2)), rng.uniform(1e-5, 0.3, 20), strict=True)
    ]
    polygons.append(
        shapely.MultiPolygon([polygons[0], polygons[1].difference(polygons[1].centroid.buffer(1e-6))])
    )
    together = exact_area(np.array(polygons, dtype=object))

    assert together.tolist() == pytest.approx([exact_area(polygon) for polygon in polygons], rel=1e-12)


def test_only_polygons_have_area():
    square = shapely.box(110, 40, 110.01, 40.01)
    line = shapely.LineString([(110, 40), (111, 41)])
    nested = shapely.GeometryCollection([line, shapely.MultiPolygon([square]), shapely.Point(1, 1)])
    many = np.array([None, line, shapely.Polygon(), nested, square.reverse()], dtype=object)

    assert exact_area(many).tolist() == [0, 0, 0, exact_area(square), exact_area(square)]
    assert exact_area(np.empty(0, dtype=object)).tolist() == []


@settings(max_examples=25, deadline=None, derandomize=True)
@given(star_polygons())
def test_perimeter_agrees_with_geodesics(polygon):
    expected = sum(
        GEOD.line_length(*np.asarray(shapely.segmentize(ring, 1e-3).coords).T)
        for ring in (polygon.exterior, *polygon.interiors)
    )
    assert perimeter(polygon) == pytest.approx(expected, rel=1e-6)


def test_planar_area_of_a_ring():
    assert planar_ring_area(rectangle(0, 0, 30, 20) + ORIGIN) == 600


def test_units_round_half_away_from_zero():
    assert mu(2000 / 3 * 1.005) == 1.01
    assert mu(1000) == 1.5
    assert hectares(12345.5) == 1.2346
    assert hectares(2.5) == 0.0003


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=30), st.floats(0, 1e10))
def test_distributed_parts_add_up_exactly(parts, total):
    if sum(parts) == 0:
        parts[0] = 1.0
    shares = distribute(parts, total)

    goal = Decimal(repr(total)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    assert sum(Decimal(repr(share)) for share in shares) == goal
    # Only the largest is off its rounded value.
    scale = total / sum(parts)
    largest = max(range(len(parts)), key=parts.__getitem__)
    for index, (part, share) in enumerate(zip(parts, shares, strict=True)):
        if index != largest:
            assert share == pytest.approx(part * scale, abs=0.00501, rel=1e-12)


def test_residue_is_on_the_largest():
    assert distribute([1, 1.0001, 1], 10) == (3.33, 3.34, 3.33)
    assert distribute([0, 0], 0.001) == (0, 0)
    with pytest.raises(ValueError, match="no part"):
        distribute([0, 0], 1)
    with pytest.raises(ValueError, match="negative"):
        distribute([1, -1], 1)
