"""The ground along a centre line: its area by hand and by shapely, and what is nonsense."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.engine.corridor import Caps, corridor, own_plane
from siting.engine.crs import DeclaredCrs, gauss_kruger, to_degrees
from siting.engine.notices import UnusableInput

PLANE = gauss_kruger(37)
ORIGIN = np.array([37_401_000.0, 4_498_000.0])


def line(*points: tuple[float, float]) -> np.ndarray:
    return ORIGIN + np.array(points, dtype=np.float64)


def ground(*lines: np.ndarray, width: float = 20.0, caps: Caps = Caps.FLAT) -> shapely.Polygon:
    rings = corridor(list(lines), PLANE, PLANE, width, caps)
    shapes = sorted((shapely.Polygon(ring) for ring in rings), key=lambda shape: -shape.area)
    made = shapes[0]
    for inner in shapes[1:]:
        made = made.difference(inner)
    return made


def test_a_straight_line_is_a_rectangle_and_its_ends_are_as_asked() -> None:
    straight = line((0, 0), (1000, 0))
    assert ground(straight).area == pytest.approx(20_000, abs=1e-6)
    assert ground(straight, caps=Caps.SQUARE).area == pytest.approx(20_400, abs=1e-6)
    assert ground(straight, caps=Caps.ROUND).area == pytest.approx(20_000 + np.pi * 100, rel=2e-4)


def test_a_corner_is_mitred_and_a_ring_road_leaves_its_middle_out() -> None:
    assert ground(line((0, 0), (1000, 0), (1000, 500))).area == pytest.approx(30_000, abs=1e-6)
    around = ground(line((0, 0), (300, 0), (300, 200), (0, 200), (0, 0)))
    assert around.area == pytest.approx(320 * 220 - 280 * 180, abs=1e-6)


def test_lines_that_meet_are_one_ground() -> None:
    crossing = ground(line((0, 0), (1000, 0)), line((500, -300), (500, 300)))
    assert crossing.area == pytest.approx(20_000 + 12_000 - 400, abs=1e-6)


@given(
    points=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=2, max_size=6, unique=True),
    width=st.floats(1, 40),
)
@settings(deadline=None, max_examples=60)
def test_what_is_accepted_is_a_buffer_and_lies_within_half_a_width(points: list, width: float) -> None:
    centre = ORIGIN + 100.0 * np.array(points)
    try:
        made = ground(centre, width=width)
    except UnusableInput:
        return  # nonsense is the next test's
    path = shapely.LineString(centre)
    flat = shapely.buffer(path, width / 2 - 1e-3, cap_style="flat", join_style="bevel")
    assert flat.difference(made).area < 1e-3
    # a mitre reaches out by at most twice half a width, to where it is cut off square
    assert shapely.hausdorff_distance(made, path) <= width * 1.2
    assert shapely.is_valid(made)


@pytest.mark.parametrize(
    "points",
    [
        [(0, 0), (1000, 0), (500, 100), (500, -100)],
        [(0, 0), (1000, 0), (1000, 5), (0, 5)],
        [(0, 0), (1000, 0), (0, 100)],
        [(0, 0), (300, 0), (300, 300), (10, 300), (10, -300)],
    ],
)
def test_a_line_that_comes_back_within_its_width_is_refused_with_the_place(points: list) -> None:
    with pytest.raises(UnusableInput) as refusal:
        ground(line(*points))
    [notice] = refusal.value.notices
    assert notice.code == "line-overlaps-itself"
    assert notice.place is not None
    box = shapely.LineString(to_degrees(line(*points), PLANE)).envelope.buffer(1e-4)
    assert box.covers(shapely.Point(notice.place))


def test_bends_that_a_road_takes_are_no_nonsense() -> None:
    turn = np.linspace(0, np.pi, 60)
    hairpin = [(0, 0), (500, 0), *((500 + 30 * np.sin(a), 30 - 30 * np.cos(a)) for a in turn), (0, 60)]
    assert ground(line(*hairpin)).area > 20_000
    assert ground(line((0, 0), (500, 0), (150, 350))).area > 15_000  # a corner of 45 degrees


def test_ten_thousand_bends_are_checked_and_twenty_thousand_random_points_are_refused() -> None:
    t = np.linspace(0, 100, 10_000)
    snake = line(*np.column_stack([t * 200, 2000 * np.sin(t)]).tolist())
    assert ground(snake).area > 1e6
    noise = np.random.default_rng(1).random((20_000, 2)) * 100
    with pytest.raises(UnusableInput):
        ground(ORIGIN + noise)
    with pytest.raises(UnusableInput) as refusal:
        ground(ORIGIN + np.random.default_rng(1).random((20_001, 2)))
    assert refusal.value.notices[0].code == "line-too-many-points"


@pytest.mark.parametrize("width", [0.0, -5.0, 0.4, 1001.0, float("nan"), float("inf")])
def test_widths_that_no_corridor_has(width: float) -> None:
    with pytest.raises(UnusableInput) as refusal:
        ground(line((0, 0), (100, 0)), width=width)
    assert refusal.value.notices[0].field == "width_m"


def test_a_line_of_one_place_is_refused() -> None:
    for points in ([(0, 0)], [(0, 0), (0, 0)], [(0, 0), (0.00001, 0)]):
        with pytest.raises(UnusableInput) as refusal:
            ground(line(*points))
        assert refusal.value.notices[0].code == "line-too-short"


def test_the_width_is_measured_in_the_plane_of_the_middle() -> None:
    degrees = DeclaredCrs(4490)
    lonlat = to_degrees(line((0, 0), (1000, 0)), PLANE)
    plane = own_plane(lonlat)
    assert plane == PLANE
    [ring] = corridor([lonlat], degrees, plane, 20.0)
    assert shapely.Polygon(ring).area == pytest.approx(20_000, abs=0.5)
