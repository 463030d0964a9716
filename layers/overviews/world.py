"""Where tiles lie, and how finely they are drawn.

World coordinates are tile units: 4096 to a tile, y to the south, origin at 180° W and the Mercator limit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

EXTENT = 4096
LOWEST_ZOOM = 5
PIXEL = EXTENT // 256
BUFFER = 4 * PIXEL
CELL = 2 * PIXEL
CELLS = EXTENT // CELL  # a tile's side in cells
CIRCUMFERENCE = 2 * math.pi * 6378137.0  # metres


@dataclass(frozen=True)
class TileShapes:
    """What a tile shows: columns of equal length, geometries in the tile's own units (0 to 4096, y down).

    ``cells`` is the packed class raster that the shapes are the outlines of, where they are.
    """

    z: int
    x: int
    y: int
    keys: list[str]
    classes: list[str]
    names: list[str]
    geometries: npt.NDArray[np.object_]
    cells: bytes | None = None


def to_world(lonlat: npt.NDArray[np.float64], zoom: int) -> npt.NDArray[np.float64]:
    """Longitude/latitude in degrees (EPSG:4490, shown as 4326) → tile units of the whole world at a zoom."""
    size = EXTENT * 2.0**zoom
    y = 0.5 - np.arcsinh(np.tan(np.radians(lonlat[:, 1]))) / (2 * np.pi)
    return np.column_stack(((lonlat[:, 0] / 360.0 + 0.5) * size, y * size))


def degrees(z: int, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees of the tiles from `x0`, `y0` up to (not including) `x1`, `y1`."""
    side = 1 << z

    def longitude(column: float) -> float:
        return min(max(column / side * 360 - 180, -180.0), 180.0)

    def latitude(row: float) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / side))))

    return longitude(x0), latitude(y1), longitude(x1), latitude(y0)


def tile_bounds(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """West, south, east, north of a tile in degrees."""
    return degrees(z, x, y, x + 1, y + 1)
