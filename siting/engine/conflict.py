"""Plan against plan: what ground two plans share, what only one has, and where their classes disagree.

Nothing is cut at the edge of a block: a pair of pieces is overlaid whole, by whoever has the pair, and what such pairs
have in common is joined afterwards in an order of its own (`siting.engine.patches`). So no figure depends on how the
work was shared out. A piece that lies inside one of the other plan is counted by its stored area without an overlay:
overlays are only made along the plans' boundaries.

Where a layer's features overlap, ground counts once (`flattened`): it belongs to the smaller feature, since a
small special area is drawn on top of a large general one; of equal ones to the lower class, then to the lower feature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import fsum
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from siting.engine.area import FloatArray, IntArray, areal_parts, exact_area
from siting.engine.slivers import ObjectArray

BoolArray = npt.NDArray[np.bool_]

JOIN_GRID = 1e-10
"""Degrees (10 µm): how precisely pieces of one patch are fitted together. Areas are those of the pieces before."""
REST_M2 = 1e-4
REST_SHARE = 1e-8
"""Of a piece, less ground than this (m², or share of its area) left over by its overlays is rounding."""
_AT_ONCE = 20_000


@dataclass(frozen=True)
class PlanPieces:
    """Pieces of one plan as columns of equal length.

    Attributes
    ----------
    rows
        The number of each piece in its plan, which names it wherever pieces are taken apart.
    features
        The number of the feature it is of; a big feature has several pieces.
    classes
        The number of its class in the plan's list of classes.
    areas
        float64, exact ellipsoidal area, m².
    geometries
        Object array of shapely (multi)polygons, EPSG:4490. What is None, not areal or invalid is told as broken.
    """

    rows: IntArray
    features: IntArray
    classes: IntArray
    areas: FloatArray
    geometries: ObjectArray

    def __len__(self) -> int:
        return len(self.rows)

    def only(self, kept: BoolArray | IntArray) -> PlanPieces:
        """Some of them, in that order."""
        return PlanPieces(
            self.rows[kept],
            self.features[kept],
            self.classes[kept],
            self.areas[kept],
            self.geometries[kept],
        )


@dataclass(frozen=True)
class Shared:
    """What pieces of two plans share.

    Attributes
    ----------
    a, b, areas
        Columns of equal length, sorted by ``a`` and ``b``: rows of both plans, and the exact m² they share. Only
        pairs that share ground are here; nothing is dropped for being thin.
    conflict_a, conflict_b, conflict_areas, conflict_shapes
        The polygons of those pairs whose classes conflict, one row per polygon, sorted alike.
    broken_a, broken_b
        Rows of pieces that could not be overlaid, ascending. With them nothing is shared, agreed or conflicting.
    failed_a, failed_b
        Pairs of rows whose overlay failed although both pieces are valid.
    """

    a: IntArray
    b: IntArray
    areas: FloatArray
    conflict_a: IntArray
    conflict_b: IntArray
    conflict_areas: FloatArray
    conflict_shapes: ObjectArray
    broken_a: IntArray
    broken_b: IntArray
    failed_a: IntArray
    failed_b: IntArray


def usable(geometries: ObjectArray) -> BoolArray:
    """Which geometries can be overlaid: valid surfaces with finite coordinates."""
    areal = np.isin(shapely.get_type_id(geometries), (3, 6))
    areal &= np.isfinite(shapely.bounds(geometries)).all(axis=1)
    areal[areal] = shapely.is_valid(geometries[areal])
    return np.asarray(areal)


def shared(a: PlanPieces, b: PlanPieces, conflicting: BoolArray) -> Shared:
    """Overlay pieces of one plan with those of another.

    Parameters
    ----------
    a
        Pieces whose pairs are wanted.
    b
        At least every piece whose box meets one of theirs.
    conflicting
        bool (classes of A, classes of B): which classes don't go together.

    Returns
    -------
    Shared
    """
    fit_a, fit_b = usable(a.geometries), usable(b.geometries)
    broken_a, broken_b = np.sort(a.rows[~fit_a]), np.sort(b.rows[~fit_b])
    a, b = a.only(fit_a), b.only(fit_b)
    shapely.prepare(b.geometries)
    of_a, of_b = _meeting(a.geometries, b.geometries)
    order = np.lexsort((b.rows[of_b], a.rows[of_a]))
    of_a, of_b = of_a[order], of_b[order]
    found: list[tuple[IntArray, IntArray, FloatArray, BoolArray]] = []
    shapes: list[tuple[IntArray, IntArray, FloatArray, ObjectArray]] = []
    for begin in range(0, len(of_a), _AT_ONCE):
        i, j = of_a[begin : begin + _AT_ONCE], of_b[begin : begin + _AT_ONCE]
        cut, areas, failed = _cut(a, b, i, j)
        found.append((a.rows[i], b.rows[j], areas, failed))
        where = np.flatnonzero((areas > 0) & conflicting[a.classes[i], b.classes[j]])
        polygons, own = areal_parts(cut[where])
        i, j = i[where][own], j[where][own]
        shapes.append((a.rows[i], b.rows[j], exact_area(polygons), polygons))
    rows_a, rows_b, areas, failed = _columns(found, (np.int64, np.int64, np.float64, np.bool_))
    conflict_a, conflict_b, conflict_areas, conflict_shapes = _columns(
        shapes, (np.int64, np.int64, np.float64, np.object_)
    )
    kept = areas > 0
    return Shared(
        rows_a[kept], rows_b[kept], areas[kept],
        conflict_a, conflict_b, conflict_areas, conflict_shapes,
        broken_a, broken_b, rows_a[failed], rows_b[failed],
    )  # fmt: skip


def _columns(parts: list[tuple[Any, ...]], types: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(
        np.concatenate([np.empty(0, dtype=kind), *(part[n] for part in parts)])
        for n, kind in enumerate(types)
    )


def _meeting(a: ObjectArray, b: ObjectArray) -> tuple[IntArray, IntArray]:
    """Positions of those that intersect."""
    if not len(a) or not len(b):
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    of_b, of_a = shapely.STRtree(a).query(b, predicate="intersects")
    return of_a, of_b


def _cut(a: PlanPieces, b: PlanPieces, i: IntArray, j: IntArray) -> tuple[ObjectArray, FloatArray, BoolArray]:
    """Shape and area that each pair shares, and which pairs failed."""
    one, other = a.geometries[i], b.geometries[j]
    within = np.asarray(shapely.contains_properly(other, one))
    around = np.zeros(len(i), dtype=bool)
    # the smaller can't contain the larger, and each test prepares nothing that isn't prepared
    larger = np.flatnonzero(~within & (a.areas[i] > b.areas[j]))
    around[larger] = shapely.contains_properly(one[larger], other[larger])
    cut = np.empty(len(i), dtype=object)
    cut[within], cut[around] = one[within], other[around]
    crossing = np.flatnonzero(~within & ~around)
    cut[crossing], lost = _each(shapely.intersection, one[crossing], other[crossing])
    failed = np.zeros(len(i), dtype=bool)
    failed[crossing] = lost
    areas = np.zeros(len(i))
    areas[within], areas[around] = a.areas[i[within]], b.areas[j[around]]
    areas[crossing] = exact_area(cut[crossing])
    return cut, areas, failed


def _each(operation: Callable[..., Any], a: ObjectArray, b: ObjectArray) -> tuple[ObjectArray, BoolArray]:
    """Run an overlay on pairs; where one fails, the others don't.

    What fails in full doubles is tried on a fine grid.
    """
    failed = np.zeros(len(a), dtype=bool)
    try:
        return np.asarray(operation(a, b), dtype=object), failed
    except shapely.GEOSException:
        result = np.full(len(a), None, dtype=object)
    for k in range(len(a)):
        for more in ({}, {"grid_size": JOIN_GRID}):
            try:
                result[k] = operation(a[k], b[k], **more)
                break
            except shapely.GEOSException:
                continue
        failed[k] = result[k] is None
    return result, failed


def uncovered(
    pieces: PlanPieces, others: ObjectArray, starts: IntArray, members: IntArray
) -> tuple[FloatArray, BoolArray]:
    """Measure how much of each piece lies on none of some others.

    Parameters
    ----------
    pieces
        n pieces, all of them usable.
    others
        Object array (m,) of pieces of the other plan.
    starts, members
        intp (n + 1,) and (k,): piece ``i`` is held against ``others[members[starts[i] : starts[i + 1]]]``.

    Returns
    -------
    areas : float64 (n,)
        Exact m²; the piece's own area where there is nothing to hold it against.
    failed : bool (n,)
        Where the overlay failed; the area is 0 there.
    """
    areas = pieces.areas.copy()
    failed = np.zeros(len(pieces), dtype=bool)
    some = np.flatnonzero(np.diff(starts))
    covers = np.empty(len(some), dtype=object)
    covers[:] = [_union(others[members[starts[n] : starts[n + 1]]]) for n in some.tolist()]
    lost = np.array([cover is None for cover in covers], dtype=bool)
    left, broken = _each(shapely.difference, pieces.geometries[some[~lost]], covers[~lost])
    areas[some[~lost]] = exact_area(left)
    failed[some[~lost]] = broken
    failed[some[lost]] = True
    areas[failed] = 0.0
    return areas, failed


def _union(shapes: ObjectArray) -> Any:
    """The union, or None where it can't be made."""
    for more in ({}, {"grid_size": JOIN_GRID}):
        try:
            return shapely.union_all(shapes, **more)
        except shapely.GEOSException:
            continue
    return None


def flattened(
    own: PlanPieces, around: PlanPieces, feature_areas: FloatArray
) -> tuple[ObjectArray, FloatArray, BoolArray]:
    """Take from each piece the ground that belongs to another feature of the same plan.

    Parameters
    ----------
    own
        Pieces wanted.
    around
        At least every piece of the plan whose box meets one of theirs.
    feature_areas
        float64, m² of each feature of the plan, by its number.

    Returns
    -------
    shapes, areas
        What is left of each piece: surfaces (possibly empty) and exact m².
    failed : bool
        Where that couldn't be found out; such a piece keeps nothing and has to be told.
    """
    fit, fit_around = usable(own.geometries), usable(around.geometries)
    around = around.only(fit_around)
    shapes, areas = own.geometries.copy(), own.areas.copy()
    failed = ~fit
    rows = np.flatnonzero(fit)
    of_own, of_around = _meeting(own.geometries[rows], around.geometries)
    of_own = rows[of_own]
    mine, theirs = own.features[of_own], around.features[of_around]
    rank = np.lexsort(
        (np.arange(len(feature_areas)), _class_of_features(own, around, len(feature_areas)), feature_areas)
    )
    place = np.empty(len(rank), dtype=np.intp)
    place[rank] = np.arange(len(rank))
    above = (mine != theirs) & (place[theirs] < place[mine])
    of_own, of_around = of_own[above], of_around[above]
    order = np.lexsort((around.rows[of_around], of_own))
    of_own, of_around = of_own[order], of_around[order]
    changed, starts = np.unique(of_own, return_index=True)
    ends = np.r_[starts[1:], len(of_own)].astype(np.intp)[: len(starts)]
    covers = np.empty(len(changed), dtype=object)
    covers[:] = [
        _union(around.geometries[of_around[s:e]]) for s, e in zip(starts.tolist(), ends.tolist(), strict=True)
    ]
    lost = np.array([cover is None for cover in covers], dtype=bool)
    left, broken = _each(shapely.difference, own.geometries[changed[~lost]], covers[~lost])
    there = changed[~lost]
    polygons, piece = areal_parts(left)  # without the lines along which the others touch
    left = np.full(len(there), shapely.MultiPolygon(), dtype=object)
    some = np.unique(piece)
    left[some] = shapely.multipolygons(polygons, indices=np.searchsorted(some, piece))
    shapes[there], areas[there] = left, exact_area(left)
    failed[there] |= broken
    failed[changed[lost]] = True
    shapes[failed], areas[failed] = shapely.MultiPolygon(), 0.0
    return shapes, areas, failed


def _class_of_features(own: PlanPieces, around: PlanPieces, count: int) -> IntArray:
    classes = np.zeros(count, dtype=np.int64)
    classes[around.features], classes[own.features] = around.classes, own.classes
    return classes


def summed(groups: IntArray, values: FloatArray, count: int) -> FloatArray:
    """Add up values by group, exactly rounded: the sums don't depend on the order of what is added."""
    order = np.argsort(groups, kind="stable")
    bounds = np.searchsorted(groups[order], np.arange(count + 1))
    values = values[order]
    return np.array([fsum(values[s:e].tolist()) for s, e in pairwise(bounds.tolist())])
