"""Cells, scores and patches against slower witnesses: exact overlays, sums cell by cell, the whole grid at once."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import KDTree

from siting.engine.boundary import build
from siting.engine.suitability import (
    TOP,
    Demand,
    Patch,
    Places,
    Window,
    cells_within,
    choose,
    class_cells,
    combined,
    declared,
    grid_over,
    joined,
    merged,
    nearness,
    outline,
    patches,
    ramp,
    rectangles,
    shapes,
    square_side,
    squares,
    touched,
)

REGION = shapely.box(109.84, 40.60, 109.87, 40.62)
SEEDS = st.integers(0, 2**32 - 1)


def boxes_of(window: Window) -> np.ndarray:
    rows, columns = np.mgrid[: window.rows, : window.columns]
    left, top = columns + window.column, rows + window.row
    return shapely.box(left, top, left + 1, top + 1)


def shapes_in(seed: int, count: int, size: float) -> np.ndarray:
    """Odd polygons, lines and points over a square of that many cells."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        centre = random.uniform(-2, size + 2, 2)
        angles = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 9)))
        radii = random.uniform(0.2, 6, len(angles))
        ring = centre + np.column_stack((np.cos(angles), np.sin(angles))) * radii[:, None]
        if random.random() < 0.3:
            ring = np.round(ring)  # along the cells' own sides
        kind = random.integers(4)
        shape = (
            shapely.Point(ring[0])
            if kind == 0
            else shapely.LineString(ring)
            if kind == 1
            else shapely.make_valid(shapely.Polygon(ring))
        )
        found.append(shape)
    return np.array(found, dtype=object)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.sampled_from([0.0, 3.0, 25.0]))
def test_a_cell_that_is_not_touched_keeps_clear_of_everything(seed: int, margin: float) -> None:
    grid = grid_over(REGION, 10.0)
    window = Window(3, 5, 24, 20)
    ground = shapes_in(seed, 6, 25)
    hit = touched(grid, window, ground, np.full(len(ground), margin))
    boxes = boxes_of(window)
    nearest = shapely.distance(boxes[..., None], ground).min(axis=-1) * grid.cell_m
    assert (nearest[~hit] > margin).all()
    # … and it is no coarser than it must be: what is told is near.
    assert (nearest[hit] <= margin * 1.01 + 0.12 * grid.cell_m).all()


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_a_cell_within_a_region_has_no_part_outside(seed: int) -> None:
    grid = grid_over(REGION, 10.0)
    window = Window(0, 0, 22, 22)
    areal = np.array(
        [shape for shape in shapes_in(seed, 8, 22) if shape.area > 0] or [shapely.box(2, 2, 9, 9)]
    )
    inside = cells_within(grid, window, areal)
    whole = shapely.union_all(areal)
    boxes = boxes_of(window)
    assert shapely.covers(whole, boxes[inside]).all()
    deep = shapely.buffer(whole, -0.05)
    assert inside[shapely.covers(deep, boxes)].all()


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(-9, 9), st.integers(-9, 9))
def test_what_a_window_says_of_a_cell_every_other_window_says_too(seed: int, down: int, along: int) -> None:
    grid = grid_over(REGION, 20.0, 17.0)
    ground = shapes_in(seed, 8, 30)
    small = Window(10 + down, 10 + along, 8, 8)
    whole = Window(0, 0, 40, 40)
    part = small.within(whole)
    assert (touched(grid, small, ground) == touched(grid, whole, ground)[part]).all()
    numbers = np.arange(1, len(ground) + 1)
    assert (class_cells(small, ground, numbers) == class_cells(whole, ground, numbers)[part]).all()
    assert (grid.centres(small) == grid.centres(whole)[(slice(None), *part)]).all()


def test_a_grid_finds_its_way_to_degrees_and_back() -> None:
    for azimuth in (0.0, 30.0, 89.0):
        grid = grid_over(REGION, 10.0, azimuth)
        corners = shapely.get_coordinates(grid.placed(np.array([REGION], dtype=object))[0])
        assert corners.min() >= 0
        assert corners[:, 0].max() <= grid.columns
        assert corners[:, 1].max() <= grid.rows
        window = Window(7, 11, 40, 50)
        rows, columns = np.mgrid[: window.rows, : window.columns]
        exact = grid.degrees(
            np.column_stack((columns.ravel() + window.column + 0.5, rows.ravel() + window.row + 0.5))
        )
        centres = grid.centres(window).reshape(2, -1).T
        assert np.abs(centres - exact).max() < 1e-8  # a millimetre


def test_scores_run_from_the_worst_to_the_best() -> None:
    slopes = np.array([0.0, 3.0, 9.0, 15.0, 40.0, np.nan])
    assert ramp(slopes, 3.0, 15.0).tolist() == [1.0, 1.0, 0.5, 0.0, 0.0, 0.0]
    assert ramp(np.array([0.0, 500.0, 2000.0]), 1000.0, 0.0).tolist() == [0.0, 0.5, 1.0]
    with pytest.raises(ValueError, match="same"):
        ramp(slopes, 3.0, 3.0)
    one, other = np.array([1.0, 0.0, 0.5]), np.array([0.0, 0.0, 1.0])
    assert combined([one, other], [3, 1]).tolist() == [7500, 0, 6250]
    for weights in ([], [0, 0], [1, -1], [1]):
        with pytest.raises(ValueError, match="weights"):
            combined([one, other], weights)


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_distances_are_those_to_the_nearest_cell(seed: int) -> None:
    random = np.random.default_rng(seed)
    there = random.random((23, 31)) < 0.02
    found = nearness(there, 10.0, 90.0)
    if not there.any():
        assert (found == 90.0).all()
        return
    mesh = np.argwhere(np.ones_like(there))
    exact, _ = KDTree(np.argwhere(there)).query(mesh)
    assert found.ravel() == pytest.approx(np.minimum(exact * 10.0, 90.0))
    part = np.s_[3:20, 7:31]
    assert (nearness(there, 10.0, 90.0, part) == found[part]).all()


# --- patches ---


def demand(**changes: object) -> Demand:
    return Demand(
        **{
            "area_m2": 24_000.0, "tolerance": 0.1, "least_width_m": 60.0, "compactness": 0.4, "aspect": 3.0,
            "count": 6, "apart_m": 50.0, "irregular": True,
        }
        | changes
    )  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.floats(500, 2e6), st.floats(0.02, 0.5), st.floats(1, 300), st.floats(0.0, 0.78), st.floats(1, 10),
    st.sampled_from([10.0, 20.0, 30.0]),
)  # fmt: skip
def test_every_shape_answers_the_demand(area, tolerance, width, compactness, aspect, cell) -> None:
    wanted = demand(
        area_m2=area, tolerance=tolerance, least_width_m=width, compactness=compactness, aspect=aspect
    )
    for rows, columns in shapes(wanted, cell, cell * cell):
        assert abs(rows * columns * cell * cell - area) <= area * tolerance
        assert min(rows, columns) * cell >= width - 1e-6
        assert max(rows, columns) / min(rows, columns) <= aspect
        assert 4 * pi * rows * columns / (2 * (rows + columns)) ** 2 >= compactness


def searched(allowed, score, wanted: Demand, size: int) -> list[Patch]:
    """Search ground of 10 m cells in windows of a size; the ground is all the grid."""
    whole = Window(0, 0, *allowed.shape)
    sizes = shapes(wanted, 10.0, 100.0)
    longest = max(map(max, sizes))
    side, number = square_side(wanted, 10.0, 100.0)
    sums = np.full((whole.rows // side, whole.columns // side), -1)
    parts = []
    for row in range(0, whole.rows, size):
        for column in range(0, whole.columns, size):
            core = Window(row, column, min(size, whole.rows - row), min(size, whole.columns - column))
            window = Window(
                row, column,
                min(core.rows + longest, whole.rows - row), min(core.columns + longest, whole.columns - column),
            )  # fmt: skip
            at = window.within(whole)
            parts.append(rectangles(allowed[at], score[at], window, core, sizes))
            rows, columns, found = squares(allowed[at], score[at], window, core, side)
            sums[rows, columns] = found
    apart = wanted.apart_m / 10.0
    chosen = choose(merged(parts), wanted.count, apart)
    return chosen + (joined(sums, side, number, wanted, apart, chosen) if wanted.irregular else [])


def ground_of(seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    allowed = np.ones((90, 110), dtype=bool)
    for _ in range(random.integers(5, 60)):
        row, column = random.integers(0, 85), random.integers(0, 105)
        allowed[row : row + random.integers(1, 12), column : column + random.integers(1, 12)] = False
    score = random.integers(0, TOP + 1, (9, 11)).repeat(10, 0).repeat(10, 1)
    return allowed, score


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.sampled_from([13, 37, 64]))
def test_windows_find_what_the_whole_grid_finds(seed: int, size: int) -> None:
    allowed, score = ground_of(seed)
    assert searched(allowed, score, demand(), size) == searched(allowed, score, demand(), 1000)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(1, 400), st.integers(1, 50), st.sampled_from([0.0, 3.0, 9.0]))
def test_the_best_places_are_taken_one_after_the_other(seed: int, many: int, head: int, apart: float) -> None:
    """However few of them are put in order at a time, and with many of one score."""
    random = np.random.default_rng(seed)
    columns = [random.integers(low, high, many) for low, high in ((0, 60), (0, 60), (2, 9), (2, 9))]
    places = Places(*columns, random.integers(0, 8, many).astype(float))
    order = sorted(range(many), key=lambda k: (-places.scores[k], places.rows[k], places.columns[k]))
    expected: list[tuple[int, int, int, int]] = []
    for k in order:
        box = tuple(int(column[k]) for column in columns)
        here = shapely.box(box[1], box[0], box[1] + box[3], box[0] + box[2])
        others = [shapely.box(b[1], b[0], b[1] + b[3], b[0] + b[2]) for b in expected]
        if all(here.distance(other) >= apart and here.intersection(other).area == 0 for other in others):
            expected.append(box)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patches, "_HEAD", head)
        found = choose(places, 7, apart)
    assert [patch.boxes for patch in found] == [(box,) for box in expected[:7]]


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_patches_are_as_wanted(seed: int) -> None:
    allowed, score = ground_of(seed)
    wanted = demand()
    cells = []
    for patch in searched(allowed, score, wanted, 1000):
        mask = np.zeros_like(allowed)
        for row, column, height, width in patch.boxes:
            assert not mask[row : row + height, column : column + width].any()
            mask[row : row + height, column : column + width] = True
        assert allowed[mask].all()
        assert abs(mask.sum() * 100 - wanted.area_m2) <= wanted.area_m2 * wanted.tolerance
        assert score[mask].mean() == pytest.approx(patch.score)
        polygon = outline(patch)
        assert polygon.area == mask.sum()
        _, _, height, width = patch.bounds
        assert max(height, width) / min(height, width) <= wanted.aspect
        assert 4 * pi * polygon.area / polygon.length**2 >= wanted.compactness - 1e-12
        # No neck is narrower: squares of the least width, side by side, fill the patch.
        half = wanted.least_width_m / 10.0 / 2 - 1e-6
        opened = shapely.buffer(
            shapely.buffer(polygon, -half, join_style="mitre"), half, join_style="mitre", mitre_limit=10
        )
        assert opened.area == pytest.approx(polygon.area, abs=1e-3)
        assert shapely.get_num_geometries(shapely.buffer(polygon, -half, join_style="mitre")) == 1
        cells.append(polygon)
    for k, one in enumerate(cells):
        assert all(one.distance(other) * 10 >= wanted.apart_m - 1e-9 for other in cells[:k])
        assert all(one.intersection(other).area == 0 for other in cells[:k])


def test_the_best_rectangle_is_found() -> None:
    allowed = np.ones((60, 60), dtype=bool)
    score = np.zeros((60, 60), dtype=np.int64)
    for height, width in shapes(demand(), 10.0, 100.0):
        score[:] = 0
        score[20 : 20 + height, 30 : 30 + width] = TOP
        best = searched(allowed, score, demand(count=1, irregular=False), 1000)[0]
        assert best.boxes == ((20, 30, height, width),)
    assert best.score == TOP


def test_where_no_rectangle_fits_a_bent_patch_is_found() -> None:
    allowed = np.zeros((40, 40), dtype=bool)
    allowed[0:12, 0:30] = True
    allowed[0:24, 0:12] = True  # an L: no rectangle of 5 ha fits
    wanted = demand(area_m2=50_000.0, least_width_m=60.0, compactness=0.3, count=3)
    assert searched(allowed, np.full((40, 40), 5), demand(area_m2=50_000.0, irregular=False), 1000) == []
    found = searched(allowed, np.full((40, 40), 5), wanted, 1000)
    assert len(found) == 1
    assert len(outline(found[0]).exterior.coords) == 7


def test_a_patch_becomes_a_boundary_of_its_corners() -> None:
    for azimuth in (0.0, 24.0):
        grid = grid_over(REGION, 10.0, azimuth)
        patch = Patch(((5, 5, 8, 8), (5, 13, 8, 8), (13, 5, 8, 8)), 1.0)
        boundary = build(declared(grid, patch, "甲"))
        assert len(boundary.declared.plots[0].rings[0].xy) == 6
        assert boundary.area_m2 == pytest.approx(19_200, rel=2e-3)
        assert boundary.declared.crs.epsg == 4525
