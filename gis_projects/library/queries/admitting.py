"""Who brings projects to the libraries and who lets them in, beyond what their role lists."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_noop

from gis_projects.library.models import Application, Project
from gis_projects.library.upkeep import may_enter
from gis_projects.library.workflow import ADMITTING
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may
from gis_projects.people.queries.delegations import same_person
from gis_projects.people.queries.organisations import department_of
from siting.engine.notices import Notice


def enters(user: User, project: Project) -> bool:
    """Whether a user brings this project: somebody of its unit, or of a department that enters projects of its kind of
    investment (F263, F264).
    """
    own = user.organisation_id is not None and user.organisation_id == project.organisation_id
    return own or may_enter(user, project.investment_kind, project.organisation_id)


def not_admitting(user: User, project: Project, application: Application | None = None) -> Notice | None:
    """Why a user doesn't admit this project; None where they do.

    It is for the admission role of the admitting department that is responsible for the project's region (F265): the
    region's own where it has one. A superior one sees the queue and decides nothing in it (F382).
    """
    if not may(user, Permission.ADMIT_PROJECTS, project):
        return Notice("not-admitting", gettext_noop("入库审核由发改部门的入库审核人员办理。"))
    responsible = [
        one for function in ADMITTING if (one := department_of(function, project.region)) is not None
    ]
    if user.organisation_id not in [one.pk for one in responsible]:
        names = [one.name for one in responsible] or [gettext_noop("当地发改部门")]
        return Notice(
            "other-department",
            gettext_noop("该项目由%(department)s审核入库，您可以查看，不能办理。"),
            {"department": names},
        )
    if application is not None and same_person(
        user, application.applicant, timezone.localdate(application.applied_at)
    ):
        return Notice("same-person", gettext_noop("申请人及其代理人不能审核自己的申请，须由另一人办理。"))
    return None
