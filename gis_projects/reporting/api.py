"""The programme for programs: its systems, functions and databases, and how much the databases hold."""

from __future__ import annotations

from typing import cast

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.reporting import programme as queries


class _Part(serializers.Serializer[object]):
    code = serializers.CharField()
    name = serializers.CharField()
    pages = serializers.ListField(child=serializers.CharField())


class _Function(serializers.Serializer[object]):
    number = serializers.IntegerField()
    name = serializers.CharField()
    for_leaders = serializers.BooleanField()
    pages = serializers.ListField(child=serializers.CharField())


class _Database(_Part):
    number = serializers.IntegerField()
    count = serializers.IntegerField(help_text="of what the reader may know of")


class ProgrammeOut(serializers.Serializer[object]):
    """Five systems, eight functions, ten databases; ``pages`` are addresses of this platform."""

    systems = _Part(many=True)
    functions = _Function(many=True)
    databases = _Database(many=True)


class Programme(APIView):
    """The programme's systems, functions and databases, and where each is."""

    @extend_schema(responses=ProgrammeOut, operation_id="programme")
    def get(self, request: Request) -> Response:
        user = cast(User, request.user)
        require(user, Permission.READ_PROJECTS)
        return Response(
            {
                "systems": [
                    {"code": part.code, "name": part.name, "pages": part.addresses()}
                    for part in queries.systems()
                ],
                "functions": [
                    {
                        "number": int(part.code),
                        "name": part.name,
                        "for_leaders": part.for_leaders,
                        "pages": part.addresses(),
                    }
                    for part in queries.functions()
                ],
                "databases": [
                    {
                        "number": row.database.number,
                        "code": row.database.code,
                        "name": row.database.name,
                        "count": row.number,
                        "pages": [reverse("library:database", args=[row.database.code])],
                    }
                    for row in queries.databases(user)
                ],
            }
        )
