"""Projects as a map shows them: one small row each, today or as of a day."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connections
from django.db.models import F, FloatField, Func, QuerySet
from django.db.models.functions import Coalesce

from gis_projects.library.models import Project, ProjectKind
from gis_projects.library.queries.overviews import Overview, kinds_of, of_selection

#: What `Mapped.values` says, in this order.
COLUMNS = (
    "id", "code", "name", "kinds", "region", "industry", "level", "stage", "library", "year", "planned_yuan",
    "cumulative_yuan", "precision", "has_site", "longitude", "latitude",
)  # fmt: skip

# A number of fewer than 15 digits, as places to 1e-7° are, is the same double whether it is rounded here or there.
_AS_JSON = """
WITH mapped AS MATERIALIZED (
  SELECT project.id, code, name, coalesce(member.kinds, 0) AS bits, project.region_id, industry, level, stage, library,
         year, money.planned_yuan, money.cumulative_yuan, "precision", site.current_id,
         coalesce(project.location,
                  (SELECT ST_Centroid(geometry) FROM siting_siteversion v WHERE v.id = site.current_id)) AS place
  {present})
SELECT (SELECT string_agg(json_build_array(
                 id, code, name, (%s::json[])[1 + bits], region_id, industry, level, stage, library, year,
                 planned_yuan::text, cumulative_yuan::text, "precision", current_id IS NOT NULL,
                 round(ST_X(place)::numeric, 7), round(ST_Y(place)::numeric, 7))::text, ',' ORDER BY id)
        FROM mapped WHERE bits = ANY (%s)),
       array(SELECT ARRAY[bits, count(*), count(*) FILTER (WHERE place IS NULL),
                          coalesce(sum(planned_yuan), 0), coalesce(sum(cumulative_yuan), 0)] FROM mapped GROUP BY bits)
"""


@dataclass(frozen=True, slots=True)
class Mapped:
    """One project. Money in 元 (None: nothing recorded), the place in degrees of EPSG:4490 (None: it has none).

    ``kinds``, ``stage`` and ``library`` are None where a past day is asked about that the platform has no record of:
    that is said, never guessed. ``site_version`` is the key of the boundary that the project has today.
    """

    pk: int
    code: str
    name: str
    kinds: tuple[str, ...] | None
    region: str
    industry: str
    level: str
    stage: str | None
    library: str | None
    year: int
    planned_yuan: Decimal | None
    cumulative_yuan: Decimal | None
    precision: str
    site_version: int | None
    longitude: float | None
    latitude: float | None

    @property
    def is_placed(self) -> bool:
        return self.longitude is not None

    def values(self) -> list[Any]:
        """As one row of `COLUMNS`, a third of the bytes of a feature; places to 1e-7°, some centimetres."""
        return [
            self.pk,
            self.code,
            self.name,
            None if self.kinds is None else list(self.kinds),
            self.region,
            self.industry,
            self.level,
            self.stage,
            self.library,
            self.year,
            None if self.planned_yuan is None else str(self.planned_yuan),
            None if self.cumulative_yuan is None else str(self.cumulative_yuan),
            self.precision,
            self.site_version is not None,
            None if self.longitude is None else round(self.longitude, 7),
            None if self.latitude is None else round(self.latitude, 7),
        ]

    def feature(self) -> dict[str, Any]:
        """As GeoJSON; one without a place has no geometry, and a list can still name it."""
        return {
            "type": "Feature",
            "id": self.pk,
            "geometry": {"type": "Point", "coordinates": [self.longitude, self.latitude]}
            if self.is_placed
            else None,
            "properties": {
                "id": self.pk,
                "code": self.code,
                "name": self.name,
                "kinds": None if self.kinds is None else list(self.kinds),
                "region": self.region,
                "industry": self.industry,
                "level": self.level,
                "stage": self.stage,
                "library": self.library,
                "year": self.year,
                # As text, like every amount of the API: a double has too few digits.
                "planned_yuan": None if self.planned_yuan is None else str(self.planned_yuan),
                "cumulative_yuan": None if self.cumulative_yuan is None else str(self.cumulative_yuan),
                "precision": self.precision,
                "has_site": self.site_version is not None,
            },
        }


def rows(queryset: QuerySet[Project]) -> list[Mapped]:
    """The projects of a selection (`projects`) as they stand today, in one query.

    Where a project has no location of its own, the middle of its site stands for it.
    """
    place = Coalesce(F("location"), Func(F("site__current__geometry"), function="ST_Centroid"))
    found = queryset.order_by("pk").values_list(
        "pk",
        "code",
        "name",
        "kinds",
        "region_id",
        "industry",
        "level",
        "stage",
        "library",
        "year",
        "planned_yuan",
        "cumulative_yuan",
        "precision",
        "site__current_id",
        Func(place, function="ST_X", output_field=FloatField()),
        Func(place, function="ST_Y", output_field=FloatField()),
    )
    return [Mapped(pk, code, name, tuple(kinds), *rest) for pk, code, name, kinds, *rest in found]


def rows_as_json(
    queryset: QuerySet[Project], wanted: Callable[[Collection[str]], bool]
) -> tuple[bytes, Overview]:
    """`Mapped.values` of those of `rows` whose kinds are wanted, as one JSON array that the database writes, and what
    `overview` says of them all. For thousands of points a third of the work of making objects of them here. One query.
    """
    present, values = of_selection(queryset)
    if not present:
        return b"[]", Overview()
    each = [kinds_of(bits) for bits in range(1 << len(ProjectKind))]
    chosen = [bits for bits, kinds in enumerate(each) if wanted(kinds)]
    with connections[queryset.db].cursor() as cursor:
        cursor.execute(
            _AS_JSON.format(present=present), [*values, [json.dumps(sorted(kinds)) for kinds in each], chosen]
        )
        found, groups = cursor.fetchone()
    return f"[{found or ''}]".encode(), Overview.of(groups)


@dataclass(frozen=True)
class Tally:
    """What stands beside the toggles of a map: how many projects are of each kind, of none, of untold kinds; how many
    have no place; and the money of all, 元.
    """

    kinds: dict[str, int]
    none: int
    untold: int
    total: int
    unplaced: int
    planned_yuan: Decimal
    cumulative_yuan: Decimal


def tally(selected: Iterable[Mapped], without_kinds: Iterable[Mapped]) -> Tally:
    """Count a selection; ``without_kinds`` is the same but for the kinds, as a toggle counts what it would show."""
    chosen, rest = list(selected), list(without_kinds)
    return Tally(
        {str(kind): sum(kind in (row.kinds or ()) for row in rest) for kind in ProjectKind},
        sum(row.kinds == () for row in rest),
        sum(row.kinds is None for row in rest),
        len(chosen),
        sum(not row.is_placed for row in chosen),
        sum((row.planned_yuan or Decimal(0) for row in chosen), Decimal(0)),
        sum((row.cumulative_yuan or Decimal(0) for row in chosen), Decimal(0)),
    )
