"""The only writers of boundaries and checks on behalf of a person."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from gis_projects.library.actions.sites import attach_site, state_facts
from gis_projects.library.models import Project
from gis_projects.library.subjects import subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.sites.bounds import KEPT, refuse_beyond
from gis_projects.trail.actions import record
from siting import certificates, checks, versions
from siting.engine.boundary import Boundary
from siting.models import Check, Site, SiteVersion
from siting.rulebook import given_facts, in_force, still_asked


class Superseded(Exception):
    """Somebody else saved a newer version than the one that the work began from. Nothing was kept."""

    def __init__(self, newer: SiteVersion) -> None:
        super().__init__(f"site version {newer.pk} is newer")
        self.newer = newer


#: The work began from no version that is known: whatever is current, the boundary becomes the next one.
ANY_VERSION = object()


@transaction.atomic
def save_boundary(
    *,
    by: User,
    project: Project,
    boundary: Boundary,
    content: bytes = b"",
    filename: str = "",
    facts: Mapping[str, str] | None = None,
    based_on: int | object | None = ANY_VERSION,
) -> SiteVersion:
    """Save a boundary as the next version of the project's site; the first one makes the site.

    Parameters
    ----------
    content, filename
        The file as it was brought; empty for a drawing.
    facts
        What rules ask of the project, where it was answered beside the drawing.
    based_on
        The site version (pk) that the work began from, None where there was none yet: of two who began from the same
        one, the first to save wins.

    Raises
    ------
    Superseded
        There is a newer version than ``based_on``.
    """
    require(by, Permission.EDIT_SITES, project)
    refuse_beyond(KEPT, boundary)
    if facts:
        # What no rule asks, or a value that none knows, would make every later check of this site impossible.
        known = given_facts(in_force(checks.DEFAULT_RULEBOOK, timezone.localdate()), facts)
        facts = {**dict.fromkeys(facts, ""), **known}  # an empty answer takes back an earlier one
    # Locked until this transaction ends: of two who save at once the second sees the first one's version.
    site = Site.objects.select_for_update().get(pk=attach_site(by=by, project=project).pk)
    if based_on is not ANY_VERSION and site.current is not None and site.current.pk != based_on:
        raise Superseded(site.current)
    if facts:
        state_facts(by=by, project=project, facts={**site.facts, **facts})
    version = versions.save(site, boundary, content=content, filename=filename)
    record(
        by=by,
        verb="sites.save_boundary",
        subject=subject(project),
        data={
            "site_version": version.pk,
            "number": version.number,
            "area_m2": f"{version.area_m2:.2f}",
            "format": version.format,
            "source_sha256": version.source_sha256,
        },
    )
    return version


@transaction.atomic
def run_check(*, by: User, project: Project, site_version: SiteVersion) -> Check:
    """Check a saved boundary and keep the answer as evidence."""
    require(by, Permission.RUN_CHECKS, project)
    boundary = versions.stored(site_version)
    rulebook = in_force(checks.DEFAULT_RULEBOOK, timezone.localdate())
    result = checks.run(boundary, facts=still_asked(rulebook, site_version.site.facts), rulebook=rulebook)
    check = certificates.issue(result, site_version)
    record(
        by=by,
        verb="sites.run_check",
        subject=subject(project),
        data={
            "check": check.pk,
            "site_version": site_version.pk,
            "verdict": check.verdict,
            "digest": check.digest,
        },
    )
    return check
