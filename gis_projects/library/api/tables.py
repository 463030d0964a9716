"""Tables for programs: rows as JSON, all or none, once however often they are sent; and a file's progress."""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import exceptions, serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_projects import problems
from gis_projects.library.actions import tables as actions
from gis_projects.library.queries import tables as queries
from gis_projects.library.tables import get, offered
from gis_projects.library.tables.lookups import Lookups
from gis_projects.library.views.tables import shown, wanted
from gis_projects.people.models import User
from gis_projects.people.permissions import require
from gis_projects.sentences import sentence

PAGE = 1_000

_COUNTS = inline_serializer(
    "TableOutcome",
    {
        "new": serializers.IntegerField(),
        "changed": serializers.IntegerField(),
        "unchanged": serializers.IntegerField(),
        "written": serializers.BooleanField(),
    },
)


class Tables(APIView):
    """The tables that may be read or written, with their columns."""

    permission_classes = [IsAuthenticated]

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        user = cast(User, request.user)
        found = offered(user)
        if not found:
            raise PermissionDenied
        return Response(
            [
                {
                    "name": table.name,
                    "title": table.heading(),
                    "key": table.key,
                    "columns": [
                        {
                            "key": column.key,
                            "heading": column.heading(),
                            "kind": str(column.kind),
                            "required": column.required,
                            "read_only": column.only_out,
                            "choices": {option.value: option.shown for option in column.options()},
                        }
                        for column in table.columns({})
                    ],
                }
                for table in found
                if not table.needs
            ]
        )


class TableRows(APIView):
    """The rows of one table.

    POST writes ``{"rows": [{column: value}], "dry_run": false}``, at most 1,000 at once: all of them, or, where one is
    wrong, none (422, an entry of ``errors`` for each fault; ``line`` counts the rows from 1). Rows are known by the
    table's key, so what is sent again changes nothing. Amounts are 元 as text.
    """

    permission_classes = [IsAuthenticated]

    @extend_schema(
        parameters=[
            OpenApiParameter("after", OpenApiTypes.STR, description="the key after which the page begins"),
            OpenApiParameter("page_size", OpenApiTypes.INT),
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, name: str) -> Response:
        user = cast(User, request.user)
        table = get(name)
        require(user, table.reading)
        options = wanted(table, user, request._request)
        columns = table.columns(options)
        lookups = Lookups()
        size = _size(request.query_params.get("page_size"))
        after = request.query_params.get("after", "")
        found: list[dict[str, Any]] = []
        for row in table.rows(user, options | {"after": after}):
            if after and str(row[table.key]) <= after:
                continue
            found.append(
                {column.key: _plain(column.cell(row.get(column.key), lookups)) for column in columns}
            )
            if len(found) > size:
                break
        more = len(found) > size
        return Response({"rows": found[:size], "next": found[size - 1][table.key] if more else None})

    @extend_schema(
        request=inline_serializer(
            "TableRowsSent",
            {
                "rows": serializers.ListField(child=serializers.DictField()),
                "dry_run": serializers.BooleanField(default=False),
            },
        ),
        responses={200: _COUNTS, 422: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request, name: str) -> Response:
        user = cast(User, request.user)
        table = get(name)
        require(user, table.permission)
        options = wanted(table, user, request._request)
        rows, dry_run = _sent(request.data)
        try:
            outcome = actions.write_objects(by=user, table=table, rows=rows, options=options, dry_run=dry_run)
        except IntegrityError:
            body = problems.document(409, _("写入时与他人刚做的修改冲突，没有写入任何一行。"))
            return Response(body, status=409, content_type=problems.MEDIA_TYPE)
        if outcome.problems:
            errors = [
                {
                    "field": problem.column,
                    "line": line,
                    "place": None,
                    "message": sentence(problem.notice),
                    "code": problem.notice.code,
                }
                for line, found in sorted(outcome.problems.items())
                for problem in found
            ]
            body = problems.document(
                422, _("有不能写入的行，没有写入任何一行。"), errors=errors, kind=problems.INVALID
            )
            return Response(
                body, status=status.HTTP_422_UNPROCESSABLE_ENTITY, content_type=problems.MEDIA_TYPE
            )
        return Response(
            {
                "new": outcome.new,
                "changed": outcome.changed,
                "unchanged": outcome.unchanged,
                "written": not dry_run,
            }
        )


def _size(text: str | None) -> int:
    return min(PAGE, max(1, int(text))) if text and text.isascii() and text.isdigit() else 100


def _sent(data: Any) -> tuple[list[dict[str, Any]], bool]:
    """Raise ValidationError unless it is what the docstring of `TableRows` says."""
    rows = data.get("rows") if isinstance(data, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise exceptions.ValidationError({"rows": [_("应为由对象组成的列表。")]})
    if len(rows) > actions.MAX_OBJECTS:
        raise exceptions.ValidationError(
            {"rows": [_("一次最多 %(limit)s 行。") % {"limit": actions.MAX_OBJECTS}]}
        )
    return rows, data.get("dry_run") is True


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | bool) else str(value)


class TableImportDetail(APIView):
    """How far one of one's own files is."""

    permission_classes = [IsAuthenticated]

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        row = queries.imports(cast(User, request.user)).filter(pk=pk).first()
        if row is None:
            raise Http404
        return Response(shown(row))
