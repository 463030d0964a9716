"""The API of the map's search box."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.atlas.api.layers import versions_named
from gis_projects.atlas.queries import search
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require


class SearchIn(serializers.Serializer[Any]):
    """Words, and the layers to look in: all that the user may know of unless they are named."""

    q = serializers.CharField(max_length=search.MAX_WORDS, allow_blank=True)
    layers = serializers.CharField(required=False, max_length=4000)

    def validate_layers(self, value: str) -> dict[str, int | None]:
        return versions_named(value)


class Search(APIView):
    """Places and features by name or key, and projects by name or code."""

    @extend_schema(
        parameters=[
            OpenApiParameter("q", str, required=True),
            OpenApiParameter("layers", str, description="codes, separated by commas; CODE:3 for a version"),
        ],
        responses=OpenApiTypes.OBJECT,
        operation_id="map_search",
    )
    def get(self, request: Request) -> Response:
        require(request.user, Permission.READ_LAYERS)
        asked = SearchIn(data=request.query_params)
        asked.is_valid(raise_exception=True)
        user = cast(User, request.user)
        found = search.search(user, asked.validated_data["q"], codes=asked.validated_data.get("layers"))
        return Response(found)
