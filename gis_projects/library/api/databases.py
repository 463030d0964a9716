"""The ten databases for programs: what is in each, and the projects of one."""

from __future__ import annotations

from typing import Any, cast

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.library.api.projects import MayReadProjects
from gis_projects.library.databases import Term, project_databases
from gis_projects.library.queries import databases as queries
from gis_projects.people.models import User

PAGE = 100


def _terms(terms: tuple[Term, ...], counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {"code": term.code, "name": term.name, "name_en": term.name_en, "number": counts.get(term.code, 0)}
        for term in terms
    ]


class Databases(APIView):
    """The ten databases, with their parts, their stages, and how many members each has for the reader."""

    permission_classes = [MayReadProjects]

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        found = queries.overview(cast(User, request.user))
        return Response(
            [
                {
                    "code": one.database.code,
                    "number": one.database.number,
                    "name": one.database.name,
                    "name_en": one.database.name_en,
                    "of": "projects" if one.database.code in project_databases() else "register",
                    "members": one.number,
                    "parts": _terms(one.database.parts, one.parts),
                    "stages": _terms(one.database.stages, one.stages),
                }
                for one in found
            ]
        )


class DatabaseMembers(APIView):
    """The projects of one database, filtered by part, stage, region (code) and words; 100 to a page."""

    permission_classes = [MayReadProjects]

    @extend_schema(
        parameters=[
            OpenApiParameter("part", OpenApiTypes.STR, description="a part's code; - those of none"),
            OpenApiParameter("stage", OpenApiTypes.STR, description="a stage's code; - those at none"),
            OpenApiParameter("region", OpenApiTypes.STR),
            OpenApiParameter("words", OpenApiTypes.STR),
            OpenApiParameter("after", OpenApiTypes.STR, description="the code after which the page begins"),
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, code: str) -> Response:
        if code not in project_databases():
            raise Http404
        asked = request.query_params
        chosen = {name: asked.get(name, "")[:60] for name in ("part", "stage", "region", "words")}
        found = queries.members(cast(User, request.user), code, **chosen).order_by("code")
        total = found.count()
        if after := asked.get("after", "")[:40]:
            found = found.filter(code__gt=after)
        rows: list[Any] = list(found[: PAGE + 1])
        return Response(
            {
                "total": total,
                "next": rows[PAGE - 1].code if len(rows) > PAGE else None,
                "projects": [
                    {
                        "id": row.pk,
                        "code": row.code,
                        "name": row.name,
                        "region": row.region_id,
                        "parts": row.parts,
                        "stage": row.at_stage or None,
                        "since": row.since.isoformat(),
                        "planned_yuan": None if row.planned_yuan is None else str(row.planned_yuan),
                        "cumulative_yuan": None if row.cumulative_yuan is None else str(row.cumulative_yuan),
                    }
                    for row in rows[:PAGE]
                ],
            }
        )
