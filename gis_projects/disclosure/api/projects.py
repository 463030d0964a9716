"""The disclosed projects as GeoJSON and as a table."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from gis_projects import exports
from gis_projects.disclosure.api.public import PublicView
from gis_projects.disclosure.forms import PublicFilter
from gis_projects.disclosure.queries import projects as queries
from gis_projects.library.terms import Industry, Level, ProjectKind, Stage


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
