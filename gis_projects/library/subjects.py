"""How the library names, locks and guards a project."""

from __future__ import annotations

from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, Scope, require


def subject(project: Project) -> str:
    """How the trail names a project."""
    return f"library.project:{project.pk}"


def demand(by: User | None, permission: Permission, target: Project | Scope) -> None:
    if by is not None:
        require(by, permission, target)


def locked(project: Project) -> Project:
    # Locked first and read afterwards: in one statement the joined rows would be those from before the wait, and of two
    # who give a project its first site at once each would make one.
    Project.objects.select_for_update().only("pk").get(pk=project.pk)
    return Project.objects.select_related("region", "site").get(pk=project.pk)
