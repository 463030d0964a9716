"""Every spatial question asked of layers. Answers are frozen dataclasses; nobody above writes SQL on layers.

A question names its versions by number, so whoever asks several questions gets one answer from all of them,
also while a layer is republished: the rows of a version never change and never go.
"""

from __future__ import annotations

import json
from binascii import unhexlify
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from django.db import connection, transaction

from layers.attributes import ARRAY_OF_FIELDS, of_features
from layers.coverage import coverages, covers
from layers.models import Layer, Status
from layers.pieces import MAX_VERTICES
from layers.verification import Verification, verify

__all__ = [
    "Candidates", "Identified", "PinnedVersion", "Verification", "candidates", "class_names", "coverages", "covers",
    "current", "everything", "identify", "nearby_edges", "pinned", "verify",
]  # fmt: skip


@dataclass(frozen=True)
class PinnedVersion:
    """One published version of one layer: what a check names as its source.

    ``number`` counts a layer's versions from 1. ``root_hash`` is SHA-256 (hex) over the version's features'
    hashes. ``raster_path`` is set for raster layers only, relative to the media folder. ``class_names``
    gives the label of each class code; from ``detail_zoom`` on, tiles are cut from the features.
    """

    layer: str
    layer_id: int
    layer_name: str
    version_id: int
    number: int
    root_hash: str
    kind: str  # "vector" | "raster"
    class_system: str
    non_overlapping: bool
    raster_path: str | None = None
    detail_zoom: int = 12
    class_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidates:
    """Pieces of one version's features near a geometry, as columns of equal length, sorted by key.

    A big feature comes as several pieces (same ``keys`` entry), a small one whole.

    Attributes
    ----------
    version
        The version they are from.
    keys
        Feature keys (str objects), unique within a version.
    classes
        Class codes (str objects, empty where the layer has none), in ``version.class_system``.
    areas
        Exact ellipsoidal area of each piece, m², float64.
    geometries
        shapely geometries, EPSG:4490.
    attributes
        By field, those that were asked for: text, None where the feature says nothing (object array).
    pieces
        The number of each piece, int64, which orders those of one feature; 0 for a feature that is whole.
    """

    version: PinnedVersion
    keys: npt.NDArray[np.object_]
    classes: npt.NDArray[np.object_]
    areas: npt.NDArray[np.float64]
    geometries: npt.NDArray[np.object_]
    attributes: Mapping[str, npt.NDArray[np.object_]] = field(default_factory=dict)
    pieces: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))


@dataclass(frozen=True)
class Identified:
    """One feature under a point of the map, whole. Area in m², geometry EPSG:4490."""

    version: PinnedVersion
    key: str
    class_code: str
    name: str
    area_m2: float
    attributes: Mapping[str, Any]
    geometry: Any


# Plain SQL: a check asks this each time, and making model instances would take longer than the check's own query.
_PINS = """
SELECT l.code, l.id, v.layer_name, v.id, v.number, v.root_hash, l.kind, v.class_system, v.non_overlapping, r.path,
       v.detail_zoom, v.class_names::text
FROM layers_layerversion v JOIN layers_layer l ON l.id = v.layer_id LEFT JOIN layers_raster r ON r.version_id = v.id
WHERE {} ORDER BY l."order", l.code
"""


@lru_cache(maxsize=1024)
def _pin(*row: Any) -> PinnedVersion:
    return PinnedVersion(*(*row[:-1], MappingProxyType(json.loads(row[-1]))))


def _pins(condition: str, parameters: list[Any]) -> dict[str, PinnedVersion]:
    with connection.cursor() as cursor:
        cursor.execute(_PINS.format(condition), parameters)
        return {row[0]: _pin(*row) for row in cursor.fetchall()}


def current(codes: Collection[str] | None = None, as_of: datetime | None = None) -> dict[str, PinnedVersion]:
    """The published version of each layer, now or as of a moment; a layer without one is absent. One query."""
    condition, parameters = "TRUE", []
    if codes is not None:
        condition, parameters = "l.code = ANY(%s)", [list(codes)]
    if as_of is None:
        return _pins(f"{condition} AND v.status = %s", [*parameters, Status.PUBLISHED.value])
    latest = "SELECT DISTINCT ON (layer_id) id FROM layers_layerversion WHERE published_at <= %s"
    return _pins(f"{condition} AND v.id IN ({latest} ORDER BY layer_id, number DESC)", [*parameters, as_of])


def pinned(manifest: Mapping[str, int]) -> dict[str, PinnedVersion]:
    """The named version number of each layer; what doesn't exist is absent. One query."""
    return _pins(
        "(l.code, v.number) IN (SELECT * FROM unnest(%s::text[], %s::int[]))",
        [list(manifest), list(manifest.values())],
    )


def class_names(code: str) -> dict[str, str]:
    """Label of each class code of a layer. One query; KeyError for an unknown layer."""
    names = Layer.objects.filter(code=code).values_list("class_names", flat=True).first()
    if names is None:
        raise KeyError(code)
    return names


# --- features -------------------------------------------------------------------------------------
# One index scan per box for all layers that are asked about the same geometry: a box brings its layers along as an
# array, since a join would be planned as one scan per layer. `layer_id + 0` keeps the planner from combining the
# layer's btree with the spatial index; `&&` alone, as the overlay is done outside.
_LIVING = """f.first_version <= box.numbers[array_position(box.layers, f.layer_id)]
  AND (f.last_version IS NULL OR f.last_version >= box.numbers[array_position(box.layers, f.layer_id)])"""
_CANDIDATES = f"""
WITH box (layers, numbers, wide, geom) AS MATERIALIZED (
         SELECT layers::bigint[], numbers::int[], wide, ST_MakeEnvelope(w, s, e, n, 4490)
         FROM unnest(%(layers)s::text[], %(numbers)s::text[], %(wide)s::bool[], %(w)s::float8[], %(s)s::float8[],
                     %(e)s::float8[], %(n)s::float8[]) AS b (layers, numbers, wide, w, s, e, n))
SELECT f.layer_id, f.id, 0::bigint AS piece, f.key, f.class_code, f.area_m2, f.geom::text
FROM box JOIN layers_feature f ON f.geom && box.geom AND f.layer_id + 0 = ANY(box.layers)
WHERE NOT box.wide AND f.vertices <= {MAX_VERTICES} AND {_LIVING}
UNION ALL
SELECT f.layer_id, f.id, p.id, f.key, f.class_code, p.area_m2, p.geom::text
FROM box JOIN layers_featurepiece p ON p.geom && box.geom AND p.layer_id + 0 = ANY(box.layers)
     JOIN layers_feature f ON f.id = p.feature_id
WHERE {_LIVING}
"""
# A box of kilometres holds thousands of parcels, and the layers that are asked so far around are small: here the
# planner may well start from the layer.
_WIDE_CANDIDATES = f"""UNION ALL
SELECT f.layer_id, f.id, 0::bigint, f.key, f.class_code, f.area_m2, f.geom::text
FROM box JOIN layers_feature f ON f.geom && box.geom AND f.layer_id = ANY(box.layers)
WHERE box.wide AND f.layer_id = ANY(%(wide_layers)s) AND f.vertices <= {MAX_VERTICES} AND {_LIVING}
"""


def _boxes(geometry: Any) -> npt.NDArray[np.float64]:
    """West, south, east, north of each part, one row per part."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return np.asarray(shapely.bounds(parts[~shapely.is_empty(parts)]))


def _array(numbers: Iterable[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def candidates_query(
    versions: Mapping[str, PinnedVersion], geometry: Any, margins: Mapping[str, Any]
) -> tuple[str, dict[str, list[Any]]]:
    """The SQL of `candidates` and its parameters."""
    groups: dict[int, tuple[Any, list[PinnedVersion]]] = {}
    for code, version in versions.items():
        area = margins.get(code, geometry)
        groups.setdefault(id(area), (area, []))[1].append(version)
    boxes: list[npt.NDArray[np.float64]] = [np.empty((0, 4))]
    layer_ids: list[str] = []
    numbers: list[str] = []
    wide: list[bool] = []
    for area, asked in groups.values():
        boxes.append(_boxes(area))
        count = len(boxes[-1])
        layer_ids += [_array(version.layer_id for version in asked)] * count
        numbers += [_array(version.number for version in asked)] * count
        wide += [area is not geometry] * count
    west, south, east, north = np.concatenate(boxes).T.tolist()
    return _CANDIDATES + (_WIDE_CANDIDATES if any(wide) else ""), {
        "layers": layer_ids, "numbers": numbers, "wide": wide, "w": west, "s": south, "e": east, "n": north,
        "wide_layers": [version.layer_id for code, version in versions.items() if code in margins],
    }  # fmt: skip


def candidates(
    versions: Mapping[str, PinnedVersion],
    geometry: Any,
    margins: Mapping[str, Any] | None = None,
    attributes: Mapping[str, Collection[str]] | None = None,
) -> dict[str, Candidates]:
    """Features of each vector version whose box meets a box of the geometry's parts. One query for all.

    A second one where attributes are asked for.

    Parameters
    ----------
    versions
        By layer code; raster versions are passed over.
    geometry
        shapely, EPSG:4490.
    margins
        For layers with a distance rule: the geometry to use instead, already widened. Layers that share one
        object share the index scan.
    attributes
        By layer code: which fields of its features to bring along.
    """
    vectors = {code: version for code, version in versions.items() if version.kind == "vector"}
    sql, parameters = candidates_query(vectors, geometry, margins or {})
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows = list({row[:3]: row for row in cursor.fetchall()}.values())  # once, though in two boxes
    rows.sort(key=lambda row: (row[0], row[3], row[2]))
    columns = list(zip(*rows, strict=True)) if rows else [()] * 7
    layer_ids = np.array(columns[0], dtype=np.int64)
    keys, classes = np.array(columns[3], dtype=object), np.array(columns[4], dtype=object)
    areas, pieces = np.array(columns[5], dtype=np.float64), np.array(columns[2], dtype=np.int64)
    # GEOS reads hexadecimal digits ten times slower than bytes.
    geometries = shapely.from_wkb(np.array([unhexlify(ewkb) for ewkb in columns[6]], dtype=object))
    asked = {code: tuple(fields) for code, fields in (attributes or {}).items() if code in vectors and fields}
    spans = {
        code: slice(*np.searchsorted(layer_ids, [version.layer_id, version.layer_id + 1]))
        for code, version in vectors.items()
    }
    said = of_features({code: columns[1][spans[code]] for code in asked}, asked)
    return {
        code: Candidates(
            version,
            keys[span],
            classes[span],
            areas[span],
            geometries[span],
            said.get(code, {}),
            pieces[span],
        )
        for (code, version), span in zip(vectors.items(), spans.values(), strict=True)
    }


# `ORDER BY` a geometry follows a Hilbert curve.
_EVERYTHING = f"""
SELECT key, class_code, area_m2, geom::text, said, piece FROM (
    SELECT f.key, f.class_code, f.area_m2, f.geom, {{said}} AS said, 0::bigint AS piece FROM layers_feature f
    WHERE f.layer_id = %(layer)s AND f.vertices <= {MAX_VERTICES}
      AND f.first_version <= %(number)s AND (f.last_version IS NULL OR f.last_version >= %(number)s)
    UNION ALL
    SELECT f.key, f.class_code, p.area_m2, p.geom, {{said}}, p.id
    FROM layers_featurepiece p JOIN layers_feature f ON f.id = p.feature_id
    WHERE f.layer_id = %(layer)s
      AND f.first_version <= %(number)s AND (f.last_version IS NULL OR f.last_version >= %(number)s)
) AS pieces ORDER BY pieces.geom
"""


def everything(
    version: PinnedVersion, *, at_once: int = 50_000, attributes: Collection[str] = ()
) -> Iterator[Candidates]:
    """All pieces of a vector version in spatial order, some at a time, by a cursor of the database.

    ``attributes`` are the fields to bring along.
    """
    fields = list(attributes)
    sql = _EVERYTHING.format(said=ARRAY_OF_FIELDS if fields else "NULL::text[]")
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(sql, {"layer": version.layer_id, "number": version.number, "fields": fields})
        while rows := cursor.fetchmany(at_once):
            keys, classes, areas, ewkbs, said, pieces = zip(*rows, strict=True)
            yield Candidates(
                version, np.array(keys, dtype=object), np.array(classes, dtype=object), np.array(areas),
                shapely.from_wkb(np.array([unhexlify(ewkb) for ewkb in ewkbs], dtype=object)),
                {name: np.array([row[n] for row in said], dtype=object) for n, name in enumerate(fields)},
                np.array(pieces, dtype=np.int64),
            )  # fmt: skip


_AT_POINT = """
SELECT f.layer_id, f.key, f.class_code, f.name, f.area_m2, f.attributes, f.geom::text
FROM layers_feature f
     JOIN unnest(%(layers)s::bigint[], %(numbers)s::int[]) AS asked (layer_id, number)
     ON asked.layer_id = f.layer_id + 0
WHERE f.geom && ST_Expand(ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4490), %(reach)s)
  AND f.first_version <= asked.number AND (f.last_version IS NULL OR f.last_version >= asked.number)
  AND ST_DWithin(f.geom, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4490), %(reach)s)
ORDER BY f.layer_id, f.area_m2, f.key
LIMIT %(limit)s
"""


def identify(
    versions: Mapping[str, PinnedVersion], lon: float, lat: float, *, reach: float = 0.0, limit: int = 50
) -> list[Identified]:
    """Features under a point (EPSG:4490 degrees), in the order of `versions`, smallest first. One query.

    `reach` (degrees) lets a click near a line or point find it.
    """
    by_id = {version.layer_id: version for version in versions.values() if version.kind == "vector"}
    with connection.cursor() as cursor:
        cursor.execute(
            _AT_POINT,
            {
                "layers": list(by_id),
                "numbers": [version.number for version in by_id.values()],
                "lon": lon, "lat": lat, "reach": reach, "limit": limit,
            },
        )  # fmt: skip
        rows = cursor.fetchall()
    place = {layer_id: position for position, layer_id in enumerate(by_id)}
    rows.sort(key=lambda row: place[row[0]])
    return [
        Identified(by_id[row[0]], row[1], row[2], row[3], row[4], _json(row[5]), shapely.from_wkb(row[6]))
        for row in rows
    ]


def _json(value: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(value) if isinstance(value, str) else value
    return found


def nearby_edges(
    versions: Mapping[str, PinnedVersion], bbox: tuple[float, float, float, float], *, limit: int = 2000
) -> list[Candidates]:
    """Features (big ones as pieces) in a box of the map, for snapping; per layer at most `limit` of them.

    `bbox` is west, south, east, north in EPSG:4490 degrees. One query.
    """
    found = candidates(versions, shapely.box(*bbox))
    return [
        Candidates(c.version, c.keys[:limit], c.classes[:limit], c.areas[:limit], c.geometries[:limit])
        for c in found.values()
    ]
