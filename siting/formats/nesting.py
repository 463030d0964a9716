"""Which ring of a plot is a hole of which: by containment, whatever the file numbered or turned them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely


def nest(rings: Sequence[npt.NDArray[np.float64]]) -> list[list[int]]:
    """Group rings into polygons.

    Parameters
    ----------
    rings
        Open rings, each of shape (n, 2), in one coordinate system.

    Returns
    -------
    list of list of int
        One list per polygon: the index of its outer ring, then those of its holes. A ring within an odd
        number of others is a hole of the smallest of them; every other ring is outer.
    """
    if len(rings) == 1:
        return [[0]]
    polygons = np.array([shapely.Polygon(ring) for ring in rings], dtype=object)
    areas = shapely.area(polygons)
    # a hole may touch its outer ring, so one inner point decides, not whole containment
    inner = shapely.point_on_surface(shapely.make_valid(polygons))
    tree = shapely.STRtree(polygons)
    holders: list[list[int]] = [[] for _ in rings]
    point_at, polygon_at = tree.query(inner, predicate="within")
    for point, polygon in zip(point_at.tolist(), polygon_at.tolist(), strict=True):
        if point != polygon and areas[polygon] > areas[point]:
            holders[point].append(polygon)
    groups = {index: [index] for index in range(len(rings)) if len(holders[index]) % 2 == 0}
    for index, around in enumerate(holders):
        if len(around) % 2:
            outer = [holder for holder in around if holder in groups]
            groups[min(outer, key=lambda holder: areas[holder])].append(index)
    return list(groups.values())
