"""Features of one version: a page, one, all in batches, how many, and how far they reach."""

from __future__ import annotations

import json
from binascii import unhexlify
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.db import connection

from layers.browsing.selection import ORDERS, Box, Place, Selection, Version, conditions, halves

EVERYTHING = Selection()


@dataclass(frozen=True)
class Row:
    """One feature. Area in m²; ``bbox`` west, south, east, north in EPSG:4490 degrees; geometry only where asked."""

    key: str
    class_code: str
    name: str
    area_m2: float
    attributes: Mapping[str, Any]
    bbox: Box
    geometry: Any = None


@dataclass(frozen=True)
class Page:
    """Some rows in their order; where the next and the previous ones begin, if there are any."""

    rows: list[Row]
    next: Place | None
    previous: Place | None


@dataclass(frozen=True)
class Counted:
    """How many features there are; at least so many where counting stopped (``exact`` is false)."""

    number: int
    exact: bool


_COLUMNS = """f.key AS key, f.class_code AS class_code, f.name AS name, f.area_m2 AS area_m2,
    f.attributes::text AS attributes, ST_XMin(f.geom), ST_YMin(f.geom), ST_XMax(f.geom), ST_YMax(f.geom)"""
_GEOMETRY = ", f.geom::text"


def page(
    version: Version,
    selection: Selection = EVERYTHING,
    *,
    order: str = "key",
    limit: int = 100,
    offset: int = 0,
    after: Place | None = None,
    before: Place | None = None,
    geometry: bool = False,
) -> Page:
    """A page of a version's features.

    Parameters
    ----------
    order
        One of `ORDERS`, downwards with ``-`` before it. Equal values are in the order of their keys, so the order
        is the same every time.
    after, before
        Go on behind (end before) this place of the same order: the same speed however far it is. Otherwise
        ``offset`` rows are passed over, each of them read.

    Raises
    ------
    ValueError
        There is no such order.
    """
    column, downwards = ORDERS.get(order.removeprefix("-")), order.startswith("-")
    if column is None:
        raise ValueError(f"no order {order}")
    backwards = before is not None
    down = downwards != backwards
    where, values = conditions(version, selection)
    place = before if backwards else after
    if place is not None:
        sign = "<" if down else ">"
        if column == "key":
            where += f" AND f.key {sign} %(place_key)s"
        else:
            where += f" AND (f.{column}, f.key) {sign} (%(place)s, %(place_key)s)"
        values |= {"place": place[0], "place_key": place[1]}
    direction = " DESC" if down else ""
    sorting = f"{column}{direction}" if column == "key" else f"{column}{direction}, key{direction}"
    values |= {"most": limit + 1 + offset, "limit": limit + 1, "offset": offset}
    # Rows are chosen by their place alone; only those on the page are unpacked.
    chosen = halves(
        "f.id, f.key, f.class_code, f.name, f.area_m2", where, f"ORDER BY {sorting} LIMIT %(most)s"
    )
    statement = f"""
        SELECT {_COLUMNS}{_GEOMETRY * geometry}
        FROM (SELECT * FROM ({chosen}) AS both_halves ORDER BY {sorting} LIMIT %(limit)s OFFSET %(offset)s) AS chosen
             JOIN layers_feature f ON f.id = chosen.id
        ORDER BY {", ".join(f"chosen.{part}" for part in sorting.split(", "))}"""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = _rows(cursor.fetchall())
    more, found = len(found) > limit, found[:limit]
    if backwards:
        found.reverse()

    def at(row: Row) -> Place:
        return getattr(row, column), row.key

    return Page(
        found,
        next=at(found[-1]) if found and (more or backwards) else None,
        previous=at(found[0]) if found and (more if backwards else bool(after or offset)) else None,
    )


def feature(version: Version, key: str) -> Row | None:
    """One feature with its geometry."""
    found = page(version, Selection(filters={"key": key}), limit=1, geometry=True)
    return found.rows[0] if found.rows else None


def count(version: Version, selection: Selection = EVERYTHING, *, at_most: int | None = None) -> Counted:
    """How many features a selection has; counting may stop at a number."""
    where, values = conditions(version, selection)
    tail = "" if at_most is None else "LIMIT %(most)s"
    values["most"] = None if at_most is None else at_most + 1
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({halves('1', where, tail)}) AS found", values)
        number = int(cursor.fetchone()[0])
    if at_most is not None and number > at_most:
        return Counted(at_most, exact=False)
    return Counted(number, exact=True)


def extent(version: Version, selection: Selection = EVERYTHING) -> Box | None:
    """The box around a selection in degrees; None where it has no features."""
    where, values = conditions(version, selection)
    statement = f"SELECT ST_Extent(geom) FROM ({halves('f.geom AS geom', where)}) AS found"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM ({statement}) AS s (e)", values
        )
        box = cursor.fetchone()
    return None if box[0] is None else box


def batches(
    version: Version, selection: Selection = EVERYTHING, *, at_once: int = 5000
) -> Iterator[list[Row]]:
    """Every selected feature with its geometry, by key, some at a time: memory stays the same for any number.

    Each batch is a question of its own, so no transaction stays open for as long as somebody writes a file; they fit
    together, as the rows of a version never change.
    """
    after: Place | None = None
    while True:
        found = page(version, selection, limit=at_once, after=after, geometry=True)
        if found.rows:
            yield found.rows
        if found.next is None:
            return
        after = found.next


def _rows(found: list[tuple[Any, ...]]) -> list[Row]:
    if not found or len(found[0]) == 9:
        return [Row(row[0], row[1], row[2], row[3], json.loads(row[4]), row[5:9]) for row in found]
    geometries = shapely.from_wkb(np.array([unhexlify(row[9]) for row in found], dtype=object))
    return [
        Row(row[0], row[1], row[2], row[3], json.loads(row[4]), row[5:9], geometry)
        for row, geometry in zip(found, geometries, strict=True)
    ]
