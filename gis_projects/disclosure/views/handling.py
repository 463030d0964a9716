"""Publicity of handling: the list of matters with their five steps, and one matter's course."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.disclosure import handling_table
from gis_projects.disclosure.caching import kept_public
from gis_projects.disclosure.models import HandlingStage, MatterKind
from gis_projects.disclosure.queries import handling as queries

PAGE = 30


@require_safe
@kept_public
def handling(request: HttpRequest) -> HttpResponse:
    """All matters that are shown, narrowed by kind, region, state and the project's name."""
    wanted = {
        "kind": _known(request, "kind", MatterKind.values),
        "region": _text(request, "region"),
        "state": _known(request, "state", ["open", "ended"]),
        "q": _text(request, "q"),
    }
    rows = queries.matters(
        kind=wanted["kind"],
        region=wanted["region"],
        ended={"open": False, "ended": True}.get(wanted["state"]),
        words=wanted["q"],
    )
    if request.GET.get("format") == "csv":
        return exports.table(_("办理公示"), handling_table.columns(), handling_table.rows(rows), kind="csv")
    filters = {key: value for key, value in wanted.items() if value}
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "disclosure/handling.html",
        {
            "page": page,
            "rows": [{"matter": row, "stations": queries.stations(row)} for row in page],
            "stages": HandlingStage.choices,
            "kinds": MatterKind.choices,
            "regions": queries.regions(),
            "wanted": wanted,
            "filters": filters,
            "query": urlencode(filters) + "&" if filters else "",
        },
    )


@require_safe
@kept_public
def matter(request: HttpRequest, slug: str) -> HttpResponse:
    """One matter: the five steps with days, departments and the document's number."""
    row = queries.matter(slug)
    if row is None:
        raise Http404
    others = [other for other in queries.of_project(row.project_id) if other.pk != row.pk]
    return render(
        request,
        "disclosure/matter.html",
        {"matter": row, "stations": queries.stations(row), "others": others},
    )


def _text(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "")[:100].replace("\0", "").strip()


def _known(request: HttpRequest, name: str, known: Any) -> str:
    value = request.GET.get(name, "")
    return value if value in known else ""
