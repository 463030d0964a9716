"""Which projects lie in an area, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import shapely
from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.geos import GEOSGeometry, Point, Polygon
from django.db.models import BooleanField, F, FloatField, Func, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from gis_projects.atlas.areas import Area, around
from gis_projects.atlas.queries import catalogue
from gis_projects.library.models import Industry, Level, Library, Precision, Project, ProjectKind, Stage
from gis_projects.library.money import percent
from gis_projects.library.queries.mapping import Mapped
from gis_projects.library.queries.projects import NO_KIND, REGION_LAYER
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, visible
from layers import lookup

MODES = ("intersects", "inside")


class _Metres(Func):
    """Metres on the ellipsoid between two geometries of EPSG:4490."""

    template = (
        "(SELECT ST_Distance(geography(v.a), geography(v.b)) FROM (VALUES (%(expressions)s)) AS v (a, b))"
    )
    output_field = FloatField()


class _Farthest(Func):
    """Metres from a point to the farthest vertex of a shape: where a circle holds all vertices it holds the shape."""

    template = """(SELECT max(ST_Distance(geography(d.geom), geography(v.b)))
        FROM (VALUES (%(expressions)s)) AS v (a, b), LATERAL ST_DumpPoints(v.a) AS d)"""
    output_field = FloatField()


class NoOutline(LookupError):
    """The layer of regions has no such region, or the user may not know of it."""


def inside(user: User, area: Area, mode: str, projects: QuerySet[Project]) -> set[int]:
    """The keys of the projects in an area.

    A project lies where its boundary does, as far as the user may read sites; otherwise at its location, or in the
    middle of its boundary, where the map shows it. ``intersects``: some of it lies in the area (a common border is
    enough); ``inside``: all of it.

    Raises
    ------
    NoOutline
        The area is a region without an outline.
    """
    with_boundary = visible(user, Permission.READ_SITES, Project.objects.filter(site__current__isnull=False))
    bounded = Q(pk__in=with_boundary.order_by().values("pk"))
    # Two questions, each of which an index answers, rather than one with OR, which none does.
    of_boundary = projects.filter(bounded)
    of_point = projects.exclude(bounded).alias(
        place=Coalesce(F("location"), Func(F("site__current__geometry"), function="ST_Centroid"))
    )
    if area.circle is not None:
        found = _in_circle(area.circle, mode, of_boundary, of_point)
    else:
        shape = GEOSGeometry(memoryview((area.shape or _outline(user, area.region)).wkb), srid=4490)
        lookup_ = "intersects" if mode == "intersects" else "coveredby"
        found = [
            of_boundary.filter(**{f"site__current__geometry__{lookup_}": shape}),
            of_point.filter(Q(location__intersects=shape) | Q(location=None) & _middle_in(shape)),
        ]
    return {pk for rows in found for pk in rows.order_by().values_list("pk", flat=True)}


def _middle_in(shape: GEOSGeometry) -> Q:
    middle = Func(F("site__current__geometry"), function="ST_Centroid")
    drawn = Value(shape, GeometryField(srid=4490))
    return Q(Func(middle, drawn, function="ST_Intersects", output_field=BooleanField()))


def _in_circle(
    circle: tuple[float, float, float], mode: str, of_boundary: QuerySet[Project], of_point: QuerySet[Project]
) -> list[QuerySet[Project]]:
    longitude, latitude, metres = circle
    centre = Value(Point(longitude, latitude, srid=4490), GeometryField(srid=4490))
    box = Polygon.from_bbox(around(circle))
    box.srid = 4490
    far = (_Metres if mode == "intersects" else _Farthest)(F("site__current__geometry"), centre)
    return [
        of_boundary.filter(site__current__geometry__bboverlaps=box).alias(far=far).filter(far__lte=metres),
        of_point.filter(Q(location__bboverlaps=box) | Q(location=None))
        .alias(far=_Metres(F("place"), centre))
        .filter(far__lte=metres),
    ]


def shape_of(user: User, area: Area) -> Any:
    """An area as a polygon in degrees (EPSG:4490), a circle by its box.

    Raises
    ------
    NoOutline
        It is a region without an outline that the user may know of.
    """
    if area.circle is not None:
        return shapely.box(*around(area.circle))
    return area.shape or _outline(user, area.region)


def _outline(user: User, region: str) -> Any:
    version = catalogue.pinned(user, [REGION_LAYER]).get(REGION_LAYER)
    found = lookup.feature(version, region) if version is not None else None
    if found is None:
        raise NoOutline(region)
    return found.geometry


@dataclass(frozen=True)
class Group:
    """Projects of one kind, stage, industry …; ``code`` is None where a past day has no record of it. Money in 元."""

    code: str | None
    label: str
    number: int
    planned_yuan: Decimal
    cumulative_yuan: Decimal


@dataclass(frozen=True)
class Figures:
    """What a selection adds up to. A project of several kinds counts in each, so ``groups["kind"]`` may sum to more
    than ``number``; all the others sum to it, and to its money, exactly. ``approximate`` have a place that is only
    roughly known, ``unrecorded`` no money on record.
    """

    number: int
    planned_yuan: Decimal
    cumulative_yuan: Decimal
    approximate: int
    unrecorded: int
    groups: dict[str, list[Group]]

    @property
    def progress(self) -> int | None:
        return percent(self.cumulative_yuan, self.planned_yuan)


def figures(rows: list[Mapped]) -> Figures:
    """Count and sum a selection, by kind, stage, industry, level, region and library; empty groups are left out."""
    regions = dict(Region.objects.values_list("code", "short_name"))
    several: dict[str, tuple[dict[str, str], Callable[[Mapped], Iterable[str | None]]]] = {
        "kind": (
            {**_labels(ProjectKind), NO_KIND: ""},
            lambda row: [None] if row.kinds is None else row.kinds or [NO_KIND],
        ),
        "stage": (_labels(Stage), lambda row: [row.stage]),
        "industry": (_labels(Industry), lambda row: [row.industry]),
        "level": (_labels(Level), lambda row: [row.level]),
        "region": (regions, lambda row: [row.region]),
        "library": (_labels(Library), lambda row: [row.library]),
    }
    return Figures(
        len(rows),
        _sum(row.planned_yuan for row in rows),
        _sum(row.cumulative_yuan for row in rows),
        sum(
            row.precision not in (Precision.EXACT, Precision.UNKNOWN) and row.site_version is None
            for row in rows
        ),
        sum(row.planned_yuan is None for row in rows),
        {name: _grouped(rows, labels, of) for name, (labels, of) in several.items()},
    )


def _labels(choices: Any) -> dict[str, str]:
    return {str(code): str(label) for code, label in choices.choices}


def _grouped(
    rows: list[Mapped], labels: dict[str, str], of: Callable[[Mapped], Iterable[str | None]]
) -> list[Group]:
    held: dict[str | None, list[Mapped]] = {}
    for row in rows:
        for code in of(row):
            held.setdefault(code, []).append(row)
    order = [*labels, *(code for code in held if code not in labels and code is not None), None]
    return [
        Group(
            code,
            labels.get(code or "", code or ""),
            len(held[code]),
            _sum(row.planned_yuan for row in held[code]),
            _sum(row.cumulative_yuan for row in held[code]),
        )
        for code in order
        if code in held
    ]


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal(0))
