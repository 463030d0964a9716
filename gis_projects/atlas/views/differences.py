"""The page of the differences between two versions of a layer, its downloads, and their tiles."""

from __future__ import annotations

import gzip
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports, problems
from gis_projects.atlas import tile_cache
from gis_projects.atlas.api.layers import layer_data
from gis_projects.atlas.differences import (
    field_label,
    flow_header,
    flow_table,
    kind_label,
    rows_header,
    rows_table,
    value_text,
)
from gis_projects.atlas.queries import differences
from gis_projects.atlas.views.tiles import MAX_ZOOM, MVT, YEAR, whole
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.sentences import sentence, word
from layers import changes
from layers.changes import Change, ChangeKind, FieldChange, Summary
from layers.models import Kind, LayerVersion, Secrecy, Status
from layers.notices import UnusableLayer

PER_PAGE = 50
SHOWN_FIELDS = 6


class _Rows:
    """The differences as Django's paginator takes them: it asks for a length and for slices."""

    def __init__(self, pair: differences.Pair, total: int, **choice: Any) -> None:
        self._pair, self._total, self._choice = pair, total, choice

    def __len__(self) -> int:
        return self._total

    def __getitem__(self, span: slice) -> list[Change]:
        return changes.rows(
            self._pair.before,
            self._pair.after,
            offset=span.start,
            limit=span.stop - span.start,
            **self._choice,
        )


@login_required
@require_safe
def page(request: HttpRequest, code: str) -> HttpResponse:
    """What changed between two versions: counted, listed, on the map, and as area flow."""
    user = cast(User, request.user)
    require(user, Permission.READ_LAYERS)
    pair = differences.pair(user, code, _number(request, "from"), _number(request, "to"))
    context: dict[str, Any] = {
        "layer": pair.layer,
        "pair": pair,
        "versions": [(version, _version_label(version)) for version in pair.versions],
        "single": len(pair.versions) == 1,
        "raster": pair.layer.kind == Kind.RASTER,
    }
    if context["raster"]:
        return render(request, "atlas/differences.html", {**context, "config": _config(pair, None)})
    if request.GET.get("format") in exports.FORMATS and request.GET.get("table") == "flow":
        return _flow_download(request, pair)
    summary = changes.summary(pair.before, pair.after)
    kind, class_code = _kind(request), request.GET.get("class")
    if class_code not in _classes(summary):
        class_code = None
    order = request.GET.get("sort", "key")
    if order.removeprefix("-") not in changes.ORDERS:
        order = "key"
    total = sum(
        part.count
        for part in summary.by_class
        if kind in (None, part.kind) and class_code in (None, part.class_before, part.class_after)
    )
    choice = {"kind": kind, "class_code": class_code, "order": order}
    if request.GET.get("format") in exports.FORMATS:
        return _rows_download(request, pair, total, choice)
    rows = Paginator(cast(Any, _Rows(pair, total, **choice)), PER_PAGE).get_page(request.GET.get("page"))
    context |= {
        "summary": summary,
        "tiles_of_kinds": _tally(request, summary, kind),
        "kind": kind,
        "kinds": [(str(each), kind_label(each)) for each in ChangeKind],
        "class_code": class_code,
        "classes": _class_choices(pair, summary),
        "total": total,
        "total_text": _grouped(total),
        "unchanged": _grouped(summary.unchanged),
        "order": order,
        "columns": _columns(request, order),
        "page": rows,
        "pages": rows.paginator.get_elided_page_range(rows.number, on_each_side=2, on_ends=1),
        "rows": [_shown(change, pair) for change in rows.object_list],
        "config": _config(pair, summary),
        "filtered": kind is not None or class_code is not None,
    }
    return render(request, "atlas/differences.html", context)


def _number(request: HttpRequest, name: str) -> int | None:
    """A version's number in the address; what is none names no version."""
    text = request.GET.get(name, "")
    if not text:
        return None
    number = whole(text, 2**31)
    if number is None:
        raise Http404
    return number


def _kind(request: HttpRequest) -> ChangeKind | None:
    text = request.GET.get("kind", "")
    return ChangeKind(text) if text in set(ChangeKind) else None


def _version_label(version: LayerVersion) -> str:
    """What a version is called where one is chosen: number, day, and whether it is in force."""
    parts = [_("第 %(number)d 版") % {"number": version.number}]
    if version.source_date:
        parts.append(_("数据 %(day)s") % {"day": version.source_date.isoformat()})
    if version.status == Status.PUBLISHED:
        parts.append(_("现行"))
    elif version.status == Status.STAGED:
        parts.append(_("待发布"))
    return " · ".join(parts)


def _classes(summary: Summary) -> set[str]:
    sides = ((part.class_before, part.class_after) for part in summary.by_class)
    return {code for pair in sides for code in pair if code is not None}


def _class_choices(pair: differences.Pair, summary: Summary) -> list[tuple[str, str, str]]:
    """Code, label and number of differences of every class on either side."""
    numbers: dict[str, int] = {}
    for part in summary.by_class:
        for code in {part.class_before, part.class_after} - {None}:
            numbers[cast(str, code)] = numbers.get(cast(str, code), 0) + part.count
    names = {**pair.before.class_names, **pair.after.class_names}
    return [(code, word(names.get(code, "")), _grouped(numbers[code])) for code in sorted(numbers)]


def _tally(request: HttpRequest, summary: Summary, chosen: ChangeKind | None) -> list[dict[str, Any]]:
    """The counts by kind, each with the address that filters by it, or takes that filter off again."""
    tally = []
    for kind in ChangeKind:
        query = request.GET.copy()
        for name in ("page", "format", "kind"):
            query.pop(name, None)
        if kind != chosen:
            query["kind"] = str(kind)
        of_kind = [part for part in summary.by_class if part.kind == kind]
        tally.append(
            {
                "kind": str(kind),
                "label": kind_label(kind),
                "count": _grouped(getattr(summary, kind)),
                "any": getattr(summary, kind) > 0,
                "hectares": sum(part.area_after or part.area_before for part in of_kind) / 10_000,
                "query": query.urlencode(),
                "on": kind == chosen,
            }
        )
    return tally


def _columns(request: HttpRequest, order: str) -> list[dict[str, Any]]:
    """The table's headings: each a link that orders by it, and the other way round the second time."""
    labels = {
        "key": _("要素"),
        "kind": _("变化"),
        "class_before": _("原类别"),
        "class_after": _("现类别"),
        "area_before": _("原面积（m²）"),
        "area_after": _("现面积（m²）"),
        "difference": _("增减（m²）"),
    }
    columns = []
    for name, label in labels.items():
        query = request.GET.copy()
        for gone in ("page", "format"):
            query.pop(gone, None)
        query["sort"] = f"-{name}" if order == name else name
        columns.append(
            {
                "label": label,
                "query": query.urlencode(),
                "sorted": {name: "ascending", f"-{name}": "descending"}.get(order, ""),
                "numeric": name.startswith("area") or name == "difference",
            }
        )
    return columns


def _shown(change: Change, pair: differences.Pair) -> dict[str, Any]:
    before, after = change.area_before, change.area_after
    fields = _told_once(change)
    return {
        "change": change,
        "kind_label": kind_label(change.kind),
        "label_before": word(pair.before.class_names.get(change.class_before or "", "")),
        "label_after": word(pair.after.class_names.get(change.class_after or "", "")),
        "difference": (after or 0.0) - (before or 0.0),
        "bounds": ",".join(f"{number:.7f}" for number in change.bounds),
        "fields": [
            {
                "label": field_label(field.name),
                "before": value_text(field.before),
                "after": value_text(field.after),
            }
            for field in fields[:SHOWN_FIELDS]
        ],
        "more": max(len(fields) - SHOWN_FIELDS, 0),
    }


def _told_once(change: Change) -> list[FieldChange]:
    """The fields without those that only say again what stands in a column or another field (class and name)."""
    told = {(change.class_before, change.class_after)}
    fields = []
    for field in change.fields:
        values = (value_text(field.before), value_text(field.after))
        if values not in told and field.name != "class_code":
            fields.append(field)
        if field.name == "name":
            told.add(values)
    return fields


def _grouped(number: int) -> str:
    """Thousands apart, as every other number of the platform; the locale would set four digits together."""
    return f"{number:,}"


def _config(pair: differences.Pair, summary: Summary | None) -> dict[str, Any]:
    """What the page's script needs to draw both versions and what lies between."""
    numbers = f"from={pair.before.number}&to={pair.after.number}"
    base = f"/api/v1/layers/{pair.layer.code}/differences/"
    return {
        "code": pair.layer.code,
        "before": {**layer_data(pair.before), "version_label": _version_label(pair.before)},
        "after": {**layer_data(pair.after), "version_label": _version_label(pair.after)},
        "tiles": f"/tiles/{pair.layer.code}/changes/{pair.before.number}/{pair.after.number}/{{z}}/{{x}}/{{y}}.mvt",
        "content": pair.content,
        "rows": f"{base}rows/?{numbers}",
        "flow": f"{base}flow/?{numbers}",
        "bounds": summary.bounds if summary else None,
        "kinds": {str(kind): kind_label(kind) for kind in ChangeKind},
    }


def _rows_download(
    request: HttpRequest, pair: differences.Pair, total: int, choice: dict[str, Any]
) -> HttpResponse:
    if total > differences.MAX_EXPORTED:
        text = _("共有 %(n)d 处变化，超过一次导出的上限 %(most)d 处，请先筛选。")
        return _refused(request, text % {"n": total, "most": differences.MAX_EXPORTED})
    names = pair.before.class_names, pair.after.class_names
    rows = rows_table(changes.every(pair.before, pair.after, **choice), *names)
    return exports.table(_title(pair, _("变化清单")), rows_header(), rows, kind=request.GET["format"])


def _flow_download(request: HttpRequest, pair: differences.Pair) -> HttpResponse:
    try:
        flow = differences.flow(pair)
    except UnusableLayer as error:
        return _refused(request, sentence(error.notices[0]))
    if flow.why is not None:
        return _refused(request, sentence(flow.why))
    rows = flow_table(flow, pair.before.class_names)
    header = flow_header(flow, pair.after.class_names)
    return exports.table(_title(pair, _("面积流向")), header, rows, kind=request.GET["format"])


def _refused(request: HttpRequest, why: str) -> HttpResponse:
    context = {"status": 400, "problem": _("不能导出"), "detail": why}
    return render(request, "errors/problem.html", context, status=400)


def _title(pair: differences.Pair, what: str) -> str:
    return f"{pair.layer.code} {pair.before.number}-{pair.after.number} {what}"


@require_safe
def tile(request: HttpRequest, code: str, before: str, after: str, z: str, x: str, y: str) -> HttpResponse:
    """One vector tile of what changed. Both versions are asked for before anything kept is looked at."""
    user = request.user
    if not user.is_authenticated:
        return problems.response(401, _("请先登录。"))
    numbers = [whole(text, 2**31) for text in (before, after)]
    zoom = whole(z, MAX_ZOOM + 1)
    column, row = (whole(text, 2**zoom) if zoom is not None else None for text in (x, y))
    if None in numbers or zoom is None or column is None or row is None:
        return problems.response(400, _("瓦片编号有误。"))
    try:
        require(user, Permission.READ_LAYERS)
        pair = differences.pair(user, code, *numbers)
        if pair.layer.kind != Kind.VECTOR:
            raise Http404
    except (Http404, PermissionDenied):
        return problems.response(404, _("没有这样的对象，或者您无权查看。"))
    etag = f'W/"{pair.content[:20]}-{tile_cache.ENCODING}-{zoom}-{column}-{row}"'
    response: HttpResponse
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        response = HttpResponseNotModified()
    else:
        packed = tile_cache.tile(
            f"{pair.layer.code}.changes",
            pair.content,
            zoom,
            column,
            row,
            lambda: differences.tile(pair, zoom, column, row),
        )
        response = HttpResponse(content_type=MVT)
        if packed and "gzip" in request.headers.get("Accept-Encoding", ""):
            response["Content-Encoding"] = "gzip"
            response.content = packed
        else:
            response.content = gzip.decompress(packed) if packed else b""
    response["ETag"] = etag
    # A staged version's number may come to mean other content, so a browser asks each time unless both are published.
    fixed = pair.layer.secrecy != Secrecy.CONFIDENTIAL and Status.STAGED not in (
        pair.before.status,
        pair.after.status,
    )
    response["Cache-Control"] = f"private, max-age={YEAR}, immutable" if fixed else "private, no-cache"
    patch_vary_headers(response, ["Accept-Encoding", "Cookie"])
    return response
