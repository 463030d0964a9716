"""What the public pages load: GeoJSON and CSV, without a session, over the restricted database role."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

from gis_projects import exports
from gis_projects.disclosure import queries
from gis_projects.disclosure.forms import PublicFilter
from gis_projects.library.terms import Industry, Level, ProjectKind, Stage

GEOJSON = "application/geo+json"
# A withdrawn project is gone from every proxy and browser after so many seconds.
FRESH_SECONDS = 60


class PublicThrottle(AnonRateThrottle):
    """Counted by address; generous for a town hall behind one, too slow for copying the map in a loop."""

    rate = "300/min"


class GeoJSONRenderer(JSONRenderer):
    media_type = GEOJSON
    format = "geojson"


class PublicView(APIView):
    """No one is asked who they are, so no session and no user is read."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes = [PublicThrottle]
    renderer_classes = [GeoJSONRenderer, JSONRenderer]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code != 200:
            return response
        response["Cache-Control"] = f"public, max-age={FRESH_SECONDS}"
        if isinstance(response, Response):
            response.render()
        response["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        return get_conditional_response(request._request, etag=response["ETag"], response=response)


def filters(request: HttpRequest | Request) -> dict[str, str]:
    """The public filters of an address, as `queries.projects` takes them; 400 for ones that can't be."""
    form = PublicFilter(request.GET)
    if not form.is_valid():
        raise ValidationError(
            {field: [str(error) for error in errors] for field, errors in form.errors.items()}
        )
    chosen = form.cleaned_data
    return {"region": chosen["region"], "kind": chosen["kind"], "words": chosen["q"]}


FILTERS = [
    OpenApiParameter("region", str, description="区划代码"),
    OpenApiParameter("kind", str, enum=ProjectKind.values),
    OpenApiParameter("q", str),
]


@method_decorator(gzip_page, name="dispatch")
class Projects(PublicView):
    """All disclosed projects that the filters leave, with their generalised places."""

    @extend_schema(parameters=FILTERS, responses=OpenApiTypes.OBJECT, operation_id="public_projects")
    def get(self, request: Request) -> Response:
        found = queries.projects(**filters(request))
        return Response({"type": "FeatureCollection", "features": queries.features(found)})


@method_decorator(gzip_page, name="dispatch")
class Outlines(PublicView):
    """The base map: generalised regions and water."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="public_outlines")
    def get(self, request: Request) -> Response:
        return Response({"type": "FeatureCollection", "features": queries.outlines()})


class Table(PublicView):
    """The same selection as a table for a spreadsheet; places are named, not drawn."""

    @extend_schema(
        parameters=FILTERS,
        responses={(200, "text/csv"): OpenApiTypes.STR},
        operation_id="public_projects_csv",
    )
    def get(self, request: Request) -> HttpResponse:
        kinds = dict(ProjectKind.choices)
        rows = [
            [
                project.code,
                project.name,
                project.region_name,
                project.township,
                _("、").join(str(kinds[kind]) for kind in project.kinds),
                Industry(project.industry).label,
                Level(project.level).label,
                Stage(project.stage).label,
                project.year,
                project.planned_yuan,
                project.content,
                project.published_at.date(),
            ]
            for project in queries.projects(**filters(request)).defer("geometry")
        ]
        header = [
            _("项目代码"),
            _("项目名称"),
            _("所属地区"),
            _("所在乡镇"),
            _("项目类别"),
            _("所属行业"),
            _("项目级次"),
            _("项目状态"),
            _("入库年度"),
            _("计划投资（元）"),
            _("建设内容"),
            _("公开日期"),
        ]
        return exports.table(_("公开项目"), header, rows, kind="csv")
