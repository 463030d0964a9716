"""The API of the standards of enforcement, and of a project's approvals with what was checked for them.

Answers are given like every other act of a project: POST to ``/projects/<id>/library/check-approval/``.
"""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gis_projects.library.actions import standards as actions
from gis_projects.library.actions.standards import Point
from gis_projects.library.api.libraries import OfLibraries
from gis_projects.library.models import ApprovalItem, EnforcementStandard
from gis_projects.library.queries import standards as queries
from gis_projects.people.permissions import Permission, require


class PointIn(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=300)
    law = serializers.CharField(max_length=120)
    article = serializers.CharField(required=False, allow_blank=True, max_length=60, default="")
    key = serializers.SlugField(required=False, allow_blank=True, max_length=20, default="")


class StandardIn(serializers.Serializer[Any]):
    item = serializers.ChoiceField(choices=ApprovalItem.choices)
    number = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=200)
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(required=False, allow_null=True, default=None)
    source = serializers.CharField(max_length=300)  # type: ignore[assignment]
    points = PointIn(many=True, allow_empty=False)


class RevisionIn(serializers.Serializer[Any]):
    revision = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="the one that was read")


class Standards(OfLibraries):
    """Every edition of every item's standard, the newest first; POST drafts the next one."""

    @extend_schema(
        parameters=[
            OpenApiParameter("item", str, enum=list(ApprovalItem.values)),
            OpenApiParameter("state", str, enum=list(queries.StandardState.values)),
        ],
        responses={200: OpenApiTypes.OBJECT},
        operation_id="standards_list",
    )
    def get(self, request: Request) -> Response:
        state = request.query_params.get("state", "")
        rows = queries.standards(state if state in queries.StandardState.values else "")
        if (item := request.query_params.get("item", "")) in ApprovalItem.values:
            rows = rows.filter(item=item)
        return Response({"results": [_standard(row) for row in rows.prefetch_related("points")[:1000]]})

    @extend_schema(request=StandardIn, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        require(self.user, Permission.MANAGE_LIBRARIES)
        given = StandardIn(data=request.data)
        given.is_valid(raise_exception=True)
        said = dict(given.validated_data)
        points = [Point(**one) for one in said.pop("points")]
        return Response(_standard(actions.save_draft(by=self.user, points=points, **said)), status=201)


class OneStandard(OfLibraries):
    """One edition with its points."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT}, operation_id="standards_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        return Response(_standard(get_object_or_404(EnforcementStandard, pk=pk)))


class Publication(OfLibraries):
    """Publish a draft of somebody else. 403 for who drafted it; 409 where it was changed since, begins on a day that
    is past, or holds on days of another edition.
    """

    @extend_schema(request=RevisionIn, responses={200: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT})
    def post(self, request: Request, pk: int) -> Response:
        require(self.user, Permission.MANAGE_LIBRARIES)
        row = get_object_or_404(EnforcementStandard, pk=pk)
        given = RevisionIn(data=request.data)
        given.is_valid(raise_exception=True)
        done = actions.publish(by=self.user, standard=row, revision=given.validated_data["revision"])
        return Response(_standard(done))


class Approvals(OfLibraries):
    """A project's approvals; each with the standard that it was begun under (null: none was in force, nothing is asked)
    and its points with their answers. ``missing`` counts those that hold it up.
    """

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        rows = queries.checklists(self.project(pk))
        return Response({"results": [_approval(row) for row in rows]})


def _standard(row: EnforcementStandard) -> dict[str, Any]:
    return {
        "id": row.pk,
        "item": row.item,
        "edition": row.edition,
        "number": row.number,
        "name": row.name,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "state": queries.state_of(row).value,
        "source": row.source,
        "revision": row.revision,
        "points": [
            {"key": point.key, "text": point.text, "law": point.law, "article": point.article}
            for point in row.points.all()
        ],
    }


def _approval(row: queries.Checklist) -> dict[str, Any]:
    approval = row.approval
    return {
        "item": approval.item,
        "started_at": approval.started_at,
        "number": approval.number,
        "granted_on": approval.granted_on,
        "standard": approval.standard.number if approval.standard is not None else None,
        "missing": len(row.missing),
        "points": [
            {
                "id": one.point.pk,
                "key": one.point.key,
                "text": one.point.text,
                "law": one.point.law,
                "article": one.point.article,
                "answer": one.check.answer if one.check is not None else None,
                "reason": one.check.reason if one.check is not None else "",
                "at": one.check.at if one.check is not None else None,
            }
            for one in row.points
        ],
    }
