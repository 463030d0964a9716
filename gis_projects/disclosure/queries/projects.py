"""The disclosed projects, by what the public may filter by."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import F, Func, Q, QuerySet

from gis_projects.disclosure.models import DisclosedProject
from gis_projects.disclosure.queries import PUBLIC
from gis_projects.disclosure.queries.shapes import as_geojson


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
        shape=as_geojson("geometry"), centre=as_geojson(Func(F("geometry"), function="ST_Centroid"))
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
