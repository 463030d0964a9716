"""What the layers of the database have of a site, as the engine's grounds: in one query, each failing by itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import shapely
from django.db import DatabaseError, transaction
from shapely.geometry.base import BaseGeometry

import layers.queries
import layers.rasters
from layers.queries import Candidates, PinnedVersion
from siting.engine.boundary import Boundary
from siting.engine.judging import Ground, Source, asked_distances, failed
from siting.engine.overlap import LayerPieces
from siting.engine.proximity import reach
from siting.engine.rules import RuleSpec

logger = logging.getLogger(__name__)

_FAULTS = (DatabaseError, ValueError, shapely.errors.ShapelyError)


@dataclass(frozen=True)
class StoredRaster:
    """A raster version in the media folder, for the engine."""

    version: PinnedVersion

    def share_over(self, geometry: BaseGeometry, threshold: float) -> float | None:
        """See `layers.rasters.share_over`."""
        return layers.rasters.share_over(self.version, geometry, threshold)


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
    distances = {layer: asked for layer, asked in asked_distances(rules).items() if layer in versions}
    return _each_by_itself(lambda some: _ask(boundary, distances, some), versions)


def _ask(
    boundary: Boundary, distances: Mapping[str, tuple[float, ...]], versions: Mapping[str, PinnedVersion]
) -> dict[str, Ground]:
    """What these layers cover of the site and its surroundings, and their features there."""
    reaches = {code: reach(boundary, distances[code][0]) for code in versions if code in distances}
    covered = layers.queries.covers(versions, boundary.geometry)
    found = layers.queries.candidates(versions, boundary.geometry, reaches)
    return {
        code: Ground(
            source=source_of(version),
            covered=covered[code],
            covered_reach_m=_covered_reach(version, boundary, distances.get(code, ()), reaches.get(code)),
            pieces=pieces_of(found[code]) if code in found else None,
            raster=StoredRaster(version) if version.kind == "raster" else None,
        )
        for code, version in versions.items()
    }


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
    """Ask all layers in one query; if that fails, one by one, so that only the failing one has no answer."""
    try:
        with _survivable():
            return question(versions)
    except _FAULTS:
        logger.exception("layers could not be read together: %s", ", ".join(versions))
    answers: dict[str, Ground] = {}
    for code, version in versions.items():
        try:
            with _survivable():
                answers |= question({code: version})
        except _FAULTS:
            logger.exception("layer %s could not be read", code)
            source = source_of(version)
            answers[code] = Ground(source=source, failure=failed(source))
    return answers


def _survivable() -> AbstractContextManager[object]:
    """Within which a statement may fail without ending the caller's transaction, if there is one."""
    return transaction.atomic() if transaction.get_connection().in_atomic_block else nullcontext()
