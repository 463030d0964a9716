"""The API of versions: what they are, how good they are, and the second person's part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects import problems
from gis_projects.atlas.actions import versions as actions
from gis_projects.atlas.api.layers import BoxIn
from gis_projects.atlas.queries import catalogue
from gis_projects.atlas.queries import versions as queries
from gis_projects.parsing import JSONParser
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from layers.models import LayerVersion, Severity
from layers.notices import Refused

#: Refusals that mean: someone else was faster, look again.
OVERTAKEN = {"version-not-staged", "version-waiting", "version-not-in-force", "nothing-before"}
PAGE = 100


def _user(request: Request) -> User:
    require(request.user, Permission.READ_LAYERS)
    return cast(User, request.user)


def _version(request: Request, code: str, number: int) -> LayerVersion:
    return catalogue.version_of(_user(request), code, number)


def decided(work: Callable[[], Any]) -> Response | None:
    """Do it; None when it is done, else the problem: 409 where someone was faster, 403 with the reason."""
    try:
        work()
    except PermissionDenied as error:
        return _problem(403, str(error))
    except Refused as error:
        if error.notices[0].code not in OVERTAKEN:
            raise
        return _problem(409, problems.notice_error(error.notices[0])["message"])
    return None


def _problem(status: int, detail: str) -> Response:
    return Response(problems.document(status, detail), status=status, content_type=problems.MEDIA_TYPE)


class Versions(APIView):
    """The versions of a layer that the user may know of, newest first."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="versions_list")
    def get(self, request: Request, code: str) -> Response:
        user = _user(request)
        catalogue.require_layer(user, code)
        rows = queries.versions(user, code).select_related("withdraws")[:PAGE]
        return Response([queries.version_data(user, row) for row in rows])


class OneVersion(APIView):
    """One version: source, changes, quality, and who brought it and let it through."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="versions_retrieve")
    def get(self, request: Request, code: str, number: int) -> Response:
        return Response(queries.version_data(_user(request), _version(request, code, number)))


class FindingsIn(serializers.Serializer[Any]):
    """Which findings; with a box, those with a place in it."""

    kind = serializers.CharField(required=False, default="", max_length=40)
    severity = serializers.ChoiceField(Severity.choices, required=False, default="")
    bbox = serializers.CharField(required=False, max_length=200)
    offset = serializers.IntegerField(min_value=0, max_value=10**7, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100)


class Findings(APIView):
    """What is wrong in a version: as a list, or as GeoJSON of those in a box."""

    @extend_schema(
        parameters=[
            OpenApiParameter("kind", str),
            OpenApiParameter("severity", str, enum=Severity.values),
            OpenApiParameter(
                "bbox", str, description="west,south,east,north in degrees: the answer is GeoJSON"
            ),
            OpenApiParameter("offset", int),
            OpenApiParameter("limit", int),
        ],
        responses=OpenApiTypes.OBJECT,
        operation_id="findings_list",
    )
    def get(self, request: Request, code: str, number: int) -> Response:
        version = _version(request, code, number)
        serializer = FindingsIn(data=request.query_params)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        which = {"kind": asked["kind"].replace("\0", ""), "severity": asked["severity"]}
        if asked.get("bbox"):
            box = BoxIn(data=request.query_params)
            box.is_valid(raise_exception=True)
            found = queries.on_the_map(queries.findings(version, **which, box=box.validated_data["bbox"]))
            return Response(found, content_type="application/geo+json")
        rows = queries.findings(version, **which)
        start = asked["offset"]
        return Response(
            {
                "count": rows.count(),
                "results": [queries.finding_data(row) for row in rows[start : start + asked["limit"]]],
            }
        )


class ReasonIn(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


def _reason(request: Request) -> str:
    serializer = ReasonIn(data=request.data)
    serializer.is_valid(raise_exception=True)
    return str(serializer.validated_data["reason"])


class Publish(APIView):
    """Let a staged version through: by someone who didn't bring it."""

    parser_classes = [JSONParser]

    @extend_schema(request=ReasonIn, responses=OpenApiTypes.OBJECT, operation_id="versions_publish")
    def post(self, request: Request, code: str, number: int) -> Response:
        user, version, reason = _user(request), _version(request, code, number), _reason(request)
        refused = decided(lambda: actions.publish_version(by=user, version=version, reason=reason))
        return refused or Response(queries.version_data(user, _version(request, code, number)))


class SendBack(APIView):
    """Take a staged version out again, with the reason for whoever brought it."""

    parser_classes = [JSONParser]

    @extend_schema(request=ReasonIn, responses={204: None}, operation_id="versions_send_back")
    def post(self, request: Request, code: str, number: int) -> Response:
        user, version, reason = _user(request), _version(request, code, number), _reason(request)
        refused = decided(lambda: actions.send_back(by=user, version=version, reason=reason))
        return refused or Response(status=204)


class Withdraw(APIView):
    """Stage the content before the version in force as the next version; a second person publishes it."""

    parser_classes = [JSONParser]

    @extend_schema(request=ReasonIn, responses={201: OpenApiTypes.OBJECT}, operation_id="versions_withdraw")
    def post(self, request: Request, code: str, number: int) -> Response:
        user, version, reason = _user(request), _version(request, code, number), _reason(request)
        staged: list[LayerVersion] = []
        refused = decided(
            lambda: staged.append(
                actions.request_withdrawal(by=user, code=code, number=version.number, reason=reason)
            )
        )
        return refused or Response(queries.version_data(user, staged[0]), status=201)
