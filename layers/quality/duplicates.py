"""Features that stand in a version twice."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from layers import hashing
from layers.quality.rows import VERTICES, Rows

Positions = npt.NDArray[np.int64]


def originals(rows: Rows) -> Positions:
    """For each feature the first one with exactly its shape: mostly itself.

    Shapes are compared to 1e-9°, whatever the order of their vertices. Only features with equal boxes are read.
    """
    result = np.arange(len(rows))
    group = _alike(rows)
    order = np.argsort(group, kind="stable")
    counts = np.bincount(group)
    order = order[counts[group[order]] > 1]
    for some in _chunks(order, group, rows.vertices):
        some = np.sort(some)
        first: dict[tuple[int, bytes], int] = {}
        shapes = hashing.canonical_geometries(rows.geometries(some))
        for position, shape in zip(some.tolist(), shapes, strict=True):
            result[position] = first.setdefault((int(group[position]), shape), position)
    return result


def _alike(rows: Rows) -> Positions:
    """A number for each feature: equal ones may have equal shapes."""
    grid = np.rint(rows.boxes * hashing.UNITS).astype(np.int64)
    order = np.lexsort(grid.T)
    fresh = np.r_[True, (grid[order[1:]] != grid[order[:-1]]).any(axis=1)][: len(order)]
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.cumsum(fresh) - 1
    return group


def _chunks(order: Positions, group: Positions, vertices: Positions) -> list[Positions]:
    """Pieces of `order` with whole groups and at most about so many vertices as a block has."""
    if not len(order):
        return []
    ends = np.flatnonzero(np.r_[group[order[1:]] != group[order[:-1]], True]) + 1
    filled = np.cumsum(vertices[order])[ends - 1] // VERTICES
    cuts = ends[:-1][filled[1:] != filled[:-1]]
    return np.split(order, cuts)
