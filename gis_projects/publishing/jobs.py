"""What follows from the trail: a public copy goes when its project may no longer be shown."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from gis_projects.library.models import Project
from gis_projects.people.permissions import Secrecy
from gis_projects.publishing.actions import projects as actions
from gis_projects.trail import queries as trail

CURSOR = "disclosure"
_SUBJECT = "library.project:"


def follow_trail(*, limit: int = 500) -> int:
    """Deal with the next steps of the trail; returns how many copies were withdrawn.

    A step says only which project to look at: what counts is how the project is now, so a step that is read
    late or twice does no harm.
    """
    withdrawn = 0
    while True:
        with transaction.atomic():
            steps = trail.read_on(CURSOR, limit=limit)
            keys = {
                step.subject.removeprefix(_SUBJECT) for step in steps if step.subject.startswith(_SUBJECT)
            }
            for project in Project.objects.filter(pk__in=keys).order_by("pk"):
                withdrawn += _withdraw_where_needed(project)
        if len(steps) < limit:
            return withdrawn


def _withdraw_where_needed(project: Project) -> int:
    if actions.current_copy(project) is None:
        return 0
    if project.secrecy == Secrecy.CONFIDENTIAL:
        actions.withdraw_project(by=None, project=project, reason=_("项目已定为涉密。"))
    elif not project.disclosed:
        actions.withdraw_project(by=None, project=project, reason=_("项目已标记为不公开。"))
    else:
        return 0
    return 1
