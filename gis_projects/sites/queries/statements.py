"""Readers of a siting report's texts, and of the check that it stands on."""

from __future__ import annotations

from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible
from gis_projects.sites.models.statements import Chapter, Statement
from gis_projects.sites.queries.boundaries import CHECK_SCOPE
from siting.models import Check


def standing(project: Project) -> dict[Chapter, Statement]:
    """The text that stands in each chapter that has one."""
    rows = (
        Statement.objects.filter(project=project)
        .order_by("chapter", "-number")
        .distinct("chapter")
        .select_related("by")
    )
    return {Chapter(row.chapter): row for row in rows}


def newest_check(user: User, project: Project) -> Check | None:
    """The last check of the project's current boundary; None where there is none that the user may see."""
    if project.site is None or project.site.current_id is None:
        return None
    rows = Check.objects.select_related("site_version__site__project__region", "rulebook")
    seen = visible(user, Permission.READ_SITES, rows, CHECK_SCOPE)
    return seen.filter(site_version=project.site.current_id).order_by("-created_at", "-pk").first()
