"""Which way round a pair of coordinates stands, told by the numbers themselves.

A northing in China, a prefixed easting, an unprefixed easting, a latitude and a longitude lie in ranges that
do not overlap within their kind, so a swapped pair shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

_Floats = npt.NDArray[np.float64]

# wider than China on every side, yet apart from each other: (lowest, highest)
_LATITUDE = (0.0, 60.0)
_LONGITUDE = (70.0, 140.0)
_NORTHING = (1_000_000.0, 6_500_000.0)
_PREFIXED_NORTHING = (300_000.0, 6_500_000.0)  # beside an 8-digit easting the far south can be told too
_PREFIXED_EASTING = (13_000_000.0, 46_000_000.0)
_PLAIN_EASTING = (0.0, 1_000_000.0)


class Kind(StrEnum):
    """What the pairs of a boundary are."""

    DEGREES = "degrees"
    PREFIXED = "prefixed"
    PLAIN = "plain"


_RANGES = {
    Kind.DEGREES: (_LATITUDE, _LONGITUDE),
    Kind.PREFIXED: (_PREFIXED_NORTHING, _PREFIXED_EASTING),
    Kind.PLAIN: (_NORTHING, _PLAIN_EASTING),
}


@dataclass(frozen=True)
class Axes:
    """The kind of the first pair, and for every pair whether it is of that kind and which way round.

    ``north_first`` and ``east_first`` are boolean arrays of shape (n,); a pair of another kind, or of none,
    is in neither. ``kind`` is None where the first pair is no coordinate in China at all.
    """

    kind: Kind | None
    north_first: npt.NDArray[np.bool_]
    east_first: npt.NDArray[np.bool_]

    def first_misfit(self) -> int | None:
        """Return the index of the first pair that isn't of the kind of the first one, None if all are."""
        misfits = np.flatnonzero(~(self.north_first | self.east_first))
        return int(misfits[0]) if misfits.size else None


def tell_axes(first: _Floats, second: _Floats) -> Axes:
    """Tell what pairs of numbers, both of shape (n,), are, and which way round each stands."""
    for kind in _RANGES:
        north_first, east_first = _fits(kind, first, second), _fits(kind, second, first)
        if north_first[0] or east_first[0]:
            return Axes(kind, north_first, east_first)
    nowhere = np.zeros(len(first), dtype=bool)
    return Axes(None, nowhere, nowhere)


def _fits(kind: Kind, northing: _Floats, easting: _Floats) -> npt.NDArray[np.bool_]:
    (south, north), (west, east) = _RANGES[kind]
    return (northing >= south) & (northing <= north) & (easting >= west) & (easting < east)
