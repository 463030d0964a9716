"""Which departments may be asked to do something for a project."""

from __future__ import annotations

from django.db.models import QuerySet

from gis_projects.library.models import Project
from gis_projects.people.models import Organisation, OrganisationKind
from gis_projects.people.queries.organisations import ancestors


def units_for(project: Project) -> QuerySet[Organisation]:
    """The departments of a project's region and of those above it."""
    rows = Organisation.objects.open().filter(
        kind=OrganisationKind.DEPARTMENT, region__in=ancestors(project.region_id)
    )
    return rows.select_related("region").order_by("-region_id", "name")
