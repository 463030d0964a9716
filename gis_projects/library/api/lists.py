"""The API of code lists, of projects counted by a code, and of programmes."""

from __future__ import annotations

from typing import Any, cast

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects.library.filters import ProjectFilter
from gis_projects.library.models import Code, CodeList, Programme
from gis_projects.library.queries import funding, programmes, record
from gis_projects.library.queries import projects as queries
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, require


def _reader(request: Request) -> User:
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    return user


class CodeLists(APIView):
    """Every code list, by its key."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="codes_list")
    def get(self, request: Request) -> Response:
        _reader(request)
        rows = CodeList.objects.all()
        return Response({"count": len(rows), "results": [_list_data(row) for row in rows]})


class OneCodeList(APIView):
    """One list with all its codes; ``offered`` says whether a project may be given it today."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="codes_retrieve")
    def get(self, request: Request, key: str) -> Response:
        _reader(request)
        found = get_object_or_404(CodeList, key=key)
        return Response({**_list_data(found), "codes": [_code_data(code) for code in found.codes.all()]})


class ProjectGroups(APIView):
    """A selection of projects counted by a code, with a row for every code, also where there is no project; or by
    funding instrument.
    """

    @extend_schema(
        parameters=[OpenApiParameter("by", str, enum=[*record.GROUPS, "instrument"], required=True)],
        responses=OpenApiTypes.OBJECT,
        operation_id="projects_groups",
    )
    def get(self, request: Request) -> Response:
        user = _reader(request)
        by = request.query_params.get("by", "")
        chosen = ProjectFilter(request.query_params, queryset=queries.projects(user))
        if not chosen.form.is_valid():
            raise exceptions.ValidationError(chosen.form.errors)
        if by == "instrument":
            rows: list[dict[str, Any]] = [
                {
                    **_code_data(row.code),
                    "projects": row.number,
                    "amount_yuan": str(row.amount_yuan),
                }
                for row in funding.of_selection(chosen.qs)
            ]
        elif by in record.GROUPS:
            rows = [
                {
                    **(_code_data(group.code) if group.code else {"key": None}),
                    "projects": group.number,
                    "planned_yuan": str(group.planned_yuan),
                    "cumulative_yuan": str(group.cumulative_yuan),
                }
                for group in record.grouped(chosen.qs, by)
            ]
        else:
            raise exceptions.ValidationError({"by": [", ".join([*record.GROUPS, "instrument"])]})
        return Response({"by": by, "count": len(rows), "results": rows})


class Programmes(APIView):
    """Programmes with how far they have come."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="programmes_list")
    def get(self, request: Request) -> Response:
        user = _reader(request)
        rows = [_programme_data(user, row) for row in programmes.programmes(user)]
        return Response({"count": len(rows), "results": rows})


class OneProgramme(APIView):
    """One programme with the keys of its members."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="programmes_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        user = cast(User, request.user)
        found = find(user, Permission.READ_PROJECTS, programmes.programmes(user), pk=pk)
        members = list(programmes.members(user, found).values_list("pk", flat=True))
        return Response({**_programme_data(user, found), "members": members})


def _list_data(row: CodeList) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": row.shown,
        "source": row.shown_source,
        "is_sample": row.is_sample,
        "version": row.version,
    }


def _code_data(code: Code) -> dict[str, Any]:
    return {
        "key": code.pk,
        "value": code.value,
        "label": code.shown,
        "group": code.group,
        "offered": code.is_offered(),
    }


def _programme_data(user: User, row: Programme) -> dict[str, Any]:
    done = programmes.completion(user, row)
    return {
        "id": row.pk,
        "name": row.name,
        "region": row.region_id,
        "starts_year": row.starts_year,
        "years": row.years,
        "target_yuan": str(row.target_yuan),
        "projects": done.number,
        "planned_yuan": str(done.planned_yuan),
        "actual_yuan": str(done.actual_yuan),
        "rounding": row.rounding,
        "completion": str(done.ratio),
        "percent": done.percent,
    }
