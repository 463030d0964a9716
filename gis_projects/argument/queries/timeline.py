"""The trail of one case, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from gis_projects.argument.models import Case
from gis_projects.argument.subjects import case_subject
from gis_projects.library.subjects import subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may
from gis_projects.trail.models import Step
from gis_projects.trail.words import inside_verbs, sentence

MOST = 200


@dataclass(frozen=True)
class Line:
    """One step: when, who (empty for the platform itself), what."""

    at: datetime
    actor: str
    said: str


def steps_of(user: User, case: Case) -> Iterator[Line]:
    """What happened in a case, newest first; what departments do among themselves only for readers of the trail."""
    of_case = Step.objects.filter(subject=subject(case.project), data__case=case.pk)
    rows = of_case | Step.objects.filter(subject=case_subject(case))
    if not may(user, Permission.READ_TRAIL, case.project):
        rows = rows.exclude(verb__in=inside_verbs())
    listed = list(rows.order_by("-number")[:MOST])
    names = {
        row.username: row.get_full_name()
        for row in User.objects.filter(username__in={step.actor for step in listed if step.actor})
    }
    for step in listed:
        yield Line(step.at, names.get(step.actor, step.actor), sentence(step))
