"""From polygons to cells: what they touch, what lies wholly within them, which class a cell's centre has."""

from __future__ import annotations

from math import cos, pi

import numpy as np
import numpy.typing as npt
import shapely
from rasterio import Affine
from rasterio.features import rasterize

from siting.engine.slivers import ObjectArray
from siting.engine.suitability.grid import Grid, Window

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

_CLEARANCE = 0.02
"""Cells. GDAL passes over cells that an edge enters by up to 1 % of their width; widened by this, none is missed, and
what is left keeps clear of the ground by so much (0.2 m at 10 m)."""
_QUARTER = 16  # segments of a quarter circle


def touched(
    grid: Grid, window: Window, geometries: ObjectArray, margins_m: FloatArray | None = None
) -> BoolArray:
    """Tell the cells that any geometry touches, or comes nearer to than its margin.

    Parameters
    ----------
    grid, window
        Where.
    geometries
        Object array (n,) as `Grid.placed` gives them: of any kind, in cells.
    margins_m
        float64 (n,), m; 0 unless given.

    Returns
    -------
    bool (rows, columns)
        Conservative: a cell that is not told has no point in common with any of them.
    """
    if len(geometries) == 0:
        return np.zeros(window.shape, dtype=bool)
    margins = np.zeros(len(geometries)) if margins_m is None else np.asarray(margins_m) / grid.cell_m
    near = shapely.box(window.column, window.row, window.column + window.columns, window.row + window.rows)
    reached = shapely.distance(geometries, near) <= margins * 1.01 + 1.0
    geometries, margins = geometries[reached], margins[reached]
    # A chord lies inside its arc: the polygon around the arc holds all of it. A plane's scale is off by up to 0.1 %.
    wide = np.where(margins > 0, margins * 1.002 / cos(pi / (4 * _QUARTER)), 0.0) + _CLEARANCE
    grown = np.empty(len(geometries), dtype=object)
    for radius in np.unique(wide):
        same = wide == radius
        style = "mitre" if radius == _CLEARANCE else "round"
        grown[same] = shapely.buffer(geometries[same], radius, quad_segs=_QUARTER, join_style=style)
    return _burnt(window, grown, np.ones(len(grown), dtype=np.uint8), all_touched=True) > 0


def untouched(grid: Grid, window: Window, geometries: ObjectArray) -> BoolArray:
    """Tell the cells that do not lie wholly within the geometries taken together: bool (rows, columns).

    Conservative as `touched` is of what lies outside them.
    """
    around = shapely.box(
        window.column - 1.0,
        window.row - 1.0,
        window.column + window.columns + 1.0,
        window.row + window.rows + 1.0,
    )
    near = geometries[shapely.intersects(geometries, around)] if len(geometries) else geometries
    outside = shapely.difference(around, shapely.union_all(near)) if len(near) else around
    return touched(grid, window, np.array([outside], dtype=object))


def cells_within(grid: Grid, window: Window, region: ObjectArray) -> BoolArray:
    """Tell the cells that lie wholly within a region (as `Grid.placed` gives it)."""
    return ~untouched(grid, window, region)


def class_cells(
    window: Window, geometries: ObjectArray, numbers: npt.NDArray[np.integer]
) -> npt.NDArray[np.uint16]:
    """Give each cell the number of the polygon that its centre lies in; 0 where there is none.

    ``numbers`` are from 1 to 65535, as many as ``geometries`` (as `Grid.placed` gives them). Where polygons overlap
    the later one counts.
    """
    return _burnt(window, geometries, numbers.astype(np.uint16), all_touched=False)


def _burnt(
    window: Window, geometries: ObjectArray, values: npt.NDArray[np.unsignedinteger], *, all_touched: bool
) -> npt.NDArray[np.uint16]:
    filled = ~(shapely.is_empty(geometries) | shapely.is_missing(geometries))
    pairs = zip(geometries[filled].tolist(), values[filled].tolist(), strict=True)
    shapes = [(geometry, value) for geometry, value in pairs]
    if not shapes:
        return np.zeros(window.shape, dtype=np.uint16)
    burnt: npt.NDArray[np.uint16] = rasterize(
        shapes, out_shape=window.shape, transform=Affine.translation(window.column, window.row), fill=0,
        all_touched=all_touched, dtype="uint16",
    )  # fmt: skip
    return burnt
