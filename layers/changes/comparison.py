"""Which features two versions of a layer don't share, and in what way: a question to the versions' windows.

A feature of one version that the other doesn't have either came after the older one or went before the newer one,
so two index ranges hold them all, however large the layer is. Content that went and came back (a withdrawal)
has another row with the same hash: it cancels out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import connection

from layers.models import Kind, LayerVersion
from layers.notices import Notice, UnusableLayer
from layers.queries import PinnedVersion

AnyVersion = PinnedVersion | LayerVersion
Box = tuple[float, float, float, float]


class ChangeKind(StrEnum):
    """How a feature differs; the last three kept their key."""

    ADDED = "added"
    REMOVED = "removed"
    GEOMETRY = "geometry"
    ATTRIBUTES = "attributes"  # class, name or any attribute
    BOTH = "both"


@dataclass(frozen=True)
class ClassChange:
    """How many features changed in one way from one class to another; areas in m², 0 on a side without them."""

    kind: ChangeKind
    class_before: str | None  # None: it was added
    class_after: str | None  # None: it was removed
    count: int
    area_before: float
    area_after: float


@dataclass(frozen=True)
class Summary:
    """What one version has and another hasn't, counted in features.

    `by_class` adds up to the same counts; `bounds` is the box around all differences (EPSG:4490 degrees).
    """

    added: int
    removed: int
    geometry: int
    attributes: int
    both: int
    unchanged: int
    by_class: tuple[ClassChange, ...] = ()
    bounds: Box | None = None

    @property
    def changed(self) -> int:
        """Features that kept their key and are not the same."""
        return self.geometry + self.attributes + self.both

    @property
    def total(self) -> int:
        """Every difference."""
        return self.added + self.removed + self.changed

    def counts(self) -> dict[str, int]:
        """By kind, and what is unchanged."""
        return {**{str(kind): getattr(self, kind) for kind in ChangeKind}, "unchanged": self.unchanged}


# Equal up to what the content hash rounds off and orders (layers/hashing.py): 1e-9°, ring starts and directions, the
# order of holes and parts. Most that are equal are so byte by byte.
SAME_SHAPE = """(b.geom = a.geom OR ST_Normalize(ST_Multi(ST_SnapToGrid(b.geom, 1e-9)))
    = ST_Normalize(ST_Multi(ST_SnapToGrid(a.geom, 1e-9))))"""
_SAME_WORDS = "(a.class_code = b.class_code AND a.name = b.name AND a.attributes = b.attributes)"
_WENT = """f.layer_id = %(layer)s AND f.last_version >= %(older)s AND f.last_version < %(newer)s
    AND f.first_version <= %(older)s"""
_CAME = """f.layer_id = %(layer)s AND f.first_version > %(older)s AND f.first_version <= %(newer)s
    AND (f.last_version IS NULL OR f.last_version >= %(newer)s)"""
_COLUMNS = "f.id, f.key, f.hash, f.class_code, f.name, f.attributes, f.area_m2, f.geom"


def changed(a: AnyVersion, b: AnyVersion, condition: str = "TRUE") -> str:
    """A query of all differences: key, kind, a_id, b_id, class_a, class_b, area_a, area_b, geom_a, geom_b.

    `condition` speaks of `a` and `b`, the features on either side (NULL where there is none). Fill in with
    `window(a, b)`.
    """
    before, after = sides(a, b)
    return f"""
    SELECT key, kind, a_id, b_id, class_a, class_b, area_a, area_b, geom_a, geom_b
    FROM (SELECT COALESCE(a.key, b.key) AS key, a.id AS a_id, b.id AS b_id, a.class_code AS class_a,
                 b.class_code AS class_b, a.area_m2 AS area_a, b.area_m2 AS area_b, a.geom AS geom_a, b.geom AS geom_b,
                 CASE WHEN a.id IS NULL THEN 'added' WHEN b.id IS NULL THEN 'removed'
                      WHEN {SAME_SHAPE} THEN CASE WHEN {_SAME_WORDS} THEN 'same' ELSE 'attributes' END
                      WHEN {_SAME_WORDS} THEN 'geometry' ELSE 'both' END AS kind
          FROM (SELECT {_COLUMNS} FROM layers_feature f WHERE {before}) AS a
               FULL JOIN (SELECT {_COLUMNS} FROM layers_feature f WHERE {after}) AS b ON b.key = a.key
          WHERE b.hash IS DISTINCT FROM a.hash AND ({condition})) AS compared
    WHERE kind <> 'same'
    """


def sides(a: AnyVersion, b: AnyVersion) -> tuple[str, str]:
    """Conditions on `f`, a feature: that a has it and b hasn't its row, and the other way round."""
    return (_WENT, _CAME) if a.number <= b.number else (_CAME, _WENT)


def window(a: AnyVersion, b: AnyVersion) -> dict[str, Any]:
    """What the windows of two versions of one layer are asked with.

    Raises
    ------
    ValueError
        They are of two layers.
    UnusableLayer
        The layer is a raster.
    """
    if a.layer_id != b.layer_id:
        raise ValueError("only versions of one layer can be compared")
    if (a.kind if isinstance(a, PinnedVersion) else a.layer.kind) == Kind.RASTER:
        raise UnusableLayer(Notice("raster-not-compared", "栅格图层没有要素，不能逐要素比较。"))
    return {"layer": a.layer_id, "older": min(a.number, b.number), "newer": max(a.number, b.number)}


def ask(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Rows of a query that reads few rows of a huge table: compiling it or starting workers costs more than it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0; " + sql, parameters
        )
        return cursor.fetchall()


_SUMMARY = """
SELECT kind, class_a, class_b, count(*), COALESCE(sum(area_a), 0), COALESCE(sum(area_b), 0),
       ST_Extent(ST_Collect(ST_Envelope(geom_a), ST_Envelope(geom_b)))::text
FROM ({}) AS changes GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_SIZE = "SELECT feature_count FROM layers_layerversion WHERE layer_id = %s AND number = %s"


def summary(a: AnyVersion, b: AnyVersion) -> Summary:
    """Count what b has and a hasn't, and the other way round; any two versions of one layer, staged ones too."""
    rows = ask(_SUMMARY.format(changed(a, b)), window(a, b))
    by_class = tuple(ClassChange(ChangeKind(row[0]), *row[1:6]) for row in rows)
    counts = dict.fromkeys(ChangeKind, 0)
    for change in by_class:
        counts[change.kind] += change.count
    with connection.cursor() as cursor:
        cursor.execute(_SIZE, [b.layer_id, b.number])
        size = int(cursor.fetchone()[0])
    there = sum(counts[kind] for kind in ChangeKind if kind != ChangeKind.REMOVED)
    return Summary(
        **{str(kind): number for kind, number in counts.items()},
        unchanged=size - there,
        by_class=by_class,
        bounds=_around([row[6] for row in rows]),
    )


def _around(boxes: list[str]) -> Box | None:
    """The box around PostGIS's boxes: BOX(west south,east north)."""
    if not boxes:
        return None
    numbers = [[float(n) for n in box[4:-1].replace(",", " ").split()] for box in boxes]
    west, south, east, north = zip(*numbers, strict=True)
    return min(west), min(south), max(east), max(north)


def boxed(box: Box | None) -> tuple[str, dict[str, Any]]:
    """The condition that a difference lies in a box (EPSG:4490 degrees) on either side, and its parameters."""
    if box is None:
        return "TRUE", {}
    inside = "ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4490)"
    named: Sequence[str] = ("west", "south", "east", "north")
    return f"a.geom && {inside} OR b.geom && {inside}", dict(zip(named, box, strict=True))
