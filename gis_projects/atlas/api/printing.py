"""The API of the map's printing: a frame, a sheet and the visible layers → a PDF."""

from __future__ import annotations

import math
from typing import Any, cast

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from gis_projects.atlas.actions.printing import print_map
from gis_projects.atlas.printing.content import Wanted
from gis_projects.atlas.printing.pdf import BASE, Order
from gis_projects.atlas.printing.sheet import PAPERS, Frame, Sheet
from gis_projects.atlas.printing.signs import LOOKS
from gis_projects.atlas.queries import catalogue, marks
from gis_projects.library import selecting
from gis_projects.parsing import FloatField
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require

MAX_LAYERS = 60


class LayerIn(serializers.Serializer[Any]):
    """A layer as the map shows it; without a version the one in force."""

    code = serializers.CharField(max_length=32)
    version = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**31 - 1)
    opacity = FloatField(min_value=0, max_value=1, default=1.0)
    hidden = serializers.ListField(
        child=serializers.CharField(max_length=40, allow_blank=True), default=list, max_length=500
    )
    look = serializers.ChoiceField(choices=["values", "hillshade", "slope", "classes"], required=False)


class ProjectsIn(serializers.Serializer[Any]):
    """What the map shows of projects: filters as the map's export has them, the search box, the symbols and the way."""

    query = serializers.CharField(max_length=12_000, allow_blank=True, default="")
    words = serializers.CharField(max_length=200, allow_blank=True, default="")
    look = serializers.ChoiceField(choices=list(LOOKS), default="kind")
    show = serializers.ChoiceField(choices=list(marks.SHOWS), default=marks.POINTS)


class PrintIn(serializers.Serializer[Any]):
    """A sheet: its middle in degrees, its scale, its turn in degrees clockwise, and the layers, uppermost first."""

    lon = FloatField(min_value=73, max_value=136)
    lat = FloatField(min_value=3, max_value=54)
    scale = serializers.IntegerField(min_value=200, max_value=500_000)
    turned = FloatField(min_value=-360, max_value=360, default=0.0)
    paper = serializers.ChoiceField(choices=list(PAPERS))
    landscape = serializers.BooleanField(default=True)
    title = serializers.CharField(max_length=60, allow_blank=True, default="")
    approval = serializers.CharField(max_length=60, allow_blank=True, default="")
    base = serializers.BooleanField(default=False)
    layers = serializers.ListField(child=LayerIn(), max_length=MAX_LAYERS)
    projects = ProjectsIn(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name in ("lon", "lat", "turned"):
            if not math.isfinite(attrs[name]):
                raise serializers.ValidationError({name: [_("请输入有限的数。")]}, code="number")
        codes = [one["code"] for one in attrs["layers"]]
        if len(set(codes)) < len(codes):  # each is drawn, whatever it costs
            raise serializers.ValidationError({"layers": [_("同一图层只能给一次。")]}, code="layers")
        return attrs


class Print(APIView):
    """A sheet of the map as PDF, with a step in the trail."""

    @extend_schema(
        request=PrintIn, responses={(200, "application/pdf"): OpenApiTypes.BINARY}, operation_id="map_print"
    )
    def post(self, request: Request) -> HttpResponse:
        require(request.user, Permission.READ_LAYERS)
        user = cast(User, request.user)
        asked = PrintIn(data=request.data)
        asked.is_valid(raise_exception=True)
        made = print_map(by=user, order=_order(user, asked.validated_data))
        response = HttpResponse(made, content_type="application/pdf")
        response["Content-Disposition"] = 'attachment; filename="map.pdf"'
        response["Cache-Control"] = "private, no-store"
        return response


def _order(user: User, asked: dict[str, Any]) -> Order:
    numbers = {one["code"]: one["version"] for one in asked["layers"] if one.get("version")}
    found = {version.layer.code: version for version in catalogue.shown(user, numbers=numbers)}
    wanted = [
        Wanted(found[one["code"]], one["opacity"], frozenset(one["hidden"]), one.get("look", ""))
        for one in asked["layers"]
        if one["code"] in found
    ]
    base = [Wanted(found[code]) for code in BASE if asked["base"] and code in found]
    shown = marks.readable_by(user, marks.Shown.of(asked.get("projects")))
    if not wanted and (asked["layers"] or not (base or shown)):
        raise serializers.ValidationError(
            {"layers": [_("没有可打印的图层，或者您无权查看。")]}, code="layers"
        )
    sheet = Sheet(asked["paper"], asked["landscape"])
    frame = Frame(asked["lon"], asked["lat"], asked["scale"], asked["turned"] % 360, *sheet.window)
    try:
        above = marks.above(user, shown, frame)
    except selecting.Misunderstood as error:
        raise serializers.ValidationError({"projects": [_("项目的筛选条件有误。")]}, code="filter") from error
    return Order(
        sheet, frame, asked["title"] or _("一张图"), asked["approval"], wanted, base,
        above.svg, above.legend, above.notes, told=marks.told(shown, above),
    )  # fmt: skip
