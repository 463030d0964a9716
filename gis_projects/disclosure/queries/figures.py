"""Counts and sums of the disclosed projects by what they are sorted by: for filters and for statistics.

One query groups the projects by all sorts at once; what a page shows is added up from its rows. So every table is of
the same state, and a row's figures are the sum of what stands behind it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Sum

from gis_projects.disclosure.queries.selection import Selection, unclassified
from gis_projects.library.terms import ProjectKind

_NONE = Decimal(0)
SORTS = ("region", "industry", "level", "stage", "year", "kind")


@dataclass(frozen=True)
class Cell:
    """Projects that are alike in every sort. Sums are in yuan, over those of ``with_planned``, ``with_completed``."""

    region: str
    region_name: str
    industry: str
    level: str
    stage: str
    year: int | None
    kinds: tuple[str, ...]
    count: int
    planned: Decimal
    with_planned: int
    completed: Decimal
    with_completed: int


@dataclass
class Tally:
    """Projects and their amounts in yuan; ``with_…`` is of how many an amount is disclosed."""

    count: int = 0
    planned: Decimal = field(default_factory=Decimal)
    with_planned: int = 0
    completed: Decimal = field(default_factory=Decimal)
    with_completed: int = 0

    def add(self, cell: Cell) -> None:
        self.count += cell.count
        self.planned += cell.planned
        self.with_planned += cell.with_planned
        self.completed += cell.completed
        self.with_completed += cell.with_completed


def cells(selection: Selection) -> tuple[Cell, ...]:
    """The cells of a selection before it is narrowed by any sort. One query."""
    rows = (
        unclassified(selection)
        .order_by()
        .values_list("region_code", "industry", "level", "stage", "year", "kinds")
        .annotate(
            Max("region_name"),
            number=Count("pk"),
            planned=Sum("planned_yuan"),
            with_planned=Count("planned_yuan"),
            completed=Sum("completed_yuan"),
            with_completed=Count("completed_yuan"),
        )
    )
    return tuple(
        Cell(
            region,
            name,
            industry,
            level,
            stage,
            year,
            tuple(kinds),
            n,
            planned or _NONE,
            np,
            done or _NONE,
            nd,
        )
        for region, industry, level, stage, year, kinds, name, n, planned, np, done, nd in rows
    )


_OF: dict[str, Callable[[Cell], Iterable[Any]]] = {
    "region": lambda cell: (cell.region,),
    "industry": lambda cell: (cell.industry,),
    "level": lambda cell: (cell.level,),
    "stage": lambda cell: (cell.stage,),
    "year": lambda cell: (cell.year,),
    # In the legend's order, and each kind once: a project of two kinds counts in both.
    "kind": lambda cell: cell.kinds,
}


def holds(cell: Cell, selection: Selection, *, but: str = "") -> bool:
    """Whether a selection leaves a cell; ``but`` names the sort that isn't asked."""
    if but != "kind":
        if selection.no_kind:
            return False
        if selection.kinds and not set(selection.kinds) & set(cell.kinds):
            return False
    for sort in ("region", "industry", "level", "stage", "year"):
        wanted = getattr(selection, sort)
        if wanted and sort != but and getattr(cell, sort) != wanted:
            return False
    return True


def by(sort: str, found: Iterable[Cell], selection: Selection, *, open_: bool = False) -> dict[Any, Tally]:
    """Sums by one sort. ``open_``: the selection's own choice of this sort isn't asked, as in a list of choices."""
    sums: dict[Any, Tally] = defaultdict(Tally)
    for cell in found:
        if holds(cell, selection, but=sort if open_ else ""):
            for code in _OF[sort](cell):
                sums[code].add(cell)
    return dict(sums)


def total(found: Iterable[Cell], selection: Selection) -> Tally:
    tally = Tally()
    for cell in found:
        if holds(cell, selection):
            tally.add(cell)
    return tally


def region_names(found: Iterable[Cell]) -> dict[str, str]:
    return {cell.region: cell.region_name for cell in found}


def choices(found: tuple[Cell, ...], selection: Selection) -> dict[str, dict[Any, int]]:
    """For each sort, how many projects each of its choices would leave under all other choices."""
    counted = {
        sort: {code: tally.count for code, tally in by(sort, found, selection, open_=True).items()}
        for sort in SORTS
    }
    counted["kind"] = {kind: counted["kind"].get(kind, 0) for kind in ProjectKind.values}
    return counted
