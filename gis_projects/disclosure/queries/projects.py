"""The disclosed projects as rows, as GeoJSON and one by one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.db.models import DateField, F, Func, QuerySet

from gis_projects.disclosure.models import (
    DisclosedEvent,
    DisclosedMedia,
    DisclosedProject,
    DisclosedResult,
    HandlingMatter,
    PublicOutline,
)
from gis_projects.disclosure.queries import PUBLIC, handling
from gis_projects.disclosure.queries.selection import ORDERS, disclosed
from gis_projects.disclosure.queries.shapes import as_geojson

PAGE_SIZE = 20
_HEAVY = ("geometry", "content", "owner", "authority")


def one_page(found: QuerySet[DisclosedProject], *, order: str = "", page: int = 1) -> list[DisclosedProject]:
    """`PAGE_SIZE` projects of a selection, without what a row doesn't show."""
    ordered = found.order_by(*ORDERS[order]) if order else found
    return list(ordered.defer(*_HEAVY)[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])


@dataclass(frozen=True)
class Record:
    """One project with all that belongs to it."""

    project: DisclosedProject
    feature: dict[str, Any]
    events: list[DisclosedEvent]
    media: list[DisclosedMedia]
    results: list[DisclosedResult]
    matters: list[HandlingMatter] = field(default_factory=list)


def record(slug: str) -> Record | None:
    """What the public may know of one project; after one query None, whyever it isn't there."""
    found = disclosed().filter(slug=slug)
    project = found.annotate(shape=as_geojson("geometry"), centre=_centre()).first()
    if project is None:
        return None

    def of(model: Any) -> list[Any]:
        return list(model.objects.using(PUBLIC).filter(slug=slug))

    centre = json.loads(project.centre)["coordinates"] if project.centre else None
    feature = {
        "type": "Feature",
        "id": slug,
        "geometry": json.loads(project.shape) if project.shape else None,
        "properties": {"region": project.region_code, "centre": centre},
    }
    return Record(
        project,
        feature,
        of(DisclosedEvent),
        of(DisclosedMedia),
        of(DisclosedResult),
        handling.of_project(slug),
    )


def _centre() -> Func:
    return as_geojson(Func(F("geometry"), function="ST_Centroid"))


def features(found: QuerySet[DisclosedProject]) -> list[dict[str, Any]]:
    """GeoJSON features, light: no text but the name. ``centre`` is of the public geometry, for a symbol."""
    plain = (
        "slug", "code", "name", "kinds", "region_code", "region_name", "township", "industry", "level", "stage",
        "year", "planned_yuan", "completed_yuan", "form", "precision_m",
    )  # fmt: skip
    rows = found.annotate(shape=as_geojson("geometry"), centre=_centre()).values(*plain, "shape", "centre")
    return [
        {
            "type": "Feature",
            "id": row["slug"],
            "geometry": json.loads(row["shape"]) if row["shape"] else None,
            "properties": {
                **{name: _plain(row[name]) for name in plain if name != "region_code"},
                "region": row["region_code"],
                "centre": json.loads(row["centre"])["coordinates"] if row["centre"] else None,
            },
        }
        for row in rows
    ]


def _plain(value: Any) -> Any:
    return float(value) if value is not None and hasattr(value, "as_tuple") else value


@dataclass(frozen=True)
class Frame:
    """What every map and list has to say: 审图号, what holds for the data, and when they last changed."""

    review_numbers: tuple[str, ...]
    notices: tuple[str, ...]
    changed: str


def frame() -> Frame:
    """One query: the words of projects and base map, each once; ``changed`` is a day in ISO form or empty."""
    words = ("review_number", "notice", "day")
    day = Func(F("published_at"), function="date", output_field=DateField())
    changed = Func(F("changed_at"), function="date", output_field=DateField())
    rows = (
        disclosed()
        .order_by()
        .annotate(day=changed)
        .values_list(*words)
        .distinct()
        .union(PublicOutline.objects.using(PUBLIC).order_by().annotate(day=day).values_list(*words))
    )
    said = list(rows)
    return Frame(
        tuple(sorted({number for number, _notice, _day in said if number})),
        tuple(sorted({notice for _number, notice, _day in said if notice})),
        max((day.isoformat() for _number, _notice, day in said if day), default=""),
    )
