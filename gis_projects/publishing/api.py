"""The API of photos and videos for the map of the inside."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.publishing.queries import photos as queries

#: So many are told, the newest; how many there are is told too.
MOST = 3000


class PhotosWanted(serializers.Serializer[Any]):
    """Of one project, of projects whose code or name holds the words, of days from and to (both within)."""

    project = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    q = serializers.CharField(required=False, max_length=100, allow_blank=True)
    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)


class Photos(APIView):
    """Photos and videos with the place where they were taken, newest first."""

    @extend_schema(parameters=[PhotosWanted], responses=OpenApiTypes.OBJECT, operation_id="map_photos")
    def get(self, request: Request) -> Response:
        user = cast(User, request.user)
        require(user, Permission.READ_PROJECTS)
        asked = PhotosWanted(data={name: value for name, value in request.query_params.items() if value})
        asked.is_valid(raise_exception=True)
        found = queries.photos(user, queries.Wanted(**asked.validated_data))
        return Response(
            {
                "total": len(found),
                "photos": [
                    {**asdict(one), "lon": round(one.lon, 7), "lat": round(one.lat, 7)}
                    for one in found[:MOST]
                ],
            }
        )
