"""The API of reviews: the inbox, one review, marks, attachments, who looks after it, the signature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects import files, problems
from gis_projects.parsing import JSONParser
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.sentences import filled
from gis_projects.sites.actions import reviews as actions
from gis_projects.sites.models.reviews import Decision, ReviewState
from gis_projects.sites.queries import reviews as queries
from gis_projects.sites.reviewing import data, inbox
from gis_projects.sites.reviewing.items import Overtaken
from siting.engine.notices import Notice, UnusableInput
from siting.engine.verdict import Severity, Verdict
from siting.models import Check

PAGE = 100
_ANY: list[tuple[str, str]] = [("", "")]


class InboxIn(serializers.Serializer[Any]):
    """What the inbox is asked for; what is left out means any."""

    verdict = serializers.ChoiceField([("", ""), *((v, v) for v in Verdict)], required=False, default="")
    severity = serializers.ChoiceField([("", ""), *((s, s) for s in Severity)], required=False, default="")
    rule = serializers.CharField(required=False, allow_blank=True, default="", max_length=60)
    region = serializers.CharField(required=False, allow_blank=True, default="", max_length=6)
    state = serializers.ChoiceField(
        ["", *ReviewState.values, queries.OUTDATED, queries.ALL], required=False, default=""
    )
    whose = serializers.ChoiceField(["", "mine", "free"], required=False, default="")
    q = serializers.CharField(required=False, allow_blank=True, default="", max_length=100)
    offset = serializers.IntegerField(min_value=0, max_value=10**7, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=PAGE)


class MarkIn(serializers.Serializer[Any]):
    rule = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=60, help_text="empty: the check as a whole"
    )
    decision = serializers.ChoiceField(Decision.choices)
    text = serializers.CharField(
        required=False, allow_blank=True, default="", trim_whitespace=False, max_length=actions.MAX_TEXT * 2
    )


class FileIn(serializers.Serializer[Any]):
    file = serializers.FileField()
    rule = serializers.CharField(required=False, allow_blank=True, default="", max_length=60)


class AssignmentIn(serializers.Serializer[Any]):
    take = serializers.BooleanField(help_text="true: look after it oneself; false: give it back to all")


class SignIn(serializers.Serializer[Any]):
    revision = serializers.IntegerField(min_value=0, help_text="the revision that the signer has seen")
    opinion = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=actions.MAX_TEXT * 2
    )


class ReasonIn(serializers.Serializer[Any]):
    reason = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=actions.MAX_TEXT * 2
    )


def _user(request: Request) -> User:
    """Whoever is signed in; the API lets nobody else in."""
    return cast(User, request.user)


def _given(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    serializer = kind(data=request.data)
    serializer.is_valid(raise_exception=True)
    return {
        name: value.replace("\0", "") if isinstance(value, str) else value
        for name, value in serializer.validated_data.items()
    }


def _answer(request: Request, check: Check, work: Callable[[], object], code: int = 200) -> Response:
    """Do it and answer with the review as it stands then; 409 where someone was faster, 403 with the reason."""
    try:
        work()
    except Overtaken as error:
        body = problems.document(409, problems.notice_error(error.notices[0])["message"])
        body["errors"] = [problems.notice_error(notice) for notice in error.notices]
        # What stands now, so that the page can show it beside what was typed.
        body["review"] = _data(request, check)
        return Response(body, status=409, content_type=problems.MEDIA_TYPE)
    except actions.TwoPersons as error:
        body = problems.document(403, problems.notice_error(error.notices[0])["message"])
        return Response(body, status=403, content_type=problems.MEDIA_TYPE)
    return Response(_data(request, check), status=code)


def _data(request: Request, check: Check) -> dict[str, Any]:
    return data.review_of(_user(request), check)


class Reviews(APIView):
    """Checks to be reviewed, as the inbox lists them."""

    @extend_schema(
        parameters=[
            OpenApiParameter("verdict", str, enum=list(Verdict)),
            OpenApiParameter("severity", str, enum=list(Severity)),
            OpenApiParameter("rule", str),
            OpenApiParameter("region", str),
            OpenApiParameter("state", str, enum=[*ReviewState.values, queries.OUTDATED, queries.ALL]),
            OpenApiParameter("whose", str, enum=["mine", "free"]),
            OpenApiParameter("q", str),
            OpenApiParameter("offset", int),
            OpenApiParameter("limit", int),
        ],
        responses=OpenApiTypes.OBJECT,
        operation_id="reviews_list",
    )
    def get(self, request: Request) -> Response:
        user = _user(request)
        require(user, Permission.READ_SITES)
        serializer = InboxIn(data=cast(QueryDict, request.query_params))
        serializer.is_valid(raise_exception=True)
        asked = dict(serializer.validated_data)
        start, limit = asked.pop("offset"), asked.pop("limit")
        rows = queries.inbox(user, queries.Wanted(**{k: v.replace("\0", "") for k, v in asked.items()}))
        return Response(
            {
                "count": rows.count(),
                "results": [_row(row) for row in inbox.rows_data(rows[start : start + limit])],
            }
        )


def _row(row: dict[str, Any]) -> dict[str, Any]:
    check, project = row["check"], row["project"]
    return {
        "check": check.pk,
        "digest": check.digest,
        "verdict": check.verdict,
        "checked_at": timezone.localtime(check.created_at).isoformat(),
        "project": {"id": project.pk, "code": project.code, "name": project.name},
        "region": project.region_id,
        "site_version": check.site_version.number,
        "state": row["state"],
        "assignee": row["assignee"],
        "submitted_at": row["submitted_at"] and timezone.localtime(row["submitted_at"]).isoformat(),
        "needed": row["progress"].needed,
        "decided": row["progress"].decided,
        "url": reverse("sites:review", args=[check.pk]),
    }


class OneReview(APIView):
    """One check's review: findings with what was said of them, what changed, what the user may do."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="reviews_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        return Response(_data(request, queries.check(_user(request), pk)))


class Marks(APIView):
    """Say something of a finding, or of the check as a whole."""

    parser_classes = [JSONParser]

    @extend_schema(request=MarkIn, responses={201: OpenApiTypes.OBJECT}, operation_id="reviews_mark")
    def post(self, request: Request, pk: int) -> Response:
        check, given = queries.check(_user(request), pk), _given(MarkIn, request)
        return _answer(
            request,
            check,
            lambda: actions.mark(by=_user(request), check=check, **given),
            status.HTTP_201_CREATED,
        )


class Attachments(APIView):
    """Put a file beside a finding, or beside the whole check."""

    parser_classes = [MultiPartParser]

    @extend_schema(request=FileIn, responses={201: OpenApiTypes.OBJECT}, operation_id="reviews_attach")
    def post(self, request: Request, pk: int) -> Response:
        check, given = queries.check(_user(request), pk), _given(FileIn, request)
        file = given["file"]
        if file.size > files.MAX_BYTES:  # before any of it is read
            raise UnusableInput(
                Notice(
                    "attachment-too-large",
                    "文件有 %(size)s MB，超过上限 %(limit)s MB",
                    {"size": f"{file.size / 1024**2:.1f}", "limit": files.MAX_BYTES // 1024**2},
                    field="file",
                )
            )
        return _answer(
            request,
            check,
            lambda: actions.attach(
                by=_user(request), check=check, rule=given["rule"], name=file.name or "", content=file.read()
            ),
            status.HTTP_201_CREATED,
        )


class Assignment(APIView):
    """Look after a check oneself, or give it back."""

    parser_classes = [JSONParser]

    @extend_schema(request=AssignmentIn, responses=OpenApiTypes.OBJECT, operation_id="reviews_assign")
    def post(self, request: Request, pk: int) -> Response:
        check, given = (
            queries.check(_user(request), pk, Permission.REVIEW_CHECKS),
            _given(AssignmentIn, request),
        )
        act = actions.take if given["take"] else actions.release
        return _answer(request, check, lambda: act(by=_user(request), check=check))


class SignOffs(APIView):
    """Sign a check as it was seen."""

    parser_classes = [JSONParser]

    @extend_schema(request=SignIn, responses={201: OpenApiTypes.OBJECT}, operation_id="reviews_sign")
    def post(self, request: Request, pk: int) -> Response:
        check, given = queries.check(_user(request), pk, Permission.SIGN_CHECKS), _given(SignIn, request)
        return _answer(
            request,
            check,
            lambda: actions.sign(by=_user(request), check=check, **given),
            status.HTTP_201_CREATED,
        )


class Withdrawals(APIView):
    """Take a sign-off back, with a reason."""

    parser_classes = [JSONParser]

    @extend_schema(request=ReasonIn, responses={201: OpenApiTypes.OBJECT}, operation_id="reviews_withdraw")
    def post(self, request: Request, pk: int) -> Response:
        found, given = queries.sign_off(_user(request), pk, Permission.SIGN_CHECKS), _given(ReasonIn, request)
        return _answer(
            request,
            found.answer,
            lambda: actions.withdraw(by=_user(request), sign_off=found, reason=given["reason"]),
            status.HTTP_201_CREATED,
        )


class Verification(APIView):
    """Whether the review's rows, files and signature are still what was written."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="reviews_verify")
    def get(self, request: Request, pk: int) -> Response:
        found = queries.verification(queries.check(_user(request), pk))
        words = [f"{each.where}: {filled(each.template, each.params)}" for each in found]
        return Response({"holds": not found, "differences": words})
