"""Figures over the disclosed projects: by region, industry, kind, stage, level and year, each as a table first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.disclosure import showing
from gis_projects.disclosure.caching import kept_public
from gis_projects.disclosure.forms import PublicFilter, filtered, refusal
from gis_projects.disclosure.queries import figures
from gis_projects.disclosure.queries.figures import Cell, Tally
from gis_projects.disclosure.queries.selection import Selection
from gis_projects.disclosure.views.listing import listing, said_of_all
from gis_projects.library.money import Unit, in_unit
from gis_projects.library.terms import Industry, Level, ProjectKind, Stage


@dataclass(frozen=True)
class Line:
    """A row of a table; ``planned`` and ``completed`` are in 万元, None where no project's amount is disclosed."""

    code: str
    name: str
    count: int
    planned: Any
    with_planned: int
    completed: Any
    with_completed: int

    @property
    def said(self) -> dict[str, str]:
        """The figures with their thousands parted; empty where no amount is disclosed."""
        return {
            name: "" if value is None else f"{value:,}"
            for name, value in vars(self).items()
            if name not in ("code", "name")
        }


@dataclass(frozen=True)
class Table:
    """``whole`` says whether the rows add up to the total: not by kind, where a project may count twice."""

    sort: str
    title: str
    head: str
    lines: list[Line]
    total: Line
    whole: bool


def _titles() -> dict[str, tuple[str, str]]:
    return {
        "kind": (_("按项目类别"), _("项目类别")),
        "region": (_("按地区"), _("所属地区")),
        "industry": (_("按行业"), _("所属行业")),
        "stage": (_("按项目状态"), _("项目状态")),
        "level": (_("按项目级次"), _("项目级次")),
        "year": (_("按入库年度"), _("入库年度")),
    }


def tables(selection: Selection) -> list[Table]:
    """All tables of a selection, from one query."""
    cells = figures.cells(selection)
    total = _line("", _("合计"), figures.total(cells, selection))
    return [
        Table(sort, title, head, _lines(sort, cells, selection), total, sort != "kind")
        for sort, (title, head) in _titles().items()
    ]


def _lines(sort: str, cells: tuple[Cell, ...], selection: Selection) -> list[Line]:
    sums = figures.by(sort, cells, selection)
    order: Iterable[tuple[Any, str]]
    match sort:
        case "region":
            order = sorted(figures.region_names(cells).items())
        case "year":
            order = [(year, str(year)) for year in sorted(year for year in sums if year)]
        case _:
            words = {"industry": Industry, "level": Level, "stage": Stage, "kind": ProjectKind}[sort]
            order = [(code, showing.word(sort, code)) for code in words.values]
    lines = [
        _line(str(code), name, sums[code])
        for code, name in order
        # A kind without projects is a figure too; an industry without any would only lengthen the table.
        if code in sums or (sort == "kind" and sums.setdefault(code, Tally()))
    ]
    unsaid = sums.get(None, sums.get("")) if sort != "kind" else None
    return [*lines, _line("", showing.dash(), unsaid)] if unsaid else lines


def _line(code: str, name: str, tally: Tally) -> Line:
    return Line(
        code,
        name,
        tally.count,
        in_unit(tally.planned, Unit.WAN) if tally.with_planned else None,
        tally.with_planned,
        in_unit(tally.completed, Unit.WAN) if tally.with_completed else None,
        tally.with_completed,
    )


@require_safe
@kept_public
def statistics(request: HttpRequest) -> HttpResponse:
    """All tables of what the filters leave; their charts are drawn from them in the browser."""
    form, selection = filtered(request)
    return render(
        request,
        "disclosure/statistics.html",
        listing(form, selection) | said_of_all(request) | {"tables": tables(selection)},
    )


@require_safe
@kept_public
def statistics_table(request: HttpRequest, sort: str) -> HttpResponse:
    """One of the tables as CSV."""
    if sort not in figures.SORTS:
        raise Http404
    form = PublicFilter(request.GET)
    if refused := refusal(form):
        return refused
    (table,) = (table for table in tables(form.selection()) if table.sort == sort)
    header = [
        table.head,
        _("项目数"),
        _("计划投资（万元）"),
        _("其中公开计划投资的项目数"),
        _("累计完成投资（万元）"),
        _("其中公开完成投资的项目数"),
    ]
    rows = [
        [line.name, line.count, line.planned, line.with_planned, line.completed, line.with_completed]
        for line in [*table.lines, table.total]
    ]
    return exports.table(table.title, header, rows, kind="csv")
