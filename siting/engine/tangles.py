"""Outlines that no land has: looking for the crossings of a scribble would take minutes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_FROM_VERTICES = 30_000
_SAMPLE = 50
_MEAN = 1_000


def is_tangled(lonlat: npt.NDArray[np.float64]) -> bool:
    """Whether so many edges of a ring lie across one another that it can't be an outline.

    An edge of a real outline has a handful of others in its box; one of a scribble has a share of them all. A few
    dozen edges, evenly taken, are asked.

    Parameters
    ----------
    lonlat
        The ring's vertices (n, 2), not closed.
    """
    if len(lonlat) < _FROM_VERTICES:
        return False
    ahead = np.roll(lonlat, -1, axis=0)
    low, high = np.minimum(lonlat, ahead), np.maximum(lonlat, ahead)
    asked = range(0, len(lonlat), len(lonlat) // _SAMPLE)
    met = sum(int(((low <= high[edge]) & (high >= low[edge])).all(axis=1).sum()) for edge in asked)
    return met > _MEAN * len(asked)
