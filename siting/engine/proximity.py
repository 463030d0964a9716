"""What of a site lies within a distance of a layer's features, measured in the site's own plane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import acos, ceil, pi
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from siting.engine.area import FloatArray, IntArray
from siting.engine.boundary import Boundary
from siting.engine.crs import DeclaredCrs, from_degrees, gauss_kruger, to_degrees
from siting.engine.overlap import LayerPieces, Overlay, assemble, each, nothing
from siting.engine.slivers import ObjectArray

_ARC_ERROR_M = 0.01  # how far a buffer's polygon may stay inside the true arc


def own_plane(boundary: Boundary) -> DeclaredCrs:
    """Give the 3° Gauss-Krüger plane of the site's own zone, no prefix in the easting."""
    return gauss_kruger(central_meridian=boundary.central_meridian, prefixed=False)


def reach(boundary: Boundary, distance_m: float) -> BaseGeometry:
    """Widen a site by a distance: every feature within ``distance_m`` (m) of it meets the result (EPSG:4490).

    A little more than that, so that neither the arcs' chords nor the plane's scale (up to 0.1 %) lose a feature; for
    choosing candidates, not for measuring.
    """
    plane = own_plane(boundary)
    site = shapely.transform(boundary.geometry, lambda xy: from_degrees(xy, plane))
    wide = shapely.buffer(shapely.convex_hull(site), distance_m * 1.01 + 1.0)
    return shapely.transform(wide, lambda xy: to_degrees(xy, plane))


def distance_of(code: str, distances_m: Mapping[str, float]) -> float | None:
    """Give the distance of the longest class prefix that ``code`` starts with, m; None where there is none."""
    prefixes = [prefix for prefix in distances_m if code.startswith(prefix)]
    return distances_m[max(prefixes, key=len)] if prefixes else None


def within_distance(
    boundary: Boundary, pieces: LayerPieces, distances_m: Mapping[str, float], selected: npt.NDArray[np.bool_]
) -> Overlay:
    """Cut the site to what lies within each feature's distance.

    Parameters
    ----------
    boundary
        The site.
    pieces
        Candidates, those within the greatest distance of the site among them.
    distances_m
        Metres by class prefix; ``""`` is any class.
    selected
        bool (n,), which of ``pieces`` count.

    Returns
    -------
    Overlay
        Rows are features with a part of the site within their distance; geometries that part (EPSG:4490).
        Distances overlap, so it is never ``non_overlapping``. Features that aren't areal (a road's
        centre line instead of its land) are among the failed: nobody knows how far their edge is.
    """
    if len(pieces.keys) == 0:
        return nothing(_overlapping(pieces))
    plane = own_plane(boundary)
    distances = np.array(
        [np.nan if (d := distance_of(str(code), distances_m)) is None else d for code in pieces.classes]
    )
    rows = np.flatnonzero(selected & ~np.isnan(distances))
    failed = np.zeros(len(pieces.keys), dtype=bool)
    areal = np.isin(shapely.get_type_id(pieces.geometries[rows]), (3, 6)) & np.isfinite(
        shapely.bounds(pieces.geometries[rows]).reshape(-1, 4)
    ).all(axis=1)
    if not pieces.known_valid:
        areal &= shapely.is_valid(pieces.geometries[rows])
    failed[rows[~areal]] = True
    rows = rows[areal]

    site = shapely.transform(boundary.geometry, lambda xy: from_degrees(xy, plane))
    shapely.prepare(site)
    there: ObjectArray = np.asarray(
        shapely.transform(pieces.geometries[rows], lambda xy: from_degrees(xy, plane)), dtype=object
    )
    near = shapely.dwithin(site, there, distances[rows]) if len(rows) else np.zeros(0, dtype=bool)
    rows, there = rows[near], there[near]
    cut: ObjectArray = np.empty(len(rows), dtype=object)
    for distance in np.unique(distances[rows]).tolist():
        same = np.flatnonzero(distances[rows] == distance)

        def cut_near(g: Any, metres: float = distance) -> Any:
            return shapely.intersection(site, shapely.buffer(g, metres, quad_segs=_segments(metres)))

        cut[same], broken = each(cut_near, there[same], None)
        failed[rows[same[broken]]] = True
    rows, cut = _joined(pieces.keys, rows, cut)
    whole = shapely.equals(cut, site)
    cut = np.asarray(shapely.transform(cut, lambda xy: to_degrees(xy, plane)), dtype=object)
    cut[whole] = boundary.geometry
    return assemble(_overlapping(pieces), rows, cut, failed)


@dataclass(frozen=True)
class Near:
    """Features by their distance from the site, as columns of equal length m, each feature once, sorted by key.

    ``metres`` are 0 for a feature on the site; ``failed_keys`` are features whose place can't be told.
    """

    keys: ObjectArray
    metres: FloatArray
    failed_keys: tuple[str, ...]


def distances(boundary: Boundary, pieces: LayerPieces, selected: npt.NDArray[np.bool_]) -> Near:
    """Measure how far each selected feature is from the site.

    Parameters
    ----------
    boundary
        The site.
    pieces
        Candidates of any kind: areas, lines and points are as far as they stand in the layer.
    selected
        bool (n,), which of ``pieces`` count.

    Returns
    -------
    Near
        Metres in the plane of the site's own zone (within 0.1 % of the ground).
    """
    rows = np.flatnonzero(selected)
    known = np.isfinite(shapely.bounds(pieces.geometries[rows]).reshape(-1, 4)).all(axis=1)
    if not pieces.known_valid:
        known &= shapely.is_valid(pieces.geometries[rows])
    failed = tuple(sorted(set(pieces.keys[rows[~known]].tolist())))
    rows = rows[known]
    if len(rows) == 0:
        return Near(np.empty(0, dtype=object), np.empty(0), failed)
    plane = own_plane(boundary)
    site = shapely.transform(boundary.geometry, lambda xy: from_degrees(xy, plane))
    there = shapely.transform(pieces.geometries[rows], lambda xy: from_degrees(xy, plane))
    shapely.prepare(site)
    metres = np.atleast_1d(shapely.distance(site, there))
    keys, feature = np.unique(pieces.keys[rows].astype(str), return_inverse=True)
    nearest = np.full(len(keys), np.inf)
    np.minimum.at(nearest, feature, metres)
    return Near(keys.astype(object), nearest, failed)


def _joined(keys: ObjectArray, rows: IntArray, cut: ObjectArray) -> tuple[IntArray, ObjectArray]:
    """One row per feature: its pieces don't overlap each other, but what lies within a distance of them does."""
    of_rows = keys[rows]
    named, first, inverse = np.unique(of_rows, return_index=True, return_inverse=True)
    if len(named) == len(rows):
        return rows, cut
    joined = cut.copy()
    for number in np.flatnonzero(np.bincount(inverse) > 1):
        joined[first[number]] = shapely.union_all(cut[inverse == number])
    kept = np.sort(first)
    return rows[kept], joined[kept]


def _overlapping(pieces: LayerPieces) -> LayerPieces:
    """The same pieces; what lies within a distance of them overlaps, even if they don't."""
    return replace(pieces, non_overlapping=False)


def _segments(distance: float) -> int:
    """Segments of a quarter circle whose chords stay within `_ARC_ERROR_M` of it."""
    if distance <= _ARC_ERROR_M:
        return 1
    return max(8, ceil(pi / 4 / acos(1 - _ARC_ERROR_M / distance)))
