"""Features that share a declared key: which of them keeps it, and what the others are called.

The one with the least content hash keeps the key, the others get `#2`, `#3` … in the order of their hashes, passing
over names that another feature was given by its file. So the order of the file doesn't matter, and the same content
has the same keys in every version.

While the file is read, the first feature with a key is written under it, and the later ones under a name of ours
(`rows.OPEN_KEY`) with the declared key in their attributes. Here they are gone through in order, some thousand at a
time, whatever their number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from django.db import connection

from layers import hashing
from layers.loading import rows
from layers.loading.predecessor import Predecessor, as_hashes
from layers.staging import Content

_BATCH = 5000
# All features of the keys in question: those that wait for theirs, and the one that stands under it.
_SHARING = """
WITH waiting AS MATERIALIZED (
    SELECT id, attributes->>'key' AS key, attributes->'attributes' AS attributes, hash, class_code, name, geom
    FROM layers_feature WHERE layer_id = %(layer)s AND first_version = %(number)s AND starts_with(key, %(open)s))
SELECT * FROM (
    SELECT key, hash, class_code, name, attributes::text, geom::text, true AS waits, id
    FROM waiting
    UNION ALL
    SELECT key, hash, class_code, name, attributes::text, geom::text, false, id
    FROM layers_feature WHERE layer_id = %(layer)s AND last_version IS NULL AND key IN (SELECT key FROM waiting)
) AS sharing
ORDER BY key COLLATE "C", hash, waits, id
"""
_TAKEN = "SELECT key FROM layers_feature WHERE layer_id = %s AND last_version IS NULL AND key = ANY(%s)"
_STANDING = "SELECT id, first_version " + _TAKEN.removeprefix("SELECT key ")
_REOPEN = "UPDATE layers_feature SET last_version = NULL WHERE id = ANY(%s) AND last_version = %s"
_REMOVE = (
    "DELETE FROM layers_featurepiece WHERE feature_id = ANY(%(ids)s)",
    "DELETE FROM layers_feature WHERE id = ANY(%(ids)s)",
)
_FORGET = """
DELETE FROM layers_feature
WHERE layer_id = %(layer)s AND first_version = %(number)s AND starts_with(key, %(open)s)
"""


def settle(layer: int, number: int, predecessor: Predecessor) -> None:
    """Give every feature of a version its final key. What the predecessor has too is opened again, not written.

    Call it in a transaction, after what the version no longer has was closed.
    """
    window: dict[str, Any] = {"layer": layer, "number": number, "open": rows.OPEN_KEY}
    key: str | None = None
    names: Iterator[str] = iter(())
    with connection.chunked_cursor() as cursor:
        cursor.execute(_SHARING, window)
        while found := cursor.fetchmany(_BATCH):
            displaced: list[str] = []
            named: list[tuple[str, tuple[Any, ...]]] = []
            for row in found:
                if row[0] != key:
                    key, names = row[0], _names(layer, row[0])
                    if row[6]:
                        displaced.append(row[0])
                    else:
                        next(names)  # the one under the key stays there
                        continue
                named.append((next(names), row))
            _displace(layer, number, displaced)
            _write(layer, number, predecessor, named)
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, window)


def _names(layer: int, key: str) -> Iterator[str]:
    """The key, then the key with the ordinals that no feature's declared key looks like."""
    yield key
    ordinal, at_once = 2, 4
    while True:
        asked = [f"{key}#{ordinal + i}" for i in range(at_once)]
        ordinal, at_once = ordinal + at_once, min(at_once * 4, 4096)
        with connection.cursor() as cursor:
            cursor.execute(_TAKEN, [layer, asked])
            taken = {row[0] for row in cursor.fetchall()}
        yield from (name for name in asked if name not in taken)


def _displace(layer: int, number: int, keys: list[str]) -> None:
    """Take away what stands under these keys: it comes back under another name."""
    if not keys:
        return
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [layer, keys])
        standing = cursor.fetchall()
        ours = [id_ for id_, first in standing if first == number]
        for statement in _REMOVE:
            cursor.execute(statement, {"ids": ours})
    rows.close_ids(number, np.array([id_ for id_, first in standing if first < number], dtype=np.int64))


def _write(
    layer: int, number: int, predecessor: Predecessor, named: list[tuple[str, tuple[Any, ...]]]
) -> None:
    if not named:
        return
    keys = [key for key, _ in named]
    _, _, classes, names, attributes, ewkb, _, _ = (
        list(column) for column in zip(*(row for _, row in named), strict=True)
    )
    attributes = [hashing.attributes_json(json.loads(text)) for text in attributes]
    geometries = shapely.from_wkb(np.array(ewkb, dtype=object))
    content = Content(
        keys=keys, class_codes=classes, names=names, attributes=attributes, geometries=geometries,
        hashes=hashing.content_hashes(keys, classes, names, attributes, geometries),
    )  # fmt: skip
    at = predecessor.find(as_hashes(content.hashes))
    with connection.cursor() as cursor:
        cursor.execute(_REOPEN, [predecessor.ids[at[at >= 0]].tolist(), number - 1])
    new = np.flatnonzero(at < 0)
    if len(new):
        rows.write(layer, number, content.take(new))
