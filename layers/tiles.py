"""Vector tile bytes. From `LayerVersion.detail_zoom` on they are cut from the features; below, read as stored.

A tile is Web Mercator; features are longitude/latitude. Within one tile, Mercator's y is nearly
a straight line of the latitude: off by nothing at its edges and, in its middle, by half a pixel at zoom 10 and a
quarter of that with every zoom. So features are placed by the tile's own longitude/latitude box, and no
coordinate is transformed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import shapely
from django.db import connection

from layers.models import LayerVersion
from layers.overviews import EXTENT, TileShapes, tile_bounds
from layers.queries import PinnedVersion

BUFFER = 64  # tile units around the tile, so that outlines don't end at its edge
MAX_ZOOM = 22


class NotMade(Exception):
    """The version's overviews are still to be made: ask again in a while."""


_STORED = """
SELECT v.overviews_done, (
    SELECT o.mvt FROM layers_overviewtile o
    WHERE o.layer_id = v.layer_id AND o.z = %s AND o.x = %s AND o.y = %s AND o.first_version <= v.number
    ORDER BY o.first_version DESC LIMIT 1)
FROM layers_layerversion v WHERE v.layer_id = %s AND v.number = %s
"""
# What is smaller than a pixel is drawn as one.
_CUT = """
WITH bounds AS (
    SELECT ST_MakeEnvelope(%(w)s, %(s)s, %(e)s, %(n)s, 4490) AS tile,
           ST_MakeEnvelope(%(w)s - %(bx)s, %(s)s - %(by)s, %(e)s + %(bx)s, %(n)s + %(by)s, 4490) AS wide),
shapes AS (
    SELECT f.key, f.class_code AS class, f.name,
           ST_AsMVTGeom(
               CASE WHEN f.area_m2 > 0 AND f.area_m2 < %(pixel)s
                    THEN ST_Expand(ST_Centroid(ST_Envelope(f.geom)), %(hx)s, %(hy)s) ELSE f.geom END,
               bounds.tile::box2d, 4096, 64, true) AS geom
    FROM bounds, layers_feature f
    WHERE f.geom && bounds.wide AND f.layer_id + 0 = %(layer)s
      AND f.first_version <= %(number)s AND (f.last_version IS NULL OR f.last_version >= %(number)s)
    ORDER BY f.id)
SELECT ST_AsMVT(shapes, %(code)s, 4096, 'geom') FROM shapes
"""


def tile(version: PinnedVersion | LayerVersion, z: int, x: int, y: int) -> bytes:
    """One tile (MVT) of a version: layer named after the code; properties key, class and name.

    At overview zooms a shape may stand for a class: its key and name are empty then. Empty where there is
    nothing.

    Raises
    ------
    ValueError
        There is no such tile.
    NotMade
        The version's overviews are not made yet, or it is gone.
    """
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 1 << z and 0 <= y < 1 << z):
        raise ValueError(f"no tile {z}/{x}/{y}")
    if isinstance(version, PinnedVersion):
        layer_id, number, code = version.layer_id, version.number, version.layer
        detail = version.detail_zoom
    else:
        layer_id, number, code = version.layer_id, version.number, version.layer.code
        detail = version.detail_zoom
    if z < detail:
        with connection.cursor() as cursor:
            cursor.execute(_STORED, [z, x, y, layer_id, number])
            row = cursor.fetchone()
        if row is None or not row[0]:
            raise NotMade(f"{code} v{number}")
        return bytes(row[1] or b"")
    west, south, east, north = tile_bounds(z, x, y)
    with connection.cursor() as cursor:
        # starting parallel workers takes longer than a tile; two statements in one string are one transaction
        cursor.execute(
            "SET LOCAL max_parallel_workers_per_gather = 0; " + _CUT,
            {
                "w": west, "s": south, "e": east, "n": north,
                "bx": (east - west) * BUFFER / EXTENT, "by": (north - south) * BUFFER / EXTENT,
                "hx": (east - west) / 512, "hy": (north - south) / 512, "pixel": _pixel_area(z, south, north),
                "layer": layer_id, "number": number, "code": code,
            },
        )  # fmt: skip
        return bytes(cursor.fetchone()[0] or b"")


def _pixel_area(z: int, south: float, north: float) -> float:
    """Square metres under one of a tile's 256 × 256 pixels."""
    side = 2 * math.pi * 6378137.0 / (256 << z) * math.cos(math.radians((south + north) / 2))
    return side * side


# What the version before showed and this one doesn't is written as empty.
_EMPTIED = """
INSERT INTO layers_overviewtile (layer_id, z, x, y, first_version, mvt)
SELECT DISTINCT layer_id, z, x, y, %(number)s, ''::bytea FROM layers_overviewtile t
WHERE layer_id = %(layer)s AND first_version < %(number)s AND NOT EXISTS (
    SELECT FROM layers_overviewtile o
    WHERE (o.layer_id, o.z, o.x, o.y, o.first_version) = (t.layer_id, t.z, t.x, t.y, %(number)s))
"""


def store(version: LayerVersion, tiles: Iterable[TileShapes], *, replacing: LayerVersion | None) -> None:
    """Write the overview tiles of a version that is being staged."""
    with connection.cursor() as cursor:
        for shapes in tiles:
            cursor.execute(
                """
                INSERT INTO layers_overviewtile (layer_id, first_version, z, x, y, mvt)
                SELECT %s, %s, %s, %s, %s, ST_AsMVT(shapes, %s, 4096, 'geom')
                FROM (SELECT key, class, name, ST_GeomFromWKB(wkb) AS geom
                      FROM unnest(%s::text[], %s::text[], %s::text[], %s::bytea[])
                           AS s (key, class, name, wkb)) AS shapes
                """,
                [version.layer_id, version.number, shapes.z, shapes.x, shapes.y, version.layer.code, shapes.keys,
                 shapes.classes, shapes.names, _wkbs(shapes)],
            )  # fmt: skip
        if replacing is not None:
            cursor.execute(_EMPTIED, {"layer": version.layer_id, "number": version.number})


def _wkbs(shapes: TileShapes) -> list[Any]:
    return ["\\x" + hex_ for hex_ in shapely.to_wkb(shapes.geometries, hex=True).tolist()]
