"""Tables: their templates, the files that people bring, what is wrong in them, and what came of them."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_projects import files
from gis_projects.exports import ENCODINGS, XLSX
from gis_projects.library.actions import tables as actions
from gis_projects.library.models import ImportState, TableImport
from gis_projects.library.queries import tables as queries
from gis_projects.library.tables import downloads, get, offered, sheets
from gis_projects.library.tables.specification import Table
from gis_projects.people.models import User
from gis_projects.people.permissions import has, require
from gis_projects.sentences import filled, sentence
from siting.engine.notices import UnusableInput

HISTORY = 30


@login_required
@require_safe
def tables(request: HttpRequest) -> HttpResponse:
    """Every table that the user may bring or take out."""
    user = cast(User, request.user)
    found = [table for table in offered(user) if not table.needs]
    if not found:
        raise PermissionDenied
    return render(
        request,
        "library/tables.html",
        {
            "tables": [(table, has(user, table.permission), has(user, table.reading)) for table in found],
            "imports": [shown(row) for row in queries.imports(user)[:HISTORY]],
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def table(request: HttpRequest, name: str) -> HttpResponse:
    """One table: what its columns mean, its template, and where to bring a file."""
    user = cast(User, request.user)
    found = get(name)
    brings = has(user, found.permission)
    if not brings:
        require(user, found.reading)
    options = wanted(found, user, request)
    refusal: list[str] = []
    if request.method == "POST":
        upload = request.FILES.get("file")
        if upload is None:
            refusal = [_("请选择文件。")]
        elif (upload.size or 0) > files.MAX_BYTES:
            refusal = [_("文件超过 %(limit)s MB。") % {"limit": files.MAX_BYTES // 1024**2}]
        else:
            try:
                row = actions.bring(
                    by=user, table=found, name=upload.name or "", content=upload.read(), options=options
                )
                return redirect("library:import", row.pk)
            except UnusableInput as error:
                refusal = [sentence(notice) for notice in error.notices]
    return render(
        request,
        "library/table.html",
        {
            "table": found,
            "brings": brings,
            "reads": has(user, found.reading),
            "columns": [
                {
                    "column": column,
                    "heading": column.heading(),
                    "kind": sheets.kind_label(column.kind),
                    "help": _(column.help) if column.help else "",
                    "options": [option.shown for option in column.options() if option.offered],
                }
                for column in found.columns(options)
                if not column.only_out
            ],
            "about": _(found.about) if found.about else "",
            "address": reverse(found.address) if found.address else "",
            "options": request.GET.urlencode(),
            "refusal": refusal,
            "imports": [shown(row) for row in queries.imports(user, name)[:HISTORY]],
            "limit": found.max_rows,
        },
        status=422 if refusal else 200,
    )


@login_required
@require_safe
def template(request: HttpRequest, name: str) -> HttpResponse:
    user = cast(User, request.user)
    found = get(name)
    require(user, found.permission)
    columns = found.columns(wanted(found, user, request))
    title = _("%(name)s模板") % {"name": found.heading()}
    if request.GET.get("format") == "csv":
        encoding = request.GET.get("encoding", "utf-8")
        encoding = encoding if encoding in ENCODINGS else "utf-8"
        incoming = [column for column in columns if not column.only_out]
        return downloads.content(
            sheets.csv_template(incoming, encoding), f"{title}.csv", f"text/csv; charset={encoding}"
        )
    return downloads.content(sheets.xlsx_template(found, columns), f"{title}.xlsx", XLSX)


@login_required
@require_safe
def export(request: HttpRequest, name: str) -> HttpResponseBase:
    """The rows that the user may read, in the columns in which they come back in."""
    user = cast(User, request.user)
    found = get(name)
    require(user, found.reading)
    options = wanted(found, user, request) | {"query": request.GET.urlencode()}
    return downloads.of_columns(
        found.heading(),
        found.rows(user, options),
        found.columns(options),
        kind="csv" if request.GET.get("format") == "csv" else "xlsx",
        encoding=request.GET.get("encoding", "utf-8"),
    )


def wanted(found: Table, user: User, request: HttpRequest) -> dict[str, Any]:
    """The options that a table needs, which must be the user's to name."""
    options = {}
    for name in found.needs:
        value = request.GET.get(name, "")
        if not value or not found.allows(user, name, value):
            raise Http404(name)
        options[name] = value
    return options


@login_required
@require_safe
def table_import(request: HttpRequest, pk: int) -> HttpResponse:
    """One file: how far it is, what it would change, or what is wrong in it."""
    row = _own(request, pk)
    found = get(row.table)
    columns = {column.key: column for column in found.columns(row.options)}
    told = row.problems if isinstance(row.problems, dict) else {}
    return render(
        request,
        "library/import.html",
        {
            "row": shown(row),
            "import": row,
            "table": found,
            "encoding": told.get("encoding", ""),
            "sheet": told.get("sheet", ""),
            "unknown": told.get("unknown", []),
            "file_problems": [_at(one) for one in told.get("file", [])],
            "problems": [
                {
                    "line": one["line"],
                    "problems": [
                        (
                            columns[fault["column"]].heading() if fault["column"] in columns else "",
                            filled(fault["template"], fault["params"]),
                        )
                        for fault in one["problems"]
                    ],
                }
                for one in told.get("rows", [])
            ],
            "changes": [
                {
                    **change,
                    "fields": [
                        (columns[name].heading() if name in columns else name, before, after)
                        for name, before, after in change["fields"]
                    ],
                }
                for change in told.get("changes", [])
            ],
            "more_changes": max(0, row.new + row.changed - len(told.get("changes", []))),
            "more_problems": max(0, row.refused - len(told.get("rows", []))),
            "message": _(row.message) if row.message else "",
            "config": {"id": row.pk, "state": shown(row)["state"]},
            "address": reverse(found.address) if found.address and row.state == "applied" else "",
        },
    )


def _at(one: dict[str, Any]) -> str:
    said = filled(one["template"], one["params"])
    if one["line"] is None:
        return said
    return _("第 %(line)s 行：%(problem)s") % {"line": one["line"], "problem": said}


@login_required
@require_safe
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """The copy of the user's own file in which the refused rows are marked."""
    row = _own(request, pk)
    content = files.stored(row.report_sha256) if row.report_sha256 else None
    if content is None:
        raise Http404
    stem, dot, ending = row.name.rpartition(".")
    kind = XLSX if row.options["kind"] == "xlsx" else "text/csv"
    return downloads.content(content, _("%(name)s（错误标注）") % {"name": stem} + dot + ending, kind)


@login_required
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    return _done(request, pk, actions.confirm)


@login_required
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    return _done(request, pk, actions.cancel)


def _done(request: HttpRequest, pk: int, action: Any) -> HttpResponse:
    row = _own(request, pk)
    try:
        action(by=cast(User, request.user), row=row)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("library:import", row.pk)


def _own(request: HttpRequest, pk: int) -> TableImport:
    return get_object_or_404(queries.imports(cast(User, request.user)), pk=pk)


def shown(row: TableImport) -> dict[str, Any]:
    """An import as pages and the API show it. One whose job has died is told as failed."""
    state = row.state
    if row.job is not None and row.job.state == "failed" and state in ("reading", "applying"):
        state = ImportState.FAILED
    open_ = state in (ImportState.READING, ImportState.APPLYING)
    return {
        "id": row.pk,
        "table": row.table,
        "title": get(row.table).heading(),
        "name": row.name,
        "at": row.at,
        "state": str(state),
        "state_label": ImportState(state).label,
        "open": open_,
        "progress": row.job.progress if row.job is not None else 0,
        "message": row.job.message if row.job is not None and open_ else "",
        "total": row.total,
        "new": row.new,
        "changed": row.changed,
        "unchanged": row.unchanged,
        "refused": row.refused,
        "marked": bool(row.report_sha256),
    }
