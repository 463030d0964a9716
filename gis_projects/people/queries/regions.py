"""The tree of divisions, and where they lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import shapely
from django.db.models import QuerySet
from shapely.geometry.base import BaseGeometry

import layers.queries
from gis_projects.people.models import Region
from gis_projects.people.permissions import region_prefix

#: The layer whose features are divisions, each under its code.
REGION_LAYER = "XZQ"


@dataclass(frozen=True)
class Row:
    """A division in the order of the tree; ``depth`` 0 is the top."""

    region: Region
    depth: int
    children: int


def shape(code: str) -> BaseGeometry | None:
    """A division's ground by the layer of divisions, EPSG:4490; None where the layer doesn't know it.

    Of a city that is a whole: of all that lies below it.
    """
    version = layers.queries.current([REGION_LAYER]).get(REGION_LAYER)
    if version is None:
        return None
    prefix = region_prefix(code)
    parts = [
        geometry
        for some in layers.queries.everything(version)
        for key, geometry in zip(some.keys, some.geometries, strict=True)
        if str(key).startswith(prefix)
    ]
    return shapely.union_all(parts) if parts else None


def chosen(q: str = "", kind: str = "", below: str = "", day: date | None = None) -> QuerySet[Region]:
    """Divisions by name or code, kind, what they lie below, and the day on which their code is valid (None: any)."""
    rows = Region.objects.all() if day is None else Region.objects.current(day)
    if q:
        rows = rows.filter(name__icontains=q) | rows.filter(code__startswith=q)
    if kind:
        rows = rows.filter(kind=kind)
    if below:
        rows = rows.filter(code__startswith=region_prefix(below))
    return rows


def tree(rows: QuerySet[Region]) -> list[Row]:
    """These divisions, each after its parent, brothers by position and code. Whose parent is not among them stands at
    the top.
    """
    found = {row.code: row for row in rows}
    below: dict[str | None, list[Region]] = {}
    for row in found.values():
        below.setdefault(row.parent_id if row.parent_id in found else None, []).append(row)
    ordered: list[Row] = []

    def walk(parent: str | None, depth: int) -> None:
        for row in sorted(below.get(parent, []), key=lambda each: (each.position, each.code)):
            ordered.append(Row(row, depth, len(below.get(row.code, []))))
            walk(row.code, depth + 1)

    walk(None, 0)
    return ordered
