"""The maps of reports: a site on the land around it, with every conflict piece."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.utils.safestring import mark_safe

import layers.queries
from gis_projects.sites.reports.drawing import (
    HEIGHT,
    WIDTH,
    Frame,
    Mark,
    Shape,
    draw,
    look_of,
    severity_shape,
    swatch,
)
from layers.models import Layer
from siting import wording
from siting.checks import PRESENT_LAND_LAYER
from siting.engine.area import FloatArray
from siting.engine.boundary import Boundary
from siting.engine.crs import DeclaredCrs, to_degrees
from siting.engine.verdict import Severity

MAX_LABELS = 60


@dataclass(frozen=True)
class Drawn:
    """A map as one SVG element, its scale's denominator, and the land classes on it for the key."""

    svg: str
    scale: int
    land_key: tuple[dict[str, str], ...]


def zone_of(boundary: Boundary) -> DeclaredCrs:
    """Return the plane that a site is drawn in: its own 3° zone, with the prefix, as in the table of points."""
    return DeclaredCrs(4513 + round(boundary.central_meridian / 3) - 25)


def severity_key(findings: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The severities that the map shows, strictest first."""
    shown = {finding["severity"] for finding in _drawn(findings)}
    return [
        {
            "severity": str(level),
            "swatch": mark_safe(swatch(level)),  # noqa: S308 - drawn by us
            "label": str(wording.SEVERITIES[level]),
        }
        for level in Severity
        if level in shown
    ]


def _drawn(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The findings that the map shows; what only informs would cover the rest."""
    return [
        finding for finding in findings if finding["geometry"] and finding["severity"] != Severity.INFORMATIVE
    ]


def _conflicts(findings: list[dict[str, Any]]) -> list[Shape]:
    """One shape for each severity, without the ground that a stricter one already marks: hatches never pile up."""
    shapes: list[Shape] = []
    marked = shapely.MultiPolygon()
    for level in Severity:
        pieces = [
            shapely.geometry.shape(finding["geometry"])
            for finding in _drawn(findings)
            if finding["severity"] == level
        ]
        if pieces:
            ground = shapely.union_all(pieces)
            shapes.append(severity_shape(shapely.difference(ground, marked), level))
            marked = shapely.union(marked, ground)
    return shapes


def _land(fill: str, ground: list[Any], *, as_one: bool) -> list[Shape]:
    """The parcels of one colour around a site. Where none lies on another they are one shape, as a report is mostly
    the time that is spent on each; hairlines of the background are within a tenth of a millimetre.
    """
    parts = shapely.get_parts(shapely.get_parts(np.array(ground, dtype=object)))
    pieces = [shapely.multipolygons(parts[shapely.get_type_id(parts) == 3])] if as_one else ground
    return [
        Shape(piece, fill=fill, stroke="#9a9a9a", width=0.8, opacity=0.55, tolerance=1.0) for piece in pieces
    ]


def site_map(
    boundary: Boundary,
    findings: list[dict[str, Any]],
    *,
    versions: Mapping[str, layers.queries.PinnedVersion],
    read: Mapping[str, Layer],
    title: str,
    notices: list[str],
    size: tuple[int, int] = (WIDTH, HEIGHT),
    crosses: bool = False,
) -> Drawn:
    """Draw a site on the parcels around it, and the pieces of its findings.

    Parameters
    ----------
    findings
        Of a check's document; none for a plain map of the boundary.
    versions, read
        The pinned versions and the layers that the land around is drawn from, by code.
    size
        Paper in 1/10 mm.
    crosses
        Mark where the grid's lines meet.
    """
    frame = Frame.around(boundary.geometry, zone_of(boundary), size=size)
    shapes: list[Shape] = []
    land_key: dict[str, dict[str, str]] = {}
    if (land := versions.get(PRESENT_LAND_LAYER)) is not None:
        layer = read[land.layer]
        found = layers.queries.candidates({land.layer: land}, frame.window)[land.layer]
        alike: dict[str, list[Any]] = {}
        for geometry, code in zip(found.geometries, found.classes, strict=True):
            look, fill = look_of(layer.style, code)
            alike.setdefault(fill, []).append(geometry)
            if fill != "none":
                label = layer.class_names.get(look) or layer.class_names.get(code) or look or layer.name
                land_key.setdefault(fill, {"fill": fill, "label": f"{look} {label}".strip()})
        for fill, ground in alike.items():
            shapes += _land(fill, ground, as_one=land.non_overlapping)
    shapes += _conflicts(findings)
    shapes.append(Shape(boundary.geometry, stroke="#cc0000", width=5))
    svg = draw(frame, shapes, points=_points(boundary), title=title, notices=notices, crosses=crosses)
    return Drawn(svg, frame.scale, tuple(land_key.values()))


def _points(boundary: Boundary) -> list[Mark]:
    """The declared points with their numbers, where they are few enough to be read; each label stands outside."""
    marks: list[Mark] = []
    for plot in boundary.declared.plots:
        for ring in plot.rings:
            lonlat = to_degrees(ring.xy, boundary.declared.crs)
            away = _outward(lonlat, boundary.geometry)
            marks += [
                Mark(float(lon), float(lat), number, (float(x), float(y)))
                for (lon, lat), number, (x, y) in zip(lonlat, ring.numbers, away, strict=True)
            ]
    return marks if len(marks) <= MAX_LABELS else []


def _outward(lonlat: FloatArray, ground: shapely.MultiPolygon) -> FloatArray:
    """Return at each corner of a ring the direction (unit vectors, east and north) that leads off the ground."""
    stretch = np.array([math.cos(math.radians(float(lonlat[0, 1]))), 1.0])
    xy = lonlat * stretch
    ahead, behind = np.roll(xy, -1, axis=0) - xy, xy - np.roll(xy, 1, axis=0)
    along = ahead / _lengths(ahead) + behind / _lengths(behind)
    away = np.column_stack([along[:, 1], -along[:, 0]])
    spikes = _lengths(away)[:, 0] < 1e-9
    away[spikes] = ahead[spikes]
    away /= _lengths(away)
    step = 1e-3 * float(np.ptp(xy, axis=0).max())
    inside = shapely.contains_xy(ground, *((xy + away * step) / stretch).T)
    away[inside] *= -1
    return away


def _lengths(vectors: FloatArray) -> FloatArray:
    return np.maximum(np.hypot(vectors[:, :1], vectors[:, 1:]), 1e-15)
