"""The API of differences: two versions of a layer counted, listed and as area flow."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.atlas.api.layers import BoxIn
from gis_projects.atlas.queries import differences
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.sentences import sentence, word
from layers import changes
from layers.changes import ChangeKind
from layers.models import LayerVersion

MAX_ROWS = 500
ORDERS = [sign + name for name in changes.ORDERS for sign in ("", "-")]
VERSIONS = [
    OpenApiParameter("from", int, description="number of the version before; the predecessor by default"),
    OpenApiParameter("to", int, description="number of the version after; the one in force by default"),
]
CHOICE = [
    OpenApiParameter("kind", str, enum=[str(kind) for kind in ChangeKind]),
    OpenApiParameter("class", str, description="class code on either side"),
    OpenApiParameter("bbox", str, description="west,south,east,north in degrees"),
]


class VersionsIn(serializers.Serializer[Any]):
    """Which two versions. Their names are words of Python too, so they aren't attributes here."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        number = {"min_value": 1, "max_value": 2**31 - 1, "required": False}
        fields = super().get_fields()
        return {**fields, **{name: serializers.IntegerField(**number) for name in ("from", "to")}}  # type: ignore[arg-type]


class RowsIn(VersionsIn):
    """Which differences, in which order."""

    kind = serializers.ChoiceField(choices=[str(kind) for kind in ChangeKind], required=False)
    bbox = serializers.CharField(max_length=200, required=False)
    order = serializers.ChoiceField(choices=ORDERS, default="key")
    offset = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=MAX_ROWS, default=100)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            **super().get_fields(),
            "class": serializers.CharField(max_length=40, required=False, allow_blank=True),
        }

    def validate_bbox(self, value: str) -> tuple[float, float, float, float]:
        return BoxIn().validate_bbox(value)


def _asked(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _pair(request: Request, code: str, asked: dict[str, Any]) -> differences.Pair:
    require(request.user, Permission.READ_LAYERS)
    return differences.pair(cast(User, request.user), code, asked.get("from"), asked.get("to"))


def version_data(version: LayerVersion) -> dict[str, Any]:
    """A version as the answer names it."""
    return {
        "number": version.number,
        "status": version.status,
        "root_hash": version.root_hash,
        "source_date": version.source_date.isoformat() if version.source_date else None,
        "published_at": version.published_at.isoformat() if version.published_at else None,
    }


def change_data(change: changes.Change) -> dict[str, Any]:
    """One difference; areas in m² to two decimals, places in degrees."""
    return {
        "key": change.key,
        "kind": str(change.kind),
        "name": change.name,
        "class_before": change.class_before,
        "class_after": change.class_after,
        "area_before": None if change.area_before is None else round(change.area_before, 2),
        "area_after": None if change.area_after is None else round(change.area_after, 2),
        "fields": [{"name": f.name, "before": f.before, "after": f.after} for f in change.fields],
        "place": change.place,
        "bounds": change.bounds,
    }


def flow_data(flow: changes.Flow, before: LayerVersion, after: LayerVersion) -> dict[str, Any]:
    """An area flow matrix: rows are the classes before, columns those after, m² to 1e-4."""

    def numbers(values: Any) -> Any:
        return None if values is None else values.round(4).tolist()

    return {
        "before": [
            {"class": code, "label": word(before.class_names.get(code, ""))} for code in flow.classes_before
        ],
        "after": [
            {"class": code, "label": word(after.class_names.get(code, ""))} for code in flow.classes_after
        ],
        "m2": numbers(flow.m2),
        "only_before": numbers(flow.only_before),
        "only_after": numbers(flow.only_after),
        "totals_before": numbers(flow.totals_before),
        "totals_after": numbers(flow.totals_after),
        "changed_before": numbers(flow.changed_before),
        "changed_after": numbers(flow.changed_after),
        "residual_before": numbers(flow.residual_before),
        "residual_after": numbers(flow.residual_after),
        "reconcilable": flow.m2 is not None,
        "why": sentence(flow.why) if flow.why else None,
    }


class Differences(APIView):
    """How many features of a layer came, went and changed between two versions, also by class."""

    @extend_schema(parameters=VERSIONS, responses=OpenApiTypes.OBJECT, operation_id="differences_summary")
    def get(self, request: Request, code: str) -> Response:
        pair = _pair(request, code, _asked(VersionsIn(data=request.query_params)))
        found = changes.summary(pair.before, pair.after)
        by_class = [
            {
                "kind": str(part.kind),
                "class_before": part.class_before,
                "class_after": part.class_after,
                "count": part.count,
                "area_before": round(part.area_before, 2),
                "area_after": round(part.area_after, 2),
            }
            for part in found.by_class
        ]
        return Response(
            {
                "layer": pair.layer.code,
                "from": version_data(pair.before),
                "to": version_data(pair.after),
                "counts": found.counts(),
                "bounds": found.bounds,
                "by_class": by_class,
            }
        )


class Rows(APIView):
    """The differences one by one, a page at a time."""

    @extend_schema(
        parameters=[
            *VERSIONS,
            *CHOICE,
            OpenApiParameter("order", str, enum=ORDERS),
            OpenApiParameter("offset", int),
            OpenApiParameter("limit", int, description=f"at most {MAX_ROWS}"),
        ],
        responses=OpenApiTypes.OBJECT,
        operation_id="differences_rows",
    )
    def get(self, request: Request, code: str) -> Response:
        asked = _asked(RowsIn(data=request.query_params))
        pair = _pair(request, code, asked)
        choice: dict[str, Any] = {
            "kind": ChangeKind(asked["kind"]) if "kind" in asked else None,
            "class_code": asked.get("class"),
            "bbox": asked.get("bbox"),
        }
        found = changes.rows(
            pair.before,
            pair.after,
            **choice,
            order=asked["order"],
            offset=asked["offset"],
            limit=asked["limit"],
        )
        total = changes.count(pair.before, pair.after, **choice)
        return Response({"count": total, "results": [change_data(change) for change in found]})


class Flow(APIView):
    """Which class's land became which class's, in m²."""

    @extend_schema(parameters=VERSIONS, responses=OpenApiTypes.OBJECT, operation_id="differences_flow")
    def get(self, request: Request, code: str) -> Response:
        pair = _pair(request, code, _asked(VersionsIn(data=request.query_params)))
        flow = differences.flow(pair)
        return Response(
            {
                "layer": pair.layer.code,
                "from": version_data(pair.before),
                "to": version_data(pair.after),
                **flow_data(flow, pair.before, pair.after),
            }
        )
