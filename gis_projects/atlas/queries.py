"""What a user may know of layers and sites on the map. Every answer passes the one permission question."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import Polygon
from django.db.models import Count, F, Func, Q, QuerySet, TextField, Value
from shapely.geometry import mapping

import layers.queries
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, ScopePaths, find, visible
from layers.models import Kind, Layer, LayerVersion, Status
from layers.queries import PinnedVersion

#: Layers know no person; these paths say how secret they are. They are the whole city's, in everyone's reach.
LAYER_SCOPE = ScopePaths(secrecy="secrecy")
VERSION_SCOPE = ScopePaths(secrecy="layer__secrecy")

PARCELS = "DLTB"
MAX_SITES = 2000
MAX_SNAP_FEATURES = 3000
MAX_SNAP_VERTICES = 60_000
# A feature is shown whole, but a screen needs no more vertices than this.
MAX_SHOWN_VERTICES = 4000

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Collected:
    """GeoJSON features; ``truncated`` says that there are more than the bound allows."""

    features: list[dict[str, Any]]
    truncated: bool


def current_versions(user: User) -> QuerySet[LayerVersion]:
    """The published versions of the layers that the user may know of, in the order of the map."""
    rows = LayerVersion.objects.filter(status=Status.PUBLISHED).select_related("layer")
    rows = rows.defer("coverage", "report").order_by("layer__order", "layer__code")
    return visible(user, Permission.READ_LAYERS, rows, VERSION_SCOPE)


def search(rows: QuerySet[LayerVersion], *, theme: str = "", words: str = "") -> QuerySet[LayerVersion]:
    """Versions of a theme whose layer's name, code, theme, authority or source holds every word."""
    if theme:
        rows = rows.filter(layer__theme=theme)
    for word in words.split():
        rows = rows.filter(
            Q(layer__name__icontains=word)
            | Q(layer__code__icontains=word)
            | Q(layer__theme__icontains=word)
            | Q(layer__authority__icontains=word)
            | Q(source_name__icontains=word)
        )
    return rows


def themes(user: User) -> list[tuple[str, int]]:
    """The themes of the visible layers, each with its number of layers."""
    return list(
        current_versions(user)
        .order_by("layer__theme")
        .values_list("layer__theme")
        .annotate(number=Count("pk"))
        .values_list("layer__theme", "number")
    )


def tile_version(user: User, code: str, number: int) -> LayerVersion:
    """A version whose tiles the user may have, also one that is no longer in force; else 404."""
    rows = LayerVersion.objects.select_related("layer").defer("coverage", "report")
    return find(
        user,
        Permission.READ_LAYERS,
        rows.filter(layer__kind=Kind.VECTOR),
        paths=VERSION_SCOPE,
        layer__code=code,
        number=number,
    )


def visible_codes(user: User, codes: Collection[str] | None = None) -> list[str]:
    """Codes of the layers that the user may know of, of all or of some. One query."""
    rows = visible(user, Permission.READ_LAYERS, Layer.objects.order_by("order", "code"), LAYER_SCOPE)
    if codes is not None:
        rows = rows.filter(code__in=codes)
    return list(rows.values_list("code", flat=True))


def identify(
    user: User, lon: float, lat: float, *, codes: Collection[str] | None = None, reach: float = 0.0
) -> list[dict[str, Any]]:
    """Features under a point (EPSG:4490 degrees) in the layers that the user may know of. Three queries."""
    versions = _pinned(user, codes)
    return [
        {
            "layer": found.version.layer,
            "layer_name": found.version.layer_name,
            "version": found.version.number,
            "key": found.key,
            "class": found.class_code,
            "class_name": found.version.class_names.get(found.class_code, ""),
            "name": found.name,
            "area_m2": round(found.area_m2, 2),
            "attributes": dict(found.attributes),
            "geometry": _shown(found.geometry),
        }
        for found in layers.queries.identify(versions, lon, lat, reach=reach)
    ]


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
        _with_site_in(user, box)
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


def snap(user: User, box: Box) -> Collected:
    """What a drawing may snap to in a box: land-survey parcels and visible sites, whole, with true vertices."""
    found: list[tuple[dict[str, Any], Any]] = []
    for parcels in layers.queries.nearby_edges(_pinned(user, [PARCELS]), box, limit=MAX_SNAP_FEATURES):
        keys, starts = np.unique(parcels.keys.astype(str), return_index=True)
        ends = [*starts[1:], len(parcels.keys)]
        for key, start, end in zip(keys, starts, ends, strict=True):
            pieces = parcels.geometries[start:end]
            # Where a big feature was cut for speed there is no boundary to snap to.
            geometry = pieces[0] if len(pieces) == 1 else shapely.union_all(pieces)
            properties = {"kind": "parcel", "key": str(key), "class": parcels.classes[start]}
            found.append((properties, geometry))
    rows = _with_site_in(user, box).values_list("pk", "name", "site__current__geometry")
    for pk, name, geometry in rows[:MAX_SNAP_FEATURES]:
        properties = {"kind": "site", "project": pk, "name": name}
        found.append((properties, shapely.from_wkb(bytes(geometry.wkb))))
    features: list[dict[str, Any]] = []
    vertices = 0
    view = shapely.box(*box)
    # What lies nearest to the middle of the view is what is being drawn at.
    found.sort(key=lambda pair: shapely.distance(pair[1], view.centroid))
    for properties, geometry in found:
        vertices += int(shapely.get_num_coordinates(geometry))
        if features and (len(features) >= MAX_SNAP_FEATURES or vertices > MAX_SNAP_VERTICES):
            return Collected(features, True)
        features.append({"type": "Feature", "geometry": mapping(geometry), "properties": properties})
    return Collected(features, False)


def _pinned(user: User, codes: Collection[str] | None) -> dict[str, PinnedVersion]:
    return layers.queries.current(visible_codes(user, codes))


def _with_site_in(user: User, box: Box) -> QuerySet[Project]:
    rows = visible(user, Permission.READ_SITES, Project.objects.order_by("pk"))
    view = Polygon.from_bbox(box)
    view.srid = 4490
    return rows.filter(site__current__geometry__bboverlaps=view)


def _shown(geometry: Any) -> dict[str, Any]:
    if shapely.get_num_coordinates(geometry) > MAX_SHOWN_VERTICES:
        west, south, east, north = geometry.bounds
        geometry = shapely.simplify(geometry, max(east - west, north - south) / MAX_SHOWN_VERTICES)
    return dict(mapping(geometry))
