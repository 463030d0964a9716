"""Whether the public side holds a copy of a project, and whether it ever may."""

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
    if disclosed and project.sensitive:
        raise ValidationError(_("敏感项目不能公开。"), code="sensitive")
    project.disclosed = disclosed
    project.save(update_fields=["disclosed", "updated_at"])
    trail.record(
        by=by,
        verb="library.mark_disclosed",
        subject=subject(project),
        data={"disclosed": disclosed},
    )
    return project


@transaction.atomic
def mark_sensitive(*, by: User, project: Project, sensitive: bool, reason: str) -> Project:
    """Note that a project may not be shown to the public, or that it may again; both have a reason.

    One that was shown no longer counts as disclosed from this moment: the public side follows the trail.

    Raises
    ------
    ValidationError
        Without a reason.
    """
    project = locked(project)
    demand(by, Permission.DISCLOSE_PROJECTS, project)
    reason = reason.strip()[:300]
    if not reason:
        raise ValidationError(_("请说明原因。"), code="reason")
    if project.sensitive == sensitive:
        return project
    before = {"sensitive": project.sensitive, "disclosed": project.disclosed}
    project.sensitive = sensitive
    project.sensitive_reason = reason if sensitive else ""
    if sensitive:
        project.disclosed = False
    project.save(update_fields=["sensitive", "sensitive_reason", "disclosed", "updated_at"])
    trail.record(
        by=by,
        verb="library.mark_sensitive",
        subject=subject(project),
        data={
            "reason": reason,
            "before": before,
            "after": {"sensitive": sensitive, "disclosed": project.disclosed},
        },
    )
    return project
