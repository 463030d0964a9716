"""Projects grouped by a classification, for programs."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from gis_projects.library.api.projects import _OfUser
from gis_projects.library.queries.groups import KEYS, grouped


class ProjectGroups(_OfUser):
    """The selection counted by one classification: every value of its list, those without projects with 0."""

    pagination_class = None

    @extend_schema(
        filters=True,
        parameters=[OpenApiParameter("by", OpenApiTypes.STR, enum=list(KEYS), required=True)],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        by = request.query_params.get("by", "")
        if by not in KEYS:
            raise exceptions.ValidationError(
                {"by": [_("应为以下之一：%(keys)s") % {"keys": "、".join(KEYS)}]}
            )
        groups = grouped(self.filter_queryset(self.get_queryset()), by)
        return Response(
            {
                "by": by,
                "groups": [
                    {
                        "value": one.value,
                        "label": one.label,
                        "number": one.number,
                        "planned_yuan": str(one.planned_yuan),
                        "cumulative_yuan": str(one.cumulative_yuan),
                    }
                    for one in groups
                ],
            }
        )
