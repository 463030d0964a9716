"""What the public sees of a project now, and how that was chosen."""

from __future__ import annotations

from typing import cast

from django.db.models import QuerySet

from gis_projects.disclosure.models import DisclosedProject
from gis_projects.library.models import Project
from gis_projects.publishing.copying import Choice, Copy
from gis_projects.publishing.models import Act, Decision, Proposal, PublicationRecord


def current_copy(project: Project) -> DisclosedProject | None:
    """What the public sees of a project now, if anything."""
    record = PublicationRecord.objects.filter(project=project).first()
    return DisclosedProject.objects.filter(slug=record.slug).first() if record else None


def last_record(project: Project) -> PublicationRecord | None:
    return PublicationRecord.objects.filter(project=project).order_by("-pk").first()


def shown_copy(project: Project) -> Copy | None:
    """The whole copy that stands; None where nothing is shown."""
    record = last_record(project)
    if record is None or record.act == Act.WITHDRAWN or not record.content:
        return None
    return cast(Copy, record.content)


def last_choice(project: Project) -> Choice | None:
    """How what is shown was chosen; None where nothing is."""
    record = last_record(project)
    if record is None or record.act == Act.WITHDRAWN:
        return None
    return Choice.from_json(record.choice)


def scheduled() -> QuerySet[Proposal]:
    """Approved, and neither carried out nor lapsed."""
    return Proposal.objects.filter(decision=Decision.APPROVED, done_at=None, lapsed_at=None)
