"""The table of projects by region as of a day: pure sums over figures that were read.

Progress is cumulative over planned investment of the same row, so that of a sum is weighted; it is never a
mean of the rows' percentages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from gis_projects.library.money import percent


class RowKind(StrEnum):
    TOTAL = "total"
    CITY = "city"
    SUBTOTAL = "subtotal"
    REGION = "region"


@dataclass(frozen=True)
class Figures:
    """Number of projects and their money, 元."""

    number: int = 0
    planned_yuan: Decimal = Decimal(0)
    cumulative_yuan: Decimal = Decimal(0)

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.number + other.number,
            self.planned_yuan + other.planned_yuan,
            self.cumulative_yuan + other.cumulative_yuan,
        )

    @property
    def progress(self) -> int | None:
        """Whole per cent, half-up; None without a plan."""
        return percent(self.cumulative_yuan, self.planned_yuan)


@dataclass(frozen=True)
class Row:
    kind: RowKind
    name: str
    figures: Figures
    code: str = ""  # of the region; empty for sums


def table(
    regions: Sequence[tuple[str, str]],
    city: tuple[str, str] | None,
    figures: dict[str, Figures],
    *,
    total_name: str,
    subtotal_name: str,
) -> list[Row]:
    """The rows in their order: total, the city's own, the districts' sum, each district.

    Parameters
    ----------
    regions
        Code and name of the districts, in order. One without projects has a row of zeros.
    city
        Code and name of the city's own row; None leaves out total and city, for who sees districts only.
    figures
        By region code.
    """
    rows = [Row(RowKind.REGION, name, figures.get(code, Figures()), code) for code, name in regions]
    subtotal = total(row.figures for row in rows)
    head = [Row(RowKind.SUBTOTAL, subtotal_name, subtotal)]
    if city is not None:
        own = figures.get(city[0], Figures())
        head = [
            Row(RowKind.TOTAL, total_name, own + subtotal),
            Row(RowKind.CITY, city[1], own, city[0]),
            *head,
        ]
    return head + rows


def total(figures: Iterable[Figures]) -> Figures:
    return sum(figures, Figures())
