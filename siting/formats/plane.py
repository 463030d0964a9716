"""A boundary in a Gauss-Krüger plane: for coordinate tables, and for exports that want metres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from siting.engine.boundary import DeclaredBoundary
from siting.engine.crs import from_degrees, gauss_kruger, zone_of_longitude

_DECIMALS = 4


def in_plane(declared: DeclaredBoundary) -> DeclaredBoundary:
    """Give the boundary in metres: as it is where it was declared so, else in its own 3° zone.

    The zone is the one that the middle of its extent lies in, with the zone number before the easting.
    Converted coordinates are rounded to 0.1 mm, which is what every later export then repeats.
    """
    if not declared.crs.is_geographic:
        return declared
    longitudes = np.concatenate([ring.xy[:, 0] for plot in declared.plots for ring in plot.rings])
    middle = float((longitudes.min() + longitudes.max()) / 2)
    crs = gauss_kruger(zone_of_longitude(middle), width=3, prefixed=True)
    plots = tuple(
        replace(
            plot,
            rings=tuple(
                replace(ring, xy=np.round(from_degrees(ring.xy, crs), _DECIMALS)) for ring in plot.rings
            ),
        )
        for plot in declared.plots
    )
    return replace(declared, plots=plots, crs=crs)
