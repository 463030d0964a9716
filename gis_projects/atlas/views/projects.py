"""What the map shows of projects, as a file."""

from __future__ import annotations

from typing import cast

import shapely
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects.atlas import drawn, project_files
from gis_projects.atlas.queries import areas
from gis_projects.library import selecting
from gis_projects.library.filters import ProjectFilter, selection
from gis_projects.library.models import Project
from gis_projects.library.queries.mapping import Mapped
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, require, visible
from gis_projects.sentences import listed


@login_required
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The selection that the map shows (the list page's filters, a day, an area) as xlsx, csv, geojson or gpkg."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    kind = request.GET.get("format", "xlsx")
    try:
        if kind not in project_files.FORMATS:
            raise selecting.Misunderstood({"format": [", ".join(project_files.FORMATS)]})
        area, mode = drawn.asked(request.GET)
        chosen = selecting.selected(user, request.GET)
        rows = drawn.rows_in(user, chosen, area, mode)
    except selecting.Misunderstood as error:
        return _refused(request, [str(one) for several in error.errors.values() for one in several])
    content = project_files.Content(
        rows,
        areas.figures(rows),
        dict(Region.objects.divisions().values_list("code", "short_name")),
        _told(request, chosen, mode if area is not None else ""),
        _boundaries(user, rows) if kind == "gpkg" else {},
    )
    ending, media_type = project_files.FORMATS[kind]
    response = HttpResponse(project_files.write(content, kind), content_type=media_type)
    name = _("地图项目") + timezone.localdate().strftime("-%Y%m%d") + f".{ending}"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


def _refused(request: HttpRequest, reasons: list[str]) -> HttpResponse:
    shown = {
        "title": _("没有导出"),
        "reasons": reasons,
        "back": reverse("atlas:map"),
        "back_label": _("返回一张图"),
    }
    return render(request, "atlas/export_refused.html", shown, status=400)


def _told(request: HttpRequest, chosen: selecting.Selected, mode: str) -> list[tuple[str, str]]:
    """What was selected, and how, in words."""
    labels = {name: str(one.label) for name, one in ProjectFilter.base_filters.items()}
    query = [(labels[name], value) for name in labels for value in request.GET.getlist(name) if value]
    told = [
        (_("数据日期"), (chosen.as_of or timezone.localdate()).isoformat()),
        (_("坐标系"), "CGCS2000 (EPSG:4490)"),
        (
            _("筛选条件"),
            _("；").join(f"{name}={value}" for name, value in query) if selection(request.GET) else _("无"),
        ),
    ]
    if mode:
        told.append((_("圈定范围"), request.GET.get("area", "")))
        told.append((_("判定方式"), _("与范围相交") if mode == "intersects" else _("完全在范围内")))
    if chosen.of_today:
        told.append((_("按今日登记的条件"), listed(labels[name] for name in chosen.of_today)))
    return told


def _boundaries(user: User, rows: list[Mapped]) -> dict[int, shapely.Geometry]:
    """The present boundaries of those projects whose sites the user may read. One query."""
    with_site = visible(user, Permission.READ_SITES, Project.objects.filter(site__current__isnull=False))
    found = with_site.filter(pk__in=[row.pk for row in rows if row.site_version is not None])
    return {
        pk: shapely.from_wkb(bytes(geometry.wkb))
        for pk, geometry in found.values_list("pk", "site__current__geometry")
    }
