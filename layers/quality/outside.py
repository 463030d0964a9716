"""Features beyond the region that a layer is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from layers.areas import exact_areas
from layers.quality.limits import LIMITS
from layers.quality.rings import perimeters


@dataclass(frozen=True)
class Outside:
    """Features (positions) with what lies outside: shapes (EPSG:4490) and areas in m²; `wholly` where all does."""

    features: npt.NDArray[np.int64]
    shapes: npt.NDArray[np.object_]
    areas: npt.NDArray[np.float64]
    wholly: npt.NDArray[np.bool_]


def outside(features: npt.NDArray[np.int64], shapes: npt.NDArray[np.object_], region: Any) -> Outside:
    """What of these neighbouring features lies outside, and is wider than the border is known."""
    nothing = Outside(features[:0], shapes[:0], np.empty(0), np.empty(0, dtype=bool))
    if not len(shapes):
        return nothing
    shapely.prepare(region)
    west, south, east, north = shapely.total_bounds(shapes)
    if shapely.covers(region, shapely.box(west, south, east, north)):
        return nothing
    index = np.flatnonzero(~shapely.covers(region, shapes))
    if not len(index):
        return nothing
    # the region may have far more vertices than matter here
    near = shapely.intersection(region, shapely.buffer(shapely.box(west, south, east, north), 1e-6))
    out = shapely.difference(shapes[index], near)
    wholly = ~shapely.intersects(region, shapes[index])
    areas = exact_areas(out)
    with np.errstate(invalid="ignore", divide="ignore"):
        wide = 2 * areas / perimeters(out) > LIMITS.outside.width_m
    kept = wide | wholly
    return Outside(features[index[kept]], out[kept], areas[kept], wholly[kept])
