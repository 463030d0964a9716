"""The API of the map: a selection of projects as points, what stands beside its toggles, and its days."""

from __future__ import annotations

import json
from typing import Any, cast

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gis_projects.library import selecting
from gis_projects.library.api.projects import OfUser
from gis_projects.library.money import percent
from gis_projects.library.queries import history, mapping
from gis_projects.people.models import User

AS_OF = OpenApiParameter(
    "as_of", OpenApiTypes.DATE, description="as the library stood at the end of a past day (YYYY-MM-DD)"
)


def selected(request: Request) -> selecting.Selected:
    """The selection that a request's address asks for; 400 where it can't be read."""
    try:
        return selecting.selected(cast(User, request.user), request.query_params)
    except selecting.Misunderstood as error:
        raise exceptions.ValidationError(error.errors) from error


def _rows_of_today(request: Request) -> HttpResponse | None:
    """What the map page asks for, without a row of it becoming an object; None for a past day."""
    try:
        day, chosen = selecting.asked(cast(User, request.user), request.query_params)
    except selecting.Misunderstood as error:
        raise exceptions.ValidationError(error.errors) from error
    if day is not None:
        return None
    rows, tally = selecting.today_as_json(chosen)
    beside: dict[str, Any] = {
        "columns": mapping.COLUMNS,
        "as_of": None,
        "of_today": [],
        "counts": counted(tally),
    }
    head = json.dumps(beside, ensure_ascii=False, separators=(",", ":")).encode()
    answer = head[:-1] + b',"rows":' + rows + b"}"
    return HttpResponse(answer, content_type="application/json")


def counted(tally: mapping.Tally) -> dict[str, Any]:
    """What stands beside the toggles, as both answers say it."""
    return {
        "kinds": tally.kinds,
        "none": tally.none,
        "untold": tally.untold,
        "total": tally.total,
        "unplaced": tally.unplaced,
        "planned_yuan": str(tally.planned_yuan),
        "cumulative_yuan": str(tally.cumulative_yuan),
        "progress": percent(tally.cumulative_yuan, tally.planned_yuan),
    }


class _Selection(OfUser):
    """The filters are those of the list page; its form answers for them, so DRF doesn't filter again."""

    pagination_class = None


class ProjectMap(_Selection):
    """Every selected project at once, with what the map shows. Amounts are exact decimals of 元, as text.

    As of a past day ``kinds``, ``stage`` and ``library`` are null where the platform has no record of that day, and
    ``of_today`` names the filters that could only be taken by what is so today. ``counts`` is what `ProjectCounts`
    says.
    """

    @extend_schema(
        filters=True,
        parameters=[
            AS_OF,
            OpenApiParameter(
                "form",
                str,
                enum=["rows"],
                description="``columns`` and ``rows`` in place of GeoJSON: a third of its size, what the map page asks",
            ),
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> HttpResponseBase:
        if request.query_params.get("form") == "rows" and (today := _rows_of_today(request)) is not None:
            return today
        found = selected(request)
        answer: dict[str, Any]
        if request.query_params.get("form") == "rows":
            answer = {"columns": mapping.COLUMNS, "rows": [row.values() for row in found.rows]}
        else:
            answer = {
                "type": "FeatureCollection",
                "features": [row.feature() for row in found.rows],
            }
        answer |= {
            "as_of": found.as_of,
            "of_today": found.of_today,
            "counts": counted(found.tally),
        }
        return Response(answer)


class ProjectCounts(_Selection):
    """What stands beside the toggles: per kind under the other filters, and the selection's length and
    money.
    """

    @extend_schema(
        filters=True,
        parameters=[AS_OF],
        responses=inline_serializer(
            "ProjectCounts",
            {
                "kinds": serializers.DictField(child=serializers.IntegerField()),
                "none": serializers.IntegerField(help_text="of none of the four kinds"),
                "untold": serializers.IntegerField(help_text="whose kinds on that day have no record"),
                "total": serializers.IntegerField(),
                "unplaced": serializers.IntegerField(help_text="of the selection, without any place"),
                "planned_yuan": serializers.DecimalField(max_digits=20, decimal_places=2),
                "cumulative_yuan": serializers.DecimalField(max_digits=20, decimal_places=2),
                "progress": serializers.IntegerField(allow_null=True, help_text="whole per cent, half-up"),
            },
        ),
    )
    def get(self, request: Request) -> Response:
        try:
            found = selecting.tally(cast(User, request.user), request.query_params)
        except selecting.Misunderstood as error:
            raise exceptions.ValidationError(error.errors) from error
        return Response(counted(found))


class ProjectDays(OfUser):
    """The days on which something was recorded of the projects that the user may know of, oldest first, for a slider;
    ``told_from`` is the day from which on kinds, stage and library of a past day are told.
    """

    pagination_class = None
    filter_backends: list[Any] = []

    @extend_schema(responses={200: OpenApiTypes.OBJECT}, operation_id="projects_days")
    def get(self, request: Request) -> Response:
        found = history.span(self.get_queryset())
        return Response({"days": found.days, "told_from": found.told_from})
