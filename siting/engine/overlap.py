"""What of a layer lies within a site, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from siting.engine.area import FloatArray, IntArray, areal_parts, measure
from siting.engine.slivers import ObjectArray

BoolArray = npt.NDArray[np.bool_]

_POLYGON, _MULTIPOLYGON = 3, 6
_NO_ATTRIBUTES: Mapping[str, ObjectArray] = MappingProxyType({})


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
    known_valid
        Whether every geometry is known to be valid (published versions hold nothing else), so that it needn't be
        tested again, which takes as long as a fifth of the overlay.
    attributes
        By field: object array (n,) of text, None where the feature says nothing; only fields that a rule asks for.
    """

    keys: ObjectArray
    classes: ObjectArray
    areas: FloatArray
    geometries: ObjectArray
    non_overlapping: bool
    known_valid: bool = False
    attributes: Mapping[str, ObjectArray] = field(default_factory=lambda: _NO_ATTRIBUTES)


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
    return overlays(site, {"": pieces})[""]


def overlays(site: shapely.MultiPolygon, layers: Mapping[str, LayerPieces]) -> dict[str, Overlay]:
    """Cut the candidates of several layers to a site, all at once: most layers have few near one site.

    Parameters and results are those of `overlay`, by layer.
    """
    counts = [len(pieces.keys) for pieces in layers.values()]
    ends = np.cumsum([0, *counts])
    if ends[-1] == 0:
        return {name: nothing(pieces) for name, pieces in layers.items()}
    geometries = np.concatenate([pieces.geometries for pieces in layers.values()])
    known_valid = np.repeat([pieces.known_valid for pieces in layers.values()], counts)
    inside, crossing, cut, failed = _cut(site, geometries, known_valid)
    return _assembled(layers, ends, geometries, inside, crossing, cut, failed)


def _cut(
    site: shapely.MultiPolygon, geometries: ObjectArray, known_valid: BoolArray
) -> tuple[BoolArray, IntArray, ObjectArray, BoolArray]:
    """Say which lie wholly inside, which cross the site's outline, those cut, and which failed."""
    # Neither None nor empty nor NaN coordinates meet anything, so they would look clear.
    failed = ~np.isfinite(shapely.bounds(geometries)).all(axis=1)
    shapely.prepare(site)
    meets, broken = each(lambda g: shapely.intersects(site, g), geometries)
    rows = np.flatnonzero(meets & ~failed)
    failed |= broken
    near = geometries[rows]
    types = shapely.get_type_id(near)
    usable = (types == _POLYGON) | (types == _MULTIPOLYGON)
    doubtful = np.flatnonzero(usable & ~known_valid[rows])
    if len(doubtful):
        usable[doubtful] = shapely.is_valid(near[doubtful])
    if not usable.all():
        failed[rows[~usable]] = True
        rows = rows[usable]
        near = geometries[rows]

    within, broken = each(lambda g: shapely.contains_properly(site, g), near)
    failed[rows[broken]] = True
    crossing = rows[~within & ~broken]
    cut, broken = _intersections(site, geometries[crossing])
    failed[crossing[broken]] = True
    inside = np.zeros(len(geometries), dtype=bool)
    inside[rows[within]] = True
    return inside, crossing, cut, failed


def _intersections(site: shapely.MultiPolygon, pieces: ObjectArray) -> tuple[ObjectArray, BoolArray]:
    # A zone of a plan often holds all of the site; the prepared site tells that faster than an intersection does.
    around, broken = each(lambda g: shapely.covered_by(site, g), pieces)
    cut = np.full(len(pieces), site, dtype=object)
    across = ~around & ~broken
    cut[across], broken[across] = each(lambda g: shapely.intersection(site, g), pieces[across], None)
    cut[broken] = None
    return cut, broken


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
    count = len(pieces.keys)
    ends = np.array([0, count])
    inside = np.zeros(count, dtype=bool)
    return _assembled({"": pieces}, ends, pieces.geometries, inside, rows, cut, failed)[""]


def _assembled(
    layers: Mapping[str, LayerPieces],
    ends: IntArray,
    originals: ObjectArray,
    inside: BoolArray,
    crossing: IntArray,
    cut: ObjectArray,
    failed: BoolArray,
) -> dict[str, Overlay]:
    """Measure what was cut, and give each layer its rows: those from ``ends[i]`` to ``ends[i + 1]``."""
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

    geometries = originals.copy()
    geometries[crossing] = cut
    areas = np.concatenate([pieces.areas for pieces in layers.values()])
    areas[crossing] = cut_areas
    kept = inside.copy()
    kept[crossing[cut_areas > 0]] = True
    row_of = np.cumsum(kept) - 1
    of_part = crossing[of_cut]
    part_ends = np.searchsorted(of_part, ends)
    any_failed = bool(failed.any())
    result = {}
    for number, (name, pieces) in enumerate(layers.items()):
        own = slice(ends[number], ends[number + 1])
        keep = kept[own]
        own_failed = _failures(pieces, failed[own]) if any_failed else ((), ())
        if not keep.any():
            result[name] = nothing(pieces, *own_failed)
            continue
        own_parts = slice(part_ends[number], part_ends[number + 1])
        first = row_of[ends[number] - 1] + 1 if ends[number] else 0
        result[name] = Overlay(
            keys=pieces.keys[keep],
            classes=pieces.classes[keep],
            areas=areas[own][keep],
            geometries=geometries[own][keep],
            originals=pieces.geometries[keep],
            inside=inside[own][keep],
            non_overlapping=pieces.non_overlapping,
            parts=parts[own_parts],
            part_areas=part_areas[own_parts],
            part_perimeters=part_perimeters[own_parts],
            part_rows=row_of[of_part[own_parts]] - first,
            failed_keys=own_failed[0],
            failed_classes=own_failed[1],
        )
    return result


def _failures(pieces: LayerPieces, failed: BoolArray) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = sorted({(str(pieces.keys[i]), str(pieces.classes[i])) for i in np.flatnonzero(failed)})
    return tuple(key for key, _ in found), tuple(code for _, code in found)


_NO_OBJECTS, _NO_NUMBERS = np.empty(0, dtype=object), np.empty(0)
_NO_ROWS, _NO_ANSWERS = np.empty(0, dtype=np.intp), np.empty(0, dtype=bool)


def nothing(
    pieces: LayerPieces, failed_keys: tuple[str, ...] = (), failed_classes: tuple[str, ...] = ()
) -> Overlay:
    """Make the overlay of a layer of which nothing lies within the site."""
    return Overlay(
        keys=_NO_OBJECTS,
        classes=_NO_OBJECTS,
        areas=_NO_NUMBERS,
        geometries=_NO_OBJECTS,
        originals=_NO_OBJECTS,
        inside=_NO_ANSWERS,
        non_overlapping=pieces.non_overlapping,
        parts=_NO_OBJECTS,
        part_areas=_NO_NUMBERS,
        part_perimeters=_NO_NUMBERS,
        part_rows=_NO_ROWS,
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
