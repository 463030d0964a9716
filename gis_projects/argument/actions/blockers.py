"""The only writers of blockers: raised, handed on, solved, struck off."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone

from gis_projects.argument.models import Blocker, BlockerState, Case, Link
from gis_projects.argument.refusals import not_now, refuse, words
from gis_projects.argument.scopes import SOLVING
from gis_projects.library.actions import attachments
from gis_projects.library.models import Attachment, Project
from gis_projects.library.subjects import subject
from gis_projects.people.models import Organisation, User
from gis_projects.people.permissions import Permission, find, may, require
from gis_projects.people.queries.delegations import same_person
from gis_projects.trail import actions as trail


def blocker_subject(blocker: Blocker) -> str:
    """Where the files of a blocker lie (`library.Attachment.subject`)."""
    return f"argument.blocker:{blocker.pk}"


@transaction.atomic
def raise_blocker(
    *,
    by: User,
    project: Project,
    link: str,
    title: str,
    text: str = "",
    organisation: Organisation,
    due_on: date,
    case: Case | None = None,
) -> Blocker:
    """Say what keeps a project from going on, in which of the eight links, whose it is to solve and until when."""
    if not may(by, Permission.START_ARGUMENTS, project):
        require(by, Permission.EDIT_PROJECTS, project)
    if link not in Link.values:
        raise refuse("blocker-link", "没有这个环节：%(link)s", field="link", link=link)
    if due_on < timezone.localdate():
        raise refuse("blocker-due", "解决期限不能早于今天", field="due_on")
    if case is not None and case.project_id != project.pk:
        raise refuse("blocker-case", "论证不属于这个项目", field="case")
    row = Blocker.objects.create(
        project=project,
        case=case,
        link=link,
        title=words(title, field="title", limit=200),
        text=words(text, field="text", needed=False),
        organisation=organisation,
        due_on=due_on,
        raised_by=by,
    )
    _written(by, row, verb="argument.raise_blocker", text=row.text)
    return row


@transaction.atomic
def solve(*, by: User, blocker: Blocker, resolution: str) -> Blocker:
    """Say as the unit in charge how it was solved."""
    find(by, Permission.READ_ARGUMENTS, Blocker.objects.all(), paths=SOLVING, pk=blocker.pk)
    row = _locked(blocker)
    said = words(resolution, field="resolution")
    if row.state != BlockerState.OPEN:
        raise not_now("blocker-not-open", "堵点处于“%(state)s”", state=row.get_state_display())
    row.state, row.resolution, row.solved_by, row.solved_at = BlockerState.SOLVED, said, by, timezone.now()
    row.save(update_fields=["state", "resolution", "solved_by", "solved_at"])
    _written(by, row, verb="argument.solve_blocker", text=said)
    return row


@transaction.atomic
def close(*, by: User, blocker: Blocker) -> Blocker:
    """Strike a solved blocker off, as another person than who solved it."""
    row = _raised(by, blocker)
    if row.state != BlockerState.SOLVED:
        raise not_now("blocker-not-solved", "堵点处于“%(state)s”", state=row.get_state_display())
    if same_person(by, row.solved_by_id, timezone.localdate(row.solved_at) if row.solved_at else None):
        raise not_now("blocker-two-persons", "解决人不能销号，须由另一人确认")
    row.state, row.closed_by, row.closed_at = BlockerState.CLOSED, by, timezone.now()
    row.save(update_fields=["state", "closed_by", "closed_at"])
    _written(by, row, verb="argument.close_blocker", text=row.resolution)
    return row


@transaction.atomic
def reopen(*, by: User, blocker: Blocker, reason: str) -> Blocker:
    """Say that a blocker isn't solved, and why."""
    row = _raised(by, blocker)
    why = words(reason, field="reason")
    if row.state != BlockerState.SOLVED:
        raise not_now("blocker-not-solved", "堵点处于“%(state)s”", state=row.get_state_display())
    row.state, row.solved_by, row.solved_at = BlockerState.OPEN, None, None
    row.save(update_fields=["state", "solved_by", "solved_at"])
    _written(by, row, verb="argument.reopen_blocker", text=why)
    return row


@transaction.atomic
def attach(*, by: User, blocker: Blocker, name: str, content: bytes) -> Attachment:
    """Put a file beside a blocker."""
    mine = blocker.organisation_id == by.organisation_id and may(by, Permission.READ_ARGUMENTS, blocker)
    if not mine and not may(by, Permission.START_ARGUMENTS, blocker):
        require(by, Permission.EDIT_PROJECTS, blocker)
    row = _locked(blocker)
    return attachments.attach(
        by=by,
        project=row.project,
        purpose="blocker",
        name=name,
        content=content,
        subject=blocker_subject(row),
    )


def _locked(blocker: Blocker) -> Blocker:
    return (
        Blocker.objects.select_for_update(of=("self",))
        .select_related("project", "organisation")
        .get(pk=blocker.pk)
    )


def _raised(by: User, blocker: Blocker) -> Blocker:
    """A blocker, held by who may raise one for its project."""
    row = _locked(blocker)
    if not may(by, Permission.START_ARGUMENTS, row.project):
        require(by, Permission.EDIT_PROJECTS, row.project)
    return row


def _written(by: User, row: Blocker, *, verb: str, text: str) -> None:
    trail.record(
        by=by,
        verb=verb,
        subject=subject(row.project),
        data={
            "blocker": row.pk,
            "link": row.link,
            "title": row.title,
            "department": row.organisation.name,
            "due_on": row.due_on.isoformat(),
            "text": text,
        },
    )
