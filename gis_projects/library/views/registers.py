"""The registers of experts, policies and decision resources: lists, entries, and their one form."""

from __future__ import annotations

from datetime import date
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects.library import databases
from gis_projects.library.actions import tables as table_actions
from gis_projects.library.queries import databases as queries
from gis_projects.library.tables import Kind, downloads, get
from gis_projects.library.tables.lookups import Lookups
from gis_projects.library.tables.registers import EXPERTS, POLICIES, RESOURCES
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, ScopePaths, find, has, may, require
from gis_projects.sentences import sentence

PER_PAGE = 50
RECORDS = {"experts": EXPERTS, "policies": POLICIES, "resources": RESOURCES}
_SEARCHED = {
    "experts": ("code", "name", "unit", "title"),
    "policies": ("code", "number", "title", "issuer", "text", "interpretation"),
    "resources": ("code", "title", "author", "summary", "text"),
}
# What a list shows of each entry beside its name.
_LISTED = {
    "experts": ("code", "source", "unit", "title", "specialities", "is_active"),
    "policies": ("code", "number", "level", "kind", "issuer", "effective_from", "effective_to"),
    "resources": ("code", "kind", "author", "issued_on", "region"),
}
_NAME = {"experts": "name", "policies": "title", "resources": "title"}
_UNSCOPED = ScopePaths()  # laws and policies are everybody's
#: Shown only to those who keep a register or draw on it.
_PERSONAL = frozenset({"phone", "email", "avoids", "note"})


@login_required
@require_safe
def register(request: HttpRequest, code: str) -> HttpResponseBase:
    """One register, filtered."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    kind = _kind(code)
    chosen = {name: request.GET.get(name, "").strip()[:60] for name in ("part", "words", "more")}
    found = _filtered(user, code, chosen)
    if request.GET.get("format") in ("csv", "xlsx"):
        return _export(request, code, found)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    records, lookups = RECORDS[code], Lookups()
    columns = [column for name in _LISTED[code] for column in records.columns if column.key == name]
    return render(
        request,
        "library/register.html",
        {
            "database": kind,
            "page": page,
            "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
            "headings": [column.heading() for column in columns],
            "rows": [
                {
                    "pk": entry.pk,
                    "name": getattr(entry, _NAME[code]),
                    "ended": _ended(entry),
                    "cells": [
                        (column.heading(), _day(column.cell(row.get(column.key), lookups)))
                        for column in columns
                    ],
                }
                for entry in page
                for row in [records.row(entry)]
            ],
            "number": page.paginator.count,
            "chosen": chosen,
            "filtered": any(chosen.values()),
            "more": _more(code),
            "keeps": has(user, Permission.MANAGE_LIBRARIES),
            "query": _query(chosen),
        },
    )


def _kind(code: str) -> databases.Database:
    kind = databases.registers().get(code)
    if kind is None:
        raise Http404(code)
    return kind


def _query(chosen: dict[str, str]) -> str:
    return urlencode({name: value for name, value in chosen.items() if value})


def _more(code: str) -> dict[str, Any]:
    """The second filter of each register."""
    if code == "experts":
        return {"label": _("专业"), "options": databases.choices(databases.specialities())}
    if code == "policies":
        return {
            "label": _("有效性"),
            "options": [("valid", _("现行有效")), ("coming", _("尚未施行")), ("ended", _("已失效"))],
        }
    return {}


def _filtered(user: User, code: str, chosen: dict[str, str]) -> QuerySet[Any]:
    found, field = queries.register(user, code)
    if chosen["part"]:
        found = found.filter(**{field: chosen["part"]})
    for word in chosen["words"].split():
        anywhere = Q()
        for name in _SEARCHED[code]:
            anywhere |= Q(**{f"{name}__icontains": word})
        found = found.filter(anywhere)
    if code == "experts" and chosen["more"]:
        found = found.filter(specialities__contains=[chosen["more"]])
    if code == "policies" and chosen["more"]:
        today = timezone.localdate()
        found = found.filter(
            {
                "valid": Q(effective_from__lte=today) & (Q(effective_to=None) | Q(effective_to__gte=today)),
                "coming": Q(effective_from__gt=today),
                "ended": Q(effective_to__lt=today),
            }.get(chosen["more"], Q(pk=None))
        )
    return found.prefetch_related("avoids") if code == "experts" else found


def _ended(entry: Any) -> bool:
    ends = getattr(entry, "effective_to", None)
    return (ends is not None and ends < timezone.localdate()) or getattr(entry, "is_active", True) is False


def _export(request: HttpRequest, code: str, found: QuerySet[Any]) -> HttpResponseBase:
    """As the page is filtered, in the columns in which it comes back in."""
    records = RECORDS[code]
    require(cast(User, request.user), records.reading)
    return downloads.of_columns(
        get(code).heading(),
        (records.row(entry) for entry in found.order_by("code").iterator(chunk_size=500)),
        records.columns,
        kind=request.GET["format"],
        encoding=request.GET.get("encoding", "utf-8"),
    )


def _entry(user: User, code: str, pk: int) -> Any:
    found, _field = queries.register(user, code)
    entry = found.filter(pk=pk).first()
    if entry is None:
        require(user, Permission.READ_PROJECTS)
        raise Http404
    return entry


@login_required
@require_safe
def entry(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Everything that a register says of one entry."""
    user = cast(User, request.user)
    kind = _kind(code)
    found = _entry(user, code, pk)
    records, lookups = RECORDS[code], Lookups()
    row = records.row(found)
    keeps = has(user, Permission.MANAGE_LIBRARIES) or has(user, Permission.HOLD_REVIEWS)
    return render(
        request,
        "library/register_entry.html",
        {
            "database": kind,
            "entry": found,
            "name": row[_NAME[code]],
            "ended": _ended(found),
            "facts": [
                (column.heading(), _day(column.cell(row[column.key], lookups)), column.kind is Kind.LONG)
                for column in records.columns
                if column.key != _NAME[code] and (keeps or column.key not in _PERSONAL)
            ],
            "may_edit": may(user, Permission.MANAGE_LIBRARIES, found if code != "policies" else None),
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, code: str, pk: int | None = None) -> HttpResponse:
    """The form of an entry, made from the same columns as the table: what a cell refuses, it refuses."""
    user = cast(User, request.user)
    require(user, Permission.MANAGE_LIBRARIES)
    kind, records, table = _kind(code), RECORDS[code], get(code)
    lookups = Lookups()
    stored: dict[str, Any] = {}
    if pk is not None:
        found = find(
            user,
            Permission.MANAGE_LIBRARIES,
            records.visible(user, Permission.READ_PROJECTS),
            reading=Permission.READ_PROJECTS,
            paths=None if code != "policies" else _UNSCOPED,
            pk=pk,
        )
        stored = records.row(found)
    typed: dict[str, str] | None = None
    faults: dict[str | None, list[str]] = {}
    if request.method == "POST":
        typed = {column.key: request.POST.get(column.key, "") for column in records.columns}
        if pk is not None:
            typed["code"] = stored["code"]
        outcome = table_actions.write_objects(
            by=user, table=table, rows=[typed], options={}, dry_run=False, new_only=pk is None
        )
        if not outcome.problems:
            saved = records.visible(user, Permission.READ_PROJECTS).get(code=typed["code"].strip())
            return redirect("library:register-entry", code, saved.pk)
        for problem in next(iter(outcome.problems.values())):
            faults.setdefault(problem.column, []).append(sentence(problem.notice))
    return render(
        request,
        "library/register_form.html",
        {
            "database": kind,
            "pk": pk,
            "general": faults.get(None, []),
            "fields": [
                {
                    "key": column.key,
                    "label": column.heading(),
                    "required": column.required,
                    "help": _(column.help) if column.help else "",
                    "kind": str(column.kind),
                    "fixed": pk is not None and column.key == "code",
                    "options": [(option.shown, option.shown) for option in column.options() if option.offered]
                    if column.kind is Kind.CHOICE
                    else [(_("是"), _("是")), (_("否"), _("否"))]
                    if column.kind is Kind.BOOLEAN
                    else [],
                    "value": typed[column.key]
                    if typed is not None
                    else _text(column.cell(stored.get(column.key), lookups)),
                    "faults": faults.get(column.key, []),
                }
                for column in records.columns
            ],
        },
        status=422 if faults else 200,
    )


def _day(cell: Any) -> Any:
    """A cell as the page shows it: days as everywhere else, the rest as it is."""
    return cell.isoformat() if isinstance(cell, date) else cell


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell)
