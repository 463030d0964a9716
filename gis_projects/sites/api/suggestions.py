"""The API of searches for sites: start one, look at it, stop it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.parsing import JSONField, JSONParser
from gis_projects.people.permissions import Permission
from gis_projects.sites.actions import suggestions as actions
from gis_projects.sites.api.boundaries import _project, _user, _validated
from gis_projects.sites.queries import suggestions as queries


class SearchIn(serializers.Serializer[Any]):
    """Parameters by `siting.suggestions.read`, and where: a region's code or a drawn polygon."""

    parameters = serializers.DictField()
    region_code = serializers.CharField(required=False, allow_blank=True, max_length=12)
    region = JSONField(required=False)


class Searches(APIView):
    """A project's searches, newest first; POST starts one."""

    parser_classes = [JSONParser]

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="suggestions_list")
    def get(self, request: Request, pk: int) -> Response:
        project = _project(request, pk, Permission.READ_SITES)
        rows = []
        for row in queries.runs(project):
            now = queries.standing(row)
            rows.append({"id": row.pk, "state": now.state, "progress": now.progress})
        return Response(rows)

    @extend_schema(request=SearchIn, responses={201: OpenApiTypes.OBJECT}, operation_id="suggestions_create")
    def post(self, request: Request, pk: int) -> Response:
        project = _project(request, pk, Permission.EDIT_SITES)
        data = _validated(SearchIn(data=request.data))
        row = actions.start_search(
            by=_user(request),
            project=project,
            asked=data["parameters"],
            region_code=data.get("region_code", ""),
            region=data.get("region"),
        )
        return Response({"id": row.pk}, status=status.HTTP_201_CREATED)


class SearchDetail(APIView):
    """One search: where it stands, and what it found."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="suggestions_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        row = queries.run(_user(request), pk)
        return Response(queries.shown(_user(request), row))


class StopSearch(APIView):
    """Ask a search to stop."""

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT, operation_id="suggestions_stop")
    def post(self, request: Request, pk: int) -> Response:
        row = queries.run(_user(request), pk, Permission.EDIT_SITES)
        actions.stop_search(by=_user(request), run=row)
        return Response({"id": row.pk})
