"""Point and ring numbers for boundaries that come without: J1, J2 … running on through a plot's rings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from siting.engine.boundary import Ring


def numbered_rings(rings: Sequence[npt.NDArray[np.float64]]) -> tuple[Ring, ...]:
    """Make declared rings of open coordinate arrays of shape (n, 2); rings are labelled 1, 2, 3 …."""
    made: list[Ring] = []
    count = 0
    for label, xy in enumerate(rings, start=1):
        made.append(Ring(tuple(f"J{count + i}" for i in range(1, len(xy) + 1)), xy, str(label)))
        count += len(xy)
    return tuple(made)
