"""Telling contact, slivers and true overlaps apart by width.

No national sliver tolerance exists, so the limits are settings of a rule. The width of a part is
2·area/perimeter: what a long strip is wide. A part that consists of a strip *and* a true overlap (a comet's
tail along a shared edge) would look thin by that figure alone, so a part also counts as wide where it
doesn't vanish when its outline is moved inwards by the limit. No convex part that is thin by the figure
survives that (its inscribed radius is at most 2·area/perimeter), so the two never disagree on a plain strip
or wedge.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt
import shapely

from siting.engine.area import SEMI_MAJOR_M, FloatArray

ObjectArray = npt.NDArray[np.object_]

CONTACT_WIDTH_M = 0.001
"""Below this, metres, two boundaries only touch: coordinates are declared to 1 mm, and a densified edge's
chord deviates by up to 1 mm from another's on the same line."""


class Width(IntEnum):
    """What a part of an overlap is by its width."""

    CONTACT = 0
    SLIVER = 1
    WIDE = 2


def width(areas: FloatArray, perimeters: FloatArray) -> FloatArray:
    """Give 2·area/perimeter in m for areas in m² and perimeters in m; 0 where there is no perimeter."""
    return np.divide(2 * areas, perimeters, out=np.zeros_like(areas), where=perimeters > 0)


def _survives_moving_inwards(part: object, distance_m: float) -> bool:
    coordinates = shapely.get_coordinates(part)
    lon, lat = coordinates.mean(axis=0)
    metres = np.radians(1.0) * SEMI_MAJOR_M * np.array([np.cos(np.radians(lat)), 1.0])
    # Locally planar is enough here: it errs by 1e-3 of a few millimetres.
    plane = shapely.transform(part, lambda xy: (xy - (lon, lat)) * metres)
    return not shapely.is_empty(shapely.buffer(plane, -distance_m, join_style="mitre"))


def classify(
    parts: ObjectArray, areas: FloatArray, perimeters: FloatArray, sliver_width_m: float
) -> npt.NDArray[np.int8]:
    """Say of each part whether it is contact, a sliver or wide.

    Parameters
    ----------
    parts
        Object array (n,) of polygons, EPSG:4490, each a connected part of one feature's overlap.
    areas, perimeters
        float64 (n,), m² and m, as `siting.engine.area.measure` gives them.
    sliver_width_m
        Parts at least this wide are true overlaps; narrower ones down to `CONTACT_WIDTH_M` are slivers.

    Returns
    -------
    int8 (n,)
        Values of `Width`.
    """
    widths = width(areas, perimeters)
    limit = max(sliver_width_m, CONTACT_WIDTH_M)
    result = np.full(len(parts), Width.WIDE, dtype=np.int8)
    if len(widths) == 0 or widths.min() >= limit:
        return result
    result[widths < limit] = Width.SLIVER
    result[widths < CONTACT_WIDTH_M] = Width.CONTACT
    # A part too small to hold a circle of that radius needs no second look: that is nearly all of them.
    for value, distance in ((Width.WIDE, limit), (Width.SLIVER, CONTACT_WIDTH_M)):
        for index in np.flatnonzero((result < value) & (areas > np.pi * distance**2)):
            if _survives_moving_inwards(parts[index], distance):
                result[index] = value
    return result
