"""Which columns a file gets: found by one look at what will be written, before anything is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from layers import standards
from layers.browsing import Selection
from layers.browsing.selection import conditions, halves
from layers.hashing import attributes_json
from layers.models import LayerVersion
from layers.notices import Notice
from layers.table import CLASS_FIELDS, KEY_FIELDS, NAME_FIELDS

_MAX_DIGITS = 18  # of a whole number in 64 bits; a double keeps 15
_DOUBLE_DIGITS = 15
_GEOMETRY_NAMES = ("geom", "wkt")  # what the geometry's column is called


@dataclass(frozen=True)
class Column:
    """A column of the file: ``source`` is an attribute's name, or key, class_code or name with ``own``.

    ``kind`` is text, integer, number or boolean; ``bytes`` the longest value as UTF-8 text.
    """

    name: str
    source: str
    kind: str
    bytes: int = 0
    own: bool = False


@dataclass(frozen=True)
class Outline:
    """What will be written: columns, number of features and vertices, kinds of geometry (polygon, line, point), and
    their types as the standards name them (Polygon, MultiPolygon …).
    """

    columns: tuple[Column, ...]
    features: int
    vertices: int
    families: frozenset[str]
    types: tuple[str, ...]
    extent: tuple[float, float, float, float] | None
    notices: tuple[Notice, ...]


_ATTRIBUTES = """
SELECT a.key, array_agg(DISTINCT CASE
        WHEN jsonb_typeof(a.value) = 'number' AND a.value::text ~ '^-?[0-9]+$' THEN 'integer'
        WHEN jsonb_typeof(a.value) = 'string' THEN 'text'
        ELSE jsonb_typeof(a.value) END),
    max(octet_length(a.value #>> '{{}}'))
FROM ({rows}) AS chosen, jsonb_each(chosen.attributes) AS a
WHERE jsonb_typeof(a.value) <> 'null'
GROUP BY a.key ORDER BY a.key COLLATE "C"
"""
_WHOLE = """
SELECT count(*), coalesce(sum(vertices), 0), coalesce(array_agg(DISTINCT ST_GeometryType(geom)), '{{}}'),
    ST_XMin(ST_Extent(geom)), ST_YMin(ST_Extent(geom)), ST_XMax(ST_Extent(geom)), ST_YMax(ST_Extent(geom)),
    max(octet_length(key)), max(octet_length(class_code)), max(octet_length(name)),
    {same}
FROM ({rows}) AS chosen
"""
_FAMILIES = {
    "Point": "point", "MultiPoint": "point", "LineString": "line", "MultiLineString": "line", "Polygon": "polygon",
    "MultiPolygon": "polygon", "GeometryCollection": "collection",
}  # fmt: skip
_OWN = (("key", KEY_FIELDS), ("class_code", CLASS_FIELDS), ("name", NAME_FIELDS))


def outline(version: LayerVersion, selection: Selection) -> Outline:
    """Columns in the order of the layer's standard, then by name; what the file can't say as it is, as notices.

    Key, class and name stand in the attributes (BSM, DLBM, DLMC …) or, where they don't, in columns of their
    own, so that whoever reads the file finds them.
    """
    where, values = conditions(version, selection)
    everything = halves("f.key, f.class_code, f.name, f.vertices, f.geom, f.attributes", where)
    with connection.cursor() as cursor:
        cursor.execute(_ATTRIBUTES.format(rows=halves("f.attributes", where)), values)
        found: dict[str, tuple[set[str], int]] = {
            name: (set(kinds), length) for name, kinds, length in cursor.fetchall()
        }
        stand_ins = {own: next((n for n in names[1:] if n in found), None) for own, names in _OWN}
        same = []
        for number, (own, attribute) in enumerate(stand_ins.items()):
            # without an attribute in its place, a column that is empty throughout need not be written
            told = f"attributes ->> %(stand_in{number})s" if attribute else "''"
            values[f"stand_in{number}"] = attribute
            same.append(f"bool_and(coalesce({told} = {own}, false))")
        cursor.execute(_WHOLE.format(rows=everything, same=", ".join(same)), values)
        count, vertices, types, *rest = cursor.fetchone()
    lengths, told_elsewhere = rest[4:7], rest[7:]
    notices: list[Notice] = []
    columns = [
        Column(own, own, "text", length or 0, own=True)
        for (own, _names), length, elsewhere in zip(_OWN, lengths, told_elsewhere, strict=True)
        if elsewhere is False
    ]
    for name in _in_order(version, found):
        kinds, length = found[name]
        kind = _kind(kinds, length)
        if kind == "text" and kinds != {"text"}:
            notices.append(
                Notice("column-as-text", "字段 %(field)s 的值类型不一或过长，按文本写出。", {"field": name})
            )
        columns.append(Column(name, name, kind, length or 0))
    return Outline(
        columns=tuple(_distinct(columns, notices)),
        features=count,
        vertices=int(vertices),
        families=frozenset(_FAMILIES[name.removeprefix("ST_")] for name in types),
        types=tuple(sorted(name.removeprefix("ST_") for name in types)),
        extent=None if rest[0] is None else (rest[0], rest[1], rest[2], rest[3]),
        notices=tuple(notices),
    )


def _in_order(version: LayerVersion, names: Collection[str]) -> list[str]:
    standard = standards.get(version.layer.standard) if version.layer.standard else None
    places = {field.name: place for place, field in enumerate(standard.fields)} if standard else {}
    return sorted(names, key=lambda name: (places.get(name, len(places)), name))


def _kind(kinds: set[str], length: int) -> str:
    if kinds == {"integer"} and length <= _MAX_DIGITS:
        return "integer"
    if kinds == {"number"} or (kinds == {"integer", "number"} and length <= _DOUBLE_DIGITS + 3):
        return "number"
    return "boolean" if kinds == {"boolean"} else "text"


def _distinct(columns: Sequence[Column], notices: list[Notice]) -> list[Column]:
    """Names that differ by more than their letters' case: most formats take NAME and name for one."""
    taken = set(_GEOMETRY_NAMES)
    result = []
    for column in columns:
        name, number = column.name, 1
        while name.lower() in taken:
            number += 1
            name = f"{column.name}_{number}"
        taken.add(name.lower())
        if name != column.name:
            notices.append(renamed(column.name, name))
        result.append(Column(name, column.source, column.kind, column.bytes, column.own))
    return result


def renamed(before: str, after: str) -> Notice:
    return Notice(
        "column-renamed", "字段 %(before)s 在文件中改名为 %(after)s。", {"before": before, "after": after}
    )


def value_of(column: Column, row: Any) -> Any:
    """What a feature says in a column, fit for the column's kind."""
    if column.own:
        return getattr(row, column.source)
    value = row.attributes.get(column.source)
    if value is None or column.kind != "text" or isinstance(value, str):
        return float(value) if column.kind == "number" and value is not None else value
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool | Mapping | list):
        return attributes_json({"v": value})[5:-1]
    return str(value)
