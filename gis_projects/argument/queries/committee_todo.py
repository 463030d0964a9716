"""What waits for somebody of the committee, its office, or a department that it gave something to do."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop

from gis_projects.argument.models import CommitteeSeat, Meeting, MeetingState, MeetingTask, MeetingTaskState
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, visible
from gis_projects.people.todo import Waiting

MOST = 200

TO_ATTEND = gettext_noop("参加会议：%(title)s（%(place)s）")
TO_CONFIRM = gettext_noop("会议纪要待确认：%(title)s")
TO_REWRITE = gettext_noop("会议纪要被退回，请修改：%(title)s")
TO_DO = gettext_noop("投委会交办事项待办结：%(title)s")
TO_CLOSE = gettext_noop("交办事项待核销：%(title)s（%(department)s）")


def committee_waiting(user: User) -> Iterator[Waiting]:
    """Everything of the committee's that this person, or their department, has to do."""
    if has(user, Permission.READ_ARGUMENTS):
        yield from _to_attend(user)
    if has(user, Permission.GIVE_OPINIONS):
        yield from _to_do(user)
    if has(user, Permission.HOLD_COMMITTEE):
        yield from _of_office(user)


def _of_meeting(row: Meeting, kind: str, template: str, *, mine: bool) -> Waiting:
    return Waiting(
        kind=kind,
        template=template,
        params={"title": row.title, "place": row.place or "—"},
        address=reverse("argument:meeting", args=[row.pk]),
        due_on=timezone.localtime(row.scheduled_at).date() if kind == "meeting" else None,
        mine=mine,
    )


def _to_attend(user: User) -> Iterator[Waiting]:
    today = timezone.localdate()
    seats = CommitteeSeat.objects.filter(user=user, starts_on__lte=today).filter(
        Q(ends_on=None) | Q(ends_on__gte=today)
    )
    rows = visible(
        user, Permission.READ_ARGUMENTS, Meeting.objects.filter(committee__in=seats.values("committee"))
    )
    for row in rows.filter(state=MeetingState.PLANNED, scheduled_at__date__gte=today).order_by(
        "scheduled_at"
    )[:MOST]:
        yield _of_meeting(row, "meeting", TO_ATTEND, mine=True)


def _to_do(user: User) -> Iterator[Waiting]:
    rows = visible(user, Permission.GIVE_OPINIONS, MeetingTask.objects.all(), MeetingTask.HANDLING)
    for row in (
        rows.filter(state=MeetingTaskState.OPEN).select_related("item").order_by("due_on", "pk")[:MOST]
    ):
        yield _of_task(row, "meeting_task", TO_DO)


def _of_task(row: MeetingTask, kind: str, template: str) -> Waiting:
    return Waiting(
        kind=kind,
        template=template,
        params={"title": row.title, "department": row.organisation.name},
        address=reverse("argument:meeting-task", args=[row.pk]),
        due_on=row.due_on if kind == "meeting_task" else None,
        project=row.item.project_id if row.item else None,
        mine=False,
    )


def _of_office(user: User) -> Iterator[Waiting]:
    rows = visible(user, Permission.HOLD_COMMITTEE, Meeting.objects.all()).order_by("scheduled_at")
    for row in rows.filter(state=MeetingState.RECORDED).exclude(recorded_by=user)[:MOST]:
        yield _of_meeting(row, "minutes", TO_CONFIRM, mine=False)
    for row in rows.filter(state=MeetingState.PLANNED, recorded_by=user).exclude(returned="")[:MOST]:
        yield _of_meeting(row, "minutes", TO_REWRITE, mine=True)
    tasks = MeetingTask.objects.filter(state=MeetingTaskState.REPORTED, meeting__in=rows.order_by())
    for task in (
        tasks.exclude(reported_by=user).select_related("organisation", "item").order_by("due_on")[:MOST]
    ):
        yield _of_task(task, "closing", TO_CLOSE)
