"""What is asked for, as SQL: a window of versions, conditions, an order, and a place in it.

The rows of a version are those that live (`last_version` is NULL) and those that went later than it. The two are
asked apart, as each has its own index: by key, and by the version that they went with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

import shapely

Box = tuple[float, float, float, float]
Place = tuple[Any, str]  # the sorted column's value and the key of a row: pages go on from there

#: What features can be sorted by, and the column. None of them is ever NULL.
ORDERS: Mapping[str, str] = MappingProxyType(
    {"key": "key", "class_code": "class_code", "name": "name", "area_m2": "area_m2"}
)
_COLUMNS = frozenset({"key", "class_code", "name"})
_NONE: Mapping[str, str] = MappingProxyType({})


class Version(Protocol):
    """A `LayerVersion` or a `PinnedVersion`."""

    @property
    def layer_id(self) -> int: ...
    @property
    def number(self) -> int: ...
    @property
    def root_hash(self) -> str: ...
    @property
    def class_names(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Selection:
    """Which features of a version.

    Parameters
    ----------
    boxes
        West, south, east, north in EPSG:4490 degrees; a feature meets one of them, if only at its edge.
    area
        Polygon (shapely, EPSG:4490) that a feature meets, for a box that is none in degrees.
    filters
        Equal values by name: ``key``, ``class_code``, ``name``, or an attribute. A number equals however it is
        written (``0.50``, ``.5``).
    words
        Each is part of the key, the name or the label of the class.
    least_m2, most_m2
        Bounds of the area, both included.
    """

    boxes: tuple[Box, ...] = ()
    area: Any = None
    filters: Mapping[str, str] = field(default_factory=lambda: _NONE)
    words: str = ""
    least_m2: float | None = None
    most_m2: float | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return (
            not (self.boxes or self.filters or self.words.split())
            and self.area is self.least_m2 is self.most_m2 is None
        )


def conditions(version: Version, selection: Selection) -> tuple[str, dict[str, Any]]:
    """The WHERE of a selection within its version's rows, without the window of versions."""
    # With a box the index on the geometry is the one to use (layers/models.py: Feature).
    layer = "f.layer_id + 0" if selection.boxes or selection.area is not None else "f.layer_id"
    parts = [f"{layer} = %(layer)s"]
    values: dict[str, Any] = {"layer": version.layer_id, "number": version.number}
    if selection.boxes:
        boxes = []
        for number, (west, south, east, north) in enumerate(selection.boxes):
            names = [f"box{number}_{side}" for side in ("w", "s", "e", "n")]
            values |= dict(zip(names, (west, south, east, north), strict=True))
            corners = ", ".join(f"%({name})s" for name in names)
            boxes.append(f"ST_Intersects(f.geom, ST_MakeEnvelope({corners}, 4490))")
        parts.append(f"({' OR '.join(boxes)})")
    if selection.area is not None:
        values["area"] = shapely.to_wkb(selection.area)
        parts.append("ST_Intersects(f.geom, ST_GeomFromWKB(%(area)s, 4490))")
    for number, (name, value) in enumerate(selection.filters.items()):
        at = f"filter{number}"
        values[at] = value
        if name in _COLUMNS:
            parts.append(f"f.{name} = %({at})s")
        else:
            values |= {f"{at}_name": name, at: _spellings(value)}
            parts.append(f"f.attributes ->> %({at}_name)s = ANY(%({at})s)")
    for number, word in enumerate(selection.words.split()):
        at = f"word{number}"
        classes = [code for code, label in version.class_names.items() if word in label]
        values |= {at: f"%{_literal(word)}%", f"{at}_classes": classes}
        parts.append(
            f"(f.key ILIKE %({at})s OR f.name ILIKE %({at})s OR f.class_code = ANY(%({at}_classes)s))"
        )
    for bound, sign in (("least_m2", ">="), ("most_m2", "<=")):
        if getattr(selection, bound) is not None:
            values[bound] = getattr(selection, bound)
            parts.append(f"f.area_m2 {sign} %({bound})s")
    return " AND ".join(parts), values


#: The two halves of a version: rows that live, and rows that went later than it.
HALVES = (
    "f.last_version IS NULL AND f.first_version <= %(number)s",
    "f.last_version >= %(number)s AND f.first_version <= %(number)s",
)


def halves(columns: str, where: str, tail: str = "") -> str:
    """One statement over both halves of a version, each with its own ``tail`` (an order, a limit)."""
    return " UNION ALL ".join(
        f"(SELECT {columns} FROM layers_feature f WHERE {where} AND {half} {tail})" for half in HALVES
    )


def _literal(word: str) -> str:
    """A word in which LIKE finds no pattern."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _spellings(value: str) -> list[str]:
    """How a value that is given as text may stand in the stored JSON."""
    try:
        number = float(value)
    except ValueError:
        return [value]
    if number != number or number in (float("inf"), float("-inf")):
        return [value]
    return [value, str(int(number)) if number.is_integer() else repr(number)]
