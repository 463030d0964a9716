"""Do the stored rows of a version still say what was published?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.db import connection

from layers import hashing
from layers.areas import exact_areas
from layers.models import LayerVersion
from layers.pieces import MAX_VERTICES

_BATCH = 20_000
_AREA_TOLERANCE = 1e-9  # relative; the sums of another build of numpy may end differently


@dataclass(frozen=True)
class Verification:
    """What recomputing a version from its stored rows gave.

    `changed_keys` are features whose stored row or pieces are not what was sealed, or that a query would no
    longer find by their pieces; a row that is missing, or came in without a publication, shows in `root_hash` alone.
    """

    root_hash: str
    expected_root_hash: str
    changed_keys: tuple[str, ...]

    @property
    def intact(self) -> bool:
        return self.root_hash == self.expected_root_hash and not self.changed_keys


_FEATURES = """
SELECT f.id, f.key, f.class_code, f.name, f.attributes::text, f.area_m2, f.hash, f.seal, f.geom::text, f.vertices
FROM layers_feature f
WHERE f.layer_id = %s AND f.first_version <= %s AND (f.last_version IS NULL OR f.last_version >= %s)
"""
_PIECES = """
SELECT f.key, f.hash, f.area_m2, p.area_m2, p.seal, p.geom::text
FROM layers_featurepiece p JOIN layers_feature f ON f.id = p.feature_id AND f.layer_id = p.layer_id
WHERE f.layer_id = %s AND f.first_version <= %s AND (f.last_version IS NULL OR f.last_version >= %s)
"""


def _batches(sql: str, parameters: list[Any]) -> Iterator[list[tuple[Any, ...]]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(_BATCH):
            yield rows


def verify(version: Any) -> Verification:
    """Recompute every hash, area and seal of a version (a `LayerVersion` or a `PinnedVersion`) from its rows."""
    version_id = version.pk if isinstance(version, LayerVersion) else version.version_id
    row = LayerVersion.objects.defer("coverage").select_related("layer", "raster").get(pk=version_id)
    if hasattr(row, "raster"):
        from layers.rasters import file_hash, media_path

        found = file_hash(media_path(row.raster.path))
        return Verification(found, row.root_hash, () if found == row.raster.sha256 else (row.raster.path,))
    window = [row.layer_id, row.number, row.number]
    hashes: list[bytes] = []
    changed: set[str] = set()
    big: set[str] = set()
    for rows in _batches(_FEATURES, window):
        hashes += _verify_features(rows, changed)
        big |= {row[1] for row in rows if row[9] > MAX_VERTICES}
    pieces: dict[str, list[float]] = {}
    for rows in _batches(_PIECES, window):
        geometries = shapely.from_wkb(np.array([r[5] for r in rows], dtype=object))
        for (key, hash_, whole, area, seal, _), wkb in zip(
            rows, shapely.to_wkb(geometries, byte_order=1), strict=True
        ):
            if hashing.seal(bytes(hash_), area, wkb) != bytes(seal):
                changed.add(key)
            sums = pieces.setdefault(key, [whole, 0.0])
            sums[1] += area
    changed |= big ^ pieces.keys()
    changed |= {key for key, (whole, total) in pieces.items() if abs(total - whole) > 1e-7 * max(whole, 1.0)}
    return Verification(hashing.root_hash(hashes), row.root_hash, tuple(sorted(changed)))


def _verify_features(rows: list[tuple[Any, ...]], changed: set[str]) -> list[bytes]:
    geometries = shapely.from_wkb(np.array([row[8] for row in rows], dtype=object))
    attributes = [hashing.attributes_json(json.loads(row[4])) for row in rows]
    with np.errstate(invalid="ignore", over="ignore"):  # whatever somebody wrote into a row: its hash tells
        hashes = hashing.content_hashes(
            [row[1] for row in rows],
            [row[2] for row in rows],
            [row[3] for row in rows],
            attributes,
            geometries,
        )
        areas = exact_areas(geometries)
    vertices = shapely.get_num_coordinates(geometries).tolist()
    for row, wkb, hash_, area, count in zip(
        rows, shapely.to_wkb(geometries, byte_order=1), hashes, areas, vertices, strict=True
    ):
        if (
            hash_ != bytes(row[6])
            or hashing.seal(hash_, row[5], wkb) != bytes(row[7])
            or count != row[9]
            or abs(area - row[5]) > _AREA_TOLERANCE * max(row[5], 1.0)
        ):
            changed.add(row[1])
    return hashes
