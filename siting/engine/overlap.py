"""What of a layer lies within a site, piece by piece."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from siting.engine.area import FloatArray, IntArray, areal_parts, measure
from siting.engine.slivers import ObjectArray

BoolArray = npt.NDArray[np.bool_]

_POLYGON, _MULTIPOLYGON = 3, 6


@dataclass(frozen=True)
class LayerPieces:
    """Candidate pieces of one layer version, as columns of equal length n.

    Attributes
    ----------
    keys
        Feature keys (object array of str). A big feature comes as several pieces with the same key.
    classes
        Class codes (object array of str; empty where the layer has none).
    areas
        float64, exact ellipsoidal area of each piece as stored, m².
    geometries
        Object array of shapely (multi)polygons, EPSG:4490.
    non_overlapping
        Whether features of this version are known not to overlap each other (recorded at publication).
    """

    keys: ObjectArray
    classes: ObjectArray
    areas: FloatArray
    geometries: ObjectArray
    non_overlapping: bool


@dataclass(frozen=True)
class Overlay:
    """Pieces cut to the site, as columns of equal length m in the order of the candidates.

    Attributes
    ----------
    keys, classes, areas, geometries
        As in `LayerPieces`, of the piece within the site. Every area is positive: what only touches in points
        or lines is not here. Pieces wholly inside keep their stored area and geometry.
    originals
        The geometries before they were cut.
    inside
        bool, which pieces lie wholly inside the site, away from its boundary.
    non_overlapping
        As in `LayerPieces`: where False, areas must not be added up before the pieces are dissolved.
    parts, part_areas, part_perimeters, part_rows
        The connected polygons of the pieces that aren't ``inside``: geometry, m², m, and the row each is of.
    failed_keys, failed_classes
        Features that couldn't be overlaid (invalid, not areal, not finite), with their classes; sorted by
        key. About these nothing is known: a rule that concerns them isn't checked.
    """

    keys: ObjectArray
    classes: ObjectArray
    areas: FloatArray
    geometries: ObjectArray
    originals: ObjectArray
    inside: BoolArray
    non_overlapping: bool
    parts: ObjectArray
    part_areas: FloatArray
    part_perimeters: FloatArray
    part_rows: IntArray
    failed_keys: tuple[str, ...] = ()
    failed_classes: tuple[str, ...] = ()


def overlay(site: shapely.MultiPolygon, pieces: LayerPieces) -> Overlay:
    """Cut a layer's candidate pieces to a site.

    Pieces wholly inside are told by the prepared site and taken as stored; only those that meet its boundary
    are intersected, all at once. A feature that can't be overlaid is named, and fails no other.

    Parameters
    ----------
    site
        Valid MultiPolygon, EPSG:4490 (`siting.engine.boundary.Boundary.geometry`).
    pieces
        Candidates whose boxes meet the site's; others are left out.

    Returns
    -------
    Overlay
    """
    geometries = pieces.geometries
    count = len(geometries)
    if count == 0:
        return _empty(pieces)
    # Neither None nor empty nor NaN coordinates meet anything, so they would look clear.
    failed = ~np.isfinite(shapely.bounds(geometries)).all(axis=1)
    shapely.prepare(site)
    meets, broken = each(lambda g: shapely.intersects(site, g), geometries)
    rows = np.flatnonzero(meets & ~failed)
    failed |= broken
    if len(rows) == 0:
        return _empty(pieces, failed)
    near = geometries[rows]
    types = shapely.get_type_id(near)
    usable = ((types == _POLYGON) | (types == _MULTIPOLYGON)) & shapely.is_valid(near)
    if not usable.all():
        failed[rows[~usable]] = True
        rows = rows[usable]
        near = geometries[rows]

    inside, broken = each(lambda g: shapely.contains_properly(site, g), near)
    failed[rows[broken]] = True
    crossing = rows[~inside & ~broken]
    cut, broken = each(lambda g: shapely.intersection(site, g), geometries[crossing], None)
    failed[crossing[broken]] = True

    wholly = np.zeros(count, dtype=bool)
    wholly[rows[inside]] = True
    return _assembled(pieces, wholly, crossing, cut, failed)


def assemble(pieces: LayerPieces, rows: IntArray, cut: ObjectArray, failed: BoolArray) -> Overlay:
    """Make an overlay of geometries that something else cut to the site.

    Parameters
    ----------
    pieces
        The n candidates.
    rows
        Which of them were cut, intp (m,), ascending.
    cut
        What lies within the site of each of ``rows``, object array (m,), EPSG:4490; None where it failed.
    failed
        bool (n,), which candidates couldn't be cut.
    """
    return _assembled(pieces, np.zeros(len(pieces.keys), dtype=bool), rows, cut, failed)


def _assembled(
    pieces: LayerPieces, wholly: BoolArray, crossing: IntArray, cut: ObjectArray, failed: BoolArray
) -> Overlay:
    parts, of_cut = areal_parts(cut)
    part_areas, part_perimeters = measure(parts)
    real = part_areas > 0
    if not real.all():
        parts, of_cut = parts[real], of_cut[real]
        part_areas, part_perimeters = part_areas[real], part_perimeters[real]
    cut_areas = np.bincount(of_cut, weights=part_areas, minlength=len(crossing))
    # Intersections may hold lines and points beside the polygons; what is a single polygon stays as it is.
    mixed = (shapely.get_type_id(cut) > _POLYGON) & (cut_areas > 0)
    for index in np.flatnonzero(mixed):
        own = parts[of_cut == index]
        cut[index] = own[0] if len(own) == 1 else shapely.multipolygons(own)

    geometries = pieces.geometries.copy()
    geometries[crossing] = cut
    areas = np.array(pieces.areas, dtype=np.float64)
    areas[crossing] = cut_areas
    kept = wholly.copy()
    kept[crossing[cut_areas > 0]] = True
    row_of = np.cumsum(kept) - 1
    failed_keys, failed_classes = _failures(pieces, failed)
    return Overlay(
        keys=pieces.keys[kept],
        classes=pieces.classes[kept],
        areas=areas[kept],
        geometries=geometries[kept],
        originals=pieces.geometries[kept],
        inside=wholly[kept],
        non_overlapping=pieces.non_overlapping,
        parts=parts,
        part_areas=part_areas,
        part_perimeters=part_perimeters,
        part_rows=row_of[crossing[of_cut]],
        failed_keys=failed_keys,
        failed_classes=failed_classes,
    )


def _failures(pieces: LayerPieces, failed: BoolArray) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = sorted({(str(pieces.keys[i]), str(pieces.classes[i])) for i in np.flatnonzero(failed)})
    return tuple(key for key, _ in found), tuple(code for _, code in found)


def _empty(pieces: LayerPieces, failed: BoolArray | None = None) -> Overlay:
    failed_keys, failed_classes = ((), ()) if failed is None else _failures(pieces, failed)
    nothing, numbers = np.empty(0, dtype=object), np.empty(0)
    return Overlay(
        keys=nothing,
        classes=nothing,
        areas=numbers,
        geometries=nothing,
        originals=nothing,
        inside=np.empty(0, dtype=bool),
        non_overlapping=pieces.non_overlapping,
        parts=nothing,
        part_areas=numbers,
        part_perimeters=numbers,
        part_rows=np.empty(0, dtype=np.intp),
        failed_keys=failed_keys,
        failed_classes=failed_classes,
    )


def each(
    operation: Callable[[Any], Any], geometries: ObjectArray, broken_value: object = False
) -> tuple[npt.NDArray[Any], BoolArray]:
    """Run a vectorised operation; where it raises, run it geometry by geometry and say which ones broke.

    Parameters
    ----------
    operation
        Takes an object array of geometries, or one geometry.
    geometries
        Object array (n,).
    broken_value
        What stands in the result where the operation raised: False for a predicate, else None.

    Returns
    -------
    results : array (n,)
    broken : bool array (n,)
    """
    broken = np.zeros(len(geometries), dtype=bool)
    try:
        return operation(geometries), broken
    except shapely.GEOSException:
        results = []
        for index, geometry in enumerate(geometries):
            try:
                results.append(operation(geometry))
            except shapely.GEOSException:
                results.append(broken_value)
                broken[index] = True
        return np.array(results, dtype=bool if broken_value is False else object), broken
