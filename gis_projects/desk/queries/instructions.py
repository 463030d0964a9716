"""Readers of instructions: by the leader who gave them, by the departments that have them."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone

from gis_projects.desk.models import Instruction, InstructionTask, TaskState
from gis_projects.library.models import Project
from gis_projects.people.models import Organisation, OrganisationKind, User
from gis_projects.people.permissions import Permission, region_prefix, visible

OVERDUE = "overdue"


def tasks(
    user: User, *, state: str = "", q: str = "", mine: bool = False, today: date | None = None
) -> QuerySet[InstructionTask]:
    """The tasks that a user may know of, newest first.

    A department's own people and whoever gave the instruction have them; who instructs or reads the trail has those
    of their region. What is about a project is there only for who may read the project.
    """
    today = today or timezone.localdate()
    rows = InstructionTask.objects.select_related(
        "instruction__by", "instruction__project__region", "organisation__region", "read_by"
    )
    own = Q(
        pk__in=visible(
            user, Permission.READ_PROJECTS, InstructionTask.objects.all(), InstructionTask.OWN
        ).values("pk")
    )
    above = Q(pk__in=visible(user, Permission.INSTRUCT, InstructionTask.objects.all()).values("pk"))
    watching = Q(pk__in=visible(user, Permission.READ_TRAIL, InstructionTask.objects.all()).values("pk"))
    readable = visible(user, Permission.READ_PROJECTS, Project.objects.all())
    about = Q(instruction__project=None) | Q(instruction__project__in=readable.values("pk"))
    rows = rows.filter(own | above | watching | Q(instruction__by=user)).filter(about)
    if mine:
        rows = rows.filter(Q(organisation=user.organisation_id) | Q(instruction__by=user))
    if state in TaskState.values:
        rows = rows.filter(state=state)
    elif state == OVERDUE:
        rows = rows.filter(instruction__due_on__lt=today).exclude(state=TaskState.CLOSED)
    for word in q.split():
        rows = rows.filter(
            Q(instruction__text__icontains=word)
            | Q(organisation__name__icontains=word)
            | Q(instruction__project__name__icontains=word)
        )
    return rows.order_by("-instruction__at", "-instruction_id", "pk")


def instruction(user: User, pk: int) -> tuple[Instruction, list[InstructionTask]]:
    """One instruction with the tasks of it that the user may know of, or 404."""
    found = list(tasks(user).filter(instruction=pk).prefetch_related("replies__by"))
    if not found:
        raise Http404
    return found[0].instruction, found


def task(user: User, pk: int) -> InstructionTask:
    """One task, or 404."""
    found = tasks(user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def addressees(user: User, project: Project | None = None) -> QuerySet[Organisation]:
    """The departments that a user may instruct: about a project, those that can know of it."""
    rows = Organisation.objects.filter(
        kind=OrganisationKind.DEPARTMENT, closed_at=None, region__isnull=False
    ).select_related("region", "department")
    found = visible(user, Permission.INSTRUCT, rows, Organisation.SCOPE).order_by(
        "region__position", "region_id", "department__position", "name"
    )
    if project is None:
        return found
    return found.filter(pk__in=[one.pk for one in found if knows(one, project)])


def knows(organisation: Organisation, project: Project) -> bool:
    """Whether an organisation's people can know of a project: their own, or one of their region."""
    if project.organisation_id == organisation.pk:
        return True
    region = organisation.region_id
    return region is not None and project.region_id.startswith(region_prefix(region))
