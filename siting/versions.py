"""Boundaries as they are kept: each save is a new version, and an old one is read back exactly."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any, cast

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import transaction

from siting.boundaries import declared_from_json, declared_to_json
from siting.engine.boundary import Boundary, build
from siting.models import Site, SiteVersion


@transaction.atomic
def save(site: Site, boundary: Boundary, *, content: bytes = b"", filename: str = "") -> SiteVersion:
    """Keep a boundary as the site's next version and make it the current one.

    ``content`` is the file as it was brought, byte for byte; empty for a drawing.
    """
    site = Site.objects.select_for_update().get(pk=site.pk)
    last = site.versions.order_by("-number").values_list("number", flat=True).first()
    version = SiteVersion.objects.create(
        site=site,
        number=(last or 0) + 1,
        geometry=cast(MultiPolygon, GEOSGeometry(memoryview(boundary.geometry.wkb), srid=4490)),
        declared=declared_to_json(boundary.declared),
        format=boundary.declared.format,
        epsg=boundary.declared.crs.epsg,
        area_m2=boundary.area_m2,
        planar_area_m2=boundary.planar_area_m2,
        declared_area_m2=boundary.declared_area_m2,
        notices=[_plain(asdict(notice)) for notice in boundary.notices],
        source_name=filename[-255:],
        source_file=content,
        source_sha256=hashlib.sha256(content).hexdigest() if content else "",
    )
    site.current = version
    site.save(update_fields=["current"])
    return version


def stored(version: SiteVersion) -> Boundary:
    """Rebuild a boundary from its declared vertices: the same ones give the same boundary."""
    return build(declared_from_json(version.declared))


def _plain(notice: dict[str, Any]) -> dict[str, Any]:
    return {**notice, "params": dict(notice["params"])}
