"""From cells back to a boundary: right-angled, in the grid's plane."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import Polygon

from siting.engine.boundary import DeclaredBoundary, Plot, Ring
from siting.engine.suitability.grid import Grid
from siting.engine.suitability.patches import Patch

_DECIMALS = 3  # a boundary is declared to the millimetre


def outline(patch: Patch) -> Polygon:
    """Draw a patch in columns and rows: a polygon whose sides are rows and columns of the grid, corners only."""
    boxes = [
        shapely.box(column, row, column + width, row + height) for row, column, height, width in patch.boxes
    ]
    shape = shapely.simplify(shapely.union_all(boxes), 0.0)
    if not isinstance(shape, Polygon) or shape.interiors:
        raise ValueError("a patch is one piece without holes")
    # `simplify` keeps the ring's first point even where it lies on a side.
    ring = shapely.get_coordinates(shape.exterior)[:-1]
    before, after = np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0)
    corner = ((ring - before) * (after - ring)[:, ::-1] @ np.array([1.0, -1.0])) != 0
    return shapely.normalize(Polygon(ring[corner]))


def declared(grid: Grid, patch: Patch, name: str = "") -> DeclaredBoundary:
    """Declare a patch as a boundary in the grid's plane, to the millimetre, its points numbered J1, J2 …"""
    xy = np.round(grid.to_plane(shapely.get_coordinates(outline(patch).exterior)[:-1]), _DECIMALS)
    numbers = tuple(f"J{number}" for number in range(1, len(xy) + 1))
    plot = Plot((Ring(numbers, xy, "1"),), {}, "1", name)
    return DeclaredBoundary((plot,), grid.crs, {}, "drawing")
