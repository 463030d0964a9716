"""What is found in a version, as findings with their Chinese sentences."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from layers.models import LayerVersion, Severity
from layers.quality.findings import Finding, Kind
from layers.quality.limits import LIMITS
from layers.quality.outline import Gaps
from layers.quality.outside import Outside
from layers.quality.overlaps import Overlaps
from layers.quality.rows import Rows
from layers.quality.shapes import Shapes

Positions = npt.NDArray[np.int64]
_ORDINAL = re.compile(r"^(.+)#[0-9]+$")


def repeated_keys(version: LayerVersion, rows: Rows) -> list[Finding]:
    """Features whose key stood there before; the second of them got “#2” behind it, and so on."""
    suspects = np.flatnonzero(rows.ordinal)
    if not len(suspects):
        return []
    keys = rows.keys(suspects)
    bases = {at: matched[1] for at, key in sorted(keys.items()) if (matched := _ORDINAL.match(key))}
    there = rows.there(version, set(bases.values()))
    return [
        Finding(
            Kind.DUPLICATE_KEY, Severity.WARNING, "标识“%(key)s”不止一次出现，已加序号区分。", {"key": base},
            key=keys[at], other_key=base, place=rows.middle(at),
        )
        for at, base in bases.items() if base in there
    ]  # fmt: skip


def duplicates(rows: Rows, originals: Positions, copies: Positions) -> list[Finding]:
    if not len(copies):
        return []
    keys = rows.keys(np.concatenate([copies, originals[copies]]))
    return [
        Finding(
            Kind.DUPLICATE, Severity.ERROR, "与“%(other)s”的几何完全相同。", {"other": keys[original]},
            key=keys[copy], other_key=keys[original], area_m2=float(rows.areas[copy]), place=rows.middle(copy),
        )
        for copy, original in zip(copies.tolist(), originals[copies].tolist(), strict=True)
    ]  # fmt: skip


def overlaps(rows: Rows, found: Overlaps) -> list[Finding]:
    if not len(found):
        return []
    keys = rows.keys(np.concatenate([found.first, found.second]))
    return [
        Finding(
            Kind.OVERLAP, Severity.ERROR if area >= LIMITS.overlap.grave_m2 else Severity.WARNING,
            "与“%(other)s”重叠 %(area).2f 平方米。", {"other": keys[second], "area": area},
            key=keys[first], other_key=keys[second], area_m2=area, geom=shape,
        )
        for first, second, area, shape in zip(
            found.first.tolist(), found.second.tolist(), found.areas.tolist(), found.shapes, strict=True
        )
    ]  # fmt: skip


def too_many_overlaps() -> Finding:
    return Finding(Kind.OVERLAP, Severity.ERROR, "重叠过多，没有逐一查完，实际数量更多。")


def gaps(found: Gaps) -> list[Finding]:
    limits = LIMITS.gap
    result = []
    for shape, area, width in zip(found.shapes, found.areas.tolist(), found.widths.tolist(), strict=True):
        if area < limits.small_m2 or width < limits.narrow_m:
            severity = Severity.ERROR
        else:
            severity = Severity.WARNING if area < limits.largest_m2 else Severity.NOTE
        result.append(
            Finding(
                Kind.GAP, severity, "要素之间有 %(area).2f 平方米的缝隙，平均宽 %(width).2f 米。",
                {"area": area, "width": width}, area_m2=area, geom=shape,
            )
        )  # fmt: skip
    return result


def shapes(rows: Rows, found: Shapes) -> list[Finding]:
    slivers, specks, spikes = found.slivers, found.specks, found.spikes
    named = np.concatenate([slivers, specks, spikes])
    if not len(named):
        return []
    keys = rows.keys(named)
    result = [
        Finding(
            Kind.SLIVER, Severity.WARNING, "图形狭长，平均宽度只有 %(width).3f 米。", {"width": width}, key=keys[at],
            area_m2=float(rows.areas[at]), place=rows.middle(at),
        )
        for at, width in zip(slivers.tolist(), found.widths.tolist(), strict=True)
    ]  # fmt: skip
    result += [
        Finding(
            Kind.TINY, Severity.WARNING, "面积只有 %(area).4f 平方米。", {"area": float(rows.areas[at])},
            key=keys[at], area_m2=float(rows.areas[at]), place=rows.middle(at),
        )
        for at in specks.tolist()
    ]  # fmt: skip
    result += [
        Finding(
            Kind.SPIKE, Severity.WARNING, "边界有尖刺，夹角只有 %(angle).3f 度。", {"angle": angle}, key=keys[at],
            place=(x, y),
        )
        for at, angle, (x, y) in zip(spikes.tolist(), found.angles.tolist(), found.points.tolist(), strict=True)
    ]  # fmt: skip
    return result


def outside(rows: Rows, found: Outside) -> list[Finding]:
    if not len(found.features):
        return []
    keys = rows.keys(found.features)
    result = []
    for at, shape, area, wholly in zip(
        found.features.tolist(), found.shapes, found.areas.tolist(), found.wholly.tolist(), strict=True
    ):
        if wholly:
            result.append(
                Finding(
                    Kind.OUTSIDE,
                    Severity.ERROR,
                    "全部在范围之外。",
                    key=keys[at],
                    area_m2=area,
                    place=rows.middle(at),
                )
            )
        else:
            result.append(
                Finding(
                    Kind.OUTSIDE, Severity.WARNING, "有 %(area).2f 平方米在范围之外。", {"area": area},
                    key=keys[at], area_m2=area, geom=shape,
                )
            )  # fmt: skip
    return result
