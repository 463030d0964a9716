"""The public geometry of a project: coarse enough that no surveyed vertex can be read back from it.

Everything here is pure: EPSG:4490 longitude/latitude degrees in and out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

DEFAULT_PRECISION_M = 50
SMALLEST_PRECISION_M = 10
LARGEST_PRECISION_M = 10_000

# Lower bounds of a degree's length, so that a grid step is never finer than it says.
_METRES_PER_DEGREE_OF_LATITUDE = 110_574.0
_METRES_PER_DEGREE_OF_LONGITUDE_AT_EQUATOR = 111_319.0
# A node this near to a declared vertex (as a share of the step) would give that vertex away.
_GIVEAWAY = 2e-4
# A site of fewer grid cells than this has no honest outline on the grid.
_FEWEST_CELLS = 4.0
# Where the grid starts, as shares of a step. The first is used unless a node meets a declared vertex.
_ANCHORS = ((0.0, 0.0), (1 / 3, 1 / 3), (1 / 2, 1 / 4), (1 / 5, 3 / 5), (2 / 7, 6 / 7))


@dataclass(frozen=True)
class PublicGeometry:
    """What may be shown: a ``"outline"`` (polygons on a grid) or a ``"point"`` (a node of it), EPSG:4490."""

    geometry: BaseGeometry
    form: str
    precision_m: int


@dataclass(frozen=True)
class _Grid:
    step: npt.NDArray[np.float64]
    anchor: npt.NDArray[np.float64]

    def forward(self, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return xy / self.step - self.anchor

    def back(self, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return (xy + self.anchor) * self.step


def steps(geometry: BaseGeometry, precision_m: int) -> npt.NDArray[np.float64]:
    """Grid step in degrees (lon, lat); fixed per whole degree of latitude, so that two publications of one
    place share their grid and can't be averaged.
    """
    _, south, _, north = geometry.bounds
    latitude = min(math.ceil(max(abs(south), abs(north))), 89)
    return np.array(
        [
            precision_m / (_METRES_PER_DEGREE_OF_LONGITUDE_AT_EQUATOR * math.cos(math.radians(latitude))),
            precision_m / _METRES_PER_DEGREE_OF_LATITUDE,
        ]
    )


def _gives_away(public: BaseGeometry, exact: BaseGeometry, step: npt.NDArray[np.float64]) -> bool:
    nodes = shapely.points(shapely.get_coordinates(public) / step)
    declared = shapely.STRtree(shapely.points(shapely.get_coordinates(exact) / step))
    return bool(declared.query(nodes, predicate="dwithin", distance=_GIVEAWAY).size)


def _check(precision_m: int) -> None:
    if not SMALLEST_PRECISION_M <= precision_m <= LARGEST_PRECISION_M:
        raise ValueError(
            f"precision must be {SMALLEST_PRECISION_M} to {LARGEST_PRECISION_M} m: {precision_m}"
        )


def _on_grid(geometry: BaseGeometry, grid: _Grid, *, simplify: bool) -> BaseGeometry:
    scaled = shapely.transform(geometry, grid.forward)
    if simplify:
        scaled = shapely.simplify(scaled, 0.5)
    return shapely.transform(shapely.set_precision(scaled, 1.0), grid.back)


def outline(geometry: BaseGeometry, precision_m: int = DEFAULT_PRECISION_M) -> PublicGeometry:
    """Polygons with every vertex on a grid of ``precision_m`` metres or more.

    Parameters
    ----------
    geometry
        Polygon or MultiPolygon, EPSG:4490.
    precision_m
        Grid step, 10 to 10,000 m.

    Returns
    -------
    PublicGeometry
        A point where the polygon covers fewer than four grid cells or leaves no area on the grid.

    Raises
    ------
    ValueError
        For a precision out of range, an empty geometry, or where every grid would meet a declared vertex.
    """
    _check(precision_m)
    if geometry.is_empty:
        raise ValueError("an empty geometry can't be published")
    step = steps(geometry, precision_m)
    if geometry.area / step.prod() < _FEWEST_CELLS:
        return point(geometry, precision_m)
    for anchor in _ANCHORS:
        public = _on_grid(geometry, _Grid(step, np.array(anchor)), simplify=True)
        polygons = [part for part in shapely.get_parts(public) if part.geom_type == "Polygon"]
        if not polygons:
            return point(geometry, precision_m)
        public = shapely.multipolygons(polygons)
        if not _gives_away(public, geometry, step):
            return PublicGeometry(public, "outline", precision_m)
    raise ValueError("every grid meets a declared vertex; choose another precision")


def point(geometry: BaseGeometry, precision_m: int = DEFAULT_PRECISION_M) -> PublicGeometry:
    """One node of a grid of ``precision_m`` metres near the geometry's centre. Limits as :func:`outline`."""
    _check(precision_m)
    if geometry.is_empty:
        raise ValueError("an empty geometry can't be published")
    step = steps(geometry, precision_m)
    for anchor in _ANCHORS:
        grid = _Grid(step, np.array(anchor))
        centre = shapely.get_coordinates(shapely.centroid(geometry))
        node = shapely.points(grid.back(np.rint(grid.forward(centre)))[0])
        if not _gives_away(node, geometry, step):
            return PublicGeometry(node, "point", precision_m)
    raise ValueError("every grid meets a declared vertex; choose another precision")


def coverage(geometries: list[BaseGeometry], precision_m: int = DEFAULT_PRECISION_M) -> list[BaseGeometry]:
    """Region outlines that stay neighbours: simplified together, then put on one grid, in their order."""
    _check(precision_m)
    everything = shapely.geometrycollections(geometries)
    grid = _Grid(steps(everything, precision_m), np.zeros(2))
    scaled = shapely.transform(np.array(geometries, dtype=object), grid.forward)
    # Twice the step: an outline is for orientation, and the tolerance is an area (its root is a length).
    simple = shapely.coverage_simplify(scaled, 2.0)
    return [shapely.transform(part, grid.back) for part in shapely.set_precision(simple, 1.0)]
