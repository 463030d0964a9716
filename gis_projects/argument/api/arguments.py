"""The API of arguments: cases, a department's tasks and its opinions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects import problems
from gis_projects.argument.actions import cases as case_actions
from gis_projects.argument.actions import opinions as actions
from gis_projects.argument.models import Case, CaseKind, CaseState, Opinion, Task, TaskState, Verdict
from gis_projects.argument.queries import cases as queries
from gis_projects.argument.queries import changes, elapsed, standing
from gis_projects.argument.queries.routing import table
from gis_projects.argument.refusals import NotNow
from gis_projects.library.models import Project
from gis_projects.parsing import JSONParser
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, has, require

PAGE = 100


class PageIn(serializers.Serializer[Any]):
    """Which part of a list."""

    offset = serializers.IntegerField(min_value=0, max_value=10**7, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=PAGE)


class CasesIn(PageIn):
    """What the list of cases is asked for; what is left out means any, and of states those under way."""

    kind = serializers.ChoiceField(["", *CaseKind.values], required=False, default="")
    state = serializers.ChoiceField(
        ["", *CaseState.values, queries.OVERDUE, queries.ALL], required=False, default=""
    )
    department = serializers.CharField(required=False, allow_blank=True, default="", max_length=20)
    region = serializers.CharField(required=False, allow_blank=True, default="", max_length=12)
    q = serializers.CharField(required=False, allow_blank=True, default="", max_length=100)


class TasksIn(PageIn):
    """What the list of one's department's tasks is asked for; without a state, what is owed."""

    state = serializers.ChoiceField(
        ["", *TaskState.values, queries.OVERDUE, queries.ALL], required=False, default=""
    )
    kind = serializers.ChoiceField(["", *CaseKind.values], required=False, default="")
    q = serializers.CharField(required=False, allow_blank=True, default="", max_length=100)


class OpenIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(CaseKind.choices)
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    starts_on = serializers.DateField(required=False, allow_null=True, default=None)


class ConditionIn(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=1000)
    due_on = serializers.DateField(required=False, allow_null=True, default=None)


class OpinionIn(serializers.Serializer[Any]):
    """A department's opinion; ``hand_in`` false keeps it as a draft."""

    verdict = serializers.ChoiceField(Verdict.choices)
    text = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    fields_stated = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=2000),
        required=False,
        default=dict,
        help_text="what the items ask, by the keys that the task names",
    )
    conditions = ConditionIn(many=True, required=False)
    hand_in = serializers.BooleanField(required=False, default=False)


class SignIn(serializers.Serializer[Any]):
    level = serializers.IntegerField(min_value=1, max_value=99, help_text="the level that the signer saw")
    text = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    send_back = serializers.BooleanField(required=False, default=False)


def _user(request: Request) -> User:
    """Whoever is signed in; the API lets nobody else in."""
    return cast(User, request.user)


def valid(kind: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    serializer = kind(data=data)
    serializer.is_valid(raise_exception=True)
    return cast("dict[str, Any]", dict(serializer.validated_data))


def done(work: Callable[[], object], answer: Callable[[], dict[str, Any]], code: int = 200) -> Response:
    """Do it and answer with how things stand then; 409 where they stand otherwise than it needs."""
    try:
        work()
    except NotNow as refusal:
        errors = [problems.notice_error(notice) for notice in refusal.notices]
        body = problems.document(409, errors[0]["message"], errors=errors, kind=problems.UNUSABLE)
        return Response(body, status=409, content_type=problems.MEDIA_TYPE)
    return Response(answer(), status=code)


def case_data(case: Case) -> dict[str, Any]:
    """One case of a list."""
    return {
        "id": case.pk,
        "kind": case.kind,
        "state": case.state,
        "outcome": case.outcome or None,
        "round": case.round,
        "project": {"id": case.project_id, "code": case.project.code, "name": case.project.name},
        "region": case.project.region_id,
        "opened_at": timezone.localtime(case.opened_at).isoformat(),
        "due_on": case.clock.due_on.isoformat() if case.clock and case.clock.due_on else None,
        "due_provisional": bool(case.clock and case.clock.provisional),
        "check": case.answer_id,
        "digest": case.digest or None,
        "routing": case.routing.version,
        "url": reverse("argument:case", args=[case.pk]),
    }


def task_data(task: Task) -> dict[str, Any]:
    """One task, with why the department is asked and what it is asked to state."""
    rules = table(task.case.routing)
    return {
        "id": task.pk,
        "case": task.case_id,
        "kind": task.case.kind,
        "round": task.round,
        "function": task.function_id,
        "organisation": {"id": task.organisation_id, "name": task.organisation.name},
        "items": [{"code": code, "name": str(rules.item(code))} for code in task.items],
        "reasons": task.reasons,
        "state": task.state,
        "result": task.result or None,
        "due_on": task.due_on.isoformat() if task.due_on else None,
        "due_provisional": task.due_provisional,
        "chain": {"mode": task.chain_mode, "version": task.chain_version, "levels": task.chain_levels},
        "url": reverse("argument:task", args=[task.pk]),
    }


def opinion_data(row: Opinion) -> dict[str, Any]:
    return {
        "id": row.pk,
        "version": row.version,
        "verdict": row.verdict,
        "text": row.text,
        "fields_stated": row.fields,
        "conditions": row.conditions_asked,
        "state": row.state,
        "level": row.approvals.count() + 1 if row.state == "approving" else None,
        "effective_at": timezone.localtime(row.effective_at).isoformat() if row.effective_at else None,
    }


class Cases(APIView):
    """Cases of the projects that one reaches."""

    @extend_schema(
        parameters=[
            OpenApiParameter("kind", str, enum=CaseKind.values),
            OpenApiParameter("state", str, enum=[*CaseState.values, queries.OVERDUE, queries.ALL]),
            OpenApiParameter("department", str),
            OpenApiParameter("region", str),
            OpenApiParameter("q", str),
            OpenApiParameter("offset", int),
            OpenApiParameter("limit", int),
        ],
        responses=OpenApiTypes.OBJECT,
        operation_id="arguments_list",
    )
    def get(self, request: Request) -> Response:
        require(_user(request), Permission.READ_ARGUMENTS)
        asked = valid(CasesIn, request.query_params)
        start, limit = asked.pop("offset"), asked.pop("limit")
        wanted = queries.Wanted(**{name: str(value).replace("\0", "") for name, value in asked.items()})
        rows = queries.cases(_user(request), wanted).select_related("routing")
        return Response(
            {"count": rows.count(), "results": [case_data(row) for row in rows[start : start + limit]]}
        )


class OneCase(APIView):
    """One case: its departments, how long each took, what stands against its end."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="arguments_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        return Response(_case(_user(request), pk))


def _case(user: User, pk: int) -> dict[str, Any]:
    case = queries.case(user, pk)
    tasks = queries.tasks_of(case)
    for task in tasks:
        task.case = case
    measured = elapsed.of(case, tasks)
    change = changes.of(case)
    in_force = {row.task_id: row for row in standing.opinions_in_force(case)}
    return {
        **case_data(case),
        "conclusion": case.conclusion or None,
        "tasks": [
            {**task_data(task), "opinion": opinion_data(in_force[task.pk]) if task.pk in in_force else None}
            for task in tasks
        ],
        "elapsed": {
            "parallel": measured.parallel,
            "serial": measured.serial,
            "departments": {str(lane.task.pk): lane.days for lane in measured.lanes},
        },
        "changed": change.text if change else None,
        "obstacles": [problems.notice_error(each)["message"] for each in standing.obstacles(case)]
        if case.state == CaseState.OPEN
        else [],
    }


class ProjectCases(APIView):
    """Open one of a project's arguments."""

    parser_classes = [JSONParser]

    @extend_schema(request=OpenIn, responses={201: OpenApiTypes.OBJECT}, operation_id="arguments_open")
    def post(self, request: Request, pk: int) -> Response:
        user = _user(request)
        project = find(
            user,
            Permission.START_ARGUMENTS,
            Project.objects.select_related("region", "site"),
            reading=Permission.READ_PROJECTS,
            pk=pk,
        )
        given = valid(OpenIn, request.data)
        opened: list[Case] = []
        return done(
            lambda: opened.append(case_actions.open_case(by=user, project=project, **given)),
            lambda: _case(user, opened[0].pk),
            status.HTTP_201_CREATED,
        )


class Tasks(APIView):
    """The tasks of one's own department, soonest due first."""

    @extend_schema(
        parameters=[
            OpenApiParameter("state", str, enum=[*TaskState.values, queries.OVERDUE, queries.ALL]),
            OpenApiParameter("kind", str, enum=CaseKind.values),
            OpenApiParameter("q", str),
            OpenApiParameter("offset", int),
            OpenApiParameter("limit", int),
        ],
        responses=OpenApiTypes.OBJECT,
        operation_id="argument_tasks_list",
    )
    def get(self, request: Request) -> Response:
        user = _user(request)
        if not has(user, Permission.GIVE_OPINIONS):
            require(user, Permission.APPROVE_OPINIONS)
        asked = valid(TasksIn, request.query_params)
        start, limit = asked.pop("offset"), asked.pop("limit")
        wanted = queries.TasksWanted(**{name: str(value).replace("\0", "") for name, value in asked.items()})
        rows = queries.my_tasks(user, wanted).select_related("case__routing")
        return Response(
            {"count": rows.count(), "results": [task_data(row) for row in rows[start : start + limit]]}
        )


class OneTask(APIView):
    """One task with the opinions that one may read: those in force, and of one's own department all."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="argument_tasks_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        return Response(_task(_user(request), pk))


def _task(user: User, pk: int) -> dict[str, Any]:
    task = queries.task(user, pk)
    own = user.organisation_id == task.organisation_id
    rows = [row for row in task.opinions.order_by("version") if own or row.effective_at is not None]
    return {**task_data(task), "opinions": [opinion_data(row) for row in rows]}


class Opinions(APIView):
    """Write a department's opinion, and hand it in."""

    parser_classes = [JSONParser]

    @extend_schema(
        request=OpinionIn, responses={201: OpenApiTypes.OBJECT}, operation_id="argument_opinions_give"
    )
    def post(self, request: Request, pk: int) -> Response:
        user = _user(request)
        task = queries.task(user, pk)
        given = valid(OpinionIn, request.data)
        conditions = [
            {"text": each["text"], "due_on": each["due_on"].isoformat() if each["due_on"] else ""}
            for each in given.get("conditions", [])
        ]

        def work() -> None:
            row = actions.draft(
                by=user,
                task=task,
                verdict=given["verdict"],
                text=given["text"],
                fields=given["fields_stated"],
                conditions=conditions,
            )
            if given["hand_in"]:
                actions.hand_in(by=user, opinion=row)

        return done(work, lambda: _task(user, pk), status.HTTP_201_CREATED)


class Signatures(APIView):
    """Sign an opinion at the level that it has come to, or send it back."""

    parser_classes = [JSONParser]

    @extend_schema(
        request=SignIn, responses={201: OpenApiTypes.OBJECT}, operation_id="argument_opinions_sign"
    )
    def post(self, request: Request, pk: int) -> Response:
        user = _user(request)
        row = queries.opinion(user, pk)
        given = valid(SignIn, request.data)
        act = actions.send_back if given["send_back"] else actions.sign
        return done(
            lambda: act(by=user, opinion=row, level=given["level"], text=given["text"]),
            lambda: _task(user, row.task_id),
            status.HTTP_201_CREATED,
        )
