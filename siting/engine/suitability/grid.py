"""The grid of square cells that a search works on, and windows of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import ceil, cos, floor, radians, sin

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from siting.engine.crs import DeclaredCrs, from_degrees, gauss_kruger, to_degrees, zone_of_longitude
from siting.engine.slivers import ObjectArray

FloatArray = npt.NDArray[np.float64]

_LATTICE = 16
"""Centres of cells are converted to degrees at every 16th one and interpolated: over 480 m the plane bends by less
than a millimetre."""
_SPLIT_DEG = 0.002
"""Edges that are straight in degrees are split this often before they become straight in the plane: over 220 m they
deviate by less than a millimetre."""


@dataclass(frozen=True)
class Window:
    """Cells from ``row``, ``column`` (of the grid, may lie outside it) on, so many down and to the right."""

    row: int
    column: int
    rows: int
    columns: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, as numpy's."""
        return self.rows, self.columns

    def grown(self, before: int, after: int) -> Window:
        """Widen by so many cells above and left, below and right."""
        both = before + after
        return Window(self.row - before, self.column - before, self.rows + both, self.columns + both)

    def within(self, other: Window) -> tuple[slice, slice]:
        """Where this window lies in an array of ``other``, which holds it."""
        top, left = self.row - other.row, self.column - other.column
        return slice(top, top + self.rows), slice(left, left + self.columns)


def _lattice_of(window: Window) -> tuple[int, int, int, int]:
    """First row and column of the lattice around a window, and those after the last, in steps of it."""
    return (
        floor(window.row / _LATTICE),
        floor(window.column / _LATTICE),
        ceil((window.row + window.rows) / _LATTICE) + 1,
        ceil((window.column + window.columns) / _LATTICE) + 1,
    )


@dataclass(frozen=True)
class Grid:
    """Square cells in a Gauss-Krüger plane, turned by an azimuth.

    Attributes
    ----------
    crs
        The plane: a 3° zone with its number before the easting.
    cell_m
        Side of a cell, m in the plane.
    azimuth_deg
        By how much the columns are turned clockwise from grid north, 0 to less than 90.
    left, top
        Of the first cell's upper left corner, in cells of the turned plane: whole numbers, so that searches of
        neighbouring regions share their cells.
    rows, columns
        Extent.
    """

    crs: DeclaredCrs
    cell_m: float
    azimuth_deg: float
    left: int
    top: int
    rows: int
    columns: int

    @cached_property
    def _turn(self) -> FloatArray:
        angle = radians(self.azimuth_deg)
        return np.array([[cos(angle), sin(angle)], [-sin(angle), cos(angle)]])

    @property
    def whole(self) -> Window:
        """All of it."""
        return Window(0, 0, self.rows, self.columns)

    def from_plane(self, xy: FloatArray) -> FloatArray:
        """Easting and northing (m) as column and row, float64 (n, 2); rows count downwards."""
        turned = xy @ self._turn if self.azimuth_deg else xy
        turned = turned / self.cell_m
        return np.column_stack((turned[:, 0] - self.left, self.top - turned[:, 1]))

    def to_plane(self, columns_rows: FloatArray) -> FloatArray:
        """Undo `from_plane`."""
        turned = (
            np.column_stack((columns_rows[:, 0] + self.left, self.top - columns_rows[:, 1])) * self.cell_m
        )
        return turned @ self._turn.T if self.azimuth_deg else turned

    def placed(self, geometries: ObjectArray) -> ObjectArray:
        """Geometries in EPSG:4490 as columns and rows of this grid, edges true to a millimetre."""
        fine = shapely.segmentize(geometries, _SPLIT_DEG)
        placed: ObjectArray = shapely.transform(fine, lambda xy: self.from_plane(from_degrees(xy, self.crs)))
        return placed

    def degrees(self, columns_rows: FloatArray) -> FloatArray:
        """Columns and rows as longitude and latitude, float64 (n, 2), EPSG:4490."""
        return to_degrees(self.to_plane(columns_rows), self.crs)

    def box(self, window: Window) -> BaseGeometry:
        """Polygon of a window in EPSG:4490, widened by a cell so that nothing in it is missed."""
        corners = shapely.box(
            window.column - 1,
            window.row - 1,
            window.column + window.columns + 1,
            window.row + window.rows + 1,
        )
        fine = shapely.segmentize(corners, max(window.shape) / 8)
        return shapely.transform(fine, self.degrees)

    def lattice(self, window: Window) -> FloatArray:
        """Longitude and latitude of centres, every 16th row and column of the grid: float64 (2, m, n).

        They reach around the window, and are the same ones whatever the window is.
        """
        top, left, bottom, right = _lattice_of(window)
        rows, columns = (np.arange(a, b) * float(_LATTICE) + 0.5 for a, b in ((top, bottom), (left, right)))
        mesh = np.stack(np.meshgrid(columns, rows), axis=-1)
        return self.degrees(mesh.reshape(-1, 2)).T.reshape(2, len(rows), len(columns))

    def spread(self, coarse: FloatArray, window: Window) -> FloatArray:
        """Interpolate anything known at the points of `lattice`, float64 (m, n), to each cell of the window."""
        top, left, _, _ = _lattice_of(window)
        down = (np.arange(window.rows) + window.row - top * _LATTICE) / _LATTICE
        i = down.astype(np.intp)
        share = (down - i)[:, None]
        lines = coarse[i] * (1 - share) + coarse[i + 1] * share
        share = np.arange(_LATTICE) / _LATTICE
        cells = lines[:, :-1, None] * (1 - share) + lines[:, 1:, None] * share
        first = window.column - left * _LATTICE
        return cells.reshape(window.rows, -1)[:, first : first + window.columns]

    def centres(self, window: Window) -> FloatArray:
        """Longitude and latitude of each cell's centre, float64 (2, rows, columns)."""
        return np.stack([self.spread(coarse, window) for coarse in self.lattice(window)])

    def windows(self, size: int) -> Iterator[Window]:
        """Cut into windows of at most ``size`` cells a side, row by row."""
        for row in range(0, self.rows, size):
            for column in range(0, self.columns, size):
                yield Window(row, column, min(size, self.rows - row), min(size, self.columns - column))


def grid_over(region: BaseGeometry, cell_m: float, azimuth_deg: float = 0.0) -> Grid:
    """Lay a grid over a region (EPSG:4490) in the 3° zone of its middle."""
    centre = shapely.get_coordinates(shapely.centroid(region))[0]
    crs = gauss_kruger(zone_of_longitude(centre[0]), prefixed=True)
    unplaced = Grid(crs, cell_m, azimuth_deg, 0, 0, 0, 0)
    west, low, east, high = shapely.bounds(unplaced.placed(np.array([region], dtype=object))[0])
    left, top = floor(west), floor(low)
    return Grid(crs, cell_m, azimuth_deg, left, -top, ceil(high) - top, ceil(east) - left)
