"""What the page of one layer shows of its versions and of the ground that it covers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

import layers.queries
from gis_projects.atlas.models import Publication
from gis_projects.atlas.queries.catalogue import known_versions, pinned
from gis_projects.people.models import User
from layers import standards
from layers.models import Layer, LayerVersion, Status

REGIONS = "XZQ"


@dataclass(frozen=True)
class Row:
    """One version in the list. `before` is the number of the one before it that the user may see."""

    version: LayerVersion
    publication: Publication | None
    before: int | None

    @property
    def in_force(self) -> bool:
        return self.version.status == Status.PUBLISHED

    @property
    def changes(self) -> list[tuple[str, int]]:
        words = {"added": _("新增"), "removed": pgettext("change", "删除"), "changed": _("变更")}
        return [(words[name], self.version.changes[name]) for name in words if self.version.changes.get(name)]

    @property
    def quality(self) -> str:
        """``pass``, ``reason``, ``refuse``, or empty where it wasn't looked at."""
        return str(self.version.quality.get("outcome", ""))

    @property
    def valid(self) -> tuple[date | None, date | None] | None:
        dates = (self.version.valid_from, self.version.valid_to)
        return dates if any(dates) else None


def versions(user: User, layer: Layer) -> list[Row]:
    """The versions of a layer that the user may know of, newest first."""
    rows = list(known_versions(user).filter(layer=layer).order_by("-number").select_related("withdraws"))
    publications = {
        one.number: one
        for one in Publication.objects.filter(layer=layer.code).select_related("uploader", "approver")
    }
    befores = [*(version.number for version in rows[1:]), None]
    return [
        Row(version, publications.get(version.number), before)
        for version, before in zip(rows, befores, strict=False)  # of no version there is none before
    ]


def standard_label(layer: Layer) -> str:
    """The field standard that the layer's files follow, by code and name."""
    standard = standards.get(layer.standard or layer.code)
    return "" if standard is None else f"{standard.code} {standard.name}"


def class_system_label(layer: Layer) -> str:
    """The name of the system that the layer's class codes are of, where it is one that we keep."""
    known = standards.code_list(layer.class_system)
    return layer.class_system if known is None else known.name


WIDTH, MARGIN = 320.0, 8.0


def coverage_map(user: User, version: LayerVersion) -> str:
    """The ground that a version covers, over the regions' outlines, as a small SVG."""
    coverage = shapely.from_wkb(
        bytes(LayerVersion.objects.values_list("coverage", flat=True).get(pk=version.pk).wkb)
    )
    if coverage.is_empty:
        return ""
    regions = _regions(user)
    west, south, east, north = shapely.union_all(
        [shapely.box(*g.bounds) for g in (coverage, *regions)]
    ).bounds
    across = math.cos(math.radians((south + north) / 2))
    scale = (WIDTH - 2 * MARGIN) / max((east - west) * across, north - south)
    width, height = (east - west) * across * scale + 2 * MARGIN, (north - south) * scale + 2 * MARGIN

    def path(geometry: Any) -> str:
        shape = shapely.simplify(geometry, 0.7 / scale)
        out = []
        for part in shapely.get_parts(shape):
            if part.geom_type != "Polygon":
                continue
            for ring in (part.exterior, *part.interiors):
                xy = shapely.get_coordinates(ring)
                points = np.column_stack(
                    (MARGIN + (xy[:, 0] - west) * across * scale, MARGIN + (north - xy[:, 1]) * scale)
                )
                out.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points.tolist()) + "Z")
        return "".join(out)

    look = 'fill="#2f6690" fill-opacity=".25" stroke="#1d4e79" stroke-width="1.5" fill-rule="evenodd"'
    ground = f'<path d="{path(coverage)}" {look}/>'
    outlines = "".join(path(region) for region in regions)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" class="coverage-map" '
        f'role="img" aria-label="{_("覆盖范围示意图")}">{ground}'
        f'<path d="{outlines}" fill="none" stroke="#8d877a" stroke-width=".8"/></svg>'
    )


def _regions(user: User) -> list[Any]:
    """The regions' shapes, where the user may know of that layer."""
    found = pinned(user, [REGIONS])
    if not found:
        return []
    pieces = layers.queries.candidates(found, shapely.box(-180, -90, 180, 90))[REGIONS]
    keys = pieces.keys.astype(str)
    return [shapely.union_all(pieces.geometries[keys == key]) for key in np.unique(keys)]
