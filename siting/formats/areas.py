"""Official areas of single plots, for what is written beside them."""

from __future__ import annotations

import numpy as np

from siting.engine.area import official_ring_area
from siting.engine.boundary import DeclaredBoundary
from siting.engine.crs import to_degrees
from siting.formats.nesting import nest


def plot_areas_m2(declared: DeclaredBoundary) -> list[float]:
    """Compute the official ellipsoidal area (椭球面积) of each plot in m², holes taken out."""
    areas = []
    for plot in declared.plots:
        rings = [np.asarray(to_degrees(ring.xy, declared.crs)) for ring in plot.rings]
        areas.append(
            float(
                sum(
                    official_ring_area(rings[at]) * (1 if position == 0 else -1)
                    for group in nest(rings)
                    for position, at in enumerate(group)
                )
            )
        )
    return areas
