"""Site polygons in view of the map, of the projects that a user may see."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import Polygon
from django.db.models import F, Func, QuerySet, TextField, Value

from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible

MAX_SITES = 2000

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Collected:
    """GeoJSON features; ``truncated`` says that there are more than the bound allows."""

    features: list[dict[str, Any]]
    truncated: bool


def sites(user: User, box: Box) -> Collected:
    """Current site polygons of the projects that the user may see, in a box (EPSG:4490 degrees). One query."""
    # A screen is some 2,000 pixels wide: finer detail than half of one can't be seen.
    tolerance = (box[2] - box[0]) / 4000
    shape = Func(
        Func(F("site__current__geometry"), Value(tolerance), function="ST_SimplifyPreserveTopology"),
        Value(7),
        Value(0),
        function="ST_AsGeoJSON",
        output_field=TextField(),
    )
    rows = list(
        with_site_in(user, box)
        .annotate(shape=shape)
        .values_list("pk", "code", "name", "region_id", "stage", *_SITE, "shape")[: MAX_SITES + 1]
    )
    return Collected(
        [
            {
                "type": "Feature",
                "id": pk,
                "geometry": json.loads(geometry),
                "properties": {
                    "project": pk,
                    "code": code,
                    "name": name,
                    "region": region,
                    "stage": stage,
                    "site_version": version,
                    "number": number,
                    "area_m2": area,
                },
            }
            for pk, code, name, region, stage, version, number, area, geometry in rows[:MAX_SITES]
        ],
        len(rows) > MAX_SITES,
    )


_SITE = ("site__current_id", "site__current__number", "site__current__area_m2")


def with_site_in(user: User, box: Box) -> QuerySet[Project]:
    """Projects that the user may see whose current site's box meets the box."""
    rows = visible(user, Permission.READ_SITES, Project.objects.order_by("pk"))
    view = Polygon.from_bbox(box)
    view.srid = 4490
    return rows.filter(site__current__geometry__bboverlaps=view)
