"""Everything that a public page reads, over the database role that can read nothing else.

Each query names the connection, so none can end up on the other one by a default.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Func, Max, Q, QuerySet, TextField, Value

from gis_projects.disclosure.models import DisclosedProject, PublicOutline

PUBLIC = "public"
# Five decimals of a degree are about a metre, finer than any grid that is published.
_DECIMALS = 5


@dataclass(frozen=True)
class Group:
    """One choice of a filter and how many disclosed projects it has."""

    code: str
    name: str
    count: int


@dataclass(frozen=True)
class Overview:
    """``changed`` is the time of the newest copy in ISO form, or empty."""

    total: int
    regions: tuple[Group, ...]
    kinds: dict[str, int]
    review_numbers: tuple[str, ...]
    notices: tuple[str, ...]
    changed: str


def projects(*, region: str = "", kind: str = "", words: str = "") -> QuerySet[DisclosedProject]:
    """The disclosed projects of a region (its code), of a kind, with every word in code, name or content."""
    found = DisclosedProject.objects.using(PUBLIC)
    if region:
        found = found.filter(region_code=region)
    if kind:
        found = found.filter(kinds__contains=[kind])
    for word in words.split():
        found = found.filter(Q(code__icontains=word) | Q(name__icontains=word) | Q(content__icontains=word))
    return found


def features(found: QuerySet[DisclosedProject]) -> list[dict[str, Any]]:
    """GeoJSON features, light: no text but the name. ``centre`` is of the public geometry, for a symbol."""
    rows = found.annotate(
        shape=_as_geojson("geometry"), centre=_as_geojson(Func(F("geometry"), function="ST_Centroid"))
    ).values_list(
        "slug",
        "code",
        "name",
        "kinds",
        "region_code",
        "region_name",
        "industry",
        "stage",
        "planned_yuan",
        "form",
        "precision_m",
        "shape",
        "centre",
    )
    return [
        {
            "type": "Feature",
            "id": slug,
            "geometry": json.loads(shape) if shape else None,
            "properties": {
                "slug": slug,
                "code": code,
                "name": name,
                "kinds": kinds,
                "region": region,
                "region_name": region_name,
                "industry": industry,
                "stage": stage,
                "planned_yuan": None if planned is None else float(planned),
                "form": form,
                "precision_m": precision_m,
                "centre": json.loads(centre)["coordinates"] if centre else None,
            },
        }
        for (
            slug,
            code,
            name,
            kinds,
            region,
            region_name,
            industry,
            stage,
            planned,
            form,
            precision_m,
            shape,
            centre,
        ) in rows
    ]


def outlines() -> list[dict[str, Any]]:
    """GeoJSON features of the base map: regions and water, generalised."""
    rows = PublicOutline.objects.using(PUBLIC).annotate(shape=_as_geojson("geometry"))
    return [
        {
            "type": "Feature",
            "id": f"{row.kind}:{row.code}",
            "geometry": json.loads(row.shape),
            "properties": {
                "kind": row.kind,
                "code": row.code,
                "name": row.name,
                "precision_m": row.precision_m,
                "review_number": row.review_number,
                "notice": row.notice,
            },
        }
        for row in rows
    ]


def overview() -> Overview:
    """What stands beside the public map: the filters' choices with their counts, 审图号, notices."""
    everything = DisclosedProject.objects.using(PUBLIC)
    regions = (
        everything.order_by("region_code")
        .values_list("region_code", "region_name")
        .annotate(number=Count("pk"))
    )
    kinds = (
        everything.order_by()
        .annotate(kind=Func(F("kinds"), function="unnest", output_field=TextField()))
        .values_list("kind")
        .annotate(number=Count("pk"))
    )
    newest = everything.aggregate(total=Count("pk"), changed=Max("changed_at"))
    outlined = PublicOutline.objects.using(PUBLIC)
    words = {
        field: tuple(
            sorted(
                {
                    *outlined.exclude(**{field: ""}).order_by().values_list(field, flat=True).distinct(),
                    *everything.exclude(**{field: ""}).order_by().values_list(field, flat=True).distinct(),
                }
            )
        )
        for field in ("review_number", "notice")
    }
    return Overview(
        total=newest["total"],
        regions=tuple(Group(code, name, number) for code, name, number in regions),
        kinds=dict(kinds),
        review_numbers=words["review_number"],
        notices=words["notice"],
        changed=newest["changed"].isoformat() if newest["changed"] else "",
    )


def _as_geojson(shape: str | Func) -> Func:
    # Options 0: no "crs" member, which GeoJSON no longer has.
    return Func(shape, Value(_DECIMALS), Value(0), function="ST_AsGeoJSON", output_field=TextField())
