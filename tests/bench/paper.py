"""A check's report as a sealed PDF: 100 findings with their shapes on the map, against the bare pages."""

from __future__ import annotations

import copy
import re
from typing import Any
from unittest import mock

import numpy as np
import shapely
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from gis_projects.library.models import Project
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Role
from gis_projects.sites.reports import compliance, paper, word
from siting import certificates, checks, versions
from siting.models import Check, Site
from tests.bench.check import outline_of_the_city
from tests.bench.land import Land
from tests.bench.report import Report, Row, seconds
from tests.bench.sites import random_sites

FINDINGS = 100
ROUNDS = 3
ADDRESS = "https://example.org/verify/"


def kept(land: Land) -> tuple[Check, User]:
    """A check of the busiest of some sites, with the rows that a report reads."""
    sites = random_sites(12, outline_of_the_city(), largest_m2=4e6)
    results = [checks.run(boundary) for boundary in sites]
    result = max(results, key=lambda result: sum(item.geometry is not None for item in result.results))
    region, _ = Region.objects.get_or_create(code="150200", defaults={"name": "包头市", "kind": "city"})
    site = Site.objects.create()
    Project.objects.create(
        code="bench", name="基准测试项目", region=region, industry="E", level="city", stage="planning",
        year=timezone.localdate().year, site=site,
    )  # fmt: skip
    version = versions.save(site, result.boundary)
    reader = User.objects.create(username="bench", roles=[str(Role.ADMINISTRATOR)], region=region)
    check = certificates.issue(result, version)
    return Check.objects.select_related("site_version__site__project__region", "rulebook").get(
        pk=check.pk
    ), reader


def multiplied(document: dict[str, Any]) -> dict[str, Any]:
    """The document with its findings cut into pieces until there are a hundred of them."""
    whole = [finding for finding in document["findings"] if finding["geometry"]]
    each = -(-FINDINGS // len(whole))
    found = []
    for finding in whole:
        shape = shapely.geometry.shape(finding["geometry"])
        west, south, east, north = shape.bounds
        edges = np.linspace(west, east, each + 1)
        for k in range(each):
            piece = shapely.intersection(shape, shapely.box(edges[k], south, edges[k + 1], north))
            parts = [part for part in shapely.get_parts(piece) if part.geom_type == "Polygon"]
            geometry = shapely.geometry.mapping(shapely.multipolygons(parts)) if parts else None
            found.append(
                {**copy.deepcopy(finding), "geometry": geometry, "name": f"{finding['name']} {k + 1}"}
            )
    return {**document, "findings": found[:FINDINGS]}


def run(land: Land) -> bool:
    report = Report(
        "paper",
        f"合规性检测报告 of {FINDINGS} findings as PDF/A-3 with map, evidence, code and seal",
        "bare pages",
    )
    with transaction.atomic():
        check, reader = kept(land)
        document = multiplied(certificates.certificate(check))
        with mock.patch.object(certificates, "certificate", return_value=document):
            html = render_to_string("sites/report.html", compliance.context(check, reader, verify_at=ADDRESS))
            bare = re.sub(r"<svg.*?</svg>", "", html, flags=re.S)
            paper.pdf(bare)  # fonts are looked up once a process

            def best(make: Any) -> float:
                return min(seconds(make) for _ in range(ROUNDS))

            peer = best(lambda: paper.pdf(bare))
            ours = best(lambda: compliance.pdf(check, reader=reader, verify_at=ADDRESS))
            report.add(
                Row("sealed PDF", ours, "s", target=2.0),
                Row("… against the same pages by WeasyPrint alone", ours, "s", peer),
                Row("Word", best(lambda: word.compliance(check, reader=reader, verify_at=ADDRESS)), "s"),
            )
            size = len(compliance.pdf(check, reader=reader, verify_at=ADDRESS))
        transaction.set_rollback(True)
    report.notes += [
        f"best of {ROUNDS} rounds, one process; the PDF has {size / 1024:.0f} KB",
        "bare pages: the same HTML without map and codes, neither archived nor sealed",
    ]
    return report.finish()
