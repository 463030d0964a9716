"""What the layers say at a place: features under a point, and what a drawing may snap to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from shapely.geometry import mapping

import layers.queries
from gis_projects.atlas.queries.catalogue import pinned, pinned_as
from gis_projects.atlas.queries.sites import Box, Collected, with_site_in
from gis_projects.people.models import User
from layers import lookup, rasters
from layers.models import Kind
from layers.queries import PinnedVersion

PARCELS = "DLTB"
MAX_SNAP_FEATURES = 3000
MAX_SNAP_VERTICES = 60_000
# A feature is shown whole, but a screen needs no more vertices than this.
MAX_SHOWN_VERTICES = 4000


def identify(
    user: User,
    lon: float,
    lat: float,
    *,
    codes: Mapping[str, int | None] | None = None,
    reach: float = 0.0,
) -> dict[str, list[dict[str, Any]]]:
    """``features`` under a point (EPSG:4490 degrees) and ``rasters``' values there, of the layers that the user may
    know of. Three queries.

    `codes` names layers, each in the version in force (None) or in one by its number; without it all are asked.
    """
    versions = pinned(user, None) if codes is None else pinned_as(user, codes)
    return {
        "features": [described(found) for found in layers.queries.identify(versions, lon, lat, reach=reach)],
        "rasters": _raster_values(versions, lon, lat),
    }


def described(found: layers.queries.Identified) -> dict[str, Any]:
    """One feature as the map shows it, with the version that says so."""
    return {
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


def _raster_values(versions: Mapping[str, PinnedVersion], lon: float, lat: float) -> list[dict[str, Any]]:
    """What the raster layers say at a point; a layer without a value there is left out."""
    said = []
    for version in versions.values():
        if version.kind != Kind.RASTER:
            continue
        value = rasters.value_at(version, lon, lat)
        if value is not None:
            said.append(
                {
                    "layer": version.layer,
                    "layer_name": version.layer_name,
                    "version": version.number,
                    "value": round(value, 3),
                    "class_name": version.class_names.get(f"{value:g}", ""),
                }
            )
    return said


def one(user: User, code: str, key: str, *, number: int | None = None) -> dict[str, Any] | None:
    """One feature by its key, as `identify` tells of it; None where the user may know of none."""
    version = pinned_as(user, {code: number}).get(code)
    found = lookup.feature(version, key) if version is not None and version.kind == Kind.VECTOR else None
    return None if found is None else described(found)


def snap(user: User, box: Box) -> Collected:
    """What a drawing may snap to in a box: land-survey parcels and visible sites, whole, with true vertices."""
    found: list[tuple[dict[str, Any], Any]] = []
    for parcels in layers.queries.nearby_edges(pinned(user, [PARCELS]), box, limit=MAX_SNAP_FEATURES):
        if not len(parcels.keys):
            continue
        keys, starts = np.unique(parcels.keys.astype(str), return_index=True)
        ends = [*starts[1:], len(parcels.keys)]
        for key, start, end in zip(keys, starts, ends, strict=True):
            pieces = parcels.geometries[start:end]
            # Where a big feature was cut for speed there is no boundary to snap to.
            geometry = pieces[0] if len(pieces) == 1 else shapely.union_all(pieces)
            properties = {"kind": "parcel", "key": str(key), "class": parcels.classes[start]}
            found.append((properties, geometry))
    rows = with_site_in(user, box).values_list("pk", "name", "site__current__geometry")
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


def _shown(geometry: Any) -> dict[str, Any]:
    if shapely.get_num_coordinates(geometry) > MAX_SHOWN_VERTICES:
        west, south, east, north = geometry.bounds
        geometry = shapely.simplify(geometry, max(east - west, north - south) / MAX_SHOWN_VERTICES)
    return dict(mapping(geometry))
