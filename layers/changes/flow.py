"""Which class's land became which class's, in m², between two versions of a layer.

Only what changed is overlaid; the rest stays on the diagonal by its stored areas. Areas are the exact ellipsoidal
ones, which add up: a class's total is the sum of its row, and whatever the overlay doesn't account for is told as
the residual. In a layer whose features overlap, land has no one class: there the totals are told and no matrix.
"""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from django.db import connection

from layers.areas import exact_areas
from layers.changes.comparison import AnyVersion, ask, changed, window
from layers.models import LayerVersion
from layers.notices import Notice, UnusableLayer
from layers.pieces import MAX_VERTICES

Floats = npt.NDArray[np.float64]
_PAIRS = 200_000  # intersections at a time: bounds the memory of their shapes
_REST = 1e-4  # m²; less of a feature left over by the overlay is rounding, and told as such


@dataclass(frozen=True)
class Flow:
    """An area flow matrix. Areas are m², arrays in the order of their codes.

    Attributes
    ----------
    classes_before, classes_after
        Class codes of the rows (version a) and of the columns (version b).
    m2
        Area that was of the row's class and is of the column's; None where the versions don't allow it (`why`).
    only_before, only_after
        Area of a class where the other version has no feature.
    totals_before, totals_after
        Sums of the features' stored areas.
    changed_before, changed_after
        How much of the totals belongs to features that changed: what was overlaid.
    """

    classes_before: tuple[str, ...]
    classes_after: tuple[str, ...]
    totals_before: Floats
    totals_after: Floats
    changed_before: Floats
    changed_after: Floats
    m2: Floats | None = None
    only_before: Floats | None = None
    only_after: Floats | None = None
    why: Notice | None = None

    @property
    def residual_before(self) -> Floats | None:
        """Total less row and "only before": what the overlay can't account for."""
        if self.m2 is None or self.only_before is None:
            return None
        return np.asarray(self.totals_before - self.m2.sum(axis=1) - self.only_before)

    @property
    def residual_after(self) -> Floats | None:
        """Total less column and "only after"."""
        if self.m2 is None or self.only_after is None:
            return None
        return np.asarray(self.totals_after - self.m2.sum(axis=0) - self.only_after)


@dataclass(frozen=True)
class _Side:
    """Shapes of the changed features of one version (big ones as pieces), as columns."""

    classes: npt.NDArray[np.object_]
    areas: Floats
    geometries: npt.NDArray[np.object_]


# A scan of the layer: class totals need every feature's stored area.
_UNCHANGED = """
SELECT class_code, sum(area_m2) FROM layers_feature
WHERE layer_id = %(layer)s AND first_version <= %(older)s AND (last_version IS NULL OR last_version >= %(newer)s)
GROUP BY class_code
"""
# What went and came back with the same content changed nothing either.
_SAME = """
SELECT a.class_code, sum(a.area_m2) FROM layers_feature a JOIN layers_feature b ON b.layer_id = a.layer_id
     AND b.key = a.key AND b.hash = a.hash
WHERE a.layer_id = %(layer)s AND a.last_version >= %(older)s AND a.last_version < %(newer)s
  AND a.first_version <= %(older)s AND b.first_version > %(older)s AND b.first_version <= %(newer)s
  AND (b.last_version IS NULL OR b.last_version >= %(newer)s)
GROUP BY a.class_code
"""
# A feature that only changed its words has the same ground on both sides: no overlay needed.
_KEPT_SHAPE = "SELECT class_a, class_b, area_a, area_b FROM ({}) AS changes WHERE kind = 'attributes'"
_SHAPES = f"""
WITH ids AS MATERIALIZED (
    SELECT {{side}}_id AS id FROM ({{changed}}) AS changes WHERE kind <> 'attributes' AND {{side}}_id IS NOT NULL)
SELECT f.class_code, f.area_m2, f.geom::text FROM ids JOIN layers_feature f ON f.id = ids.id
WHERE f.vertices <= {MAX_VERTICES}
UNION ALL
SELECT f.class_code, p.area_m2, p.geom::text FROM ids JOIN layers_feature f ON f.id = ids.id
     JOIN layers_featurepiece p ON p.feature_id = f.id WHERE f.vertices > {MAX_VERTICES}
"""


def flow(a: AnyVersion, b: AnyVersion, *, at_most: int | None = None) -> Flow:
    """From which class to which class land went, from version a to version b of one layer.

    Parameters
    ----------
    at_most
        How many changed shapes to overlay at most on a side.

    Raises
    ------
    UnusableLayer
        More than that changed.
    """
    asked = window(a, b)
    unchanged = {}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off; " + _UNCHANGED, asked)
        unchanged.update(cursor.fetchall())
    for code, area in ask(_SAME, asked):
        unchanged[code] = unchanged.get(code, 0.0) + area
    kept = ask(_KEPT_SHAPE.format(changed(a, b)), asked)
    before, after = (_side(a, b, side, at_most) for side in ("a", "b"))
    rows, columns = (
        tuple(sorted({*unchanged, *(row[n] for row in kept), *side.classes.tolist()}))
        for n, side in ((0, before), (1, after))
    )
    at_row, at_column = ({code: n for n, code in enumerate(codes)} for codes in (rows, columns))
    m2 = np.zeros((len(rows), len(columns)))
    changed_before, changed_after = np.zeros(len(rows)), np.zeros(len(columns))
    for code, area in unchanged.items():
        m2[at_row[code], at_column[code]] += area
    for code_a, code_b, area_a, area_b in kept:
        m2[at_row[code_a], at_column[code_b]] += area_a
        changed_before[at_row[code_a]] += area_a
        changed_after[at_column[code_b]] += area_b
    row_of = np.array([at_row[code] for code in before.classes.tolist()], dtype=np.intp)
    column_of = np.array([at_column[code] for code in after.classes.tolist()], dtype=np.intp)
    np.add.at(changed_before, row_of, before.areas)
    np.add.at(changed_after, column_of, after.areas)
    stays = np.array([unchanged.get(code, 0.0) for code in rows])
    arrives = np.array([unchanged.get(code, 0.0) for code in columns])
    totals = {
        "classes_before": rows, "classes_after": columns, "changed_before": changed_before,
        "changed_after": changed_after, "totals_before": stays + changed_before,
        "totals_after": arrives + changed_after,
    }  # fmt: skip
    if not _one_class_each(a, b):
        return Flow(
            **totals,  # type: ignore[arg-type]
            why=Notice(
                "flow-overlapping",
                "要素互相重叠，同一块地可能属于多个类别，面积流向无法核对，只列出各类总面积。",
                {},  # what is kept in a cache must survive pickling
            ),
        )
    only_before, only_after = _overlay(before, after, row_of, column_of, m2)
    return Flow(**totals, m2=m2, only_before=only_before, only_after=only_after)  # type: ignore[arg-type]


def _one_class_each(a: AnyVersion, b: AnyVersion) -> bool:
    """Whether neither version's features share ground, so that every place has one class at most."""
    versions = LayerVersion.objects.filter(layer=a.layer_id, number__in=[a.number, b.number])
    return all(versions.values_list("non_overlapping", flat=True))


def _side(a: AnyVersion, b: AnyVersion, side: str, at_most: int | None) -> _Side:
    found = ask(_SHAPES.format(side=side, changed=changed(a, b)), window(a, b))
    if at_most is not None and len(found) > at_most:
        raise UnusableLayer(
            Notice(
                "flow-too-large", "两个版本之间有 %(n)d 个要素变化，超过在线叠加的上限 %(most)d 个。",
                {"n": len(found), "most": at_most},
            )
        )  # fmt: skip
    classes, areas, shapes = zip(*found, strict=True) if found else ((), (), ())
    blobs = np.array([unhexlify(shape) for shape in shapes], dtype=object)
    geometries = shapely.from_wkb(blobs) if len(blobs) else np.empty(0, dtype=object)
    return _Side(np.array(classes, dtype=object), np.array(areas, dtype=np.float64), geometries)


def _overlay(
    before: _Side, after: _Side, row_of: npt.NDArray[np.intp], column_of: npt.NDArray[np.intp], m2: Floats
) -> tuple[Floats, Floats]:
    """Add every intersection to the matrix; what is left over on either side, by class."""
    tree = shapely.STRtree(after.geometries)
    i, j = tree.query(before.geometries, predicate="intersects") if len(before.geometries) else ([], [])
    i, j = np.asarray(i, dtype=np.intp), np.asarray(j, dtype=np.intp)
    left_a, left_b = before.areas.copy(), after.areas.copy()
    for begin in range(0, len(i), _PAIRS):
        p, q = i[begin : begin + _PAIRS], j[begin : begin + _PAIRS]
        areas = exact_areas(shapely.intersection(before.geometries[p], after.geometries[q]))
        np.add.at(m2, (row_of[p], column_of[q]), areas)
        np.subtract.at(left_a, p, areas)
        np.subtract.at(left_b, q, areas)
    only_before = _left_over(before.geometries, after.geometries, left_a, i, j, row_of, len(m2))
    only_after = _left_over(after.geometries, before.geometries, left_b, j, i, column_of, m2.shape[1])
    return only_before, only_after


def _left_over(
    mine: npt.NDArray[np.object_], others: npt.NDArray[np.object_], left: Floats, i: npt.NDArray[np.intp],
    j: npt.NDArray[np.intp], class_of: npt.NDArray[np.intp], classes: int,
) -> Floats:  # fmt: skip
    """Measured, not subtracted: what of each shape lies on none of the others that it meets."""
    result = np.zeros(classes)
    order = np.argsort(i, kind="stable")
    i, j = i[order], j[order]
    which = np.flatnonzero(left > _REST)
    starts, ends = np.searchsorted(i, which, "left"), np.searchsorted(i, which, "right")
    covers = _unions(others, [j[start:end] for start, end in zip(starts, ends, strict=True)])
    np.add.at(result, class_of[which], exact_areas(shapely.difference(mine[which], covers)))
    return result


def _unions(geometries: npt.NDArray[np.object_], groups: Sequence[Any]) -> npt.NDArray[np.object_]:
    unions = np.empty(len(groups), dtype=object)
    for n, group in enumerate(groups):
        unions[n] = shapely.union_all(geometries[group]) if len(group) else shapely.Polygon()
    return unions
