"""The API of comparisons: ask for one, read its sums and patches, deal with patches."""

from __future__ import annotations

from typing import Any, cast

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects import problems
from gis_projects.parsing import FloatField
from gis_projects.people.models import Organisation, User
from gis_projects.people.permissions import Permission, require
from gis_projects.sites.actions import comparisons as actions
from gis_projects.sites.actions.comparisons import MAX_AT_ONCE, ChangedMeanwhile
from gis_projects.sites.comparing import data
from gis_projects.sites.comparing.workflow import Change
from gis_projects.sites.models import HandlingState, Yields
from gis_projects.sites.queries import comparisons as queries
from gis_projects.sites.queries.comparisons import ORDERS, Filter
from siting.conflicts.run import MAX_SLIVER_WIDTH_M, SLIVER_WIDTH_M
from siting.models import Crosswalk

MAX_ROWS = 500
_NUMBER: dict[str, Any] = {"min_value": 1, "max_value": 2**31 - 1}
_STALE = "urn:gis-projects:problem:changed-meanwhile"


class ComparisonIn(serializers.Serializer[Any]):
    """Two layers by code, each in the version in force or in that of a number, and how to compare them."""

    layer_a = serializers.CharField(max_length=32)
    version_a = serializers.IntegerField(required=False, **_NUMBER)
    layer_b = serializers.CharField(max_length=32)
    version_b = serializers.IntegerField(required=False, **_NUMBER)
    crosswalk = serializers.CharField(max_length=40, required=False, allow_blank=True)
    sliver_width_m = FloatField(min_value=0, max_value=MAX_SLIVER_WIDTH_M, default=SLIVER_WIDTH_M)


class PatchesIn(serializers.Serializer[Any]):
    """Which patches, in which order."""

    class_a = serializers.CharField(max_length=40, required=False)
    class_b = serializers.CharField(max_length=40, required=False)
    town = serializers.CharField(max_length=40, required=False, allow_blank=True)
    state = serializers.ChoiceField(choices=HandlingState.values, required=False)
    organisation = serializers.IntegerField(required=False, **_NUMBER)
    slivers = serializers.BooleanField(required=False, allow_null=True, default=None)
    min_area = FloatField(required=False, min_value=0, max_value=1e15)
    max_area = FloatField(required=False, min_value=0, max_value=1e15)
    bbox = serializers.CharField(max_length=200, required=False)
    order = serializers.ChoiceField(choices=[*ORDERS], default="number")
    offset = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=MAX_ROWS, default=100)

    def validate_bbox(self, value: str) -> tuple[float, float, float, float]:
        try:
            west, south, east, north = (float(number) for number in value.split(","))
        except ValueError:
            raise serializers.ValidationError(_("范围应是四个数：西，南，东，北。"), code="bbox") from None
        if not (-540 <= west < east <= 540 and -90 <= south < north <= 90):
            raise serializers.ValidationError(_("范围的西应小于东，南应小于北。"), code="bbox")
        return west, south, east, north


class SeenIn(serializers.Serializer[Any]):
    """A patch and the version of its handling that the person saw (0: nobody has dealt with it)."""

    number = serializers.IntegerField(**_NUMBER)
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class HandlingIn(serializers.Serializer[Any]):
    """What is done to some patches; what isn't given stays as it is."""

    patches = serializers.ListField(child=SeenIn(), min_length=1, max_length=MAX_AT_ONCE)
    state = serializers.ChoiceField(choices=HandlingState.values, required=False)
    organisation = serializers.IntegerField(required=False, **_NUMBER)
    yields = serializers.ChoiceField(choices=Yields.values, required=False)
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class Comparisons(APIView):
    """Comparisons of layers that the reader may read; asking for another one."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="comparisons_list")
    def get(self, request: Request) -> Response:
        require(_user(request), Permission.READ_LAYERS)
        rows = queries.comparisons(_user(request))[:MAX_ROWS]
        return Response({"results": [data.summary(row) for row in rows]})

    @extend_schema(
        request=ComparisonIn, responses={202: OpenApiTypes.OBJECT}, operation_id="comparisons_create"
    )
    def post(self, request: Request) -> Response:
        user = _user(request)
        require(user, Permission.COMPARE_PLANS)
        asked = _validated(ComparisonIn(data=request.data))
        a = queries.version(user, asked["layer_a"], asked.get("version_a"))
        b = queries.version(user, asked["layer_b"], asked.get("version_b"))
        crosswalk = None
        if asked.get("crosswalk"):
            crosswalk = Crosswalk.objects.filter(code=asked["crosswalk"]).order_by("-version").first()
            if crosswalk is None:
                raise serializers.ValidationError({"crosswalk": _("没有这样的对照表。")})
        run = actions.ask(
            by=user, a=a, b=b, crosswalk=crosswalk, sliver_width_m=asked["sliver_width_m"],
            previous=queries.earlier(user, a, b),
        )  # fmt: skip
        return Response(data.run_data(run), status=status.HTTP_202_ACCEPTED)


class OneRun(APIView):
    """How far a comparison is that somebody asked for."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="comparison_runs_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        return Response(data.run_data(queries.run(_user(request), pk)))


class OneComparison(APIView):
    """A comparison: what was compared, the sums by class, and the matrix (m²)."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="comparisons_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        return Response(data.whole(queries.comparison(_user(request), pk)))


class Patches(APIView):
    """Patches of a comparison, with how they are dealt with."""

    @extend_schema(
        parameters=[PatchesIn], responses=OpenApiTypes.OBJECT, operation_id="comparison_patches_list"
    )
    def get(self, request: Request, pk: int) -> Response:
        row = queries.comparison(_user(request), pk)
        asked = _validated(PatchesIn(data=request.query_params))
        offset, limit, order = asked.pop("offset"), asked.pop("limit"), asked.pop("order")
        rows = queries.patches(row, Filter(box=asked.pop("bbox", None), **asked))
        shown = queries.sorted_by(rows, order)[offset : offset + limit]
        return Response({"count": rows.count(), "results": [data.patch_data(one) for one in shown]})


class OnePatch(APIView):
    """One patch, and what was done to it, newest first."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="comparison_patches_retrieve")
    def get(self, request: Request, pk: int, number: int) -> Response:
        row = queries.comparison(_user(request), pk)
        patch = queries.patches(row, Filter(numbers=[number])).first()
        if patch is None:
            raise Http404
        steps = [
            {
                "at": step.at.isoformat(),
                "by": step.actor,
                **{k: v for k, v in step.data.items() if k != "patches"},
            }
            for step in queries.history(row, number)[:50]
        ]
        return Response({**data.patch_data(patch), "history": steps})


class Handling(APIView):
    """Deal with patches: all of them or none. 409 where somebody else was faster, with what is there now."""

    @extend_schema(
        request=HandlingIn, responses=OpenApiTypes.OBJECT, operation_id="comparison_handling_create"
    )
    def post(self, request: Request, pk: int) -> Response:
        user = _user(request)
        row = queries.comparison(user, pk)
        require(user, Permission.SETTLE_CONFLICTS)
        asked = _validated(HandlingIn(data=request.data))
        organisation = None
        if asked.get("organisation") is not None:
            organisation = Organisation.objects.filter(pk=asked["organisation"]).first()
            if organisation is None:
                raise serializers.ValidationError({"organisation": _("没有这样的部门。")})
        change = Change(
            HandlingState(asked["state"]) if asked.get("state") else None, organisation,
            Yields(asked["yields"]) if asked.get("yields") else None, asked.get("note"),
        )  # fmt: skip
        if change.empty:
            raise serializers.ValidationError({"state": _("没有要改动的内容。")})
        seen = {one["number"]: one["version"] for one in asked["patches"]}
        try:
            changed = actions.settle(by=user, comparison=row, seen=seen, change=change)
        except ChangedMeanwhile as late:
            body = problems.document(
                409, _("其中 %(n)d 个图斑已被他人改动，未保存任何改动。请核对后再提交。") % {"n": len(late.patches)},
                kind=_STALE,
            )  # fmt: skip
            body["patches"] = [data.patch_data(one) for one in late.patches]
            return Response(body, status=409, content_type=problems.MEDIA_TYPE)
        return Response(
            {
                "patches": [
                    {"number": one.patch.number, "version": one.version, "state": one.state}
                    for one in changed
                ]
            }
        )


class Crosswalks(APIView):
    """The newest version of each crosswalk."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="crosswalks_list")
    def get(self, request: Request) -> Response:
        require(_user(request), Permission.READ_LAYERS)
        return Response(
            {"results": [{**row.content, **data.crosswalk_data(row)} for row in queries.crosswalks()]}
        )


def _user(request: Request) -> User:
    return cast(User, request.user)


def _validated(form: serializers.Serializer[Any]) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)
