"""Rows of the public tables as publishing leaves them there, made without it."""

from __future__ import annotations

import itertools
import random
from decimal import Decimal
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry

from gis_projects.disclosure.models import DisclosedProject, PublicOutline
from gis_projects.library.terms import Industry, Level, ProjectKind, Stage

REGIONS = {"150202": "东河区", "150203": "昆都仑区", "150207": "九原区", "150222": "固阳县"}
_numbers = itertools.count(1)


def geos(shape: Any) -> GEOSGeometry:
    return GEOSGeometry(memoryview(shapely.to_wkb(shape)), srid=4490)


def row(shape: Any = None, **fields: Any) -> DisclosedProject:
    """A public project that isn't saved; ``shape`` is a shapely geometry in degrees, or None."""
    number = next(_numbers)
    region = fields.pop("region", "150207")
    return DisclosedProject(
        **{
            "slug": f"t{number:06d}",
            "code": f"2026-{number:06d}",
            "name": f"公开工程{number}",
            "region_code": region,
            "region_name": REGIONS[region],
            "kinds": ["key"],
            "industry": "E",
            "level": "city",
            "stage": "construction",
            "year": 2025,
            "planned_yuan": Decimal("10000000.00"),
            "geometry": None if shape is None else geos(shape),
            "form": "point" if shape is None or shape.geom_type == "Point" else "outline",
            "precision_m": 50,
            **fields,
        }
    )


def shown(shape: Any = None, **fields: Any) -> DisclosedProject:
    project = row(shape, **fields)
    project.save()
    return project


def many(number: int, seed: int = 3) -> list[DisclosedProject]:
    """Projects all over four regions, of every kind, industry, stage and level, some without amounts or place."""
    draw = random.Random(seed)
    rows = []
    for _ in range(number):
        lon, lat = 109.85 + draw.gauss(0, 0.2), 40.65 + draw.gauss(0, 0.15)
        place = draw.random()
        shape: Any = shapely.Point(lon, lat)
        if place < 0.5:
            shape = shapely.MultiPolygon([shapely.Point(lon, lat).buffer(draw.uniform(0.001, 0.01))])
        rows.append(
            row(
                None if place > 0.95 else shape,
                region=draw.choice(list(REGIONS)),
                kinds=sorted(draw.sample(ProjectKind.values, draw.randint(0, 3))),
                industry=draw.choice(["", *Industry.values]),
                level=draw.choice(["", *Level.values]),
                stage=draw.choice(["", *Stage.values]),
                year=draw.choice([None, 2023, 2024, 2025]),
                planned_yuan=draw.choice([None, Decimal(draw.randrange(10**5, 10**10)) / 100]),
                completed_yuan=draw.choice([None, Decimal(draw.randrange(10**4, 10**6)) / 100]),
            )
        )
    DisclosedProject.objects.bulk_create(rows, batch_size=2000)
    return rows


def outline(code: str = "150207", **fields: Any) -> PublicOutline:
    west = 109.7 + 0.3 * list(REGIONS).index(code)
    return PublicOutline.objects.create(
        **{
            "kind": "region",
            "code": code,
            "name": REGIONS[code],
            "geometry": geos(shapely.box(west, 40.5, west + 0.3, 40.8)),
            "precision_m": 100,
            **fields,
        }
    )
