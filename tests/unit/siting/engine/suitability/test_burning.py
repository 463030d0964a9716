"""Burning shapes into cells against GDAL's rasteriser and against exact geometry."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio import Affine
from rasterio.features import rasterize

from siting.engine.suitability import Window, burning
from siting.engine.suitability.burning import by_centre, by_touch

SEEDS = st.integers(0, 2**32 - 1)
WINDOW = Window(-3, 5, 24, 20)
CLEARANCE = 0.02


def gdal(window: Window, shapes: np.ndarray, numbers: np.ndarray, *, all_touched: bool) -> np.ndarray:
    return rasterize(
        zip(shapes.tolist(), numbers.tolist(), strict=True), out_shape=window.shape, fill=0, dtype="uint16",
        transform=Affine.translation(window.column, window.row), all_touched=all_touched,
    )  # fmt: skip


def polygon(random: np.random.Generator, centre: np.ndarray, size: float) -> shapely.Geometry:
    angles = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 12)))
    radii = random.uniform(0.1, size, len(angles))
    ring = centre + np.column_stack((np.cos(angles), np.sin(angles))) * radii[:, None]
    rounding = random.integers(4)
    if rounding < 2:  # along the cells' own sides, or through their centres
        ring = np.round(ring * (rounding + 1)) / (rounding + 1)
    if random.random() < 0.5:
        ring = ring[::-1]
    return shapely.make_valid(shapely.Polygon(ring))


def polygons(seed: int, count: int) -> np.ndarray:
    """Valid polygons of one or several parts, with holes, overlapping, inside, across and outside the window."""
    random = np.random.default_rng(seed)
    low = np.array([WINDOW.column, WINDOW.row]) - 4
    found = []
    for _ in range(count):
        centre = random.uniform(low, low + np.array([WINDOW.columns, WINDOW.rows]) + 8)
        shape = polygon(random, centre, random.choice([0.7, 6.0, 40.0]))
        match random.integers(3):
            case 0:
                shape = shape.difference(polygon(random, centre, 4.0))
            case 1:
                shape = shape.union(polygon(random, centre + 9, 5.0))
        parts = [part for part in shapely.get_parts(shape).tolist() if part.area > 0]
        if parts:
            found.append(parts[0] if len(parts) == 1 else shapely.multipolygons(parts))
    return np.array(found, dtype=object)


def cells(window: Window) -> tuple[np.ndarray, np.ndarray]:
    """The cells of a window as closed squares, and their centres."""
    rows, columns = np.mgrid[: window.rows, : window.columns]
    left, top = columns + window.column, rows + window.row
    return shapely.box(left, top, left + 1, top + 1), shapely.points(left + 0.5, top + 0.5)


@settings(max_examples=200, deadline=None)
@given(SEEDS, st.integers(0, 9))
def test_centres_have_the_last_polygon_that_gdal_finds_there(seed: int, count: int) -> None:
    shapes = polygons(seed, count)
    numbers = np.arange(1, len(shapes) + 1)
    ours = by_centre(WINDOW, shapes, numbers)
    assert ours.dtype == np.uint16
    if len(shapes) == 0:
        assert not ours.any()
        return
    _, centres = cells(WINDOW)
    on_edge = (shapely.distance(centres[..., None], shapely.boundary(shapes)) < 1e-9).any(axis=-1)
    theirs = gdal(WINDOW, shapes, numbers, all_touched=False)
    assert (ours == theirs)[~on_edge].all()
    inside = shapely.contains_properly(shapes, centres[..., None])
    exact = np.where(inside, numbers, 0).max(axis=-1)
    assert (ours == exact)[~on_edge].all()


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_neighbours_share_every_centre_between_them(seed: int) -> None:
    """Of a mesh without gaps, each centre has one polygon, also where it lies on the edge of two or four."""
    random = np.random.default_rng(seed)
    lines = np.arange(0.0, 41.0, 4.0)
    xs, ys = np.meshgrid(lines, lines)
    for axis in (xs, ys):
        axis[1:-1, 1:-1] += random.integers(-2, 3, axis[1:-1, 1:-1].shape) / 2
    corners = np.stack((xs, ys), axis=-1)
    quads = [
        [tuple(corners[i + a, j + b]) for a, b in ((0, 0), (0, 1), (1, 1), (1, 0))][:: random.choice([-1, 1])]
        for (i, _), (j, _) in ((p, q) for p in pairwise(range(11)) for q in pairwise(range(11)))
    ]
    window = Window(0, 0, 40, 40)
    hits = np.zeros(window.shape, dtype=int)
    for quad in quads:
        hits += by_centre(window, np.array([shapely.Polygon(quad)]), np.array([1]))
    assert (hits == 1).all()


def test_many_cells_are_painted_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = polygons(5, 30)
    numbers = np.arange(1, len(shapes) + 1)
    whole = by_centre(WINDOW, shapes, numbers)
    monkeypatch.setattr(burning, "_PAINTED", 7)
    assert (by_centre(WINDOW, shapes, numbers) == whole).all()
    assert whole.any()


def things(seed: int, count: int) -> np.ndarray:
    """Polygons, and what else there is."""
    random = np.random.default_rng(seed)
    found = polygons(seed, count).tolist()
    for shape in found[::2]:
        ring = shapely.get_coordinates(shape)
        corner = np.floor(ring[0])
        found += [
            shapely.LineString(ring + random.uniform(-9, 9, 2)),
            shapely.Point(ring[0] - 2),
            shapely.MultiPoint(ring[:2] + 3),
            shapely.GeometryCollection([shapely.MultiLineString([ring[:3] - 5]), shape]),
            shapely.LineString([corner, corner + np.array([7, 0])]),  # on the line between two rows
            shapely.LineString([corner, corner - np.array([0, 7])]),
        ]
    return np.array([found[k] for k in random.permutation(len(found))], dtype=object)


@settings(max_examples=200, deadline=None)
@given(SEEDS, st.integers(0, 6))
def test_whatever_gdal_touches_is_touched(seed: int, count: int) -> None:
    shapes = things(seed, count)
    ours = by_touch(WINDOW, shapes, CLEARANCE)
    if len(shapes) == 0:
        assert not ours.any()
        return
    wide = WINDOW.grown(2, 2)
    theirs = gdal(wide, shapes, np.ones(len(shapes), dtype=np.uint8), all_touched=True) > 0
    part = WINDOW.within(wide)
    assert ours[theirs[part]].all()


@settings(max_examples=200, deadline=None)
@given(SEEDS, st.integers(1, 6))
def test_what_is_touched_is_exact_but_for_the_clearance(seed: int, count: int) -> None:
    shapes = things(seed, count)
    ours = by_touch(WINDOW, shapes, CLEARANCE)
    boxes, _ = cells(WINDOW)
    distances = shapely.distance(boxes[..., None], shapes).min(axis=-1, initial=np.inf)
    assert ours[distances < CLEARANCE * 0.999].all()
    assert (distances[ours] < CLEARANCE * 1.4143).all()  # widened to a square: to its corner
