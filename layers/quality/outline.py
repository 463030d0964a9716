"""What all features cover together, and the holes that it has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon

from layers.areas import exact_areas
from layers.quality.geometry import as_multipolygon
from layers.quality.limits import LIMITS
from layers.quality.rings import UNITS, perimeters

_SAME = 1e-9  # share of the area up to which a union of surfaces has kept it


def outline_of(surfaces: npt.NDArray[np.object_], loose: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    """One shape that covers what neighbouring surfaces cover; an empty array where there are none.

    Where all edges between neighbours match, they only need to be left out. Where that doesn't give the right
    area, the surfaces with `loose` edges are united with the rest one by one.
    """
    flat = shapely.get_dimensions(surfaces) == 2
    surfaces, loose = surfaces[flat], loose[flat]
    if not len(surfaces):
        return surfaces
    ways = [(surfaces[~loose], surfaces[loose])]
    if 2 * loose.sum() < len(loose):
        ways.insert(0, (surfaces, surfaces[:0]))  # loose ones may just be the outermost
    for tiling, rest in ways:
        united = _dissolved(tiling)
        if united is not None:
            return np.array([_united(np.append(rest, united)) if len(rest) else united])
    return np.array([_united(surfaces)])


def _united(surfaces: npt.NDArray[np.object_]) -> shapely.Geometry:
    """The union; on the grid, which is slower and never gives up, where full doubles don't do."""
    try:
        return shapely.union_all(surfaces)
    except shapely.GEOSException:
        return shapely.union_all(surfaces, grid_size=1 / UNITS)


def _dissolved(surfaces: npt.NDArray[np.object_]) -> shapely.Geometry | None:
    """The union of surfaces by their common edges alone; None where they are no tiling."""
    try:
        united = shapely.coverage_union_all(surfaces)
    except shapely.GEOSException:
        return None
    whole = shapely.area(surfaces).sum()
    kept = abs(shapely.area(united) - whole) <= _SAME * whole and shapely.is_valid(united)
    return united if kept else None


def joined(outlines: list[npt.NDArray[np.object_]]) -> MultiPolygon:
    """The outline of all blocks, on a grid of 1e-9°: neighbours that differ in the last bits leave no slits."""
    if not outlines:
        return MultiPolygon()
    return as_multipolygon(shapely.union_all(np.concatenate(outlines), grid_size=1 / UNITS))


@dataclass(frozen=True)
class Gaps:
    """Holes of an outline: shapes (EPSG:4490), areas in m², mean widths in metres."""

    shapes: npt.NDArray[np.object_]
    areas: npt.NDArray[np.float64]
    widths: npt.NDArray[np.float64]


def gaps(outline: MultiPolygon) -> Gaps:
    """The holes that are wider than coordinates are precise; what stands in a hole isn't part of it."""
    polygons = shapely.get_parts(outline)
    found, polygon = shapely.get_rings(polygons, return_index=True)
    inner = np.r_[False, polygon[1:] == polygon[:-1]] if len(polygon) else np.empty(0, dtype=bool)
    holes = shapely.polygons(found[inner])
    if len(holes) and len(polygons) > 1:
        tree = shapely.STRtree(polygons)
        hole, island = tree.query(holes, predicate="covers")
        for one in np.unique(hole):
            holes[one] = shapely.difference(holes[one], shapely.union_all(polygons[island[hole == one]]))
        holes = shapely.get_parts(holes)
    areas = exact_areas(holes)
    around = perimeters(holes)
    with np.errstate(invalid="ignore", divide="ignore"):
        widths = 2 * areas / around
    wide = widths > LIMITS.gap.width_m
    return Gaps(holes[wide], areas[wide], widths[wide])
