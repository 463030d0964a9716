"""The API of exports: always a job, whose file its owner fetches."""

from __future__ import annotations

from typing import Any, cast

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.atlas.actions import exports as actions
from gis_projects.atlas.api.browsing import CHOOSING, chosen
from gis_projects.atlas.queries import browsing, exports
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, Scope, require
from gis_projects.trail.models import Job
from layers import exporting


class ExportIn(serializers.Serializer[Any]):
    """Format, coordinate system (EPSG code) and the encoding of texts; which features, the address says."""

    format = serializers.ChoiceField(choices=list(exporting.FORMATS))
    crs = serializers.IntegerField(min_value=0, max_value=999_999, default=4490)
    encoding = serializers.ChoiceField(choices=["utf-8", "gbk"], default="utf-8")
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)


def job_data(job: Job) -> dict[str, Any]:
    return {
        "id": job.pk,
        "state": job.state,
        "progress": job.progress,
        "url": reverse("atlas-api:export", args=[job.pk]),
    }


class Exports(APIView):
    """Ask for an export."""

    @extend_schema(
        parameters=CHOOSING,
        request=ExportIn,
        responses={202: OpenApiTypes.OBJECT},
        operation_id="layer_export",
    )
    def post(self, request: Request, code: str) -> Response:
        user = cast(User, request.user)
        require(user, Permission.EXPORT_LAYERS)
        wanted = ExportIn(data=request.data)
        wanted.is_valid(raise_exception=True)
        asked = wanted.validated_data
        found = browsing.version_of(user, code, number=asked.get("version"))
        require(user, Permission.EXPORT_LAYERS, Scope(secrecy=found.layer.secrecy))
        job = actions.request_export(
            by=user,
            version=found,
            selection=chosen(found, request.query_params),
            kind=asked["format"],
            epsg=asked["crs"],
            encoding=asked["encoding"],
        )
        return Response(job_data(job), status=202)


class Export(APIView):
    """How far one's own export is, and where its file is."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="export_state")
    def get(self, request: Request, pk: int) -> Response:
        found = exports.export(cast(User, request.user), pk)
        result = found.job.result or {}
        told = {name: result[name] for name in ("features", "size", "sha256", "notices") if name in result}
        file = None if found.path is None else reverse("atlas:export-file", args=[pk])
        return Response({**job_data(found.job), **told, "file": file, "expires_at": found.expires_at})
