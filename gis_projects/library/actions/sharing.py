"""Who read what is confidential, and who took a project's data away: the log of what is shared (F425)."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from gis_projects.library.models import Project
from gis_projects.library.subjects import subject
from gis_projects.people.models import User
from gis_projects.trail import actions as trail
from gis_projects.trail.models import Step

#: A person who goes on reading a confidential project is written down once in this time.
AGAIN_AFTER = timedelta(minutes=30)


@transaction.atomic
def note_reading(*, by: User, project: Project, what: str) -> Step | None:
    """Write down that somebody read a confidential project; the caller has asked `may`. Reading others is no step."""
    if project.secrecy != "confidential":
        return None
    lately = Step.objects.filter(
        subject=subject(project), verb="library.read_confidential", actor_id=str(by.pk),
        at__gt=timezone.now() - AGAIN_AFTER, data__what=what,
    )  # fmt: skip
    if lately.exists():
        return None
    return trail.record(
        by=by, verb="library.read_confidential", subject=subject(project), data={"what": what}
    )


@transaction.atomic
def note_export(*, by: User, project: Project, what: str, form: str) -> Step:
    """Write down that somebody took a project's data away as a file."""
    return trail.record(
        by=by, verb="library.export_project", subject=subject(project), data={"what": what, "format": form}
    )
