"""Where rings begin and end among a plot's points: closed or not, numbered well or badly."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from siting.engine.notices import Notice, UnusableInput
from siting.formats.coordinate_text.lines import PlotLines, PointLine
from siting.formats.limits import MAX_RINGS
from siting.formats.remarks import Remarks

NEARLY_CLOSED_M = 0.1
"""A closing point that carries the first point's number may lie this far from it (metres) and still close.

Exporters compute it a second time, or round it differently; centimetres are seen in published examples.
"""

NEARLY_CLOSED_DEGREES = 1e-6


@dataclass(frozen=True)
class OpenRing:
    """A ring's points without the closing one, in the order and axes of the file."""

    label: str
    points: tuple[PointLine, ...]


def find_rings(plot: PlotLines, remarks: Remarks) -> tuple[OpenRing, ...]:
    """Split a plot's points into rings.

    A ring ends where its first point returns, or else where the ring number changes. A row that returns to
    the first point closes the ring even under another ring number, unless that ring returns to the same row
    later: then it is that ring's own first point.

    Raises
    ------
    UnusableInput
        For a plot without points, a ring of fewer than three points, or a first point's number that comes
        again at another place.
    """
    if not plot.points:
        raise UnusableInput(Notice("plot-empty", "这个地块没有界址点", line=plot.line))
    last_at = {_key(point): index for index, point in enumerate(plot.points)}
    rings: list[OpenRing] = []
    current: list[PointLine] = []
    closed_by: PointLine | None = None
    for index, point in enumerate(plot.points):
        returns_later = last_at[_key(point)] > index
        if not current:
            if closed_by is not None and _key(point) == _key(closed_by) and not returns_later:
                remarks.add("closing-repeated", "闭合点重复，已忽略", line=point.line)
                continue
            current = [point]
            continue
        first = current[0]
        relabelled = None not in (point.label, first.label) and point.label != first.label
        same_number = bool(point.number) and point.number == first.number
        if len(current) == 1 and not relabelled and _same_place(point, first):
            remarks.add("point-repeated", "与上一点重复，已忽略", line=point.line)
            continue
        closes = _same_place(point, first) or (same_number and _nearly_closes(point, first))
        if closes and relabelled:
            closes = same_number and not returns_later
        if closes and len(current) > 1:
            _remark_closing(point, first, relabelled, remarks)
            rings.append(_ring(current, len(rings) + 1))
            current, closed_by = [], point
        elif relabelled:
            _remark_open(current, remarks)
            rings.append(_ring(current, len(rings) + 1))
            current = [point]
        elif same_number:
            raise UnusableInput(
                Notice(
                    "closing-point-contradicts",
                    "点号“%(number)s”与本圈起点（第 %(first)s 行）相同，坐标却不同：既不能闭合，也不能另起一圈",
                    {"number": point.number, "first": first.line},
                    line=point.line,
                )
            )
        else:
            current.append(point)
    if current:
        _remark_open(current, remarks)
        rings.append(_ring(current, len(rings) + 1))
    if len(rings) > MAX_RINGS:
        raise UnusableInput(
            Notice("too-many-rings", "一个地块超过 %(limit)s 圈", {"limit": MAX_RINGS}, line=plot.line)
        )
    return tuple(rings)


def paths_of(plot: PlotLines) -> tuple[OpenRing, ...]:
    """Split the points of a plot that is a line into its paths: one for each run of a ring number.

    Raises
    ------
    UnusableInput
        For a plot without points, or a path of a single one.
    """
    if not plot.points:
        raise UnusableInput(Notice("plot-empty", "这个地块没有界址点", line=plot.line))
    paths: list[list[PointLine]] = [[plot.points[0]]]
    for before, point in pairwise(plot.points):
        if point.label == before.label:
            paths[-1].append(point)
        else:
            paths.append([point])
    for path in paths:
        if len(path) < 2:
            raise UnusableInput(
                Notice("path-too-few-points", "一条线至少要有两个点，这里只有一个", line=path[0].line)
            )
    return tuple(OpenRing(path[0].label or str(at), tuple(path)) for at, path in enumerate(paths, start=1))


def _key(point: PointLine) -> tuple[str | None, str, float, float]:
    return (point.label, point.number, point.first, point.second)


def _same_place(point: PointLine, other: PointLine) -> bool:
    return point.first == other.first and point.second == other.second


def _x_in_both(point: PointLine, first: PointLine) -> bool:
    return point.first == point.second and point.first in (first.first, first.second)


def _nearly_closes(point: PointLine, first: PointLine) -> bool:
    if _x_in_both(point, first):
        return True
    in_degrees = abs(first.first) <= 180 and abs(first.second) <= 180
    tolerance = NEARLY_CLOSED_DEGREES if in_degrees else NEARLY_CLOSED_M
    return max(abs(point.first - first.first), abs(point.second - first.second)) <= tolerance


def _remark_closing(point: PointLine, first: PointLine, relabelled: bool, remarks: Remarks) -> None:
    if relabelled:
        remarks.add(
            "closing-ring-number",
            "闭合点的圈号“%(label)s”与本圈“%(ring)s”不一致，按本圈处理",
            line=point.line,
            label=point.label,
            ring=first.label,
        )
    if point.number != first.number:
        remarks.add(
            "closing-number",
            "闭合点的点号“%(number)s”应与起点“%(first)s”相同",
            line=point.line,
            number=point.number,
            first=first.number,
        )
    if _same_place(point, first):
        return
    if _x_in_both(point, first):
        remarks.add("x-written-twice", "闭合点的 X 坐标写了两遍，缺少 Y，按起点闭合", line=point.line)
    else:
        remarks.add(
            "closing-point-differs",
            "闭合点与起点（第 %(first)s 行）坐标略有差异，按起点闭合",
            line=point.line,
            first=first.line,
        )


def _remark_open(points: list[PointLine], remarks: Remarks) -> None:
    remarks.add(
        "ring-not-closed",
        "从第 %(first)s 行开始的一圈没有回到起点，已自动闭合",
        line=points[-1].line,
        first=points[0].line,
    )


def _ring(points: list[PointLine], position: int) -> OpenRing:
    if len(points) < 3:
        raise UnusableInput(
            Notice(
                "ring-too-few-points",
                "一圈至少要有三个界址点，这里只有 %(count)s 个",
                {"count": len(points)},
                line=points[0].line,
            )
        )
    return OpenRing(points[0].label or str(position), tuple(points))
