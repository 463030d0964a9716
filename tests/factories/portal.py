"""Rows of the public tables as publishing leaves them there, made without it."""

from __future__ import annotations

import itertools
import random
from decimal import Decimal
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Model

from gis_projects.disclosure.models import (
    ArticleFile,
    DisclosedProject,
    HandlingMatter,
    HandlingStep,
    PublicOutline,
    PublicQuestion,
    PublishedArticle,
)
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


def voices(project: DisclosedProject) -> list[Model]:
    """A policy with a file, its interpretation, a guide, a matter half way, and an answered question with a place."""
    of = {"region_code": "150207", "region_name": "九原区"}
    article = of | {"department": "市发展和改革委员会", "summary": "一句话"}
    policy = PublishedArticle(
        slug="axepolicy",
        kind="policy",
        title="投资条例",
        html="<h2>第一条</h2><ul><li>一</li></ul>",
        **article,
    )
    guide = PublishedArticle(slug="axeguide", kind="guide", title="怎么办", html="<p>先论证</p>", **article)
    meaning = PublishedArticle(
        slug="axemeaning", kind="interpretation", about_slug="axepolicy", title="读懂", **article
    )
    matter = HandlingMatter(
        slug="axematter", project=project, kind="site", stages=[1, 2, 4, 5], started_on="2026-03-02", **of
    )
    question = PublicQuestion(
        slug="axequestion", kind="consult", question="何时开工？", answer="明年四月。", department="市发展和改革委员会",
        asked_on="2026-03-02", answered_on="2026-03-09", position=GEOSGeometry("POINT(109.85 40.62)", 4490),
        precision_m=100, project=project, **of,
    )  # fmt: skip
    rows: list[Model] = [policy, guide, meaning, matter, question]
    for row in rows:
        row.save()
    ArticleFile.objects.create(
        article=policy, name="axefile", title="表.pdf", media_type="application/pdf", size=3, content=b"pdf"
    )
    HandlingStep.objects.create(matter=matter, stage=1, on="2026-03-02", departments="市自然资源局")
    return rows
