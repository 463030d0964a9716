"""The API of projects on the map: by region as the report counts them, and in an area that somebody drew."""

from __future__ import annotations

from typing import Any, cast

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.atlas import drawn
from gis_projects.atlas.queries import areas as area_queries
from gis_projects.atlas.queries import region_figures
from gis_projects.library import selecting
from gis_projects.library.filters import selection
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.reporting.statistics import Row

AS_OF = OpenApiParameter("as_of", OpenApiTypes.DATE, description="the end of a past day")


class RegionFigures(APIView):
    """The rows of the statistics page as of a day, with outlines; under filters the same table over the selection.

    Outlines are left out with ``outlines=0``.
    """

    @extend_schema(
        parameters=[AS_OF, OpenApiParameter("outlines", str, enum=["0"])],
        responses=OpenApiTypes.OBJECT,
        operation_id="map_regions",
    )
    def get(self, request: Request) -> Response:
        user = cast(User, request.user)
        require(user, Permission.READ_STATISTICS)
        narrowed = bool(selection(request.query_params))
        try:
            chosen = selecting.selected(user, request.query_params)
        except selecting.Misunderstood as error:
            raise exceptions.ValidationError(error.errors) from error
        found = region_figures.by_region(user, chosen.rows, narrowed=narrowed, as_of=chosen.as_of)
        wanted = request.query_params.get("outlines") != "0"
        codes = [row.code for row in found.rows if row.code]
        outlines = region_figures.outlines(user, codes) if wanted else {}
        return Response(
            {
                "as_of": found.as_of,
                "narrowed": narrowed,
                "unrecorded": found.unrecorded,
                "report": f"{reverse('reporting:statistics')}?as_of={found.as_of}",
                "rows": [_row(row, outlines) for row in found.rows],
            }
        )


def _row(row: Row, outlines: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "code": row.code,
        "name": row.name,
        "number": row.figures.number,
        "planned_yuan": str(row.figures.planned_yuan),
        "cumulative_yuan": str(row.figures.cumulative_yuan),
        "progress": row.figures.progress,
        **outlines.get(row.code, {}),
    }


class AreaFigures(APIView):
    """What the projects in an area add up to, under the list page's filters, and which they are."""

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "area",
                str,
                required=True,
                description="rect:w,s,e,n · poly:lon,lat,… · circle:lon,lat,metres · region:code",
            ),
            OpenApiParameter("mode", str, enum=list(area_queries.MODES)),
            AS_OF,
        ],
        responses=OpenApiTypes.OBJECT,
        operation_id="map_area",
    )
    def get(self, request: Request) -> Response:
        user = cast(User, request.user)
        require(user, Permission.READ_PROJECTS)
        try:
            area, mode = drawn.asked(request.query_params)
            if area is None:
                raise selecting.Misunderstood({"area": [drawn.said("form")]})
            chosen = selecting.selected(user, request.query_params)
            rows = drawn.rows_in(user, chosen, area, mode)
        except selecting.Misunderstood as error:
            raise exceptions.ValidationError(error.errors) from error
        found = area_queries.figures(rows)
        return Response(
            {
                "area": area.text,
                "mode": mode,
                "as_of": chosen.as_of,
                "total": found.number,
                "planned_yuan": str(found.planned_yuan),
                "cumulative_yuan": str(found.cumulative_yuan),
                "progress": found.progress,
                "approximate": found.approximate,
                "unrecorded": found.unrecorded,
                "by": {
                    name: [
                        {
                            "code": group.code,
                            "label": group.label,
                            "number": group.number,
                            "planned_yuan": str(group.planned_yuan),
                            "cumulative_yuan": str(group.cumulative_yuan),
                        }
                        for group in groups
                    ]
                    for name, groups in found.groups.items()
                },
                "ids": [row.pk for row in rows],
            }
        )
