"""Which attributes the features of a version have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.db import connection

from layers import standards
from layers.browsing.selection import Version, halves

SAMPLE = 1000  # features by key from either end


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


def fields(version: Version, standard: str = "") -> tuple[Field, ...]:
    """The attributes of a version in the order of their names, from its first and last features by key.

    What the layer's standard (its code) calls a number is one, though all that were looked at are whole.
    """
    found = _fields(version.layer_id, version.number, version.root_hash)
    known = standards.get(standard) if standard else None
    numbers = {field.name for field in known.fields if field.kind == "number"} if known else set()
    return tuple(
        Field(field.name, "number") if field.kind == "integer" and field.name in numbers else field
        for field in found
    )


@lru_cache(maxsize=256)
def _fields(layer_id: int, number: int, root_hash: str) -> tuple[Field, ...]:
    """Of a content that never changes: the root hash is part of the question."""
    ends = [
        halves("f.attributes", "f.layer_id = %(layer)s", f"ORDER BY f.key {direction} LIMIT {SAMPLE}")
        for direction in ("ASC", "DESC")
    ]
    with connection.cursor() as cursor:
        rows = " UNION ALL ".join(ends)
        cursor.execute(_SAMPLED.format(rows=rows), {"layer": layer_id, "number": number})
        return tuple(Field(name, _kind(set(kinds))) for name, kinds in cursor.fetchall())


def _kind(kinds: set[str]) -> str:
    kinds = kinds - {"null"}
    if kinds == {"integer", "number"}:
        return "number"
    return kinds.pop() if len(kinds) == 1 else "mixed"
