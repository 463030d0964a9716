"""A project that may not be shown: what is shown of it goes at once, and what was asked for is void."""

from __future__ import annotations

from django.db import transaction

from gis_projects.library.actions import disclosure as library
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.publishing.actions import projects
from gis_projects.publishing.actions.guards import locked
from gis_projects.publishing.queries import standing


@transaction.atomic
def mark_sensitive(*, by: User, project: Project, sensitive: bool, reason: str) -> Project:
    """Mark a project as not to be shown, with its withdrawal in the same transaction; or lift the mark, which shows
    nothing: that takes a proposal and two people again.

    Raises
    ------
    ValidationError
        Without a reason.
    """
    project = locked(project)
    require(by, Permission.DISCLOSE_PROJECTS, project)
    if sensitive and reason.strip():
        if standing.current_copy(project) is not None:
            projects.withdraw_project(by=by, project=project, reason=reason.strip()[:300])
        else:
            projects.drop_proposals(project, by, reason.strip())
    return library.mark_sensitive(by=by, project=project, sensitive=sensitive, reason=reason)
