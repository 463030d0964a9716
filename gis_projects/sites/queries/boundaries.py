"""Readers of boundaries and checks, through the one permission question."""

from __future__ import annotations

from dataclasses import dataclass

import shapely
from django.db.models import QuerySet
from shapely import MultiPolygon

import layers.queries
from gis_projects.library.models import Project
from gis_projects.library.subjects import subject
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, Scope, ScopePaths, find, may, visible
from gis_projects.trail.queries import of_subject
from siting.checks import pieces_of
from siting.engine.area import exact_area
from siting.engine.overlap import overlay
from siting.models import Check, SiteVersion

REGION_LAYER = "XZQ"

#: siting knows no project; these paths lead from its rows to the project whose site they are of.
VERSION_SCOPE = ScopePaths(
    region="site__project__region_id",
    project="site__project__pk",
    organisation="site__project__organisation_id",
    secrecy="site__project__secrecy",
)
CHECK_SCOPE = ScopePaths(
    region="site_version__site__project__region_id",
    project="site_version__site__project__pk",
    organisation="site_version__site__project__organisation_id",
    secrecy="site_version__site__project__secrecy",
)


def site_version(user: User, pk: int, permission: Permission = Permission.READ_SITES) -> SiteVersion:
    """One boundary version that the user may see, or 404; 403 if they may see it but not do that to it."""
    versions = SiteVersion.objects.select_related("site__project__region")
    return find(user, permission, versions, reading=Permission.READ_SITES, paths=VERSION_SCOPE, pk=pk)


@dataclass(frozen=True)
class Saving:
    """Who saved a version, by the trail: the user's name, and the name they go by where they still have an account."""

    by: str
    name: str


def savings(project: Project) -> dict[int, Saving]:
    """Who saved each version of a project's site, by the version's pk. Two queries."""
    steps = of_subject(subject(project)).filter(verb="sites.save_boundary").values_list("actor", "data")
    actors = {int(data["site_version"]): actor for actor, data in steps}
    users = {
        user.username: user.get_full_name() for user in User.objects.filter(username__in=set(actors.values()))
    }
    return {pk: Saving(actor, users.get(actor) or actor) for pk, actor in actors.items()}


def check(user: User, pk: int) -> Check:
    """One check that the user may see, with its boundary and project, or 404."""
    rows = Check.objects.select_related("site_version__site__project__region", "rulebook")
    return find(user, Permission.READ_SITES, rows, paths=CHECK_SCOPE, pk=pk)


def checks(user: User, *, verdict: str = "", q: str = "") -> QuerySet[Check]:
    """Checks that the user may see, newest first, by verdict and by words of the project's name or code."""
    rows = Check.objects.select_related("site_version__site__project__region").defer(
        "canonical", "site_version__geometry", "site_version__declared", "site_version__source_file"
    )
    rows = visible(user, Permission.READ_SITES, rows, CHECK_SCOPE)
    if verdict:
        rows = rows.filter(verdict=verdict)
    for word in q.split():
        rows = rows.filter(site_version__site__project__name__icontains=word) | rows.filter(
            site_version__site__project__code__icontains=word
        )
    return rows


@dataclass(frozen=True)
class Place:
    """Where a boundary lies: the region with most of it, and whether all of it is in the user's reach.

    ``inside`` is None where the region layer can't say.
    """

    region_code: str
    region_name: str
    inside: bool | None


def place(user: User, geometry: MultiPolygon) -> Place:
    """Find a boundary's region by its geometry, not by what was declared."""
    versions = layers.queries.current([REGION_LAYER])
    if not versions:
        return Place("", "", None)
    found = layers.queries.candidates(versions, geometry)[REGION_LAYER]
    shares: dict[str, float] = {}
    parts = overlay(geometry, pieces_of(found))
    for code, area in zip(parts.keys, parts.areas, strict=True):
        shares[code] = shares.get(code, 0.0) + float(area)
    if not shares:
        return Place("", "", False)
    names = dict(Region.objects.filter(code__in=shares).values_list("code", "name"))
    reached = sum(
        area for code, area in shares.items() if may(user, Permission.RUN_CHECKS, Scope(region=code))
    )
    most = max(shares, key=lambda code: shares[code])
    return Place(most, names.get(most, most), reached >= exact_area(geometry) * (1 - 1e-6))


def outline(version: SiteVersion) -> MultiPolygon:
    """Return a stored boundary as a shapely geometry, EPSG:4490."""
    return shapely.from_wkb(bytes(version.geometry.wkb))
