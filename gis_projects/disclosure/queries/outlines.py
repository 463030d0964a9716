"""The public base map."""

from __future__ import annotations

import json
from typing import Any

from gis_projects.disclosure.models import PublicOutline
from gis_projects.disclosure.queries import PUBLIC
from gis_projects.disclosure.queries.shapes import as_geojson


def outlines() -> list[dict[str, Any]]:
    """GeoJSON features of the base map: regions and water, generalised."""
    rows = PublicOutline.objects.using(PUBLIC).annotate(shape=as_geojson("geometry"))
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
