"""What an instruction opens with: words about what goes wrong, the department whose it is, and a day to answer by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.clock.queries import calendar
from gis_projects.desk.queries import concerns
from gis_projects.desk.queries.concerns import Cause, Weight
from gis_projects.library.models import Project
from gis_projects.people.models import Organisation, User

#: Working days that a department is given unless the leader says otherwise.
USUAL_DAYS = 5


@dataclass(frozen=True)
class Draft:
    """An instruction before it is given: its words, the keys of departments, and a day as ISO text or nothing."""

    text: str = ""
    organisations: set[int] = field(default_factory=set)
    due_on: str = ""


def draft(user: User, project: Project | None, about: str, addressees: Iterable[Organisation]) -> Draft:
    """A draft about one thing that goes wrong in a project; an empty one where nothing is named, or it is over.

    Whose it is to solve is chosen, or else the department in charge of the project, if the leader may instruct it.
    """
    found = concerns.cause(user, project, about) if project is not None and about else None
    if project is None or found is None:
        return Draft()
    known = {one.pk for one in addressees}
    responsible = [found.organisation.pk if found.organisation else None, project.authority_id]
    chosen = next((key for key in responsible if key in known), None)
    due = calendar().after(timezone.localdate(), USUAL_DAYS)
    return Draft(_words(found), set() if chosen is None else {chosen}, due.day.isoformat())


def _words(cause: Cause) -> str:
    told = {"said": cause.sentence, "day": cause.due_on, "days": cause.days}
    if cause.weight == Weight.OVERDUE:
        return _("%(said)s，期限为%(day)s，已超期%(days)s个工作日。请抓紧办理，说明原因并反馈进展。") % told
    if cause.weight == Weight.BLOCKED:
        return _("%(said)s，期限为%(day)s。请按期解决并反馈进展。") % told
    return _("%(said)s。请更新项目信息，并反馈项目推进情况。") % told


def phrases() -> list[str]:
    """What leaders often write: put into the form at a touch."""
    return [
        _("请抓紧办理并反馈。"),
        _("请说明原因和下一步措施。"),
        _("请牵头协调，限期解决。"),
        _("请到现场核实情况。"),
    ]
