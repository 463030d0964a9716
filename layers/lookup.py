"""Features by what they are called: by key and by name, in versions that are named by number.

Keys are found by their beginning through the index that keeps them unique, names through an index of their own
(migration 0007); what lies in the middle of a name is looked for only in layers that are small enough to be read
through. A feature that a version on its way lets go is closed already, and found through the index on what went.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import shapely
from django.db import connection

from layers.queries import Identified, PinnedVersion

#: A layer of at most so many features is read through for words in the middle of a name.
READ_THROUGH = 20_000
_LAST = "\U0010ffff"  # sorts after every character


@dataclass(frozen=True)
class Hit:
    """One feature that is called so. `box` is west, south, east, north in degrees (EPSG:4490)."""

    version: PinnedVersion
    key: str
    class_code: str
    name: str
    area_m2: float
    box: tuple[float, float, float, float]


_COLUMNS = """f.layer_id, f.key, f.class_code, f.name, f.area_m2,
       ST_XMin(f.geom), ST_YMin(f.geom), ST_XMax(f.geom), ST_YMax(f.geom)"""
_ASKED = "unnest(%(layers)s::bigint[], %(numbers)s::int[]) AS asked (layer_id, number)"
# Each branch stops by itself, so a word that half a million parcels begin with costs no more than a rare one. The
# order is the answer's: exact key, key, name from its beginning, name with the word inside.
_SEARCH = f"""
WITH asked AS MATERIALIZED (SELECT * FROM {_ASKED}),
found AS (
    (SELECT 1 AS rank, {_COLUMNS} FROM layers_feature f JOIN asked ON asked.layer_id = f.layer_id
     WHERE f.last_version IS NULL AND f.key >= %(low)s AND f.key < %(high)s AND starts_with(f.key, %(low)s)
       AND f.first_version <= asked.number
     ORDER BY f.key LIMIT %(limit)s)
    UNION ALL
    (SELECT 1, {_COLUMNS} FROM asked JOIN layers_feature f ON f.layer_id = asked.layer_id
     WHERE f.last_version >= asked.number AND f.first_version <= asked.number AND starts_with(f.key, %(low)s)
     LIMIT %(limit)s)
    UNION ALL
    (SELECT 2, {_COLUMNS} FROM layers_feature f JOIN asked ON asked.layer_id = f.layer_id
     WHERE f.name LIKE %(prefix)s AND f.name <> '' AND f.first_version <= asked.number
       AND (f.last_version IS NULL OR f.last_version >= asked.number)
     LIMIT %(limit)s)
    UNION ALL
    (SELECT 3, {_COLUMNS} FROM asked JOIN layers_feature f ON f.layer_id = asked.layer_id
     WHERE asked.layer_id = ANY(%(small)s::bigint[]) AND f.name LIKE %(inside)s AND f.first_version <= asked.number
       AND (f.last_version IS NULL OR f.last_version >= asked.number)
     LIMIT %(limit)s))
SELECT * FROM found ORDER BY rank, key
"""


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def search(versions: Mapping[str, PinnedVersion], words: str, *, limit: int = 20) -> list[Hit]:
    """Features whose key begins with the words, or whose name begins with them or (in small layers) holds them.

    At most `limit` of each way of being found, the exact key first, then in the order of `versions`. Two queries.
    """
    words = words.strip()
    by_id = {version.layer_id: version for version in versions.values() if version.kind == "vector"}
    if not words or not by_id:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT layer_id FROM layers_layerversion WHERE id = ANY(%s) AND feature_count <= %s",
            [[version.version_id for version in by_id.values()], READ_THROUGH],
        )
        small = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            _SEARCH,
            {
                "layers": list(by_id), "numbers": [version.number for version in by_id.values()], "small": small,
                "low": words, "high": words + _LAST, "prefix": _like(words) + "%", "inside": f"%{_like(words)}%",
                "limit": limit,
            },
        )  # fmt: skip
        rows = cursor.fetchall()
    place = {layer_id: position for position, layer_id in enumerate(by_id)}
    rows.sort(key=lambda row: (row[2] != words, row[0], row[4] != words, place[row[1]]))
    found: dict[tuple[int, str], Hit] = {}
    for row in rows:
        hit = Hit(by_id[row[1]], row[2], row[3], row[4], row[5], (row[6], row[7], row[8], row[9]))
        found.setdefault((row[1], row[2]), hit)
    return list(found.values())


_BY_KEY = """
SELECT f.class_code, f.name, f.area_m2, f.attributes, f.geom::text FROM layers_feature f
WHERE f.key = %(key)s AND f.layer_id = %(layer)s AND f.first_version <= %(number)s
  AND {} LIMIT 1
"""
_LIVING = _BY_KEY.format("f.last_version IS NULL")
_GONE = _BY_KEY.format("f.last_version >= %(number)s")


def feature(version: PinnedVersion, key: str) -> Identified | None:
    """One feature of a version, whole; None where it has none of that key. One query, two for one that is gone."""
    parameters: dict[str, str | int] = {"key": key, "layer": version.layer_id, "number": version.number}
    with connection.cursor() as cursor:
        for statement in (_LIVING, _GONE):
            cursor.execute(statement, parameters)
            row = cursor.fetchone()
            if row is not None:
                attributes = json.loads(row[3]) if isinstance(row[3], str) else row[3]
                return Identified(version, key, row[0], row[1], row[2], attributes, shapely.from_wkb(row[4]))
    return None


_COUNT = """
SELECT count(*) FROM (
    SELECT 1 FROM layers_feature f
    WHERE f.geom && ST_MakeEnvelope(%(w)s, %(s)s, %(e)s, %(n)s, 4490) AND f.layer_id + 0 = %(layer)s
      AND f.first_version <= %(number)s AND (f.last_version IS NULL OR f.last_version >= %(number)s)
    LIMIT %(stop)s) AS found
"""


def count(version: PinnedVersion, box: tuple[float, float, float, float], *, at_most: int) -> int:
    """How many features meet a box (west, south, east, north in degrees), counted up to one above `at_most`."""
    west, south, east, north = box
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {"w": west, "s": south, "e": east, "n": north, "layer": version.layer_id, "number": version.number,
             "stop": at_most + 1},
        )  # fmt: skip
        return int(cursor.fetchone()[0])


_NAMES = """
SELECT f.key, f.name FROM layers_feature f
WHERE f.layer_id = %(layer)s AND f.name <> '' AND f.first_version <= %(number)s
  AND (f.last_version IS NULL OR f.last_version >= %(number)s)
"""


def names(version: PinnedVersion) -> dict[str, str]:
    """The name of each feature that has one, by its key: for layers of few features, such as divisions. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, {"layer": version.layer_id, "number": version.number})
        return dict(cursor.fetchall())
