"""The only writer of a siting report's texts."""

from __future__ import annotations

from django.db import transaction

from gis_projects.library.models import Project
from gis_projects.library.subjects import subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.sites.models.statements import Chapter, Statement
from gis_projects.trail.actions import record


class WrittenMeanwhile(Exception):
    """Somebody else wrote this chapter since; ``theirs`` is what stands now. Nothing was changed."""

    def __init__(self, theirs: Statement) -> None:
        super().__init__(str(theirs))
        self.theirs = theirs


@transaction.atomic
def write(*, by: User, project: Project, chapter: Chapter, text: str, based_on: int) -> Statement:
    """Put a chapter's text in place of the version ``based_on`` (0: none yet).

    Raises
    ------
    WrittenMeanwhile
        Another version stands.
    """
    require(by, Permission.EDIT_SITES, project)
    Project.objects.select_for_update().get(pk=project.pk)  # one writer at a time
    newest = Statement.objects.filter(project=project, chapter=chapter).order_by("-number").first()
    if newest is not None and newest.number != based_on:
        raise WrittenMeanwhile(newest)
    number = newest.number + 1 if newest else 1
    row = Statement.objects.create(project=project, chapter=chapter, number=number, text=text, by=by)
    record(
        by=by,
        verb="sites.write_statement",
        subject=subject(project),
        data={"chapter": str(chapter), "number": row.number, "characters": len(text)},
    )
    return row
