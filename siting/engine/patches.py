"""Pieces of ground on which two plans disagree, joined into connected patches (差异图斑).

Where a cut between two features of a plan meets the other plan's boundary, the pieces on either side have that
point each by its own arithmetic, off by more than a rounding where the lines are nearly parallel. So pieces aren't
glued together: the features that they are of are, whose shared vertices are the same, and overlaid once more, on
a grid of 10 µm. A patch's area is the exact one of its pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import fsum
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from siting.engine.area import FloatArray, IntArray, areal_parts, measure
from siting.engine.conflict import JOIN_GRID
from siting.engine.slivers import ObjectArray, Width, classify, width

ShortArray = npt.NDArray[np.int8]

_NEAR = 10 * JOIN_GRID
_HAIR_M = 1e-5
"""Metres: a piece narrower than the grid on which pieces are joined is contact, whatever lies beside it."""


@dataclass(frozen=True)
class Pieces:
    """Where a class of A meets a class of B that it conflicts with, feature by feature.

    Attributes
    ----------
    shapes, areas
        Object array (n,) of polygons that don't overlap, EPSG:4490, in an order that doesn't depend on how they were
        found, and their exact m².
    a, b
        Of each, the position of the pieces of either plan that it is common ground of.
    shapes_a, shapes_b
        Those pieces, whole.
    """

    shapes: ObjectArray
    areas: FloatArray
    a: IntArray
    b: IntArray
    shapes_a: ObjectArray
    shapes_b: ObjectArray

    def only(self, kept: IntArray) -> Pieces:
        """Some of them, in that order."""
        return Pieces(
            self.shapes[kept], self.areas[kept], self.a[kept], self.b[kept], self.shapes_a, self.shapes_b
        )


@dataclass(frozen=True)
class Patches:
    """Connected ground on which one class of A meets one class of B that it conflicts with.

    Attributes
    ----------
    shapes, areas, widths, kinds
        Polygons (EPSG:4490), exact m², 2·area/perimeter in m, and `Width` by the bound given. `CONTACT` isn't here.
    of_patch
        For each piece the position of its patch; -1 for contact.
    contact_m2
        The exact area of the pieces that only touch (narrower than a millimetre): counted, and not listed.
    """

    shapes: ObjectArray
    areas: FloatArray
    widths: FloatArray
    kinds: ShortArray
    of_patch: IntArray
    contact_m2: float


def joined(pieces: Pieces, sliver_width_m: float) -> Patches:
    """Join the pieces of one pair of classes into connected patches.

    Parameters
    ----------
    sliver_width_m
        Patches narrower than this, m, are slivers.
    """
    of_patch = np.full(len(pieces.shapes), -1, dtype=np.int64)
    _, perimeters = measure(pieces.shapes)
    real = np.flatnonzero(width(pieces.areas, perimeters) >= _HAIR_M)
    parts: list[Any] = []
    group = _groups(pieces.only(real))
    order = np.argsort(group, kind="stable")
    bounds = np.flatnonzero(np.r_[True, np.diff(group[order]) > 0, True]) if len(group) else np.zeros(1, int)
    for begin, end in pairwise(bounds.tolist()):
        members = real[order[begin:end]]
        own = pieces.only(members)
        polygons = _fitted(own)
        if len(polygons) == 1:
            of_patch[members] = len(parts)
        elif len(polygons):
            nearest = shapely.STRtree(polygons).query_nearest(
                shapely.point_on_surface(own.shapes), all_matches=False
            )
            of_patch[members[nearest[0]]] = len(parts) + nearest[1]
        parts.extend(polygons.tolist())
    return _measured(np.array(parts, dtype=object), pieces.areas, of_patch, sliver_width_m)


def _groups(pieces: Pieces) -> IntArray:
    """Number the groups of pieces that lie against each other or are of one feature."""
    count = len(pieces.shapes)
    if count < 2:
        return np.zeros(count, dtype=np.int64)
    i, j = shapely.STRtree(pieces.shapes).query(pieces.shapes, predicate="dwithin", distance=_NEAR)
    own = np.arange(count)
    to = np.concatenate([j, count + pieces.a, count + len(pieces.shapes_a) + pieces.b])
    size = count + len(pieces.shapes_a) + len(pieces.shapes_b)
    from scipy.sparse import (
        coo_matrix,  # longer to load than all else that most importers of this module need
    )
    from scipy.sparse.csgraph import connected_components

    links = coo_matrix(
        (np.ones(len(to), dtype=np.int8), (np.concatenate([i, own, own]), to)), shape=(size, size)
    )
    return np.asarray(connected_components(links, directed=False)[1][:count], dtype=np.int64)


def _fitted(pieces: Pieces) -> ObjectArray:
    """The common ground of all features of a group, as polygons."""
    a, b = np.unique(pieces.a), np.unique(pieces.b)
    if len(a) == 1 and len(b) == 1:
        return pieces.shapes
    one = shapely.union_all(pieces.shapes_a[a], grid_size=JOIN_GRID)
    other = shapely.union_all(pieces.shapes_b[b], grid_size=JOIN_GRID)
    common = shapely.intersection(one, other, grid_size=JOIN_GRID)
    return areal_parts(np.array([common], dtype=object))[0]


def _measured(parts: ObjectArray, areas: FloatArray, of_patch: IntArray, sliver_width_m: float) -> Patches:
    inside = of_patch >= 0
    order = np.argsort(of_patch[inside], kind="stable")
    owner, values = of_patch[inside][order], areas[inside][order]
    sums = np.zeros(len(parts))
    starts = np.searchsorted(owner, np.arange(len(parts) + 1))
    for n in range(len(parts)):
        sums[n] = fsum(values[starts[n] : starts[n + 1]].tolist())
    perimeters = measure(parts)[1]
    kinds = classify(parts, sums, perimeters, sliver_width_m)
    kept = (kinds > Width.CONTACT) & (sums > 0)
    number = np.full(
        len(parts) + 1, -1, dtype=np.int64
    )  # the last one is for pieces that were contact before
    number[np.flatnonzero(kept)] = np.arange(int(kept.sum()))
    of_patch = number[of_patch]
    return Patches(
        parts[kept], sums[kept], width(sums, perimeters)[kept], kinds[kept], of_patch,
        fsum(areas[of_patch < 0].tolist()),
    )  # fmt: skip
