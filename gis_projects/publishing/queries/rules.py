"""Which presets of disclosure are offered for a project."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from gis_projects.library.models import Project
from gis_projects.people.permissions import region_prefix
from gis_projects.publishing.models import DisclosureRule


def everywhere() -> QuerySet[DisclosureRule]:
    """Rules that are bound to no region and no department, in use."""
    return DisclosureRule.objects.filter(offered=True, region=None, authority=None)


def offered(project: Project) -> QuerySet[DisclosureRule]:
    """Rules in use that hold for a project: for all, for its region or one above, for its department."""
    above = [
        code
        for code in DisclosureRule.objects.exclude(region=None).values_list("region_id", flat=True).distinct()
        if project.region_id.startswith(region_prefix(str(code)))
    ]
    return DisclosureRule.objects.filter(
        Q(region=None) | Q(region__in=above),
        Q(authority=None) | Q(authority=project.authority_id),
        offered=True,
    )
