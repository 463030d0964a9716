"""The disclosed projects as GeoJSON and as a table, under the same filters as the pages."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from gis_projects import exports
from gis_projects.disclosure import showing
from gis_projects.disclosure.api.public import PublicView
from gis_projects.disclosure.forms import PublicFilter
from gis_projects.disclosure.queries import projects as queries
from gis_projects.disclosure.queries.selection import ORDERS, Selection, selected
from gis_projects.library.terms import Industry, Level, ProjectKind, Stage


def selection(request: Request) -> tuple[Selection, str]:
    """The filters and the order of an address; 400 for ones that can't be."""
    form = PublicFilter(request.GET)
    if not form.is_valid():
        raise ValidationError(
            {field: [str(error) for error in errors] for field, errors in form.errors.items()}
        )
    return form.selection(), form.cleaned_data["order"]


FILTERS = [
    OpenApiParameter("q", str, description="项目或地名中的词"),
    OpenApiParameter("kind", str, enum=ProjectKind.values, many=True),
    OpenApiParameter("region", str, description="区划代码"),
    OpenApiParameter("township", str),
    OpenApiParameter("industry", str, enum=Industry.values),
    OpenApiParameter("level", str, enum=Level.values),
    OpenApiParameter("stage", str, enum=Stage.values),
    OpenApiParameter("year", int),
    OpenApiParameter("least", float, description="万元"),
    OpenApiParameter("most", float, description="万元"),
    OpenApiParameter("view", str, description="west,south,east,north"),
    OpenApiParameter("order", str, enum=list(ORDERS)),
]


class Projects(PublicView):
    """All disclosed projects that the filters leave, with their generalised places."""

    @extend_schema(parameters=FILTERS, responses=OpenApiTypes.OBJECT, operation_id="public_projects")
    def get(self, request: Request) -> Response:
        chosen, _order = selection(request)
        return Response({"type": "FeatureCollection", "features": queries.features(selected(chosen))})


class Table(PublicView):
    """The same selection as a table for a spreadsheet; places are named, not drawn."""

    @extend_schema(
        parameters=FILTERS,
        responses={(200, "text/csv"): OpenApiTypes.STR},
        operation_id="public_projects_csv",
    )
    def get(self, request: Request) -> HttpResponse:
        chosen, order = selection(request)
        found = selected(chosen).defer("geometry", "mark")
        rows = [
            [
                project.code,
                project.name,
                project.region_name,
                project.township,
                _("、").join(label for _code, label in showing.kinds(project.kinds)),
                showing.word("industry", project.industry),
                showing.word("level", project.level),
                showing.word("stage", project.stage),
                project.year,
                project.planned_yuan,
                project.completed_yuan,
                project.owner,
                project.content,
                project.published_at.date(),
            ]
            for project in (found.order_by(*ORDERS[order]) if order else found)
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
            _("累计完成投资（元）"),
            _("项目单位"),
            _("建设内容"),
            _("公开日期"),
        ]
        return exports.table(_("公开项目"), header, rows, kind="csv")
