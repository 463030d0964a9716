"""Is a boundary plausible beside what is known already: its area, its region, other projects' ground, its likes.

Nobody learns of a project that they may not know of more than that its ground is met: neither name nor code nor shape.
While drawing, of a confidential one not even that: whoever moves a small square about would trace its outline. A saved
boundary stands in the trail, so its overlaps are told whole. Areas shared with unnamed projects are rounded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from django.contrib.gis.db.models.functions import GeometryDistance
from django.contrib.gis.geos import GEOSGeometry
from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import QuerySet

import layers.queries
from gis_projects.library.duplicates import Similarity, similarity
from gis_projects.library.models import Precision, Project, ProjectSecrecy
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, region_prefix, visible
from gis_projects.sites.queries.boundaries import REGION_LAYER
from siting.checks import pieces_of
from siting.engine.area import exact_area
from siting.engine.boundary import Boundary
from siting.engine.crs import from_degrees, gauss_kruger
from siting.engine.overlap import overlay
from siting.engine.rings import is_thin

_MOST_OVERLAPS = 200
_MOST_CANDIDATES = 200
_MOST_SHOWN = 20
_ROUNDED_M2 = 100.0  # of what is shared with projects that stay unnamed
_WHOLE = 1.0 - 1e-4
_DEGREE_M = 111_000.0
_PLACED = (Precision.EXACT, Precision.APPROXIMATE)


@dataclass(frozen=True)
class AreaFacts:
    """Declared against measured area, m².

    ``matches`` is the computed area that the declared one is to its own precision (`Boundary.declared_matches`);
    ``deviation`` its relative difference from the nearer of the two; ``tolerance`` what a bureau lets pass.
    """

    declared_m2: float | None
    ellipsoidal_m2: float
    planar_m2: float
    matches: str | None
    deviation: float | None
    tolerance: float

    @property
    def within(self) -> bool | None:
        return None if self.deviation is None else self.deviation <= self.tolerance


@dataclass(frozen=True)
class RegionShare:
    code: str
    name: str
    share: float


@dataclass(frozen=True)
class RegionFacts:
    """The region that was declared, and those that the boundary lies in, largest share first.

    ``agrees`` is None where the region layer can't say.
    """

    declared_code: str
    declared_name: str
    found: tuple[RegionShare, ...]
    agrees: bool | None


@dataclass(frozen=True)
class Overlap:
    """Ground shared with another project; ``share`` is of this boundary. ``project`` is None where it stays unnamed."""

    project: Project | None
    area_m2: float
    share: float
    geometry: Any


@dataclass(frozen=True)
class Duplicate:
    """A project that may be the same one; ``likely`` where the score passes the bureau's threshold."""

    project: Project
    similarity: Similarity
    likely: bool


@dataclass(frozen=True)
class Neighbours:
    """What `facts` found; ``more`` says that there are more overlaps or likes than are listed."""

    area: AreaFacts
    region: RegionFacts
    overlaps: tuple[Overlap, ...]
    duplicates: tuple[Duplicate, ...]
    more: bool


def facts(user: User, project: Project, boundary: Boundary, *, drawing: bool = False) -> Neighbours:
    """Hold a boundary of a project against what is known.

    Parameters
    ----------
    user
        Who asks: decides what is named.
    project
        Whose boundary it is, or would be.
    boundary
        Measured.
    drawing
        It is not saved.
    """
    overlaps, more = _overlaps(user, project, boundary, drawing)
    duplicates, more_likes = _duplicates(user, project, boundary)
    return Neighbours(
        area_facts(boundary), region_facts(project, boundary), overlaps, duplicates, more or more_likes
    )


def area_facts(boundary: Boundary) -> AreaFacts:
    """Hold the declared area against the measured ones."""
    declared = boundary.declared_area_m2
    measured = (boundary.area_m2, boundary.planar_area_m2)
    deviation = None if declared is None else min(abs(declared - area) / area for area in measured)
    return AreaFacts(
        declared,
        *measured,
        boundary.declared_matches,
        deviation,
        settings.SITE_PLAUSIBILITY["area_tolerance_share"],
    )


def region_facts(project: Project, boundary: Boundary) -> RegionFacts:
    """Find the regions that a boundary lies in, and whether the declared one holds all of it."""
    declared = project.region
    versions = layers.queries.current([REGION_LAYER])
    shares: dict[str, float] = {}
    if versions:
        found = layers.queries.candidates(versions, boundary.geometry)[REGION_LAYER]
        parts = overlay(boundary.geometry, pieces_of(found))
        for code, area in zip(parts.keys, parts.areas, strict=True):
            shares[code] = shares.get(code, 0.0) + float(area) / boundary.exact_area_m2
    names = dict(Region.objects.filter(code__in=shares).values_list("code", "name"))
    ranked = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    prefix = region_prefix(declared.pk)
    inside = sum(share for code, share in ranked if code.startswith(prefix))
    return RegionFacts(
        declared.pk,
        declared.name,
        tuple(RegionShare(code, names.get(code, code), share) for code, share in ranked),
        inside >= _WHOLE if shares else None,
    )


def _overlaps(
    user: User, project: Project, boundary: Boundary, drawing: bool
) -> tuple[tuple[Overlap, ...], bool]:
    rows = list(overlapping(project, boundary)[: _MOST_OVERLAPS + 1])
    seen = set(_seen(user, rows))
    shapely.prepare(boundary.geometry)
    scale = boundary.area_m2 / boundary.exact_area_m2
    found: list[Overlap] = []
    unnamed = 0.0
    for row in rows[:_MOST_OVERLAPS]:
        if row.pk not in seen and drawing and row.secrecy == ProjectSecrecy.CONFIDENTIAL:
            continue
        shared = shapely.intersection(boundary.geometry, _outline(row))
        if is_thin(shared):
            continue
        area = exact_area(shared) * scale
        if row.pk in seen:
            found.append(Overlap(row, area, area / boundary.area_m2, shared))
        else:
            unnamed += area
    found.sort(key=lambda overlap: -overlap.area_m2)
    if unnamed:
        area = min(max(round(unnamed / _ROUNDED_M2) * _ROUNDED_M2, _ROUNDED_M2), boundary.area_m2)
        found.append(Overlap(None, area, area / boundary.area_m2, None))
    return tuple(found), len(rows) > _MOST_OVERLAPS


def overlapping(project: Project, boundary: Boundary) -> QuerySet[Project]:
    """Other projects whose present ground meets the boundary's, found by the index on the boundaries."""
    return (
        Project.objects.filter(site__current__geometry__intersects=_geos(boundary.geometry))
        .exclude(pk=project.pk)
        .select_related("region", "site__current")
        .only(*_SHOWN, "site__current__geometry")
        .order_by("pk")
    )


_SHOWN = (
    "code",
    "name",
    "content",
    "stage",
    "secrecy",
    "location",
    "precision",
    "region__name",
    "site__is_live",
)


def _seen(user: User, rows: Iterable[Project]) -> Iterable[int]:
    of_rows = Project.objects.filter(pk__in=[row.pk for row in rows])
    return visible(user, Permission.READ_SITES, of_rows).values_list("pk", flat=True)


def _duplicates(user: User, project: Project, boundary: Boundary) -> tuple[tuple[Duplicate, ...], bool]:
    """Projects that the user may know of, most alike first."""
    bounds = settings.SITE_PLAUSIBILITY
    rows = {row.pk: row for part in candidates(user, project, boundary) for row in part}
    plane = gauss_kruger(central_meridian=boundary.central_meridian, prefixed=False)
    ground = shapely.transform(boundary.geometry, lambda xy: from_degrees(xy, plane))
    shapely.prepare(ground)
    found = []
    for row in rows.values():
        place = _place(row)
        distance = None
        if place is not None:
            there = shapely.transform(place, lambda xy: from_degrees(xy, plane))
            distance = float(shapely.distance(ground, there))
            distance = distance if np.isfinite(distance) else None
        alike = similarity((project.name, project.content), (row.name, row.content), distance)
        if alike.score >= bounds["duplicate_possible"]:
            found.append(Duplicate(row, alike, alike.score >= bounds["duplicate_likely"]))
    found.sort(key=lambda duplicate: (-duplicate.similarity.score, duplicate.project.pk))
    return tuple(found[:_MOST_SHOWN]), len(found) > _MOST_SHOWN


def candidates(user: User, project: Project, boundary: Boundary) -> tuple[QuerySet[Project], ...]:
    """Projects worth comparing, each query bounded and by an index: boundaries near, points near, names alike."""
    metres = settings.SITE_PLAUSIBILITY["duplicate_radius_m"]
    west, south, east, north = boundary.geometry.bounds
    up = metres / _DEGREE_M
    aside = up / float(np.cos(np.radians(min(abs(south), abs(north)) + up)))
    middle = _geos(shapely.Point((west + east) / 2, (south + north) / 2))
    box = _geos(shapely.box(west - aside, south - up, east + aside, north + up))
    others = (
        visible(user, Permission.READ_SITES, Project.objects.all())
        .exclude(pk=project.pk)
        .select_related("region", "site__current")
        .only(*_SHOWN, "site__current__geometry")
    )
    return (
        others.filter(site__current__geometry__bboverlaps=box).order_by(
            GeometryDistance("site__current__geometry", middle)
        )[:_MOST_CANDIDATES],
        others.filter(location__within=box, precision__in=_PLACED).order_by(
            GeometryDistance("location", middle)
        )[:_MOST_CANDIDATES],
        others.filter(name__trigram_similar=project.name)
        .annotate(alike=TrigramSimilarity("name", project.name))
        .order_by("-alike", "pk")[:_MOST_CANDIDATES],
    )


def _place(row: Project) -> Any:
    """Where a project is, EPSG:4490: its ground, else its point where that is good for more than a region."""
    if row.site is not None and row.site.current is not None:
        return _outline(row)
    if row.location is not None and row.precision in _PLACED:
        return shapely.Point(row.location.x, row.location.y)
    return None


def _outline(row: Project) -> Any:
    assert row.site is not None
    assert row.site.current is not None
    return shapely.from_wkb(bytes(row.site.current.geometry.wkb))


def _geos(shape: Any) -> GEOSGeometry:
    return GEOSGeometry(memoryview(shapely.to_wkb(shape)), srid=4490)
