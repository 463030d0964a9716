"""The liberal reader of coordinate text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from siting.engine.boundary import DeclaredBoundary, Plot, Ring
from siting.engine.notices import Notice, UnusableInput
from siting.formats.answers import Answers
from siting.formats.coordinate_text.header import (
    AREA,
    ATTRIBUTES,
    NAME,
    NUMBER,
    POINT_COUNT,
    SHAPE,
    SHAPES,
    USE,
    extra_attribute,
    parse_area,
)
from siting.formats.coordinate_text.lines import PlotLines, TextContent, decode, take_apart
from siting.formats.coordinate_text.rings import OpenRing, find_rings, paths_of
from siting.formats.coordinate_text.zones import Resolved, resolve
from siting.formats.limits import MAX_POINTS
from siting.formats.lines import ask_width, widen
from siting.formats.remarks import Remarks

_SHAPE_AT = ATTRIBUTES.index(SHAPE)
_LINE = "线"


def read(
    content: bytes, *, central_meridian: int | None = None, answers: Answers | None = None
) -> DeclaredBoundary:
    """Read a boundary coordinate text (勘测定界坐标 TXT).

    Parameters
    ----------
    content
        The file: UTF-8, UTF-16 with BOM, or GB18030.
    central_meridian
        Degrees; a person's answer where eastings have six digits and the file names no zone. A zone that the
        file names goes before it.
    answers
        All of a person's answers, the width of plots that are lines (线) among them.

    Returns
    -------
    DeclaredBoundary
        Easting or longitude first, rings open, point and ring numbers as in the file. Header and attribute
        names are the format's own; area is in hectares without its unit, and the point count is the true one.
        ``notices`` tell everything that was set right, with its line.

    Raises
    ------
    UnusableInput
        With the line wherever there is one. Code ``crs-not-given`` asks for ``central_meridian``.
    """
    remarks = Remarks()
    text = take_apart(decode(content), remarks)
    if not text.plots:
        raise UnusableInput(
            Notice("not-coordinate-text", "这不是界址点坐标文本：没有找到“点号，地块圈号，X,Y”这样的行")
        )
    return interpret(text, remarks, answers or Answers(central_meridian=central_meridian))


def interpret(
    text: TextContent, remarks: Remarks, answers: Answers, *, format: str = "coordinate_text"
) -> DeclaredBoundary:
    """Make a boundary of lines that are sorted already: rings, coordinate system, plots.

    Raises
    ------
    UnusableInput
        As `read` does.
    """
    drawn = [(plot, _attributes(plot, remarks, answers)) for plot in text.plots]
    lines = {at for at, (_, attributes) in enumerate(drawn) if attributes[SHAPE] == _LINE}
    rings = [
        paths_of(plot) if at in lines else find_rings(plot, remarks) for at, plot in enumerate(text.plots)
    ]
    points = [point for of_plot in rings for ring in of_plot for point in ring.points]
    if len(points) > MAX_POINTS:
        raise UnusableInput(Notice("too-many-points", "界址点超过 %(limit)s 个", {"limit": MAX_POINTS}))
    first = np.array([point.first for point in points])
    second = np.array([point.second for point in points])
    at_line = np.array([point.line for point in points])
    resolved = resolve(text, first, second, at_line, answers.meridian, remarks)
    placed = _east_first(resolved, first, second)
    plots: list[Plot] = []
    start = 0
    for (plot, attributes), of_plot in zip(drawn, rings, strict=True):
        size = sum(len(ring.points) for ring in of_plot)
        made = _rings(of_plot, placed[start : start + size])
        start += size
        plots.append(_plot(plot, attributes, made, remarks))
    crs, widened = widen(plots, lines, resolved.crs, answers)
    return DeclaredBoundary(
        plots=widened, crs=crs, header=text.header, format=format, notices=remarks.notices()
    )


def _east_first(
    resolved: Resolved, first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    swapped = resolved.swapped
    return np.column_stack([np.where(swapped, first, second), np.where(swapped, second, first)])


def _rings(rings: tuple[OpenRing, ...], xy: npt.NDArray[np.float64]) -> tuple[Ring, ...]:
    made: list[Ring] = []
    start = 0
    for ring in rings:
        end = start + len(ring.points)
        numbers = tuple(
            point.number or f"J{position}" for position, point in enumerate(ring.points, start=start + 1)
        )
        made.append(Ring(numbers, xy[start:end].copy(), ring.label))
        start = end
    return tuple(made)


def _attributes(plot: PlotLines, remarks: Remarks, answers: Answers) -> dict[str, str]:
    """Name the fields of a plot's attribute line by their places."""
    fields = list(plot.fields or ())
    shape_at = next((at for at in (_SHAPE_AT, _SHAPE_AT - 1) if _field(fields, at) in SHAPES), None)
    if shape_at == _SHAPE_AT - 1:
        fields.insert(0, "")
        remarks.add("point-count-missing", "地块属性缺少界址点数", line=plot.line)
    names = [*ATTRIBUTES, *(extra_attribute(at) for at in range(len(ATTRIBUTES) + 1, len(fields) + 1))]
    attributes = {name: _field(fields, at) for at, name in enumerate(names)}
    shape = attributes[SHAPE] or "面"
    if shape == _LINE and answers.width_m is not None:
        return attributes | {SHAPE: _LINE}
    if shape == _LINE:
        raise ask_width(line=plot.line)
    if shape == "点":
        raise UnusableInput(
            Notice(
                "not-a-polygon", "地块图形是“%(shape)s”，选址边界只能是面", {"shape": shape}, line=plot.line
            )
        )
    if shape != "面":
        remarks.add(
            "shape-unreadable", "记录图形属性“%(shape)s”应为面，按面读取", line=plot.line, shape=shape[:20]
        )
    attributes[SHAPE] = "面"
    return attributes


def _field(fields: list[str], at: int) -> str:
    return fields[at] if at < len(fields) else ""


def _plot(plot: PlotLines, attributes: dict[str, str], rings: tuple[Ring, ...], remarks: Remarks) -> Plot:
    points = sum(len(ring.numbers) for ring in rings)
    rows = points + (0 if attributes[SHAPE] == _LINE else len(rings))
    declared = attributes[POINT_COUNT]
    if declared not in (str(points), str(rows)):
        if declared:
            remarks.add(
                "point-count-differs",
                "界址点数写的是“%(declared)s”，实际有 %(points)s 个点（含闭合点 %(rows)s 行）",
                line=plot.line,
                declared=declared[:20],
                points=points,
                rows=rows,
            )
        attributes[POINT_COUNT] = str(rows)
    area = parse_area(attributes[AREA])
    if area is None and attributes[AREA]:
        remarks.add(
            "area-unreadable",
            "地块面积“%(area)s”无法读取，不作比对",
            line=plot.line,
            area=attributes[AREA][:20],
        )
    if area is not None:
        attributes[AREA] = area[0]
    return Plot(
        rings=rings,
        attributes=attributes,
        number=attributes[NUMBER],
        name=attributes[NAME],
        use=attributes[USE],
        declared_area_m2=None if area is None else area[1],
    )
