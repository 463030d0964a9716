"""What lies around a drawing and under a click of it: only of layers and sites that the user may see."""

from __future__ import annotations

from collections.abc import Collection

import shapely
from django.contrib.gis.geos import Polygon
from shapely.geometry.base import BaseGeometry

import layers.queries
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible
from gis_projects.sites.withholding import LAYER_SCOPE
from layers.models import Layer
from layers.queries import Identified, PinnedVersion
from siting.engine.notices import Notice, UnusableInput

PARCELS = "DLTB"
_MAX_NEIGHBOURS = 3_000


def readable(user: User, codes: Collection[str]) -> dict[str, PinnedVersion]:
    """The versions in force of those of these layers that the user may read. Two queries."""
    allowed = visible(user, Permission.READ_LAYERS, Layer.objects.filter(code__in=codes), LAYER_SCOPE)
    return layers.queries.current(list(allowed.values_list("code", flat=True)))


def feature_at(user: User, codes: Collection[str], lon: float, lat: float) -> Identified:
    """The smallest areal feature of these layers under a point (degrees), whole.

    Raises
    ------
    UnusableInput
        There is none.
    """
    found = [
        feature
        for feature in layers.queries.identify(readable(user, codes), lon, lat)
        if shapely.get_dimensions(feature.geometry) == 2
    ]
    if not found:
        raise UnusableInput(
            Notice("no-feature-here", "这里没有所显示图层的面要素", field="at", place=(lon, lat))
        )
    return min(found, key=lambda feature: (feature.area_m2, feature.version.layer, feature.key))


def neighbours(
    user: User, codes: Collection[str], ground: BaseGeometry, project: int | None
) -> list[BaseGeometry]:
    """Features of these layers, and current sites of other projects, whose box meets that of the ground (degrees).

    Of a feature that was cut for speed the pieces there are joined again: the cuts are no boundaries.
    """
    around: list[BaseGeometry] = []
    for found in layers.queries.candidates(readable(user, codes), shapely.envelope(ground)).values():
        pieces: dict[str, list[BaseGeometry]] = {}
        for key, geometry in zip(found.keys.tolist(), found.geometries, strict=True):
            pieces.setdefault(key, []).append(geometry)
        around += [one[0] if len(one) == 1 else shapely.union_all(one) for one in pieces.values()]
        if len(around) > _MAX_NEIGHBOURS:
            raise UnusableInput(
                Notice(
                    "too-many-neighbours",
                    "周边要素超过 %(limit)s 个，请只选要吸附的地块",
                    {"limit": _MAX_NEIGHBOURS},
                    field="plots",
                )
            )
    box = Polygon.from_bbox(shapely.bounds(ground).tolist())
    box.srid = 4490
    sites = visible(user, Permission.READ_SITES, Project.objects.exclude(pk=project or 0))
    shapes = sites.filter(site__current__geometry__bboverlaps=box).values_list(
        "site__current__geometry", flat=True
    )
    return around + [shapely.from_wkb(bytes(shape.wkb)) for shape in shapes[:_MAX_NEIGHBOURS]]
