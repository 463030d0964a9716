"""Whether the ground that a layer version covers holds a site."""

from __future__ import annotations

import shapely
from shapely.geometry.base import BaseGeometry

_RIM_DEGREES = 1e-7  # about 1 cm


def covers(coverage: BaseGeometry, geometry: BaseGeometry) -> bool:
    """Say whether a coverage (EPSG:4490, prepared if it is asked often) holds a whole geometry, but for a rim of 1 cm.

    A site drawn along the region's own outline is inside, but no part beyond it, however small.
    """
    if shapely.covers(coverage, geometry):
        return True
    beyond = shapely.difference(geometry, coverage)
    west, south, east, north = shapely.bounds(beyond)
    around = shapely.box(west - _RIM_DEGREES, south - _RIM_DEGREES, east + _RIM_DEGREES, north + _RIM_DEGREES)
    near = shapely.intersection(coverage, around)
    return bool(shapely.covers(shapely.buffer(near, _RIM_DEGREES), beyond))
