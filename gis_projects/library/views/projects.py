"""The project list with its exports."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from gis_projects.library import exports
from gis_projects.library.filters import ProjectFilter, selection, without_kinds
from gis_projects.library.models import Industry, Level, Project, ProjectKind, Stage
from gis_projects.library.queries import projects as queries
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, require

PER_PAGE = 50


@login_required
@require_safe
def projects(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    every = queries.projects(user)
    chosen = ProjectFilter(request.GET, queryset=every)
    # A filter that can't be understood selects nothing: showing everything would pass for an answer.
    found = chosen.qs if chosen.form.is_valid() else every.none()
    ordering = request.GET.get("sort", "code")
    found = queries.ordered(found, ordering)
    wanted = request.GET.get("format")
    if wanted in exports.FORMATS:
        return _export(request, list(found), wanted)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rest = ProjectFilter(without_kinds(request.GET), queryset=every)
    counts = queries.counts(found, rest.qs if rest.form.is_valid() else every.none())
    kinds = request.GET.getlist("kind")
    form = chosen.form
    return render(
        request,
        "library/projects.html",
        {
            "page": page,
            "filter": chosen,
            "summary": queries.summary(found),
            "kinds": [
                {
                    "value": kind.value,
                    "label": kind.label,
                    "number": counts.kinds[kind.value],
                    "on": kind.value in kinds,
                }
                for kind in ProjectKind
            ],
            "kind_labels": ProjectKind.choices,
            "regions": Region.objects.divisions(),
            "chosen_regions": request.GET.getlist("region"),
            "choices": [
                {
                    "name": name,
                    "label": ProjectFilter.base_filters[name].label,
                    "options": options,
                    "value": form[name].value() or "",
                }
                for name, options in (
                    ("industry", Industry.choices),
                    ("level", Level.choices),
                    ("stage", Stage.choices),
                    ("has_site", [("true", _("有选址边界")), ("false", _("没有选址边界"))]),
                )
            ],
            "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
            "selection": selection(request.GET),
            "columns": _columns(request, ordering),
            "ordering": ordering,
        },
    )


def _columns(request: HttpRequest, ordering: str) -> list[dict[str, Any]]:
    """The list's headings: each a link that orders by it, and the other way round the second time."""
    names = {
        "code": _("项目代码"),
        "name": _("项目名称"),
        "": _("项目类别"),
        "region": _("地区"),
        "industry": _("行业"),
        "level": _("级次"),
        "stage": _("状态"),
        "year": pgettext("column", "年度"),
        "planned": _("计划投资（万元）"),
        "cumulative": _("累计投资（万元）"),
        "progress": _("进度"),
        " ": _("选址"),
    }
    columns = []
    for name, label in names.items():
        params = request.GET.copy()
        for gone in ("page", "format"):
            params.pop(gone, None)
        params["sort"] = f"-{name}" if ordering == name else name
        columns.append(
            {
                "label": label,
                "query": params.urlencode() if name.strip() else "",
                "sorted": {name: "ascending", f"-{name}": "descending"}.get(ordering, ""),
                "numeric": name in ("year", "planned", "cumulative", "progress"),
            }
        )
    return columns


def _export(request: HttpRequest, rows: list[Project], kind: str) -> HttpResponse:
    labels = dict(ProjectKind.choices)
    header = [
        _("项目代码"),
        _("项目名称"),
        _("项目类别"),
        _("地区"),
        _("行业"),
        _("级次"),
        _("状态"),
        _("入库年度"),
        _("计划投资（元）"),
        _("累计投资（元）"),
        _("经度"),
        _("纬度"),
        _("位置精度"),
        _("建设内容"),
    ]
    table = (
        (
            row.code,
            row.name,
            _("、").join(str(labels[name]) for name in row.kinds),  # type: ignore[attr-defined]
            row.region.short_name,
            row.get_industry_display(),
            row.get_level_display(),
            row.get_stage_display(),
            row.year,
            row.planned_yuan,  # type: ignore[attr-defined]
            row.cumulative_yuan,  # type: ignore[attr-defined]
            row.location.x if row.location else None,
            row.location.y if row.location else None,
            row.get_precision_display(),
            row.content,
        )
        for row in rows
    )
    encoding = request.GET.get("encoding", "utf-8").lower()
    if encoding not in exports.ENCODINGS:
        encoding = "utf-8"
    name = _("项目清单") + timezone.localdate().strftime("-%Y%m%d")
    return exports.table(name, header, table, kind=kind, encoding=encoding)
