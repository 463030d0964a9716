"""The report's figures by region, with the outlines that a map draws them on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import shapely
from django.utils import timezone

from gis_projects.atlas.queries import catalogue
from gis_projects.library.queries.mapping import Mapped
from gis_projects.library.queries.projects import REGION_LAYER
from gis_projects.people.models import User
from gis_projects.reporting import queries as reporting
from gis_projects.reporting.statistics import Row
from layers import lookup

_PIXEL = 0.0015  # degrees: finer than a screen that holds a whole city can show


@dataclass(frozen=True)
class RegionFigures:
    """``rows`` are those of the statistics page as of ``as_of``, or of the same table over a selection.

    ``unrecorded`` of the selection have no record of money by that day, and so are in no row.
    """

    rows: list[Row]
    as_of: date
    unrecorded: int


def by_region(user: User, selected: list[Mapped], *, narrowed: bool, as_of: date | None) -> RegionFigures:
    """Counts and money by region, of everything that the report counts, or (``narrowed``) of a selection of it."""
    day = as_of or timezone.localdate()
    keys = [row.pk for row in selected]
    found = reporting.statistics(user, day, projects=keys if narrowed else None)
    counted = reporting.statistics(user, day, projects=keys).rows if not narrowed else found.rows
    return RegionFigures(found.rows, day, len(keys) - _everything(counted))


def _everything(rows: list[Row]) -> int:
    return sum(row.figures.number for row in rows if row.code)


def outlines(user: User, codes: list[str]) -> dict[str, dict[str, Any]]:
    """GeoJSON outlines by region code, simplified together so that neighbours still meet, each with a point inside.

    Regions that the layer hasn't, or that the user may not know of, are left out. One query for each region.
    """
    version = catalogue.pinned(user, [REGION_LAYER]).get(REGION_LAYER)
    if version is None:
        return {}
    found = {code: one.geometry for code in codes if (one := lookup.feature(version, code)) is not None}
    if not found:
        return {}
    simple = shapely.coverage_simplify(list(found.values()), _PIXEL)
    inside = shapely.point_on_surface(list(found.values()))
    return {
        code: {
            "geometry": shapely.geometry.mapping(shape),
            "centre": [point.x, point.y],
        }
        for code, shape, point in zip(found, simple, inside, strict=True)
    }
