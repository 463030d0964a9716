"""Figures of a raster within a polygon, from cell values and the fraction of each cell that the polygon covers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def share_over(
    values: npt.ArrayLike,
    fractions: npt.ArrayLike,
    threshold: float,
    *,
    nodata: float | None = None,
    cell_areas: npt.ArrayLike | None = None,
    least_covered: float = 0.99,
) -> float | None:
    """Give the share of a polygon whose cells exceed a threshold.

    Parameters
    ----------
    values
        Cell values, any shape; NaN is no data.
    fractions
        Fraction of each cell within the polygon, 0 to 1, same shape.
    threshold
        In the raster's unit; cells *above* it count.
    nodata
        Value that means no data.
    cell_areas
        Area of each cell, any unit, where cells differ in size (degrees over a large extent).
    least_covered
        The share of the polygon that must have data.

    Returns
    -------
    float or None
        0 to 1, of the polygon's part with data. None where less than ``least_covered`` of it has data: a
        polygon that wasn't looked at isn't flat.

    Raises
    ------
    ValueError
        If the shapes differ, or a fraction is not within 0 to 1.
    """
    cells = np.asarray(values, dtype=np.float64).ravel()
    weights = np.asarray(fractions, dtype=np.float64).ravel()
    if cells.shape != weights.shape:
        raise ValueError("values and fractions differ in shape")
    if not np.all((weights >= 0) & (weights <= 1 + 1e-6)):
        raise ValueError("a fraction of a cell is from 0 to 1")
    if cell_areas is not None:
        weights = weights * np.asarray(cell_areas, dtype=np.float64).ravel()
    known = ~np.isnan(cells)
    if nodata is not None:
        known &= cells != nodata
    total, seen = float(weights.sum()), float(weights[known].sum())
    if total <= 0 or seen < least_covered * total:
        return None
    return float(weights[known & (cells > threshold)].sum()) / seen
