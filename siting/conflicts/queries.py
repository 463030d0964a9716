"""Questions to kept comparisons: vector tiles of the patches, and which patches of two are the same ground."""

from __future__ import annotations

import math
from dataclasses import dataclass

import shapely
from django.db import connection

from layers.tiles import tile_bounds
from siting.models import ConflictPatch, PlanComparison

MAX_ZOOM = 22
SAME_SHARE = 0.9
"""Of the larger patch, so much has to be common ground for two patches to be the same."""

# A patch below a pixel is drawn as one pixel, several of a kind in one pixel once: a tile stays small however many
# there are. `class` says which look a patch has: its state is a person's, so whoever asks brings it along.
_TILE = """
WITH bounds AS (SELECT ST_MakeEnvelope(%(w)s, %(s)s, %(e)s, %(n)s, 4490)::box2d AS tile),
found AS MATERIALIZED (
    SELECT p.number, p.geometry AS geom, p.area_m2 AS area, {look} AS class FROM siting_conflictpatch p {join}
    WHERE p.comparison_id = %(comparison)s
      AND p.geometry && ST_MakeEnvelope(%(w)s - %(ox)s, %(s)s - %(oy)s, %(e)s + %(ox)s, %(n)s + %(oy)s, 4490)),
tiny AS (
    SELECT DISTINCT class, floor((ST_X(middle) - %(w)s) / %(px)s) AS x, floor((ST_Y(middle) - %(s)s) / %(py)s) AS y
    FROM (SELECT class, ST_Centroid(ST_Envelope(geom)) AS middle FROM found WHERE area < %(pixel)s) AS middles),
shapes AS (
    SELECT number, class, ST_AsMVTGeom(geom, bounds.tile, 4096, 64, true) AS geom
    FROM bounds, found WHERE area >= %(pixel)s
    UNION ALL
    SELECT NULL, class,
           ST_AsMVTGeom(ST_MakeEnvelope(%(w)s + x * %(px)s, %(s)s + y * %(py)s, %(w)s + (x + 1) * %(px)s,
                                        %(s)s + (y + 1) * %(py)s, 4490), bounds.tile, 4096, 64, true)
    FROM bounds, tiny)
SELECT ST_AsMVT(shapes, 'patches', 4096, 'geom') FROM shapes WHERE geom IS NOT NULL
"""


def tile(comparison: int, z: int, x: int, y: int, *, look: str = "'open'", join: str = "") -> bytes:
    """One tile (MVT) with the layer `patches`: number (not of what is below a pixel) and class.

    `look` and `join` are SQL constants of whoever asks, by which a patch `p` gets its class. Empty where there are
    none. Raises ValueError where there is no such tile.
    """
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 1 << z and 0 <= y < 1 << z):
        raise ValueError(f"no tile {z}/{x}/{y}")
    w, s, e, n = tile_bounds(z, x, y)
    px, py = (e - w) / 256, (n - s) / 256
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL jit = off; " + _TILE.format(look=look, join=join),
            {
                "comparison": comparison, "w": w, "s": s, "e": e, "n": n, "px": px, "py": py,
                "ox": (e - w) / 64, "oy": (n - s) / 64,
                "pixel": px * py * 111_319.5**2 * math.cos(math.radians((s + n) / 2)),
            },
        )  # fmt: skip
        return bytes(cursor.fetchone()[0] or b"")


@dataclass(frozen=True)
class Succession:
    """What became of the patches of one comparison in a later one.

    ``same`` maps the later patch's key to the earlier one's; ``gone`` and ``new`` count those that have no counterpart.
    """

    same: dict[int, int]
    gone: int
    new: int


# Common ground as a share of the larger patch; the best partner of each wins, on a tie the lower number.
_SAME = """
SELECT later.id, earlier.id
FROM siting_conflictpatch later JOIN siting_conflictpatch earlier ON earlier.comparison_id = %(earlier)s
     AND earlier.geometry && later.geometry
     AND earlier.class_a = later.class_a AND earlier.class_b = later.class_b
     AND LEAST(earlier.area_m2, later.area_m2) >= %(share)s * GREATEST(earlier.area_m2, later.area_m2)
WHERE later.comparison_id = %(later)s
ORDER BY later.number, earlier.number
"""


def succession(earlier: PlanComparison, later: PlanComparison) -> Succession:
    """Match patches that are the same ground: the same classes, and `SAME_SHARE` of the larger one in common."""
    with connection.cursor() as cursor:
        cursor.execute(_SAME, {"earlier": earlier.pk, "later": later.pk, "share": SAME_SHARE})
        pairs = cursor.fetchall()
    shapes = {
        key: shapely.from_wkb(bytes(geometry.wkb))
        for key, geometry in ConflictPatch.objects.filter(
            pk__in={key for pair in pairs for key in pair}
        ).values_list("pk", "geometry")
    }
    same: dict[int, int] = {}
    taken: set[int] = set()
    for new, old in pairs:
        if new in same or old in taken or not _mostly_common(shapes[new], shapes[old]):
            continue
        same[new] = old
        taken.add(old)
    return Succession(same, earlier.patch_count - len(same), later.patch_count - len(same))


def _mostly_common(one: shapely.Polygon, other: shapely.Polygon) -> bool:
    # a share of areas of the same place: degrees will do
    larger = max(shapely.area(one), shapely.area(other))
    return bool(shapely.area(shapely.intersection(one, other)) >= SAME_SHARE * larger)
