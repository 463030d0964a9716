"""Which attributes the features of a version have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.db import connection

from layers.browsing.selection import Version, halves

SAMPLE = 2000


@dataclass(frozen=True)
class Field:
    """An attribute: ``kind`` is text, integer, number, boolean or mixed."""

    name: str
    kind: str


_SAMPLED = """
SELECT a.key, array_agg(DISTINCT CASE
    WHEN jsonb_typeof(a.value) = 'number' AND a.value::text ~ '^-?[0-9]+$' THEN 'integer'
    WHEN jsonb_typeof(a.value) = 'string' THEN 'text'
    ELSE jsonb_typeof(a.value) END)
FROM ({rows}) AS sampled, jsonb_each(sampled.attributes) AS a
GROUP BY a.key ORDER BY a.key
"""


def fields(version: Version) -> tuple[Field, ...]:
    """The attributes of a version's first features (2,000 of either half), in the order of their names."""
    return _fields(version.layer_id, version.number, version.root_hash)


@lru_cache(maxsize=256)
def _fields(layer_id: int, number: int, root_hash: str) -> tuple[Field, ...]:
    """Of a content that never changes: the root hash is part of the question."""
    rows = halves("f.attributes", "f.layer_id = %(layer)s", f"ORDER BY f.key LIMIT {SAMPLE}")
    with connection.cursor() as cursor:
        cursor.execute(_SAMPLED.format(rows=rows), {"layer": layer_id, "number": number})
        return tuple(Field(name, _kind(set(kinds))) for name, kinds in cursor.fetchall())


def _kind(kinds: set[str]) -> str:
    kinds = kinds - {"null"}
    if kinds == {"integer", "number"}:
        return "number"
    return kinds.pop() if len(kinds) == 1 else "mixed"
