"""The API of a boundary's neighbours: of the saved one, and of a drawing."""

from __future__ import annotations

from typing import Any, cast

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.library.models import Project
from gis_projects.parsing import JSONField, JSONParser
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find
from gis_projects.sites.bounds import LIVE, refuse_beyond
from gis_projects.sites.neighbour_words import neighbours_data
from gis_projects.sites.queries import neighbours
from siting import boundaries
from siting.versions import stored


class DrawingIn(serializers.Serializer[Any]):
    geometry = JSONField(help_text="as in the live check")


class ProjectNeighbours(APIView):
    """Area, region, overlaps with other projects and likely duplicates: of the saved boundary, or of a drawing.

    Of projects that the reader may not know of, only that and about how much their ground is met.
    """

    parser_classes = [JSONParser]

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="project_neighbours_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        project = self._project(request, pk, Permission.READ_SITES)
        if project.site is None or project.site.current is None:
            raise Http404
        return self._answer(request, project, stored(project.site.current), drawing=False)

    @extend_schema(
        request=DrawingIn, responses=OpenApiTypes.OBJECT, operation_id="project_neighbours_of_drawing"
    )
    def post(self, request: Request, pk: int) -> Response:
        project = self._project(request, pk, Permission.RUN_CHECKS)
        data = DrawingIn(data=request.data)
        data.is_valid(raise_exception=True)
        boundary = boundaries.from_drawing(data.validated_data["geometry"], max_vertices=LIVE.vertices)
        refuse_beyond(LIVE, boundary)
        return self._answer(request, project, boundary, drawing=True)

    @staticmethod
    def _project(request: Request, pk: int, permission: Permission) -> Project:
        projects = Project.objects.select_related("site__current", "region")
        return find(cast(User, request.user), permission, projects, reading=Permission.READ_PROJECTS, pk=pk)

    @staticmethod
    def _answer(request: Request, project: Project, boundary: Any, *, drawing: bool) -> Response:
        found = neighbours.facts(cast(User, request.user), project, boundary, drawing=drawing)
        return Response(neighbours_data(found))
