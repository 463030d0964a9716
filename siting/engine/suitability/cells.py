"""From polygons to cells: what they touch, what lies wholly within them, which class a cell's centre has."""

from __future__ import annotations

from math import cos, pi

import numpy as np
import numpy.typing as npt
import shapely

from siting.engine.slivers import ObjectArray
from siting.engine.suitability.burning import by_centre, by_touch
from siting.engine.suitability.grid import Grid, Window

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

_CLEARANCE = 0.02
"""Cells. What is left keeps clear of the ground by so much (0.2 m at 10 m): edges are true to a millimetre only, and a
patch is declared to the millimetre."""
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
    # A chord lies inside its arc: the polygon around the arc holds all of it. A plane's scale is off by up to 0.1 %.
    wide = np.where(margins > 0, margins * 1.002 / cos(pi / (4 * _QUARTER)), 0.0)
    reached = _near(window, geometries, wide + 1.0)
    grown, wide = geometries[reached], wide[reached]
    around = wide > 0
    grown[around] = shapely.buffer(grown[around], wide[around], quad_segs=_QUARTER)
    return by_touch(window, grown, _CLEARANCE)


def _near(window: Window, geometries: ObjectArray, margins: FloatArray) -> BoolArray:
    """Whether the box around each geometry, widened by its margin (cells), meets a window; not for an empty one."""
    west, low, east, high = shapely.bounds(geometries).T
    near: BoolArray = (
        (west - margins <= window.column + window.columns)
        & (east + margins >= window.column)
        & (low - margins <= window.row + window.rows)
        & (high + margins >= window.row)
    )
    return near


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
    near = _near(window, geometries, np.zeros(len(geometries)))
    return by_centre(window, geometries[near], numbers[near])
