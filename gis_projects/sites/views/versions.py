"""The versions of a site's boundary: who saved which when, and any two of them compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_safe
from shapely.geometry import mapping

from gis_projects import exports
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, may
from gis_projects.sentences import crs_label
from gis_projects.sites import presenting
from gis_projects.sites.queries import boundaries as queries
from siting.engine.area import hectares, mu
from siting.engine.crs import DeclaredCrs
from siting.models import SiteVersion
from siting.version_changes import ChangedPoint, PointChange, VersionChanges, compare
from siting.versions import stored

MAX_VERSIONS = 500
_FORMATS = {
    "coordinate_text": gettext_lazy("坐标文本"),
    "drawing": gettext_lazy("在地图上绘制"),
    "geojson": "GeoJSON",
    "shapefile": "Shapefile",
    "kml": "KML",
    "dxf": "DXF",
    "geopackage": "GeoPackage",
    "workbook": gettext_lazy("坐标成果表 Excel"),
    "pasted": gettext_lazy("粘贴的坐标"),
}
MAX_ROWS = 1_000  # on the page; an export has all


@login_required
@require_safe
def versions(request: HttpRequest, pk: int) -> HttpResponse:
    """All versions of a project's boundary, and the comparison of two: ground, areas, points; as a file on request."""
    user = cast(User, request.user)
    projects = Project.objects.select_related("site__current", "region")
    project = find(user, Permission.READ_SITES, projects, reading=Permission.READ_PROJECTS, pk=pk)
    rows = list(
        SiteVersion.objects.filter(site=project.site)
        .defer("geometry", "declared", "source_file")
        .order_by("-number")[:MAX_VERSIONS]
        if project.site
        else []
    )
    saved = queries.savings(project)
    context: dict[str, Any] = {
        "project": project,
        "may_edit": may(user, Permission.EDIT_SITES, project),
        "rows": [
            {
                "version": row,
                "by": saved[row.pk].name if row.pk in saved else "",
                "format": str(_FORMATS.get(row.format, row.format)),
                "mu": mu(row.area_m2),
                "hectares": hectares(row.area_m2),
                "current": bool(project.site and row.pk == project.site.current_id),
            }
            for row in rows
        ],
    }
    if len(rows) > 1:
        before, after = _pair(request, rows)
        changes = compare(stored(before), stored(after))
        if (kind := request.GET.get("format")) in exports.FORMATS:
            name = _("界址点变动 第%(before)s版至第%(after)s版") % {
                "before": before.number,
                "after": after.number,
            }
            return exports.table(name, _columns(), _rows(changes), kind=str(kind))
        context |= _compared(before, after, changes)
    return render(request, "sites/versions.html", context)


def _pair(request: HttpRequest, rows: list[SiteVersion]) -> tuple[SiteVersion, SiteVersion]:
    """The two versions by their numbers; the last two unless named. 404 for a number that there is none of."""
    numbers = {row.number: row for row in rows}

    def named(parameter: str, default: int) -> SiteVersion:
        text = request.GET.get(parameter, "")
        if not text:
            return numbers[default]
        if not text.isascii() or not text.isdigit() or int(text[:9]) not in numbers:
            raise Http404
        return numbers[int(text[:9])]

    return named("from", rows[1].number), named("to", rows[0].number)


def _compared(before: SiteVersion, after: SiteVersion, changes: VersionChanges) -> dict[str, Any]:
    points = [_point(point) for point in changes.points[:MAX_ROWS]]
    counts = {kind: sum(point.change is kind for point in changes.points) for kind in PointChange}
    delta = changes.official_delta_m2
    return {
        "before": before,
        "after": after,
        "changes": changes,
        "points": points,
        "more": max(0, len(changes.points) - MAX_ROWS),
        "counts": [(str(kind), _word(kind), counts[kind]) for kind in PointChange],
        "delta": {"m2": delta, "mu": mu(delta), "hectares": hectares(delta)},
        "sizes": [
            ("same", _("不变"), changes.kept_m2),
            ("added", _("增加"), changes.added_m2),
            ("removed", _("减少"), changes.removed_m2),
        ],
        "plane": crs_label(DeclaredCrs(changes.epsg)),
        "config": {
            "before": presenting.site_geojson(before),
            "after": presenting.site_geojson(after),
            "added": mapping(changes.added) if changes.added is not None else None,
            "removed": mapping(changes.removed) if changes.removed is not None else None,
            "labels": [_version_label(before), _version_label(after)],
            "points": [{"change": p["change"], "place": p["place"]} for p in points],
        },
    }


def _version_label(version: SiteVersion) -> str:
    when = timezone.localtime(version.created_at)
    return _("第 %(number)s 版 %(when)s") % {"number": version.number, "when": f"{when:%Y-%m-%d %H:%M}"}


def _word(change: PointChange) -> str:
    return {
        PointChange.MOVED: _("移动"),
        PointChange.ADDED: _("新增"),
        PointChange.REMOVED: pgettext("change", "删除"),
    }[change]


def _point(point: ChangedPoint) -> dict[str, Any]:
    return {
        "change": str(point.change),
        "word": _word(point.change),
        "plot": point.plot,
        "number": point.number,
        "before": point.before,
        "after": point.after,
        "place": list(point.place),
        "metres": None if point.metres is None else f"{point.metres:.3f}",
    }


def _columns() -> list[str]:
    return [
        _("变化"),
        _("地块"),
        _("点号"),
        _("原 X（北）"),
        _("原 Y（东）"),
        _("现 X（北）"),
        _("现 Y（东）"),
        _("移动距离（米）"),
    ]


def _rows(changes: VersionChanges) -> Iterator[list[Any]]:
    for point in changes.points:
        before, after = point.before or ("", ""), point.after or ("", "")
        metres = "" if point.metres is None else round(point.metres, 3)
        yield [_word(point.change), point.plot, point.number, *before, *after, metres]
