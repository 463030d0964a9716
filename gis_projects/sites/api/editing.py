"""The tools of the boundary desk: a drawing and an operation in, the drawing after it out. Nothing is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import shapely
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from gis_projects.parsing import FloatField, JSONField, JSONParser
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.sentences import sentence
from gis_projects.sites import presenting
from gis_projects.sites.bounds import LIVE
from gis_projects.sites.queries import surroundings
from siting import boundaries, drawings, edits
from siting.drawings import Drawing, DrawnPlot
from siting.edits import Edited
from siting.engine.editing import sound
from siting.engine.notices import Notice, UnusableInput

_SNAPPED_TO = [surroundings.PARCELS]
_MAX_MOVED = 500


class EditIn(serializers.Serializer[Any]):
    """An operation and what it needs; ``plots`` are indexes into the drawing's features, none meaning all."""

    operation = serializers.ChoiceField(
        ["split", "merge", "buffer", "cut_out", "copy", "strip", "move", "snap_clean"]
    )
    drawing = JSONField(required=False, allow_null=True, help_text="FeatureCollection, see the boundary API")
    plots = serializers.ListField(
        child=serializers.IntegerField(min_value=0), required=False, max_length=5_000
    )
    line = JSONField(required=False, help_text="split, strip: GeoJSON LineString")
    shape = JSONField(required=False, help_text="cut_out: GeoJSON Polygon or MultiPolygon")
    at = serializers.ListField(
        child=FloatField(), min_length=2, max_length=2, required=False,
        help_text="cut_out, copy: a point (longitude, latitude); the smallest feature there is taken",
    )  # fmt: skip
    layers = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=100,
        help_text="cut_out, copy: layers to ask at the point; snap_clean: layers to snap to",
    )  # fmt: skip
    distance_m = FloatField(required=False, help_text="buffer: outwards, negative inwards")
    rounded = serializers.BooleanField(required=False, default=False)
    width_m = FloatField(required=False, help_text="strip")
    north_m = FloatField(required=False, default=0.0)
    east_m = FloatField(required=False, default=0.0)
    turn_deg = FloatField(required=False, default=0.0, help_text="clockwise")
    tolerance_m = FloatField(required=False, help_text="snap_clean")
    project = serializers.IntegerField(required=False, allow_null=True)


class Edit(APIView):
    """Apply one tool to a drawing."""

    parser_classes = [JSONParser]

    @extend_schema(request=EditIn, responses=OpenApiTypes.OBJECT, operation_id="boundaries_edit")
    def post(self, request: Request) -> Response:
        user = cast(User, request.user)
        require(user, Permission.RUN_CHECKS)
        serializer = EditIn(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        operation: str = data["operation"]
        given = data.get("drawing")
        if given is None and operation not in ("copy", "strip"):
            raise UnusableInput(Notice("nothing-given", "请提供边界文件或绘制的图形", field="drawing"))
        before = Drawing(()) if given is None else drawings.read(given)
        _refuse_many(before)
        edited = _TOOLS[operation](user, before, data)
        # Whatever a tool makes must be a boundary; where it isn't, this says so with the place.
        boundary = boundaries.measured(edited.drawing, max_vertices=LIVE.vertices)
        return Response(
            {
                "drawing": edited.drawing.to_json(),
                "touched": list(edited.touched),
                "areas": presenting.areas(boundary),
                "moved": [
                    {
                        "plot": one.plot,
                        "change": str(one.change),
                        "before": one.before,
                        "after": one.after,
                        "metres": round(one.metres, 4),
                    }
                    for one in edited.moved[:_MAX_MOVED]
                ],
                "moved_total": len(edited.moved),
                "notices": [
                    presenting.notice_data(notice) for notice in (*edited.notices, *boundary.notices)
                ],
            }
        )


def _refuse_many(drawing: Drawing) -> None:
    count = sum(int(shapely.get_num_coordinates(plot.geometry)) for plot in drawing.plots)
    if count > LIVE.vertices:
        raise UnusableInput(
            Notice(
                "too-large-vertices",
                "界址点 %(count)s 个，超过上限 %(limit)s 个",
                {"count": count, "limit": LIVE.vertices},
                field="drawing",
            )
        )


def _needed(data: dict[str, Any], name: str) -> Any:
    if data.get(name) is None:
        raise UnusableInput(Notice("parameter-missing", "这项操作需要“%(name)s”", {"name": name}, field=name))
    return data[name]


def _path(data: dict[str, Any]) -> Any:
    line = _needed(data, "line")
    if not isinstance(line, dict) or line.get("type") != "LineString":
        raise UnusableInput(Notice("not-a-line", "应为一条线（LineString）", field="line"))
    return drawings.path(line.get("coordinates"), "line.coordinates")


def _point(data: dict[str, Any]) -> tuple[float, float]:
    (point,) = drawings.path([_needed(data, "at")] * 2, "at")[:1].tolist()
    return point[0], point[1]


def _knife(user: User, data: dict[str, Any]) -> tuple[BaseGeometry, tuple[Notice, ...]]:
    """The polygon to cut out: drawn, or a layer's feature under a point."""
    if data.get("shape") is not None:
        # Through the same door as a boundary: what crosses itself is refused with the place.
        shape = boundaries.from_drawing(data["shape"], max_vertices=LIVE.vertices)
        return shape.geometry, ()
    feature = surroundings.feature_at(user, data.get("layers") or _SNAPPED_TO, *_point(data))
    return feature.geometry, (_taken(feature),)


def _taken(feature: Any) -> Notice:
    label = feature.version.class_names.get(feature.class_code, feature.class_code)
    return Notice(
        "feature-taken",
        "取自“%(layer)s”第 %(version)s 版要素 %(key)s %(label)s",
        {
            "layer": feature.version.layer_name,
            "version": feature.version.number,
            "key": feature.key,
            "label": label or feature.name,
        },
    )


def _chosen(data: dict[str, Any]) -> list[int]:
    return data.get("plots") or []


def _cut_out(user: User, drawing: Drawing, data: dict[str, Any]) -> Edited:
    knife, said = _knife(user, data)
    return _saying(edits.cut_out(drawing, _chosen(data), knife), said)


def _copy(user: User, drawing: Drawing, data: dict[str, Any]) -> Edited:
    feature = surroundings.feature_at(user, data.get("layers") or _SNAPPED_TO, *_point(data))
    parts = [part for part in shapely.get_parts(sound(feature.geometry)) if part.geom_type == "Polygon"]
    name = feature.name or sentence(Notice("copied-name", "图斑 %(key)s", {"key": feature.key}))
    return _saying(edits.add(drawing, DrawnPlot(MultiPolygon(parts), name=name[:200])), (_taken(feature),))


def _saying(edited: Edited, said: tuple[Notice, ...]) -> Edited:
    return Edited(edited.drawing, edited.touched, edited.moved, (*said, *edited.notices))


def _snap(user: User, drawing: Drawing, data: dict[str, Any]) -> Edited:
    tolerance: float = _needed(data, "tolerance_m")
    around = surroundings.neighbours(
        user,
        data.get("layers") or _SNAPPED_TO,
        edits.extent(drawing, min(abs(tolerance), 100.0)),
        data.get("project"),
    )
    return edits.snap(drawing, _chosen(data), around, tolerance)


_TOOLS: dict[str, Callable[[User, Drawing, dict[str, Any]], Edited]] = {
    "split": lambda user, drawing, data: edits.split(drawing, _chosen(data), _path(data)),
    "merge": lambda user, drawing, data: edits.merge(drawing, _chosen(data)),
    "buffer": lambda user, drawing, data: edits.buffer(
        drawing, _chosen(data), _needed(data, "distance_m"), rounded=data["rounded"]
    ),
    "cut_out": _cut_out,
    "copy": _copy,
    "strip": lambda user, drawing, data: edits.add_strip(drawing, _path(data), _needed(data, "width_m")),
    "move": lambda user, drawing, data: edits.move(
        drawing,
        _chosen(data),
        north_m=data["north_m"],
        east_m=data["east_m"],
        turn_deg=data["turn_deg"],
    ),
    "snap_clean": _snap,
}
