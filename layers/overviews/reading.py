"""Features of one version near a place, a bounded number at a time, always in the same order."""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from django.db import connection, transaction

from layers.models import LayerVersion
from layers.overviews.shapes import Columns
from layers.overviews.world import to_world

Box = tuple[float, float, float, float]

_ROWS, _VERTICES = 20_000, 2_000_000  # of a batch

ALIVE = """f.first_version <= %(number)s AND (f.last_version IS NULL OR f.last_version >= %(number)s)"""
_WEIGHT = f"""
SELECT max(f.vertices) FROM layers_feature f
WHERE f.geom && ST_MakeEnvelope(%(w)s, %(s)s, %(e)s, %(n)s, 4490) AND f.layer_id + 0 = %(layer)s AND {ALIVE}
"""
_NEAR = f"""
SELECT f.key, f.class_code, f.name, f.geom::text FROM layers_feature f
WHERE f.geom && ST_MakeEnvelope(%(w)s, %(s)s, %(e)s, %(n)s, 4490) AND f.layer_id + 0 = %(layer)s AND {ALIVE}
ORDER BY f.key
"""


def window(version: LayerVersion, box: Box) -> dict[str, Any]:
    west, south, east, north = box
    return {
        "layer": version.layer_id, "number": version.number, "w": west, "s": south, "e": east, "n": north,
    }  # fmt: skip


# One that is larger than a tile needs its neighbours near the place only.
_HALO = f"""
SELECT min(ST_XMin(f.geom)), min(ST_YMin(f.geom)), max(ST_XMax(f.geom)), max(ST_YMax(f.geom))
FROM layers_feature f
WHERE f.geom && ST_MakeEnvelope(%(w)s, %(s)s, %(e)s, %(n)s, 4490) AND f.layer_id + 0 = %(layer)s AND {ALIVE}
  AND ST_XMax(f.geom) - ST_XMin(f.geom) <= %(wide)s AND ST_YMax(f.geom) - ST_YMin(f.geom) <= %(wide)s
"""


def with_neighbours(version: LayerVersion, zoom: int, box: Box) -> Box:
    """A box widened to hold what meets it, so that whatever borders on that meets the wider one."""
    with connection.cursor() as cursor:
        cursor.execute(_HALO, window(version, box) | {"wide": 360.0 / (1 << zoom)})
        west, south, east, north = cursor.fetchone()
    if west is None:
        return box
    return min(west, box[0]), min(south, box[1]), max(east, box[2]), max(north, box[3])


def batches(version: LayerVersion, zoom: int, box: Box) -> Iterator[Columns]:
    """The features whose boxes meet a box in degrees, whole, in world units, in the order of their keys."""
    parameters = window(version, box)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_WEIGHT, parameters)
        (heaviest,) = cursor.fetchone()
        if heaviest is None:
            return
        rows_at_once = min(max(_VERTICES // heaviest, 20), _ROWS)
        with connection.chunked_cursor() as chunked:
            chunked.execute(_NEAR, parameters)
            while rows := chunked.fetchmany(rows_at_once):
                keys, classes, names, ewkbs = zip(*rows, strict=True)
                # GEOS reads hexadecimal digits ten times slower than bytes.
                geometries = shapely.from_wkb(np.array([unhexlify(ewkb) for ewkb in ewkbs], dtype=object))
                yield Columns(
                    np.array(keys, dtype=object), np.array(classes, dtype=object),
                    np.array(names, dtype=object), placed(geometries, zoom),
                )  # fmt: skip


def placed(geometries: npt.NDArray[np.object_], zoom: int) -> npt.NDArray[np.object_]:
    """Longitude/latitude → world units of a zoom."""
    flat = shapely.force_2d(geometries)
    placed: npt.NDArray[np.object_] = shapely.set_coordinates(
        flat, to_world(shapely.get_coordinates(flat), zoom)
    )
    return placed


# What came after the base or went before this version, whether or not a version in between was ever drawn.
CHANGED = """((f.first_version > %(base)s AND f.first_version <= %(number)s)
     OR (f.last_version >= %(base)s AND f.last_version < %(number)s))"""
_BOX = "ST_XMin({0}.geom), ST_YMin({0}.geom), ST_XMax({0}.geom), ST_YMax({0}.geom)"
_IN = "f.geom && ST_MakeEnvelope(%(w)s, %(s)s, %(e)s, %(n)s, 4490)"
_CHANGED = f"""
SELECT {_BOX.format("f")} FROM layers_feature f WHERE {_IN} AND f.layer_id + 0 = %(layer)s AND {CHANGED}
"""
# A border may be drawn otherwise along the whole of a neighbour.
_WITH_NEIGHBOURS = f"""
{_CHANGED} UNION
SELECT {_BOX.format("o")} FROM layers_feature f JOIN layers_feature o ON o.geom && f.geom
WHERE f.layer_id + 0 = %(layer)s AND {CHANGED}
  AND o.geom && ST_MakeEnvelope(%(w)s, %(s)s, %(e)s, %(n)s, 4490) AND o.layer_id + 0 = %(layer)s
  AND o.first_version <= %(number)s AND (o.last_version IS NULL OR o.last_version >= %(base)s)
"""


def changed_boxes(version: LayerVersion, base: int, box: Box, *, neighbours: bool) -> npt.NDArray[np.float64]:
    """West, south, east, north (degrees, one row each) of what changed since a version; a superset will do.

    Parameters
    ----------
    base
        The number of the version compared with.
    box
        Where.
    neighbours
        Whether what borders on it has changed with it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WITH_NEIGHBOURS if neighbours else _CHANGED, window(version, box) | {"base": base})
        return np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 4)


def changed_count(version: LayerVersion, base: int) -> int:
    """How many features came or went since a version."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT count(*) FROM layers_feature WHERE layer_id = %(layer)s
                    AND first_version > %(base)s AND first_version <= %(number)s)
                 + (SELECT count(*) FROM layers_feature WHERE layer_id = %(layer)s
                    AND last_version >= %(base)s AND last_version < %(number)s)
            """,
            {"layer": version.layer_id, "number": version.number, "base": base},
        )
        count: int = cursor.fetchone()[0]
    return count
