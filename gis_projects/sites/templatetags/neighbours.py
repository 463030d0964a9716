"""The section of a page that holds a saved boundary against its neighbours."""

from __future__ import annotations

from typing import Any

from django import template

from gis_projects.library.models import Project
from gis_projects.people.permissions import Permission, may
from gis_projects.sites.neighbour_words import neighbours_data
from gis_projects.sites.queries import neighbours
from siting.models import SiteVersion
from siting.versions import stored

register = template.Library()


@register.inclusion_tag("sites/neighbours.html", takes_context=True)
def site_neighbours(context: dict[str, Any], project: Project, version: SiteVersion | None) -> dict[str, Any]:
    """Area, region, overlaps and likely duplicates of a boundary, as they are now and as the reader may know them."""
    user = context["request"].user
    if version is None or not may(user, Permission.READ_SITES, project):
        return {"neighbours": None}
    return {"neighbours": neighbours_data(neighbours.facts(user, project, stored(version)))}
