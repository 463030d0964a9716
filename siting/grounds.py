"""What the layers of the database have of a site, as the engine's grounds: in one query, each failing by itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from django.db import DatabaseError, transaction
from shapely.geometry.base import BaseGeometry

import layers.queries
import layers.rasters
from layers.queries import Candidates, PinnedVersion
from siting.engine.boundary import Boundary
from siting.engine.judging import Ground, Source, asked_distances, asked_fields, failed, out_of_time
from siting.engine.neighbourhood import boxes_of_parts, by_site
from siting.engine.overlap import LayerPieces
from siting.engine.proximity import reach
from siting.engine.rasters import RasterFile
from siting.engine.rules import RuleSpec
from siting.engine.slivers import ObjectArray

logger = logging.getLogger(__name__)

_FAULTS = (DatabaseError, ValueError, shapely.errors.ShapelyError)
_SLOW_LAYERS = 4  # so many may take all the time that each has before nothing is left for others
_QUERY_CANCELED = "57014"  # PostgreSQL's code
_BOUND = "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)"


def source_of(version: PinnedVersion) -> Source:
    """What the engine says of a version in its sentences, and what its codes mean."""
    return Source(version.layer_name, version.number, version.class_system, version.class_names)


def pieces_of(candidates: Candidates) -> LayerPieces:
    """Hand candidates to the engine as its own columns."""
    return LayerPieces(
        keys=candidates.keys,
        classes=candidates.classes,
        areas=candidates.areas,
        geometries=candidates.geometries,
        non_overlapping=candidates.version.non_overlapping,
        known_valid=True,  # tested, repaired or rejected one by one at publication
        attributes=candidates.attributes,
    )


def raster_of(version: PinnedVersion) -> RasterFile | None:
    """The file of a raster version, for the engine; None for a vector layer."""
    return (
        None
        if version.raster_path is None
        else RasterFile(str(layers.rasters.media_path(version.raster_path)))
    )


def fetch(
    boundary: Boundary, rules: Iterable[RuleSpec], versions: Mapping[str, PinnedVersion]
) -> dict[str, Ground]:
    """Ask the pinned versions about a site.

    Parameters
    ----------
    boundary
        The site.
    rules
        Those that will be judged: how far around the site they look is fetched too.
    versions
        By layer code.

    Returns
    -------
    dict of Ground
        One for each version. A layer that can't be read has a ground with the reason; the error is logged.
    """
    asked = tuple(rules)
    distances, fields = asked_distances(asked), asked_fields(asked)
    return _each_by_itself(lambda some: _ask(boundary, distances, fields, some), versions)


def _ask(
    boundary: Boundary,
    distances: Mapping[str, tuple[float, ...]],
    fields: Mapping[str, tuple[str, ...]],
    versions: Mapping[str, PinnedVersion],
) -> dict[str, Ground]:
    """What these layers cover of the site and its surroundings, and their features there."""
    reaches = {code: reach(boundary, distances[code][0]) for code in versions if code in distances}
    covered = layers.queries.covers(versions, boundary.geometry)
    asked = {code: names for code, names in fields.items() if code in versions}
    found = layers.queries.candidates(versions, boundary.geometry, reaches, asked)
    return {
        code: Ground(
            source=source_of(version),
            covered=covered[code],
            covered_reach_m=_covered_reach(version, boundary, distances.get(code, ()), reaches.get(code)),
            pieces=pieces_of(found[code]) if code in found else None,
            raster=raster_of(version),
        )
        for code, version in versions.items()
    }


def fetch_many(
    boundaries: Sequence[Boundary], rules: Iterable[RuleSpec], versions: Mapping[str, PinnedVersion]
) -> list[dict[str, Ground]]:
    """Ask the pinned versions about several sites in one query, which pays where they lie side by side.

    Returns
    -------
    list of dict of Ground
        Of each site what `fetch` gives, in their order. Where the common question fails, each site is asked alone.
    """
    asked = tuple(rules)
    try:
        with _bounded(settings.CHECK_STATEMENT_TIMEOUT_MS):
            return _ask_many(boundaries, asked, versions)
    except _FAULTS:
        logger.exception("%d sites could not be asked together", len(boundaries))
    return [fetch(boundary, asked, versions) for boundary in boundaries]


def _ask_many(
    boundaries: Sequence[Boundary], rules: tuple[RuleSpec, ...], versions: Mapping[str, PinnedVersion]
) -> list[dict[str, Ground]]:
    distances = {code: asked for code, asked in asked_distances(rules).items() if code in versions}
    fields = {code: names for code, names in asked_fields(rules).items() if code in versions}
    sites: ObjectArray = np.array([boundary.geometry for boundary in boundaries], dtype=object)
    reaches = {
        metres: np.array([reach(boundary, metres) for boundary in boundaries], dtype=object)
        for metres in {asked[0] for asked in distances.values()}
    }
    margins = {metres: _together(wide) for metres, wide in reaches.items()}
    found = layers.queries.candidates(
        versions,
        _together(sites),
        {code: margins[asked[0]] for code, asked in distances.items()},
        fields,
    )
    near = {
        code: by_site(pieces_of(part), reaches[distances[code][0]] if code in distances else sites)
        for code, part in found.items()
    }
    grounds: list[dict[str, Ground]] = []
    for number, boundary in enumerate(boundaries):
        covered = layers.queries.covers(versions, boundary.geometry)
        grounds.append(
            {
                code: Ground(
                    source=source_of(version),
                    covered=covered[code],
                    covered_reach_m=_covered_reach(
                        version,
                        boundary,
                        distances.get(code, ()),
                        reaches[distances[code][0]][number] if code in distances else None,
                    ),
                    pieces=near[code][number] if code in near else None,
                    raster=raster_of(version),
                )
                for code, version in versions.items()
            }
        )
    return grounds


def _together(grounds: ObjectArray) -> BaseGeometry:
    """One geometry to ask about: the box around all where that is less ground than their boxes one by one."""
    around = shapely.box(*shapely.total_bounds(grounds))
    one_by_one = float(shapely.area(boxes_of_parts(grounds)[0]).sum())
    return around if around.area <= one_by_one else shapely.geometrycollections(grounds)


def _covered_reach(
    version: PinnedVersion, boundary: Boundary, distances: tuple[float, ...], widest: BaseGeometry | None
) -> float:
    """The greatest of the distances up to which the version covers the ground around the site, m."""
    for distance in distances:
        around = reach(boundary, distance) if widest is None else widest
        widest = None
        if layers.queries.covers({version.layer: version}, around)[version.layer]:
            return distance
    return 0.0


def _each_by_itself(
    question: Callable[[Mapping[str, PinnedVersion]], dict[str, Ground]],
    versions: Mapping[str, PinnedVersion],
) -> dict[str, Ground]:
    """Ask all layers in one query; if that fails, one by one, so that only the failing one has no answer.

    All the single questions together have as much time as the common one had, each a part of it.
    """
    allowed = settings.CHECK_STATEMENT_TIMEOUT_MS
    try:
        with _bounded(allowed):
            return question(versions)
    except _FAULTS:
        logger.exception("layers could not be read together: %s", ", ".join(versions))
    answers: dict[str, Ground] = {}
    ends = time.monotonic() + allowed / 1000
    for code, version in versions.items():
        left = int((ends - time.monotonic()) * 1000)
        try:
            if left <= 0:
                raise _OutOfTime(f"no time is left for layer {code}")
            with _bounded(min(left, allowed // _SLOW_LAYERS)):
                answers |= question({code: version})
        except _FAULTS as error:
            logger.exception("layer %s could not be read", code)
            source = source_of(version)
            reason = out_of_time(source) if _timed_out(error) else failed(source)
            answers[code] = Ground(source=source, failure=reason)
    return answers


class _OutOfTime(DatabaseError):
    """The layers before took all the time there was."""


def _timed_out(error: Exception) -> bool:
    return isinstance(error, _OutOfTime) or getattr(error.__cause__, "pgcode", None) == _QUERY_CANCELED


@contextmanager
def _bounded(milliseconds: int) -> Iterator[None]:
    """Within which a statement has so much time, and may fail without ending the caller's transaction, if there is one.

    Outside of a transaction the bound travels with each statement and ends with it, which costs no way to the
    database; within one it is set, and taken back at the end.
    """
    connection = transaction.get_connection()
    if not connection.in_atomic_block:

        def bounding(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
            bound = "" if connection.in_atomic_block else f"SET LOCAL statement_timeout = {milliseconds}; "
            return execute(bound + sql, params, many, context)

        with connection.execute_wrapper(bounding):
            yield
        return
    with transaction.atomic():  # its savepoint takes the bound back where a statement fails
        with connection.cursor() as cursor:
            cursor.execute(_BOUND, [f"{milliseconds}ms"])
            before = cursor.fetchone()[0]
        yield
        with connection.cursor() as cursor:
            cursor.execute(_BOUND, [before])
