"""The differences one by one: what a table shows, a page at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from layers.changes.comparison import AnyVersion, Box, ChangeKind, ask, boxed, changed, window


@dataclass(frozen=True)
class FieldChange:
    """One field with its value on either side; None where there was none. `class_code` and `name` are fields too."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """One feature that is not the same in two versions.

    What stands only on one side is None on the other. Areas are m²; `place` is a point on the feature (where it is
    now, else where it was) and `bounds` the box around both, EPSG:4490 degrees.
    """

    key: str
    kind: ChangeKind
    name: str
    class_before: str | None
    class_after: str | None
    area_before: float | None
    area_after: float | None
    fields: tuple[FieldChange, ...]
    place: tuple[float, float]
    bounds: Box


#: What rows can be ordered by; with a minus sign before it the other way round.
ORDERS: Mapping[str, str] = {
    "key": "key",
    "kind": "kind",
    "class_before": "class_a",
    "class_after": "class_b",
    "area_before": "area_a",
    "area_after": "area_b",
    "difference": "COALESCE(area_b, 0) - COALESCE(area_a, 0)",
}

# Shapes and attributes are read for the rows of the page alone.
_ROWS = """
WITH page AS MATERIALIZED (
    SELECT key, kind, a_id, b_id, class_a, class_b, area_a, area_b FROM ({changed}) AS changes
    WHERE {chosen} ORDER BY {order} OFFSET %(offset)s LIMIT %(limit)s)
SELECT p.key, p.kind, COALESCE(b.name, a.name), p.class_a, p.class_b, p.area_a, p.area_b, a.name, b.name,
       a.attributes::text, b.attributes::text, ST_X(at.place), ST_Y(at.place),
       ST_XMin(at.box), ST_YMin(at.box), ST_XMax(at.box), ST_YMax(at.box)
FROM page p LEFT JOIN layers_feature a ON a.id = p.a_id LEFT JOIN layers_feature b ON b.id = p.b_id
     CROSS JOIN LATERAL (SELECT ST_PointOnSurface(COALESCE(b.geom, a.geom)) AS place,
                                ST_Collect(ST_Envelope(a.geom), ST_Envelope(b.geom)) AS box) AS at
ORDER BY {order}
"""


def _chosen(kind: ChangeKind | None, class_code: str | None) -> tuple[str, dict[str, Any]]:
    parts, parameters = ["TRUE"], {}
    if kind is not None:
        parts.append("kind = %(kind)s")
        parameters["kind"] = str(kind)
    if class_code is not None:
        parts.append("(class_a = %(class)s OR class_b = %(class)s)")
        parameters["class"] = class_code
    return " AND ".join(parts), parameters


def _order(order: str) -> str:
    """The ORDER BY of an order; equal ones by key, what a side doesn't have last."""
    column = ORDERS[order.removeprefix("-")]
    direction = "DESC" if order.startswith("-") else "ASC"
    return f"{column} {direction} NULLS LAST, key"


def rows(
    a: AnyVersion, b: AnyVersion, *, kind: ChangeKind | None = None, class_code: str | None = None,
    bbox: Box | None = None, order: str = "key", offset: int = 0, limit: int = 100,
) -> list[Change]:  # fmt: skip
    """Some of the differences between two versions of a layer. One query.

    Parameters
    ----------
    kind, class_code, bbox
        Only differences of a kind, of a class on either side, in a box (EPSG:4490 degrees).
    order
        A name of `ORDERS`, with a minus sign before it for descending. KeyError for another.
    """
    inside, box = boxed(bbox)
    chosen, choice = _chosen(kind, class_code)
    by = _order(order)
    sql = _ROWS.format(changed=changed(a, b, inside), chosen=chosen, order=by)
    found = ask(sql, {**window(a, b), **box, **choice, "offset": offset, "limit": limit})
    return [_change(row) for row in found]


def every(
    a: AnyVersion, b: AnyVersion, *, kind: ChangeKind | None = None, class_code: str | None = None,
    order: str = "key", at_once: int = 5_000,
) -> Iterator[Change]:  # fmt: skip
    """All differences (of a kind, of a class) through a cursor of the database, some in memory at a time."""
    chosen, choice = _chosen(kind, class_code)
    sql = _ROWS.format(changed=changed(a, b), chosen=chosen, order=_order(order))
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(sql, {**window(a, b), **choice, "offset": 0, "limit": None})
        while found := cursor.fetchmany(at_once):
            yield from map(_change, found)


def count(
    a: AnyVersion, b: AnyVersion, *, kind: ChangeKind | None = None, class_code: str | None = None,
    bbox: Box | None = None,
) -> int:  # fmt: skip
    """How many rows there are of a kind, of a class, in a box."""
    inside, box = boxed(bbox)
    chosen, choice = _chosen(kind, class_code)
    sql = f"SELECT count(*) FROM ({changed(a, b, inside)}) AS changes WHERE {chosen}"
    return int(ask(sql, {**window(a, b), **box, **choice})[0][0])


def _change(row: tuple[Any, ...]) -> Change:
    key, kind, name, class_a, class_b, area_a, area_b, name_a, name_b, words_a, words_b, *place = row
    return Change(
        key, ChangeKind(kind), name, class_a, class_b, area_a, area_b,
        _fields(_words(class_a, name_a, words_a), _words(class_b, name_b, words_b)),
        (place[0], place[1]), (place[2], place[3], place[4], place[5]),
    )  # fmt: skip


def _words(class_code: str | None, name: str | None, attributes: str | None) -> dict[str, Any] | None:
    if attributes is None:
        return None
    return {"class_code": class_code, "name": name, **json.loads(attributes)}


def _fields(before: dict[str, Any] | None, after: dict[str, Any] | None) -> tuple[FieldChange, ...]:
    """What differs; of an added or a removed feature nothing does."""
    if before is None or after is None:
        return ()
    names = {**before, **after}
    return tuple(
        FieldChange(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    )
