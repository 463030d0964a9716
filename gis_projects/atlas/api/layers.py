"""The API of the map: layers, what is at a point, sites in view, and what a drawing may snap to."""

from __future__ import annotations

import math
from typing import Any, cast

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.atlas.queries import catalogue, features, sites
from gis_projects.parsing import FloatField
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.sentences import word
from layers.models import Kind, LayerVersion, Status
from layers.raster_tiles import colours_key

# A screen at the largest scale at which anybody draws along parcels: about 6 km.
MAX_SNAP_DEGREES = 0.08
METRES_PER_DEGREE = 111_000.0


class PointIn(serializers.Serializer[Any]):
    """A place in degrees (EPSG:4490), and how near in metres counts as there."""

    lon = FloatField(min_value=-180, max_value=180)
    lat = FloatField(min_value=-90, max_value=90)
    reach = FloatField(min_value=0, max_value=200, default=0)
    layers = serializers.CharField(required=False, max_length=4000)

    def validate_layers(self, value: str) -> dict[str, int | None]:
        return versions_named(value)


def versions_named(value: str) -> dict[str, int | None]:
    """``DLTB:3,XZQ``: a layer by its code, in the version in force or in that of a number."""
    named: dict[str, int | None] = {}
    for part in value.split(","):
        code, colon, number = part.strip().partition(":")
        if colon and not (number.isascii() and number.isdigit() and len(number) < 10):
            raise serializers.ValidationError(
                _("版本号应为正整数：%(text)s") % {"text": part[:40]}, code="version"
            )
        if code:
            named[code] = int(number) if colon else None
    return named


class ShownIn(serializers.Serializer[Any]):
    """A day to look back to, and single versions by number."""

    as_of = serializers.DateField(required=False)
    v = serializers.CharField(required=False, max_length=4000)

    def validate_v(self, value: str) -> dict[str, int | None]:
        return versions_named(value)


class FeatureIn(serializers.Serializer[Any]):
    """A feature by its key, in the version in force or in that of a number."""

    key = serializers.CharField(max_length=100)
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)


class BoxIn(serializers.Serializer[Any]):
    """West, south, east, north in degrees (EPSG:4490), separated by commas."""

    bbox = serializers.CharField(max_length=200)

    def validate_bbox(self, value: str) -> sites.Box:
        try:
            west, south, east, north = (float(number) for number in value.split(","))
        except ValueError:
            raise serializers.ValidationError(_("范围应是四个数：西，南，东，北。"), code="bbox") from None
        if not all(math.isfinite(number) for number in (west, south, east, north)):
            raise serializers.ValidationError(_("范围应是四个数：西，南，东，北。"), code="bbox")
        # A map panned past its edge asks for a little more than there is.
        if not (-540 <= west < east <= 540 and -90 <= south < north <= 90):
            raise serializers.ValidationError(_("范围的西应小于东，南应小于北。"), code="bbox")
        return west, south, east, north


def layer_data(version: LayerVersion) -> dict[str, Any]:
    """One layer as the map needs it."""
    layer = version.layer
    return {
        "code": layer.code,
        "name": layer.name,
        "theme": word(layer.theme),
        "kind": layer.kind,
        "version": version.number,
        "tile_url": tile_template(version) if layer.kind == Kind.VECTOR else None,
        "raster_url": raster_template(version) if layer.kind == Kind.RASTER else None,
        "raster_styles": catalogue.looks(version),
        "legend": [
            {"class": code, "label": layer.class_names.get(code, layer.name if code == "" else code), **look}
            for code, look in layer.style.items()
        ],
        "class_system": layer.class_system,
        "opacity": layer.opacity,
        "min_zoom": layer.min_zoom,
        "max_zoom": layer.max_zoom,
        "order": layer.order,
        "visible_by_default": layer.visible_by_default,
        "notice": word(layer.notice),
        "authority": word(layer.authority),
        "source_date": version.source_date.isoformat() if version.source_date else None,
        "in_force": version.status == Status.PUBLISHED,
    }


def tile_template(version: LayerVersion) -> str:
    """The address of a version's tiles with {z}, {x} and {y} left open."""
    return f"/tiles/{version.layer.code}/{version.number}/{{z}}/{{x}}/{{y}}.mvt"


def raster_template(version: LayerVersion) -> str:
    """The address of a raster version's tiles with {z}, {x}, {y} and {style} left open; it names their colours."""
    colours = colours_key(version.layer.style)
    return f"/tiles/{version.layer.code}/{version.number}/{{z}}/{{x}}/{{y}}.png?style={{style}}&colours={colours}"


def _validated(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _reader(request: Request, permission: Permission) -> User:
    require(request.user, permission)
    return cast(User, request.user)


class Layers(APIView):
    """The layers that the user may know of, each in its version in force, in the order of the map."""

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "as_of", OpenApiTypes.DATE, description="the versions in force at the end of that day"
            ),
            OpenApiParameter("v", str, description="versions by number: CODE:3,CODE:1"),
        ],
        responses=OpenApiTypes.OBJECT,
        operation_id="layers_list",
    )
    def get(self, request: Request) -> Response:
        user = _reader(request, Permission.READ_LAYERS)
        asked = _validated(ShownIn(data=request.query_params))
        numbers = {code: number for code, number in asked.get("v", {}).items() if number is not None}
        shown = catalogue.shown(user, day=asked.get("as_of"), numbers=numbers)
        return Response([layer_data(version) for version in shown])


POINT = [
    OpenApiParameter("lon", float, required=True),
    OpenApiParameter("lat", float, required=True),
    OpenApiParameter("reach", float, description="metres"),
]


class Identify(APIView):
    """What the layers say at a point: of all layers, of those named, or of one."""

    @extend_schema(
        parameters=[
            *POINT,
            OpenApiParameter("layers", str, description="codes, separated by commas; CODE:3 for a version"),
        ],
        responses=OpenApiTypes.OBJECT,
        operation_id="layers_identify",
    )
    def get(self, request: Request) -> Response:
        return self._answer(request, None)

    def _answer(self, request: Request, only: str | None) -> Response:
        user = _reader(request, Permission.READ_LAYERS)
        asked = _validated(PointIn(data=request.query_params))
        codes: dict[str, int | None] | None = {only: None} if only else None
        if only is None and asked.get("layers"):
            codes = asked["layers"]
        reach = asked["reach"] / METRES_PER_DEGREE
        return Response(features.identify(user, asked["lon"], asked["lat"], codes=codes, reach=reach))


class IdentifyOne(Identify):
    @extend_schema(parameters=POINT, responses=OpenApiTypes.OBJECT, operation_id="layer_identify")
    def get(self, request: Request, code: str) -> Response:  # type: ignore[override]
        if not catalogue.visible_codes(_reader(request, Permission.READ_LAYERS), [code]):
            raise Http404
        return self._answer(request, code)


class OneFeature(APIView):
    """One feature of a layer by its key, as identify tells of it: for a selection that an address names."""

    @extend_schema(
        parameters=[OpenApiParameter("key", str, required=True), OpenApiParameter("version", int)],
        responses=OpenApiTypes.OBJECT,
        operation_id="layer_feature",
    )
    def get(self, request: Request, code: str) -> Response:
        user = _reader(request, Permission.READ_LAYERS)
        asked = _validated(FeatureIn(data=request.query_params))
        found = features.one(user, code, asked["key"], number=asked.get("version"))
        if found is None:
            raise Http404
        return Response(found)


BOX = [OpenApiParameter("bbox", str, required=True, description="west,south,east,north in degrees")]


def _collection(found: sites.Collected) -> Response:
    return Response(
        {"type": "FeatureCollection", "features": found.features, "truncated": found.truncated},
        content_type="application/geo+json",
    )


class Sites(APIView):
    """Current site polygons in view, of the projects that the user may see."""

    @extend_schema(parameters=BOX, responses=OpenApiTypes.OBJECT, operation_id="sites_list")
    def get(self, request: Request) -> Response:
        user = _reader(request, Permission.READ_SITES)
        return _collection(sites.sites(user, _validated(BoxIn(data=request.query_params))["bbox"]))


class Snap(APIView):
    """Parcels and sites near a drawing, with their true vertices."""

    @extend_schema(parameters=BOX, responses=OpenApiTypes.OBJECT, operation_id="snap_list")
    def get(self, request: Request) -> Response:
        user = _reader(request, Permission.READ_LAYERS)
        box = _validated(BoxIn(data=request.query_params))["bbox"]
        if max(box[2] - box[0], box[3] - box[1]) > MAX_SNAP_DEGREES:
            raise serializers.ValidationError(
                {"bbox": [_("捕捉范围过大，请放大地图。")]}, code="bbox-too-large"
            )
        return _collection(features.snap(user, box))
