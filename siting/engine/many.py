"""Many sites × one layer: what of each site lies in each feature. Arrays in, arrays out.

One site after the other would spend most of its time on calls; here every step is one call over all pairs of a
site and a piece whose boxes meet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from siting.engine.area import FloatArray, IntArray, exact_area
from siting.engine.overlap import BoolArray, LayerPieces, each
from siting.engine.slivers import ObjectArray

_AREAL = (3, 6)
_PAIRS_AT_ONCE = 20_000


@dataclass(frozen=True)
class SiteAreas:
    """What of each site lies in each feature of a layer.

    Attributes
    ----------
    sites, keys, classes, areas
        Columns of equal length, sorted by site and key: the site's position, the feature's key and class, and
        the exact area of what they share, m². Features that only touch a site aren't here; nothing is dropped
        for being thin.
    covered
        float64, one per site: exact m² that lie in any feature. Where features overlap, it counts once.
    failed
        Pairs of site and feature key that could not be overlaid, sorted. What is said of these sites is a lower bound.
    """

    sites: IntArray
    keys: ObjectArray
    classes: ObjectArray
    areas: FloatArray
    covered: FloatArray
    failed: tuple[tuple[int, str], ...]


def overlap_areas(sites: ObjectArray, pieces: LayerPieces, *, threads: int = 1) -> SiteAreas:
    """Measure what every site shares with every feature.

    Parameters
    ----------
    sites
        Object array (n,) of valid (multi)polygons, EPSG:4490.
    pieces
        The layer, or as much of it as meets the sites; pieces of one feature are added up.
    threads
        How many work at it: GEOS runs without Python's lock. No site is given to two of them, as what a prepared
        geometry learns while it is asked isn't guarded.

    Returns
    -------
    SiteAreas
    """
    shapely.prepare(sites)
    of_piece, of_site = shapely.STRtree(sites).query(pieces.geometries)
    order = np.lexsort((of_piece, of_site))
    of_piece, of_site = of_piece[order], of_site[order]
    unusable, nowhere = _unusable(pieces)
    found: list[tuple[IntArray, IntArray, FloatArray]] = []
    broken_pairs: list[tuple[IntArray, IntArray]] = [_unplaced(nowhere, len(sites))]
    covered = np.zeros(len(sites))
    spans = [(of_site[start:end], of_piece[start:end]) for start, end in _by_whole_sites(of_site)]
    with ThreadPoolExecutor(max(1, threads)) as pool:
        answers = pool.map(lambda span: _shared(sites, pieces, span[0], span[1], unusable), spans)
    for (site, piece), (areas, cut, broken) in zip(spans, answers, strict=True):
        kept = areas > 0
        found.append((site[kept], piece[kept], areas[kept]))
        broken_pairs.append((site[broken], piece[broken]))
        if pieces.non_overlapping:
            covered += np.bincount(site, weights=areas, minlength=len(sites))
        else:
            for one in np.unique(site[kept]).tolist():
                covered[one] = exact_area(shapely.union_all(cut[kept & (site == one)]))
    return _by_feature(pieces, found, broken_pairs, covered)


def joined(parts: Sequence[tuple[IntArray, SiteAreas]], count: int) -> SiteAreas:
    """Put the answers of several calls together.

    Parameters
    ----------
    parts
        Of each call, the positions (among ``count`` sites) of the sites it was asked about, and its answer.
    count
        How many sites there are in all.
    """
    sites = np.concatenate([np.empty(0, dtype=np.intp), *(own[part.sites] for own, part in parts)])
    keys, classes = (
        np.concatenate([np.empty(0, dtype=object), *(getattr(part, name) for _, part in parts)])
        for name in ("keys", "classes")
    )
    areas = np.concatenate([np.empty(0), *(part.areas for _, part in parts)])
    covered = np.zeros(count)
    for own, part in parts:
        covered[own] = part.covered
    order = np.argsort(sites, kind="stable")  # each part's rows are sorted by key within a site already
    failed = sorted((int(own[site]), key) for own, part in parts for site, key in part.failed)
    return SiteAreas(sites[order], keys[order], classes[order], areas[order], covered, tuple(failed))


def _unusable(pieces: LayerPieces) -> tuple[BoolArray, IntArray]:
    """What can't be overlaid, whatever the site; and the rows of that which have no place at all."""
    somewhere = np.isfinite(shapely.bounds(pieces.geometries)).all(axis=1)
    usable = np.isin(shapely.get_type_id(pieces.geometries), _AREAL) & somewhere
    if not pieces.known_valid:
        usable &= shapely.is_valid(pieces.geometries)
    return ~usable, np.flatnonzero(~somewhere)


def _unplaced(nowhere: IntArray, count: int) -> tuple[IntArray, IntArray]:
    """A feature without a box may lie in any site, so it fails all of them."""
    return np.repeat(np.arange(count), len(nowhere)), np.tile(nowhere, count)


def _by_whole_sites(of_site: IntArray) -> list[tuple[int, int]]:
    """Spans of about `_PAIRS_AT_ONCE` pairs that don't part a site's."""
    spans, start = [], 0
    while start < len(of_site):
        end = min(start + _PAIRS_AT_ONCE, len(of_site))
        end = int(np.searchsorted(of_site, of_site[end - 1], side="right"))
        spans.append((start, end))
        start = end
    return spans


def _shared(
    sites: ObjectArray, pieces: LayerPieces, site: IntArray, piece: IntArray, unusable: BoolArray
) -> tuple[FloatArray, ObjectArray, BoolArray]:
    """Area, geometry and failure of each pair."""
    a, b = sites[site], pieces.geometries[piece]
    broken = unusable[piece]
    meets, failed = _each_pair(shapely.intersects, a, b, ~broken)
    broken = broken | failed
    inside, failed = _each_pair(shapely.contains_properly, a, b, meets & ~broken)
    broken |= failed
    around, failed = _each_pair(shapely.covered_by, a, b, meets & ~inside & ~broken)
    broken |= failed
    cut, failed = _each_pair(shapely.intersection, a, b, meets & ~inside & ~around & ~broken, None)
    broken |= failed
    cut[around] = a[around]
    areas = exact_area(cut)
    areas[inside] = pieces.areas[piece[inside]]
    cut[inside] = b[inside]
    return areas, cut, broken


def _each_pair(
    operation: Callable[[Any, Any], Any],
    a: ObjectArray,
    b: ObjectArray,
    asked: BoolArray,
    empty: object = False,
) -> tuple[npt.NDArray[np.object_], BoolArray]:
    """Run a vectorised operation on the pairs asked; see `siting.engine.overlap.each`."""
    rows = np.flatnonzero(asked)
    result = np.full(len(a), empty, dtype=bool if empty is False else object)
    broken = np.zeros(len(a), dtype=bool)
    try:
        result[rows] = operation(a[rows], b[rows])
    except shapely.GEOSException:
        for row in rows.tolist():
            one, failed = each(partial(operation, a[row]), b[row : row + 1], empty)
            result[row], broken[row] = one[0], failed[0]
    return result, broken


def _by_feature(
    pieces: LayerPieces,
    found: list[tuple[IntArray, IntArray, FloatArray]],
    broken: list[tuple[IntArray, IntArray]],
    covered: FloatArray,
) -> SiteAreas:
    """Add up the pieces of each feature and sort by site and key."""
    none = np.empty(0, dtype=np.intp)
    site = np.concatenate([none, *(part[0] for part in found)])
    piece = np.concatenate([none, *(part[1] for part in found)])
    areas = np.concatenate([np.empty(0), *(part[2] for part in found)])
    named, number = np.unique(pieces.keys[piece].astype(str), return_inverse=True)
    order = np.lexsort((number, site))
    site, number, piece, areas = site[order], number[order], piece[order], areas[order]
    first = np.ones(len(site), dtype=bool)
    first[1:] = (site[1:] != site[:-1]) | (number[1:] != number[:-1])
    sums = np.bincount(np.cumsum(first) - 1, weights=areas, minlength=int(first.sum())).astype(
        np.float64, copy=False
    )
    failed = {
        (one, str(pieces.keys[row]))
        for sites, rows in broken
        for one, row in zip(sites.tolist(), rows.tolist(), strict=True)
    }
    return SiteAreas(
        sites=site[first],
        keys=named[number[first]].astype(object),
        classes=pieces.classes[piece[first]],
        areas=sums,
        covered=covered,
        failed=tuple(sorted(failed)),
    )
