"""DXF drawings. Reading goes through the confined reader; writing makes an R2000 drawing (AC1015) with CAD layers.

A drawing knows no coordinate system and no plots: closed lines are plots or their holes by containment, and texts
within a plot say its name.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from siting.engine.boundary import DeclaredBoundary, Plot
from siting.engine.crs import DeclaredCrs
from siting.engine.notices import Notice, UnusableInput
from siting.formats import opened
from siting.formats.answers import Answers
from siting.formats.areas import plot_areas_m2
from siting.formats.features import place, plot_from
from siting.formats.limits import MAX_PLOTS
from siting.formats.lines import as_plots, widen
from siting.formats.nesting import nest
from siting.formats.plane import in_plane
from siting.formats.remarks import Remarks

OUTLINES, POINTS, NUMBERS, LABELS, LINES = "界址线", "界址点", "界址点号", "地块注记", "中心线"
MAX_MARKED = 5_000  # a drawing with more points shows its outlines only: nobody could read the numbers
_COLOURS = {OUTLINES: 1, POINTS: 3, NUMBERS: 2, LABELS: 7, LINES: 5}
_NAME, _NUMBER, _USE = "地块名称", "地块编号", "地块用途"
_LABEL = re.compile(rf"\s*({_NAME}|{_NUMBER}|{_USE})\s*[:\uff1a]\s*(.*?)\s*", re.DOTALL)
_NO_NAME = re.compile(r"[\d\s.,:+\-/()a-zA-Z\u00b2\u33a1]*|.*(面积|平方米|公顷|亩|m\u00b2|㎡).*", re.DOTALL)
_SYSTEM = re.compile(rb"\s*999[ \t]*\r?\n[^\n]*EPSG:(\d{4})\b")
_ASK = "DXF 图纸不带坐标系：请给出坐标系（EPSG 代码，例如 %(example)s）"
_ROUND = re.compile("AcDbCircle|AcDbEllipse")


def read(content: bytes, *, answers: Answers | None = None) -> DeclaredBoundary:
    """Read the closed lines of a drawing as plots, or, where it has none, its lines with a width.

    Parameters
    ----------
    content
        The drawing, DXF text or binary.
    answers
        The coordinate system, which a drawing doesn't say; the CAD layer where closed lines lie in several.

    Raises
    ------
    UnusableInput
        Also for everything that the confined reader refuses; code ``crs-not-given`` asks for ``epsg``,
        ``which-layer`` for ``layer``.
    """
    answers = answers or Answers()
    if not content.rstrip(b"\x00\x1a \t\r\n").endswith(b"EOF"):
        # a reader takes what there is, and would leave out what was lost
        raise UnusableInput(
            Notice("drawing-cut-off", "DXF 图纸没有以 EOF 结束：文件不完整，请重新导出或上传")
        )
    features = opened.everything(content, "boundary.dxf")
    remarks = Remarks()
    opened.carry(features, remarks)
    shapes = features.geometries
    if not len(shapes):
        raise _empty()
    layers, texts = features.columns["Layer"], features.columns["Text"]
    lines = shapely.get_type_id(shapes) == 1
    round_ones = np.array([bool(_ROUND.search(str(kind))) for kind in features.columns["SubClasses"]])
    closed = lines & ~round_ones
    closed[closed] = shapely.is_closed(shapes[closed]) & (shapely.get_num_coordinates(shapes[closed]) > 3)
    wanted = closed if closed.any() else lines & ~round_ones
    if not wanted.any():
        raise _empty()
    wanted &= _chosen(layers, wanted, answers)
    opened.refuse_by_size(shapes[wanted][:MAX_PLOTS])
    left = int((lines & ~wanted).sum())
    if left:
        remarks.add(
            "other-shapes-ignored", "文件里另有 %(count)s 个点、线或注记，不是边界，未读取", count=left
        )
    if closed.any():
        plots, paths = _plots(shapes[wanted]), set[int]()
        plots = _named(plots, shapes, texts)
    else:
        found, paths = opened.plots_of(shapes[wanted], {}, remarks, answers)
        plots = list(found)
    system = _SYSTEM.match(content[:2000])
    code = int(system[1]) if system else None
    crs, placed = place(plots, code, remarks, answers=answers, ask=_ASK)
    crs, made = widen(placed, paths, crs, answers)
    return DeclaredBoundary(plots=made, crs=crs, header={}, format="dxf", notices=remarks.notices())


def _empty() -> UnusableInput:
    return UnusableInput(Notice("no-polygon", "图纸里没有闭合的多段线，也没有线"))


def _chosen(
    layers: npt.NDArray[Any], wanted: npt.NDArray[np.bool_], answers: Answers
) -> npt.NDArray[np.bool_]:
    """Those of the CAD layer that was answered, or of the only one there is."""
    names = sorted({str(name) for name in layers[wanted]})
    name = answers.layer if answers.layer is not None else names[0]
    if (len(names) > 1 and answers.layer is None) or name not in names:
        raise UnusableInput(
            Notice(
                "which-layer",
                "文件中有多个图层，请指明读取哪一个：%(layers)s。",
                {"layers": list(names[:20])},
                field="layer",
            )
        )
    return np.asarray(layers == name)


def _plots(shapes: npt.NDArray[np.object_]) -> list[Plot]:
    rings = [shapely.get_coordinates(shape)[:-1] for shape in shapes]
    return [plot_from([rings[at] for at in group], {}) for group in nest(rings)]


def _named(plots: list[Plot], shapes: npt.NDArray[np.object_], texts: npt.NDArray[Any]) -> list[Plot]:
    """Give plots the name, number and use that texts within them say; parts of one number are one plot."""
    written = np.array([isinstance(text, str) and bool(text.strip()) for text in texts], dtype=bool)
    written &= shapely.get_type_id(shapes) == 0
    grounds = np.array(
        [shapely.Polygon(plot.rings[0].xy, [ring.xy for ring in plot.rings[1:]]) for plot in plots],
        dtype=object,
    )
    said: list[dict[str, str]] = [{} for _ in plots]
    free: list[list[str]] = [[] for _ in plots]
    of_text, of_plot = shapely.STRtree(grounds).query(shapes[written], predicate="intersects")
    for text_at, plot_at in zip(of_text.tolist(), of_plot.tolist(), strict=True):
        for text in texts[written][text_at].splitlines():
            label = _LABEL.fullmatch(text)
            if label is not None:
                said[plot_at].setdefault(label[1], label[2])
            elif not _NO_NAME.fullmatch(text):
                free[plot_at].append(text.strip())
    made: list[Plot] = []
    by_number: dict[str, int] = {}
    for plot, labels, others in zip(plots, said, free, strict=True):
        if _NAME not in labels and len(others) == 1:
            labels[_NAME] = others[0]
        named = plot_from([ring.xy for ring in plot.rings], labels)
        before = by_number.get(named.number) if named.number else None
        if before is None:
            by_number[named.number] = len(made)
            made.append(named)
        else:
            rings = [ring.xy for ring in (*made[before].rings, *named.rings)]
            made[before] = plot_from(rings, made[before].attributes)
    return made


def write(declared: DeclaredBoundary) -> bytes:
    """Write an R2000 drawing in metres: outlines, points, their numbers, and each plot's name and area, by CAD layer.

    A boundary in longitude/latitude goes out in its own 3° zone. The first line, a comment that CAD programs pass over,
    names the coordinate system. Text is GBK (ANSI_936), as Chinese CAD programs read it.
    """
    import ezdxf  # takes a second to load, which only a drawing is worth

    plane = in_plane(declared)
    areas = plot_areas_m2(declared)
    drawing: Any = ezdxf.new("R2000", setup=["linetypes"], units=6)
    drawing.encoding = "gbk"
    for name, colour in _COLOURS.items():
        drawing.layers.add(name, color=colour, linetype="CENTER" if name == LINES else "Continuous")
    style = drawing.styles.add("HZ", font="simsun.ttf")
    style.set_extended_font_data("SimSun")
    points = sum(len(ring.xy) for plot in plane.plots for ring in plot.rings)
    small = _letter_height(plane.plots)
    drawing.header["$PDMODE"], drawing.header["$PDSIZE"] = 33, small / 2
    space = drawing.modelspace()
    for plot, area in zip(plane.plots, areas, strict=True):
        rings = [ring.xy for ring in plot.rings]
        for ring in plot.rings:
            space.add_lwpolyline(
                ring.xy.tolist(), format="xy", close=True, dxfattribs={"layer": OUTLINES, "lineweight": 35}
            )
            if points <= MAX_MARKED:
                _mark(space, ring.xy, ring.numbers, small)
        for part, group in enumerate(nest(rings)):
            _label(space, plot, [rings[at] for at in group], area if part == 0 else None)
    drawn = as_plots(declared.plots)
    if drawn is not None:
        flat = in_plane(replace(declared, plots=drawn[0], crs=drawn[1]))
        for path in (ring for plot in _in(flat, plane.crs).plots for ring in plot.rings):
            space.add_lwpolyline(path.xy.tolist(), format="xy", dxfattribs={"layer": LINES})
    stream = io.StringIO()
    drawing.write(stream)
    text = f"999\n{_ascii(plane.crs)}\n{stream.getvalue()}"
    return text.replace("\n", "\r\n").encode("gbk", errors="dxfreplace")


def _in(declared: DeclaredBoundary, crs: DeclaredCrs) -> DeclaredBoundary:
    """The same boundary where it is in that system; lines in another zone are converted to it."""
    if declared.crs == crs:
        return declared
    from siting.engine.crs import from_degrees, to_degrees

    plots = tuple(
        replace(
            plot,
            rings=tuple(
                replace(ring, xy=from_degrees(to_degrees(ring.xy, declared.crs), crs)) for ring in plot.rings
            ),
        )
        for plot in declared.plots
    )
    return replace(declared, plots=plots, crs=crs)


def _ascii(crs: DeclaredCrs) -> str:
    return f"CGCS2000 Gauss-Kruger EPSG:{crs.epsg}"


def _letter_height(plots: Sequence[Plot]) -> float:
    """Of point numbers, metres: readable beside edges of the usual length."""
    edges = np.concatenate([np.hypot(*np.diff(ring.xy, axis=0).T) for plot in plots for ring in plot.rings])
    return float(np.clip(np.median(edges) / 15, 0.5, 10.0))


def _mark(space: Any, xy: npt.NDArray[np.float64], numbers: Sequence[str], height: float) -> None:
    for number, point in zip(numbers, xy.tolist(), strict=True):
        space.add_point(point, dxfattribs={"layer": POINTS})
        beside = (point[0] + height / 2, point[1] + height / 2)
        space.add_text(
            _line(number), height=height, dxfattribs={"layer": NUMBERS, "style": "HZ", "insert": beside}
        )


def _label(space: Any, plot: Plot, rings: list[npt.NDArray[np.float64]], area_m2: float | None) -> None:
    ground = shapely.Polygon(rings[0], rings[1:])
    centre = shapely.point_on_surface(shapely.make_valid(ground))
    height = float(np.clip(np.sqrt(ground.area) / 25, 1.0, 50.0))
    said = ((_NAME, plot.name), (_NUMBER, plot.number), (_USE, plot.use))
    lines = [f"{title}：{_line(text)}" for title, text in said if text]
    if area_m2 is not None:
        lines.append(f"椭球面积：{area_m2:.2f} 平方米")
    text = "\\P".join(re.sub(r"[\\{}]", r"\\\g<0>", line) for line in lines)
    place = {"layer": LABELS, "style": "HZ", "insert": (centre.x, centre.y)}
    space.add_mtext(text, dxfattribs=place | {"char_height": height, "attachment_point": 5})


def _line(text: str) -> str:
    """One line of a drawing's text, without the signs that CAD programs take for commands."""
    plain = re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]+", " ", text).replace("%%", "% %").replace("^", "^ ")
    return "".join(sign if ord(sign) < 0x10000 else "□" for sign in plain)
