"""How many projects, and how much money, each value of a classification has; values without projects too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum

from gis_projects.library.models import Code, Industry, Level, Library, Project, Stage
from gis_projects.library.models.record import CODED
from gis_projects.people.models import Region

#: What projects are grouped by (F107), beside every code list of a project (`CODED`).
_FIXED = {"industry": Industry, "level": Level, "stage": Stage, "library": Library}
KEYS = (*CODED, *_FIXED, "region")


@dataclass(frozen=True)
class Group:
    """One value of a classification; ``value`` "" counts projects that say nothing."""

    value: str
    label: str
    number: int
    planned_yuan: Decimal
    cumulative_yuan: Decimal


def grouped(selected: QuerySet[Project], by: str) -> list[Group]:
    """One row for each value that there is, in the order of its list, with 0 where no project has it.

    Parameters
    ----------
    selected
        Projects with their present money (`projects.projects`).
    by
        One of `KEYS`. Values that are retired are listed only where projects still have them.
    """
    field = f"{by}_id" if by in CODED or by == "region" else by
    found = {
        row[field] or "": row
        for row in selected.order_by()
        .values(field)
        .annotate(n=Count("pk"), planned=Sum("planned_yuan"), cumulative=Sum("cumulative_yuan"))
    }
    rows = []
    for value, label, offered in _values(by):
        if offered or value in found:
            rows.append(_group(value, label, found.pop(value, None)))
    rows += [_group(str(value), "", row) for value, row in sorted(found.items())]
    return rows


def _values(by: str) -> Sequence[tuple[str, str, bool]]:
    if by in CODED:
        codes = Code.objects.of(CODED[by])
        return [(code.key, code.shown, code.is_offered()) for code in codes]
    if by == "region":
        return [(region.code, region.short_name, True) for region in Region.objects.divisions()]
    return [(str(value), str(label), True) for value, label in _FIXED[by].choices]


def _group(value: str, label: str, row: dict[str, object] | None) -> Group:
    if row is None:
        return Group(value, label, 0, Decimal(0), Decimal(0))
    planned, cumulative = row["planned"], row["cumulative"]
    return Group(
        value,
        label,
        int(str(row["n"])),
        planned if isinstance(planned, Decimal) else Decimal(0),
        cumulative if isinstance(cumulative, Decimal) else Decimal(0),
    )
