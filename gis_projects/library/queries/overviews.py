"""What a selection of projects adds up to: how many of each kind, how many without a place, and their money."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

from gis_projects.library.models import Project, ProjectKind
from gis_projects.library.money import percent

#: Every project that a statement names (``{keys}``: one that gives their keys) with its newest record of money and its
#: kinds, each read once: as subqueries of a column each they would be looked up once for every column and project.
PRESENT = """
  FROM library_project project
  LEFT JOIN siting_site site ON site.id = project.site_id
  LEFT JOIN LATERAL (
    SELECT planned_yuan, cumulative_yuan FROM library_investmentrecord record
    WHERE record.project_id = project.id ORDER BY recorded_on DESC, record.id DESC LIMIT 1) money ON TRUE
  LEFT JOIN (
    SELECT project_id, bit_or(CASE kind {bits} ELSE 0 END) AS kinds
    FROM library_membership GROUP BY project_id) member ON member.project_id = project.id
  WHERE project.id IN ({keys})
"""
KINDS = tuple(ProjectKind.values)
_GROUPED = """
SELECT coalesce(member.kinds, 0), count(*),
       count(*) FILTER (WHERE project.location IS NULL AND site.current_id IS NULL),
       coalesce(sum(money.planned_yuan), 0), coalesce(sum(money.cumulative_yuan), 0)
{present} GROUP BY 1
"""


@dataclass(frozen=True)
class Group:
    """The projects of exactly these kinds; money in 元."""

    kinds: frozenset[str]
    number: int
    unplaced: int
    planned_yuan: Decimal
    cumulative_yuan: Decimal


@dataclass(frozen=True)
class Overview:
    """A selection by the kinds of its projects; what it says of all of them is summed over the groups."""

    groups: tuple[Group, ...] = ()

    @classmethod
    def of(cls, rows: Iterable[Sequence[Any]]) -> Overview:
        """From what a statement says of each group: the bits of its kinds, its number, how many unplaced, its money."""
        return cls(
            tuple(Group(kinds_of(int(bits)), int(n), int(nowhere), *yuan) for bits, n, nowhere, *yuan in rows)
        )

    def where(self, test: Callable[[Collection[str]], bool]) -> Overview:
        """Those of whose kinds this holds."""
        return Overview(tuple(group for group in self.groups if test(group.kinds)))

    @property
    def kinds(self) -> dict[str, int]:
        """How many are of each of the four kinds; one of several kinds is counted with each."""
        return {kind: self.where(lambda kinds, kind=kind: kind in kinds).number for kind in KINDS}  # type: ignore[misc]

    @property
    def none(self) -> int:
        """How many are of none of the four."""
        return self.where(lambda kinds: not kinds).number

    @property
    def number(self) -> int:
        return sum(group.number for group in self.groups)

    @property
    def unplaced(self) -> int:
        """How many no map can show."""
        return sum(group.unplaced for group in self.groups)

    @property
    def planned_yuan(self) -> Decimal:
        return sum((group.planned_yuan for group in self.groups), Decimal(0))

    @property
    def cumulative_yuan(self) -> Decimal:
        return sum((group.cumulative_yuan for group in self.groups), Decimal(0))

    @property
    def progress(self) -> int | None:
        """In whole per cent, half-up; None without a plan."""
        return percent(self.cumulative_yuan, self.planned_yuan)


def overview(queryset: QuerySet[Project]) -> Overview:
    """The numbers beside a list and its toggles. One query of at most sixteen rows, whatever is selected."""
    present, values = of_selection(queryset)
    if not present:
        return Overview()
    with connections[queryset.db].cursor() as cursor:
        cursor.execute(_GROUPED.format(present=present), values)
        return Overview.of(cursor.fetchall())


def of_selection(queryset: QuerySet[Project]) -> tuple[str, tuple[Any, ...]]:
    """`PRESENT` for the projects of a selection, with the values of its placeholders; empty where it can hold none."""
    try:
        keys, values = queryset.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return "", ()
    bits = " ".join(f"WHEN '{kind}' THEN {1 << place}" for place, kind in enumerate(KINDS))
    return PRESENT.format(bits=bits, keys=keys), tuple(values)


def kinds_of(bits: int) -> frozenset[str]:
    """The kinds that ``member.kinds`` of `PRESENT` stands for."""
    return frozenset(kind for place, kind in enumerate(KINDS) if bits >> place & 1)
