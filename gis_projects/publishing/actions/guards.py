"""What every act of disclosure asks first."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, Secrecy, may


def require_two(by: User, approved_by: User) -> None:
    if by.pk == approved_by.pk:
        raise ValidationError(_("公开须经另一人批准。"), code="one-person")


def may_propose(by: User, project: Project) -> bool:
    return may(by, Permission.EDIT_PROJECTS, project) or may(by, Permission.DISCLOSE_PROJECTS, project)


def require_proposer(by: User, project: Project) -> None:
    if not may_propose(by, project):
        raise PermissionDenied(Permission.DISCLOSE_PROJECTS)


def refuse_secret(project: Project) -> None:
    """Raise ValidationError for what nobody may show: the database refuses it too (``library_…_is_not_disclosed``)."""
    if project.secrecy == Secrecy.CONFIDENTIAL:
        raise ValidationError(_("涉密项目不能公开。"), code="confidential")
    if project.sensitive:
        raise ValidationError(
            _("项目已标记为敏感（%(reason)s），不能公开。"),
            params={"reason": project.sensitive_reason},
            code="sensitive",
        )


def locked(project: Project) -> Project:
    """Locked against a change of its secrecy until the copy is made."""
    return (
        Project.objects.select_for_update(of=("self",))
        .select_related("region", "site__current", "organisation", "authority", "start")
        .get(pk=project.pk)
    )
