"""Surfaces whose shape gives them away: slivers, spikes, specks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from layers.quality.limits import LIMITS
from layers.quality.rings import Rings


@dataclass(frozen=True)
class Shapes:
    """Features (by position) whose shape is odd, with what was measured of each.

    Widths are mean widths in metres (2 · area / perimeter), angles in degrees; `points` are the spikes' tips, (n, 2).
    """

    slivers: npt.NDArray[np.int64]
    widths: npt.NDArray[np.float64]
    specks: npt.NDArray[np.int64]
    spikes: npt.NDArray[np.int64]
    angles: npt.NDArray[np.float64]
    points: npt.NDArray[np.float64]


def shapes(features: npt.NDArray[np.int64], edges: Rings, areas: npt.NDArray[np.float64]) -> Shapes:
    """Look at features of these areas (m²) and edges; what has no edges has no surface and is passed over."""
    vectors = edges.metres()
    squares = (vectors * vectors).sum(axis=1)
    around = np.bincount(edges.owner, np.sqrt(squares), minlength=len(areas))
    surface = around > 0
    speck = surface & (areas < LIMITS.tiny.area_m2)
    with np.errstate(invalid="ignore", divide="ignore"):
        width = 2 * areas / around
    sliver = surface & ~speck & (width < LIMITS.sliver.width_m)
    tips, angles = _spikes(edges.ring, vectors, squares)
    # a sliver's or a speck's own corners are no news
    own = ~(speck | sliver)[edges.owner[tips]]
    tips, angles = tips[own], angles[own]
    slivers = np.flatnonzero(sliver)
    return Shapes(
        features[slivers],
        width[slivers],
        features[speck],
        features[edges.owner[tips]],
        angles,
        edges.end[tips],
    )


def _spikes(
    ring: npt.NDArray[np.intp], vectors: npt.NDArray[np.float64], squares: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Edges after which the ring all but turns back, both edges long; and the angle there."""
    if not len(ring):
        return np.empty(0, dtype=np.intp), np.empty(0)
    following = np.arange(1, len(ring) + 1)
    last = np.flatnonzero(np.r_[ring[1:] != ring[:-1], True])
    following[last] = np.r_[0, last[:-1] + 1]
    x, y = vectors.T
    along = -(x * x[following] + y * y[following])
    turning = np.flatnonzero(along > 0)  # the others turn by less than a right angle
    after = following[turning]
    across = np.abs(x[turning] * y[after] - y[turning] * x[after])
    sharp = across <= np.tan(np.radians(LIMITS.spike.angle_deg)) * along[turning]
    sharp &= np.minimum(squares[turning], squares[after]) >= LIMITS.spike.length_m**2
    tips = turning[sharp]
    return tips, np.degrees(np.arctan2(across[sharp], along[tips]))
