"""The API of print series: ask for one, see how far it is, call it off."""

from __future__ import annotations

from typing import Any, cast

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.atlas.actions import series as actions
from gis_projects.atlas.api.printing import MAX_LAYERS, LayerIn, ProjectsIn
from gis_projects.atlas.printing.series import MOST_SHEETS
from gis_projects.atlas.printing.sheet import PAPERS
from gis_projects.atlas.queries import series as queries
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.sentences import word
from gis_projects.trail.jobs import OPEN


class SeriesIn(serializers.Serializer[Any]):
    """What the sheets are: a grid over an area, one for each selected project, or one for each bookmark.

    ``area`` (``rect:…``, ``poly:…``, ``circle:…``, ``region:…``) and ``scale`` of a grid; ``query`` of projects as the
    map's export has it; ``bookmarks`` by key. A scale of 0 shows each project as large as it fits.
    """

    way = serializers.ChoiceField(choices=list(queries.WAYS))
    paper = serializers.ChoiceField(choices=list(PAPERS))
    landscape = serializers.BooleanField(default=True)
    scale = serializers.IntegerField(min_value=0, max_value=500_000, default=0)
    title = serializers.CharField(max_length=60, allow_blank=True, default="")
    approval = serializers.CharField(max_length=60, allow_blank=True, default="")
    base = serializers.BooleanField(default=True)
    area = serializers.CharField(max_length=8000, allow_blank=True, default="")
    query = serializers.CharField(max_length=12_000, allow_blank=True, default="")
    bookmarks = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), default=list, max_length=MOST_SHEETS
    )
    layers = serializers.ListField(child=LayerIn(), max_length=MAX_LAYERS, default=list)
    projects = ProjectsIn(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if 0 < attrs["scale"] < 200:
            raise serializers.ValidationError({"scale": [_("比例尺不能大于 1:200。")]}, code="scale")
        codes = [one["code"] for one in attrs["layers"]]
        if len(set(codes)) < len(codes):
            raise serializers.ValidationError({"layers": [_("同一图层只能给一次。")]}, code="layers")
        if len(set(attrs["bookmarks"])) < len(attrs["bookmarks"]):
            raise serializers.ValidationError({"bookmarks": [_("同一书签只能给一次。")]}, code="bookmarks")
        return attrs


def _told(one: queries.Series) -> dict[str, Any]:
    job, result = one.job, one.job.result or {}
    return {
        "id": job.pk,
        "state": job.state,
        "state_label": job.get_state_display(),
        "open": job.state in OPEN,
        "progress": job.progress,
        "message": word(job.message) if job.message else "",
        "created_at": job.created_at,
        "sheets": result.get("sheets"),
        "size": result.get("size"),
        "sha256": result.get("sha256"),
        "name": one.name,
        "file": None if one.path is None else reverse("atlas:series-file", args=[job.pk]),
        "expired": one.expired,
        "expires_at": one.expires_at,
        "url": reverse("atlas-api:one-series", args=[job.pk]),
    }


class SeriesList(APIView):
    """One's own newest series; ask for another."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="print_series_list")
    def get(self, request: Request) -> Response:
        return Response([_told(one) for one in queries.every(cast(User, request.user))])

    @extend_schema(request=SeriesIn, responses={202: OpenApiTypes.OBJECT}, operation_id="print_series")
    def post(self, request: Request) -> Response:
        user = cast(User, request.user)
        require(user, Permission.READ_LAYERS)
        wanted = SeriesIn(data=request.data)
        wanted.is_valid(raise_exception=True)
        said = wanted.validated_data
        asked = queries.Asked(
            **{**said, "layers": tuple(map(dict, said["layers"])), "bookmarks": tuple(said["bookmarks"])}
        )
        job = actions.request_series(by=user, asked=asked)
        return Response(_told(queries.one(user, job.pk)), status=202)


class OneSeries(APIView):
    """How far one's own series is, and where its file is; DELETE calls it off."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="print_series_state")
    def get(self, request: Request, pk: int) -> Response:
        return Response(_told(queries.one(cast(User, request.user), pk)))

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="print_series_cancel")
    def delete(self, request: Request, pk: int) -> Response:
        user = cast(User, request.user)
        found = queries.one(user, pk)
        actions.cancel_series(by=user, job=found.job)
        return Response(_told(queries.one(user, pk)))
