"""What a meeting leaves to be done: assigned, reported with a file, closed by somebody else; files beside meetings."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from gis_projects import files
from gis_projects.argument.actions.meetings import TwoPersons, held, meeting_subject
from gis_projects.argument.models import (
    AgendaItem,
    Meeting,
    MeetingFile,
    MeetingState,
    MeetingTask,
    MeetingTaskState,
)
from gis_projects.argument.queries.meetings import may_report
from gis_projects.argument.refusals import not_now, refuse, words
from gis_projects.people.models import Organisation, User
from gis_projects.people.permissions import Permission, require
from gis_projects.people.queries.delegations import same_person
from gis_projects.trail import actions as trail
from siting.engine.notices import Notice


@transaction.atomic
def assign(
    *,
    by: User,
    meeting: Meeting,
    title: str,
    organisation: Organisation,
    due_on: date,
    item: AgendaItem | None = None,
) -> MeetingTask:
    """Give a department something to do by a day, out of a meeting or one of its items.

    Raises
    ------
    UnusableInput
        The day lies before the meeting, or the item is another meeting's.
    """
    row = held(by, meeting)
    if row.state == MeetingState.CANCELLED:
        raise not_now("meeting-cancelled", "会议已取消")
    if due_on < timezone.localtime(row.scheduled_at).date():
        raise refuse("due-before-meeting", "办结期限不能早于会议日期", field="due_on")
    if item is not None and item.meeting_id != row.pk:
        raise refuse("item-of-another", "议题不属于这次会议", field="item")
    task = MeetingTask(
        meeting=row, item=item, title=words(title, field="title", limit=200), organisation=organisation,
        due_on=due_on, assigned_by=by,
    )  # fmt: skip
    task.save(force_insert=True)
    _told(by, task, "argument.assign_meeting_task", due_on=due_on.isoformat(), organisation=organisation.name)
    return task


@transaction.atomic
def report(*, by: User, task: MeetingTask, text: str, file: tuple[str, bytes] | None = None) -> MeetingTask:
    """Say, for the department whose it is, that something is done, and show it by a file.

    Raises
    ------
    UnusableInput
        Words or the file are missing.
    NotNow
        It was reported or closed already.
    """
    row = _locked(task)
    require(by, Permission.GIVE_OPINIONS)
    if not may_report(by, row):
        raise refuse("not-yours", "这件事不由您的单位承办")
    if row.state != MeetingTaskState.OPEN:
        raise not_now("task-not-open", "该事项处于“%(state)s”", state=row.get_state_display())
    said = words(text, field="text")
    if file is not None:
        _keep(by, row.meeting, *file, item=row.item, task=row)
    if not row.files.exists():
        raise refuse("task-needs-file", "请附办结依据", field="file")
    row.state, row.report, row.returned = MeetingTaskState.REPORTED, said, ""
    row.reported_by, row.reported_at = by, timezone.now()
    row.save()
    _told(by, row, "argument.report_meeting_task", text=said)
    return row


@transaction.atomic
def send_back(*, by: User, task: MeetingTask, reason: str) -> MeetingTask:
    """Say that what was reported doesn't do."""
    row = _reported(by, task)
    row.state, row.returned = MeetingTaskState.OPEN, words(reason, field="reason", limit=300)
    row.save()
    _told(by, row, "argument.return_meeting_task", reason=row.returned)
    return row


@transaction.atomic
def close(*, by: User, task: MeetingTask) -> MeetingTask:
    """Accept what was reported; whoever reported it doesn't.

    Raises
    ------
    TwoPersons
        The one who reported it.
    """
    row = _reported(by, task)
    if row.reported_by_id == by.pk or same_person(
        row.reported_by, by, row.reported_at and timezone.localdate(row.reported_at)
    ):
        raise TwoPersons(Notice("two-persons", "填报人不能核销，须由另一人核销"))
    row.state, row.closed_by, row.closed_at = MeetingTaskState.CLOSED, by, timezone.now()
    row.save()
    _told(by, row, "argument.close_meeting_task")
    return row


@transaction.atomic
def attach(
    *, by: User, meeting: Meeting, name: str, content: bytes, item: AgendaItem | None = None
) -> MeetingFile:
    """Put material beside a meeting or an item, or the signed minutes after it."""
    row = held(by, meeting)
    if row.state == MeetingState.CANCELLED:
        raise not_now("meeting-cancelled", "会议已取消")
    if item is not None and item.meeting_id != row.pk:
        raise refuse("item-of-another", "议题不属于这次会议", field="item")
    return _keep(by, row, name, content, item=item)


def _keep(
    by: User,
    meeting: Meeting,
    name: str,
    content: bytes,
    *,
    item: AgendaItem | None = None,
    task: MeetingTask | None = None,
) -> MeetingFile:
    plain = files.safe_name(name)
    kind = files.refuse_unknown(plain, content)
    if meeting.files.count() >= files.MAX_FILES:
        raise refuse("too-many-attachments", "附件不能超过 %(limit)s 个", field="file", limit=files.MAX_FILES)
    row = MeetingFile.objects.create(
        meeting=meeting, item=item, task=task, name=plain, kind=kind.code, size=len(content),
        sha256=files.keep(content), by=by,
    )  # fmt: skip
    trail.record(
        by=by,
        verb="argument.attach_meeting_file",
        subject=meeting_subject(meeting),
        data={
            "file": row.pk, "name": plain, "sha256": row.sha256, "size": row.size, "meeting": meeting.title,
            "item": item.pk if item else None, "task": task.pk if task else None,
            "projects": [item.project_id] if item and item.project_id else [],
        },
    )  # fmt: skip
    return row


def _locked(task: MeetingTask) -> MeetingTask:
    rows = MeetingTask.objects.select_for_update(of=("self",))
    return rows.select_related("meeting__committee", "organisation", "item", "reported_by").get(pk=task.pk)


def _reported(by: User, task: MeetingTask) -> MeetingTask:
    row = _locked(task)
    require(by, Permission.HOLD_COMMITTEE, row.meeting)
    if row.state != MeetingTaskState.REPORTED:
        raise not_now("task-not-reported", "该事项处于“%(state)s”", state=row.get_state_display())
    return row


def _told(by: User, task: MeetingTask, verb: str, **data: Any) -> None:
    about = {
        "task": task.pk,
        "title": task.title,
        "meeting": task.meeting.title,
        "projects": [task.item.project_id] if task.item and task.item.project_id else [],
    }
    trail.record(by=by, verb=verb, subject=meeting_subject(task.meeting), data={**about, **data})
