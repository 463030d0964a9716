"""Whether the public side holds a copy of a project."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from gis_projects.library.models import Project
from gis_projects.library.subjects import demand, locked, subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission
from gis_projects.trail import actions as trail


@transaction.atomic
def mark_disclosed(*, by: User | None, project: Project, disclosed: bool) -> Project:
    """Note that the public side holds a copy of a project, or no longer does."""
    project = locked(project)
    demand(by, Permission.DISCLOSE_PROJECTS, project)
    if project.disclosed == disclosed:
        return project
    if disclosed and project.secrecy == "confidential":
        raise ValidationError(_("涉密项目不能公开。"), code="confidential")
    project.disclosed = disclosed
    project.save(update_fields=["disclosed", "updated_at"])
    trail.record(
        by=by,
        verb="library.mark_disclosed",
        subject=subject(project),
        data={"disclosed": disclosed},
    )
    return project
