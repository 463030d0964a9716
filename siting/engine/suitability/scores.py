"""How well a cell suits: each preference from 0 (worst) to 1 (best), and all of them in one whole number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

TOP = 10_000
"""The best score of a cell: whole numbers up to here, so that sums over patches are exact."""


def ramp(values: FloatArray, best: float, worst: float) -> FloatArray:
    """Score values linearly: 1 at ``best`` and beyond, 0 at ``worst`` and beyond; 0 where a value is NaN.

    ``best`` may be below ``worst`` (a gentle slope) or above it (far from water).

    Raises
    ------
    ValueError
        If they are equal.
    """
    if best == worst:
        raise ValueError("the best and the worst value are the same")
    with np.errstate(invalid="ignore"):
        scores = np.clip((values - worst) / (best - worst), 0.0, 1.0)
    return np.where(np.isnan(values), 0.0, scores)


def nearness(
    there: BoolArray, cell_m: float, cap_m: float, part: tuple[slice, slice] = (slice(None), slice(None))
) -> FloatArray:
    """Give each cell's distance to the nearest cell that is ``there``, m from centre to centre, at most ``cap_m``.

    Of the cells in ``part`` only. Right as far as the window reaches: a window that sees ``cap_m`` beyond a cell gives
    that cell's true answer.
    """
    if not there.any():
        return np.full(there[part].shape, cap_m)
    from scipy import ndimage  # longer to load than all else that most importers of this module need

    nearest = ndimage.distance_transform_edt(~there, return_distances=False, return_indices=True)
    rows, columns = (
        np.arange(length, dtype=np.int32)[some] for length, some in zip(there.shape, part, strict=True)
    )
    down, along = nearest[0][part] - rows[:, None], nearest[1][part] - columns
    distances: FloatArray = np.sqrt(down * down + along * along) * cell_m
    return np.minimum(distances, cap_m)


def combined(scores: Sequence[FloatArray], weights: Sequence[float]) -> npt.NDArray[np.int64]:
    """Weigh scores (each 0 to 1, all of one shape) into whole numbers from 0 to `TOP`.

    Weights are taken by their share of the sum.

    Raises
    ------
    ValueError
        If there is none, one is negative, or all are zero.
    """
    if not scores or len(scores) != len(weights) or min(weights) < 0 or sum(weights) <= 0:
        raise ValueError("weights are not negative, one for each score, and one of them counts")
    total = float(sum(weights))
    sums = np.zeros(scores[0].shape)
    for score, weight in zip(scores, weights, strict=True):
        sums += score * (weight / total)
    return np.rint(np.clip(sums, 0.0, 1.0) * TOP).astype(np.int64)
