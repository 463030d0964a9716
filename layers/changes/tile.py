"""The differences of two versions as vector tiles: for a map that shows where something changed."""

from __future__ import annotations

import math

from layers.changes.comparison import AnyVersion, ask, boxed, changed, window
from layers.tiles import tile_bounds

LAYER = "changes"
EXTENT, BUFFER, PIXELS = 4096, 64, 256
MAX_ZOOM = 22

# A difference below a pixel is drawn as one pixel, several of a kind in one pixel once: a tile stays small
# however much changed. `class` says what `kind` says, as a map's styles go by it; where the outline
# moved, the one before comes as a class of its own.
_TILE = """
WITH bounds AS (SELECT ST_MakeEnvelope(%(w)s, %(s)s, %(e)s, %(n)s, 4490)::box2d AS tile),
changes AS MATERIALIZED ({changed}),
sides AS (
    SELECT key, kind, kind AS class, COALESCE(geom_b, geom_a) AS geom, COALESCE(area_b, area_a) AS area FROM changes
    UNION ALL
    SELECT key, kind, 'before', geom_a, area_a FROM changes WHERE kind IN ('geometry', 'both')),
tiny AS (
    SELECT DISTINCT kind, column_ AS x, row_ AS y FROM (
        SELECT kind, floor((ST_X(middle) - %(w)s) / %(px)s) AS column_,
               floor((ST_Y(middle) - %(s)s) / %(py)s) AS row_
        FROM (SELECT kind, ST_Centroid(ST_Envelope(geom)) AS middle FROM sides
              WHERE class <> 'before' AND area > 0 AND area < %(pixel)s) AS middles) AS cells),
shapes AS (
    SELECT key, kind, class, ST_AsMVTGeom(geom, bounds.tile, 4096, 64, true) AS geom
    FROM bounds, sides WHERE area = 0 OR area >= %(pixel)s
    UNION ALL
    SELECT NULL, kind, kind,
           ST_AsMVTGeom(ST_MakeEnvelope(%(w)s + x * %(px)s, %(s)s + y * %(py)s, %(w)s + (x + 1) * %(px)s,
                                        %(s)s + (y + 1) * %(py)s, 4490), bounds.tile, 4096, 64, true)
    FROM bounds, tiny)
SELECT ST_AsMVT(shapes, 'changes', 4096, 'geom') FROM shapes WHERE geom IS NOT NULL
"""


def tile(a: AnyVersion, b: AnyVersion, z: int, x: int, y: int) -> bytes:
    """One tile (MVT) with the layer `changes`: properties key (not of what is below a pixel), kind
    (`ChangeKind`) and class.

    Empty where nothing changed. Raises ValueError where there is no such tile.
    """
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 1 << z and 0 <= y < 1 << z):
        raise ValueError(f"no tile {z}/{x}/{y}")
    w, s, e, n = tile_bounds(z, x, y)
    over, up = (e - w) * BUFFER / EXTENT, (n - s) * BUFFER / EXTENT
    inside, box = boxed((w - over, s - up, e + over, n + up))
    px, py = (e - w) / PIXELS, (n - s) / PIXELS
    metres = px * 111_319.5
    asked = {
        **window(a, b), **box, "w": w, "s": s, "e": e, "n": n, "px": px, "py": py,
        "pixel": metres * metres * math.cos(math.radians((s + n) / 2)) ** 2,
    }  # fmt: skip
    found = ask(_TILE.format(changed=changed(a, b, inside)), asked)
    return bytes(found[0][0] or b"")
