"""The API of the committee: its meetings with agenda, votes and resolutions, and what they left departments to do.

Calling a meeting, voting and confirming minutes is for persons and has no address here.
"""

from __future__ import annotations

from typing import Any, cast

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.argument.actions import meeting_tasks
from gis_projects.argument.api.arguments import PageIn, done, valid
from gis_projects.argument.models import (
    AgendaItem,
    Meeting,
    MeetingFile,
    MeetingKind,
    MeetingState,
    MeetingTask,
    MeetingTaskState,
    Resolution,
    ResolutionOutcome,
)
from gis_projects.argument.queries import meetings as queries
from gis_projects.argument.views.doing import files_of
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require

OVERDUE = "overdue"
_PAGING = [OpenApiParameter("offset", int), OpenApiParameter("limit", int)]


class MeetingsIn(PageIn):
    """What the list of meetings is asked for; what is left out means any."""

    kind = serializers.ChoiceField(["", *MeetingKind.values], required=False, default="")
    state = serializers.ChoiceField(["", *MeetingState.values], required=False, default="")
    q = serializers.CharField(required=False, allow_blank=True, default="", max_length=100)


class ResolutionsIn(PageIn):
    outcome = serializers.ChoiceField(["", *ResolutionOutcome.values], required=False, default="")
    year = serializers.IntegerField(required=False, min_value=1990, max_value=2100, default=None)
    q = serializers.CharField(required=False, allow_blank=True, default="", max_length=100)


class MeetingTasksIn(PageIn):
    state = serializers.ChoiceField(["", *MeetingTaskState.values, OVERDUE], required=False, default="")


class ReportIn(serializers.Serializer[Any]):
    """What a department did about a task; the file shows it."""

    text = serializers.CharField(max_length=4000)
    file = serializers.FileField(required=False)


def _page(request: Request, asked: dict[str, Any], rows: Any, told: Any) -> Response:
    start, limit = asked["offset"], asked["limit"]
    return Response({"count": rows.count(), "results": [told(row) for row in rows[start : start + limit]]})


def _user(request: Request) -> User:
    user = cast(User, request.user)
    require(user, Permission.READ_ARGUMENTS)
    return user


def meeting_data(row: Meeting) -> dict[str, Any]:
    """One meeting of a list."""
    return {
        "id": row.pk,
        "committee": {"region": row.committee.region_id, "name": row.committee.name},
        "kind": row.kind,
        "year": row.year,
        "number": row.number,
        "title": row.title,
        "scheduled_at": timezone.localtime(row.scheduled_at).isoformat(),
        "place": row.place,
        "state": row.state,
        "url": reverse("argument:meeting", args=[row.pk]),
    }


def item_data(item: AgendaItem, tally: queries.Tally) -> dict[str, Any]:
    """One item of the agenda. How many voted how, never who."""
    resolution = getattr(item, "resolution", None)
    return {
        "id": item.pk,
        "position": item.position,
        "kind": item.kind,
        "title": item.title,
        "text": item.text,
        "link": item.link or None,
        "project": None
        if item.project is None
        else {"id": item.project_id, "code": item.project.code, "name": item.project.name},
        "plan": item.plan_id,
        "organisation": item.organisation.name if item.organisation else None,
        "votes": {
            "for": tally.yes,
            "against": tally.no,
            "abstained": tally.abstained,
            "recused": tally.recused,
            "missing": tally.missing,
        },
        "resolution": None if resolution is None else _resolved(resolution),
        "files": [_file(row) for row in item.files.all() if row.task_id is None],
    }


def _resolved(row: Resolution) -> dict[str, Any]:
    """``document`` is null until the minutes are confirmed: what isn't numbered may still change."""
    return {
        "id": row.pk,
        "document": row.document,
        "outcome": row.outcome,
        "text": row.text,
        "conditions": row.conditions,
    }


def resolution_data(row: Resolution) -> dict[str, Any]:
    item = row.item
    return {
        **_resolved(row),
        "item": {"id": item.pk, "kind": item.kind, "title": item.title},
        "meeting": {"id": item.meeting_id, "title": item.meeting.title},
        "scheduled_at": timezone.localtime(item.meeting.scheduled_at).isoformat(),
        "project": None
        if item.project is None
        else {"id": item.project_id, "code": item.project.code, "name": item.project.name},
        "url": reverse("argument:resolution", args=[row.pk]),
    }


def task_data(row: MeetingTask) -> dict[str, Any]:
    return {
        "id": row.pk,
        "meeting": row.meeting_id,
        "item": row.item_id,
        "title": row.title,
        "organisation": {"id": row.organisation_id, "name": row.organisation.name},
        "due_on": row.due_on.isoformat(),
        "overdue": row.state == MeetingTaskState.OPEN and row.due_on < timezone.localdate(),
        "state": row.state,
        "report": row.report,
        "returned": row.returned,
        "reported_at": timezone.localtime(row.reported_at).isoformat() if row.reported_at else None,
        "closed_at": timezone.localtime(row.closed_at).isoformat() if row.closed_at else None,
        "url": reverse("argument:meeting-task", args=[row.pk]),
    }


def _file(row: MeetingFile) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "size": row.size,
        "sha256": row.sha256,
        "url": reverse("argument:meeting-file", args=[row.pk]),
    }


class Meetings(APIView):
    """Meetings of the committees that one reaches, the newest first."""

    @extend_schema(
        parameters=[
            OpenApiParameter("kind", str, enum=MeetingKind.values),
            OpenApiParameter("state", str, enum=MeetingState.values),
            OpenApiParameter("q", str, description="words of the title"),
            *_PAGING,
        ],
        responses=OpenApiTypes.OBJECT,
        operation_id="committee_meetings_list",
    )
    def get(self, request: Request) -> Response:
        user, asked = _user(request), valid(MeetingsIn, request.query_params)
        rows = queries.meetings(user).filter(
            **{name: asked[name] for name in ("kind", "state") if asked[name]}
        )
        for word in asked["q"].replace("\0", "").split():
            rows = rows.filter(title__icontains=word)
        return _page(request, asked, rows, lambda row: {**meeting_data(row), "items": row.item_count})


class OneMeeting(APIView):
    """One meeting: who was there by number, the agenda with votes and resolutions, the minutes, the tasks."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="committee_meetings_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        user = _user(request)
        row = queries.meeting(user, pk)
        agenda = list(queries.items(user, row))
        tallies = queries.tallies(row, agenda)
        quorum = queries.quorum(row)
        tasks = queries.tasks(user).filter(meeting=row)
        return Response(
            {
                **meeting_data(row),
                "quorum": {
                    "members": quorum.members,
                    "present": quorum.present,
                    "needed": quorum.needed,
                    "reached": quorum.reached,
                },
                "items": [item_data(item, tallies[item.pk]) for item in agenda],
                "minutes": row.minutes,
                "revision": row.revision,
                "confirmed_at": timezone.localtime(row.confirmed_at).isoformat()
                if row.confirmed_at
                else None,
                "tasks": [task_data(task) for task in tasks],
                "files": [_file(each) for each in row.files.filter(item=None, task=None)],
            }
        )


class Resolutions(APIView):
    """Numbered resolutions, those of the newest meeting first."""

    @extend_schema(
        parameters=[
            OpenApiParameter("outcome", str, enum=ResolutionOutcome.values),
            OpenApiParameter("year", int, description="of the meeting"),
            OpenApiParameter("q", str, description="words of the item's title, or of the document number"),
            *_PAGING,
        ],
        responses=OpenApiTypes.OBJECT,
        operation_id="committee_resolutions_list",
    )
    def get(self, request: Request) -> Response:
        user, asked = _user(request), valid(ResolutionsIn, request.query_params)
        rows = queries.resolutions(user)
        if asked["outcome"]:
            rows = rows.filter(outcome=asked["outcome"])
        if asked["year"] is not None:
            rows = rows.filter(item__meeting__year=asked["year"])
        for word in asked["q"].replace("\0", "").split():
            rows = rows.filter(Q(item__title__icontains=word) | Q(document__icontains=word))
        return _page(request, asked, rows, resolution_data)


class OneResolution(APIView):
    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="committee_resolutions_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        return Response(resolution_data(queries.resolution(_user(request), pk)))


class MeetingTasks(APIView):
    """What meetings left to be done, the earliest day first."""

    @extend_schema(
        parameters=[OpenApiParameter("state", str, enum=[*MeetingTaskState.values, OVERDUE]), *_PAGING],
        responses=OpenApiTypes.OBJECT,
        operation_id="committee_tasks_list",
    )
    def get(self, request: Request) -> Response:
        user, asked = _user(request), valid(MeetingTasksIn, request.query_params)
        rows = queries.tasks(user)
        if asked["state"] == OVERDUE:
            rows = rows.filter(state=MeetingTaskState.OPEN, due_on__lt=timezone.localdate())
        elif asked["state"]:
            rows = rows.filter(state=asked["state"])
        return _page(request, asked, rows, task_data)


class OneMeetingTask(APIView):
    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="committee_tasks_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        return Response(_task(_user(request), pk))


def _task(user: User, pk: int) -> dict[str, Any]:
    row = queries.task(user, pk)
    return {**task_data(row), "files": [_file(each) for each in row.files.all()]}


class MeetingTaskReports(APIView):
    """Report a task as done, for the department whose it is, with the file that shows it."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        request={"multipart/form-data": ReportIn},
        responses={201: OpenApiTypes.OBJECT},
        operation_id="committee_tasks_report",
    )
    def post(self, request: Request, pk: int) -> Response:
        user = _user(request)
        row = queries.task(user, pk)
        require(user, Permission.GIVE_OPINIONS)
        asked = valid(ReportIn, request.data)

        def work() -> None:
            brought = next(files_of(request._request), None)
            with transaction.atomic():
                meeting_tasks.report(by=user, task=row, text=asked["text"], file=brought)

        return done(work, lambda: _task(user, pk), 201)
