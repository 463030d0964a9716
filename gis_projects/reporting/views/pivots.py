"""Projects by up to four dimensions: the filters of the project list, the table on screen and as a file."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.library.filters import ProjectFilter
from gis_projects.library.models import Industry, Library, ProjectKind, Stage
from gis_projects.library.money import Unit, in_unit, show
from gis_projects.library.queries import projects as queries
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, require
from gis_projects.reporting import pivots
from gis_projects.reporting.statistics import Figures

USUAL = ("year", "investment")
MEASURES = ("number", "planned", "cumulative")
#: The filters that this page offers; a link may carry any of the project list's.
OFFERED = ("kind", "region", "stage", "library", "industry", "year_from", "year_to")


@login_required
@require_safe
def pivot(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    require(user, Permission.READ_STATISTICS)
    require(user, Permission.READ_PROJECTS)
    every = queries.projects(user)
    chosen = ProjectFilter(request.GET, queryset=every)
    # a filter that can't be understood selects nothing: showing everything would pass for an answer
    selected = chosen.qs if chosen.form.is_valid() else every.none()
    across = request.GET.get("across", "")
    across = across if across in pivots.DIMENSIONS else ""
    asked = [name for name in request.GET.getlist("rows") if name in pivots.DIMENSIONS]
    rows = [name for name in pivots.DIMENSIONS if name in (asked or USUAL) and name != across]
    measure = request.GET.get("measure", "")
    measure = measure if measure in MEASURES else MEASURES[0]
    unit = Unit(request.GET["unit"]) if request.GET.get("unit") in {str(unit) for unit in Unit} else Unit.WAN
    if request.GET.get("format") in exports.FORMATS:
        return _export(request, pivots.pivot(selected, rows, across), unit)
    found = pivots.pivot(selected, rows, across)
    carried = request.GET.copy()
    for name in ("rows", "across", "measure", "unit", "format"):
        carried.pop(name, None)
    return render(
        request,
        "reporting/pivot.html",
        {
            "dimensions": [(each, each.key in rows) for each in pivots.DIMENSIONS.values()],
            "pivot": found,
            "lines": [
                {
                    "names": line.names,
                    "query": _narrowed(carried.urlencode(), line.query),
                    "cells": [_said(cell, measure, unit) for cell in line.cells],
                    "total": _whole(line.total, unit),
                }
                for line in found.lines
            ],
            "sums": [_said(cell, measure, unit) for cell in found.sums],
            "total": _whole(found.total, unit),
            "across": across,
            "measure": measure,
            "measures": [("number", _("项目数")), ("planned", _("计划投资")), ("cumulative", _("累计投资"))],
            "unit": unit,
            "units": list(Unit),
            "form": chosen.form,
            "wanted": request.GET,
            "kinds": ProjectKind.choices,
            "kind": request.GET.get("kind", ""),
            "stages": Stage.choices,
            "libraries": Library.choices,
            "industries": Industry.choices,
            "regions": Region.objects.filter(kind__in=["city", "county", "zone"]).order_by("position"),
            "others": [
                (name, value)
                for name, values in carried.lists()
                if name in ProjectFilter.base_filters and name not in OFFERED
                for value in values
            ],
        },
        status=200 if chosen.form.is_valid() else 400,
    )


def _narrowed(carried: str, query: str | None) -> str | None:
    return None if query is None else "&".join(filter(None, (carried, query)))


def _said(cell: Figures, measure: str, unit: Unit) -> str:
    if measure == "number":
        return f"{cell.number:,}" if cell.number else ""
    amount = cell.planned_yuan if measure == "planned" else cell.cumulative_yuan
    return show(amount, unit) if cell.number else ""


def _whole(cell: Figures, unit: Unit) -> dict[str, object]:
    return {
        "number": cell.number,
        "planned": show(cell.planned_yuan, unit),
        "cumulative": show(cell.cumulative_yuan, unit),
        "progress": cell.progress,
    }


def _export(request: HttpRequest, found: pivots.Pivot, unit: Unit) -> HttpResponse:
    """Every figure of the table: a line for each row, and for each column where there is one across."""
    header = [each.heading() for each in found.rows]
    if found.across:
        header.append(found.across.heading())
    header += [
        _("项目数"),
        _("计划投资（%(unit)s）") % {"unit": unit.label},
        _("累计投资（%(unit)s）") % {"unit": unit.label},
        _("完成进度%%") % {},
    ]

    def figures(cell: Figures) -> list[object]:
        return [
            cell.number, in_unit(cell.planned_yuan, unit), in_unit(cell.cumulative_yuan, unit), cell.progress,
        ]  # fmt: skip

    table: list[list[object]] = []
    for line in found.lines:
        if found.across is None:
            table.append([*line.names, *figures(line.total)])
        else:
            table += [
                [*line.names, head, *figures(cell)]
                for head, cell in zip(found.columns, line.cells, strict=True)
                if cell.number
            ]
    encoding = request.GET.get("encoding", "utf-8").lower()
    return exports.table(
        _("项目多维统计"), header, table, kind=request.GET["format"],
        encoding=encoding if encoding in exports.ENCODINGS else "utf-8",
    )  # fmt: skip
