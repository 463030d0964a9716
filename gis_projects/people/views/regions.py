"""The tree of divisions: filtered, exported, corrected; and one division with where it lies."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

import shapely
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gis_projects import exports
from gis_projects.people.actions.regions import end_region, save_region
from gis_projects.people.forms import LastDayForm, RegionForm
from gis_projects.people.models import Organisation, Region, RegionKind, User
from gis_projects.people.permissions import Permission, Scope, has, may, require
from gis_projects.people.queries import regions as queries
from gis_projects.people.queries.organisations import ancestors
from gis_projects.people.views import pages
from siting.engine.area import exact_area


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def regions(request: HttpRequest) -> HttpResponse:
    """The divisions as a tree, by name, code, kind, what they lie below and the day on which they are valid."""
    user = cast(User, request.user)
    form = RegionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(user, Permission.MANAGE_PEOPLE)
        if form.is_valid():
            said = form.cleaned_data
            require(user, Permission.MANAGE_PEOPLE, Scope(region=said["code"]))
            if Region.objects.filter(code=said["code"]).exists():
                form.add_error("code", _("这个代码已经登记。"))
            else:
                try:
                    made = save_region(by=user, **said)
                except ValidationError as error:
                    form.add_errors(error)
                else:
                    messages.success(request, _("区划“%(name)s”已登记。") % {"name": made.name})
                    return redirect("people:region", code=made.code)
    wanted = pages.asked(request, {"q": 30, "kind": 10, "below": 12, "day": 10, "all": 1})
    day, refused = _day(wanted)
    rows = queries.chosen(wanted["q"], wanted["kind"], wanted["below"], day)
    ordered = [] if refused else queries.tree(rows)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("区划"), _header(), (_exported(row.region) for row in ordered), kind=str(kind))
    context = pages.context(request, rows, wanted)
    return render(
        request,
        "people/regions.html",
        {
            **context,
            "rows": ordered,
            "refused": refused,
            "kinds": RegionKind.choices,
            "divisions": Region.objects.divisions(),
            "today": timezone.localdate(),
            "manages": has(user, Permission.MANAGE_PEOPLE),
            "form": form,
        },
        status=400 if form.errors or refused else 200,
    )


def _day(wanted: dict[str, str]) -> tuple[date | None, str]:
    """The day asked for: today unless another one, or any; with what is wrong about it."""
    if wanted["all"]:
        return None, ""
    if not wanted["day"]:
        return timezone.localdate(), ""
    try:
        return date.fromisoformat(wanted["day"]), ""
    except ValueError:
        return None, _("日期应写作 2024-05-21 的形式。")


def _header() -> list[str]:
    return [_("区划代码"), _("名称"), _("简称"), _("类型"), _("上级区划代码"), _("启用日期"), _("最后有效日")]


def _exported(row: Region) -> list[Any]:
    return [
        row.code, row.name, row.short_name, row.get_kind_display(), row.parent_id or "", row.valid_from, row.valid_to
    ]  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def region(request: HttpRequest, code: str) -> HttpResponse:
    """One division: what it belongs to, what belongs to it, its departments, its outline; its end."""
    user = cast(User, request.user)
    row = get_object_or_404(Region, code=code)
    manages = may(user, Permission.MANAGE_PEOPLE, Scope(region=code))
    form = LastDayForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(user, Permission.MANAGE_PEOPLE, Scope(region=code))
        if form.is_valid():
            try:
                end_region(by=user, region=row, last_day=form.cleaned_data["last_day"])
            except ValidationError as error:
                form.add_errors(error)
            else:
                messages.success(request, _("已登记最后有效日。"))
                return redirect("people:region", code=code)
    shape = queries.shape(code)
    way = {each.code: each for each in Region.objects.filter(code__in=ancestors(code))}
    return render(
        request,
        "people/region.html",
        {
            "region": row,
            "way": [way[each] for each in reversed(ancestors(code))],
            "children": row.children.order_by("position", "code"),
            "departments": Organisation.objects.open()
            .filter(region=row, kind="department")
            .select_related("department")
            .order_by("department__position", "name"),
            "outline": None if shape is None else _outline(shape),
            "today": timezone.localdate(),
            "manages": manages,
            "form": form,
        },
        status=400 if form.errors else 200,
    )


def _outline(shape: Any) -> dict[str, Any]:
    """A division's outline as the path of a drawing (north up, about in proportion), its area and its box."""
    west, south, east, north = shape.bounds
    narrow = 0.76  # a degree of longitude against one of latitude at 40.5° N
    step = max((east - west) * narrow, north - south) / 400
    parts = []
    for ring in _rings(shape.simplify(step)):
        points = " ".join(f"{(x - west) * narrow / step:.1f},{(north - y) / step:.1f}" for x, y in ring)
        parts.append(f"M{points}Z")
    return {
        "path": "".join(parts),
        "width": f"{(east - west) * narrow / step:.1f}",
        "height": f"{(north - south) / step:.1f}",
        "area_km2": exact_area(shape) / 1e6,
        "west": west, "south": south, "east": east, "north": north,
    }  # fmt: skip


def _rings(shape: Any) -> list[Any]:
    polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return [shapely.get_coordinates(ring) for part in polygons for ring in (part.exterior, *part.interiors)]
