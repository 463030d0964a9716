"""The feature table of a layer: filtered, sorted, a page at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects.atlas.queries import browsing as queries
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, Scope, may, require
from layers import browsing, exporting, standards
from layers.browsing import Page, Place, Row, Selection
from layers.models import LayerVersion, Status

PAGE = 50
COUNTED = 100_000  # beyond, it is "more than"
_SHOWN_COLUMNS = 6  # of the attributes, until somebody chooses
_CLOSEST = 18


@login_required
@require_safe
def features_page(request: HttpRequest, code: str) -> HttpResponse:
    """The features of a version, by default of the one in force."""
    user = cast(User, request.user)
    require(user, Permission.READ_LAYERS)
    version = version_asked(user, code, request.GET)
    fields = [field.name for field in browsing.fields(version)]
    problems: dict[str, list[str]] = {}
    try:
        selection = queries.selection_of(request.GET, fields)
        page, order = _page(version, selection, request.GET)
        counted = _counted(version, selection)
    except ValidationError as error:
        problems = error.message_dict
        selection, page, order, counted = Selection(), Page([], None, None), "key", None
    chosen = [name for name in request.GET.getlist("column") if name in fields]
    columns = chosen or _first_columns(version, fields)
    may_export = may(user, Permission.EXPORT_LAYERS, Scope(secrecy=version.layer.secrecy))
    return render(
        request,
        "atlas/features.html",
        {
            "version": version,
            "layer": version.layer,
            "in_force": version.status == Status.PUBLISHED,
            "classes": sorted(version.class_names.items()),
            "fields": [(name, _label(version, name)) for name in fields],
            "columns": [(name, _label(version, name)) for name in columns],
            "headers": _headers(request.GET, order),
            "rows": [_shown(version, row, columns) for row in page.rows],
            "counted": counted,
            "selected": not selection.everything,
            "next": _turned(request.GET, after=page.next),
            "previous": _turned(request.GET, before=page.previous),
            "asked": request.GET,
            "sort": order,
            "problems": problems,
            "may_export": may_export and not problems,
            "formats": exporting.FORMATS.values(),
            "zones": [(epsg, epsg - 4488) for epsg in exporting.EPSG_CODES if epsg != 4490],
            "query": request.GET.urlencode(),
            "map": reverse("atlas:map"),
        },
        status=400 if problems else 200,
    )


def version_asked(user: User, code: str, asked: QueryDict) -> LayerVersion:
    """The version that an address names, else the one in force; 404 where there is none for this user."""
    text = asked.get("version", "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Http404
    return queries.version_of(user, code, number=int(text) if text else None)


def _page(version: LayerVersion, selection: Selection, asked: QueryDict) -> tuple[Page, str]:
    order = asked.get("sort", "key")
    if order.removeprefix("-") not in browsing.ORDERS:
        order = "key"
    after, before = (queries.place_in(asked.get(name, ""), order) for name in ("after", "before"))
    page = browsing.page(
        version, selection, order=order, limit=PAGE, after=None if before else after, before=before
    )
    return page, order


def _turned(asked: QueryDict, **places: Place | None) -> str:
    """The address of another page of the same; empty where there is none."""
    ((name, place),) = places.items()
    if place is None:
        return ""
    query = asked.copy()
    for other in ("after", "before"):
        query.pop(other, None)
    query[name] = json.dumps(list(place), ensure_ascii=False)
    return query.urlencode()


def _counted(version: LayerVersion, selection: Selection) -> browsing.Counted:
    if selection.everything:
        return browsing.Counted(version.feature_count, exact=True)
    return browsing.count(version, selection, at_most=COUNTED)


@dataclass(frozen=True)
class Header:
    label: str
    query: str
    sorted: str  # ascending, descending or nothing
    numeric: bool = False


def _headers(asked: QueryDict, order: str) -> list[Header]:
    labels = {
        "key": _("要素标识"), "class_code": _("类别"), "name": _("名称"), "area_m2": _("面积（平方米）"),
    }  # fmt: skip
    headers = []
    for column, label in labels.items():
        query = asked.copy()
        for name in ("after", "before"):
            query.pop(name, None)
        query["sort"] = f"-{column}" if order == column else column
        state = {column: "ascending", f"-{column}": "descending"}.get(order, "")
        headers.append(Header(label, query.urlencode(), state, column == "area_m2"))
    return headers


def _first_columns(version: LayerVersion, fields: list[str]) -> list[str]:
    """Attributes that say something beside key, class and name, in the order of the layer's standard."""
    standard = standards.get(version.layer.standard) if version.layer.standard else None
    known = [field.name for field in standard.fields if not field.role] if standard else []
    ordered = [name for name in known if name in fields]
    return [*ordered, *(name for name in fields if name not in ordered)][:_SHOWN_COLUMNS]


def _label(version: LayerVersion, name: str) -> str:
    standard = standards.get(version.layer.standard) if version.layer.standard else None
    return next((field.label for field in standard.fields if field.name == name), "") if standard else ""


def _shown(version: LayerVersion, row: Row, columns: list[str]) -> dict[str, Any]:
    values = [row.attributes.get(name) for name in columns]
    return {
        "key": row.key,
        "class_code": row.class_code,
        "class_name": version.class_names.get(row.class_code, ""),
        "name": row.name,
        "area_m2": row.area_m2,
        "values": [
            value if isinstance(value, str) or value is None else json.dumps(value, ensure_ascii=False)
            for value in values
        ],
        "place": _on_the_map(version, row),
    }


def _on_the_map(version: LayerVersion, row: Row) -> str:
    """The part of the map's address that shows a feature: its middle, a zoom at which it fits, and it chosen."""
    west, south, east, north = row.bbox
    size = max(east - west, north - south, 1e-9)
    zoom = next((zoom for zoom in range(_CLOSEST, 0, -1) if 360 / 2**zoom * 2 >= size), 1)
    code = version.layer.code
    layer = code if version.status == Status.PUBLISHED else f"{code}:{version.number}"
    return (
        f"#{zoom}/{(south + north) / 2:.6f}/{(west + east) / 2:.6f}/layers={layer}"
        f"/at={quote(code, safe='')}:{quote(row.key, safe='')}"
    )
