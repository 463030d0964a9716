"""Vector tile bytes. From `LayerVersion.detail_zoom` on they are cut from the features; below, read as stored.

A tile is Web Mercator; features are longitude/latitude. Within one tile, Mercator's y is nearly
a straight line of the latitude: off by nothing at its edges and, in its middle, by half a pixel at zoom 10 and a
quarter of that with every zoom. So features are placed by the tile's own longitude/latitude box, and no
coordinate is transformed.
"""

from __future__ import annotations

import math

from django.db import connection
from django.db.models import Model

from layers.models import Layer, LayerVersion
from layers.overviews import EXTENT, tile_bounds
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


def _in_order(model: type[Model], names: set[str]) -> tuple[str, ...]:
    """Fields in the order in which `Model.from_db` takes their values."""
    return tuple(field.attname for field in model._meta.concrete_fields if field.attname in names)


_OF_VERSION = _in_order(
    LayerVersion, {"id", "layer_id", "number", "root_hash", "status", "detail_zoom", "overviews_done"}
)
_OF_LAYER = _in_order(Layer, {"id", "code", "kind", "secrecy"})
_VERSION = f"""
SELECT {", ".join(f"v.{name}" for name in _OF_VERSION)}, {", ".join(f"l.{name}" for name in _OF_LAYER)}
FROM layers_layerversion v JOIN layers_layer l ON l.id = v.layer_id WHERE l.code = %s AND v.number = %s
"""


def version(code: str, number: int) -> LayerVersion | None:
    """A version with what its tiles need of it and of its layer. One plain query: nothing is asked more often."""
    with connection.cursor() as cursor:
        cursor.execute(_VERSION, [code, number])
        row = cursor.fetchone()
    if row is None:
        return None
    found = LayerVersion.from_db("default", _OF_VERSION, row[: len(_OF_VERSION)])
    found.layer = Layer.from_db("default", _OF_LAYER, row[len(_OF_VERSION) :])
    return found


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
