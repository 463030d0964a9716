"""The tools of the boundary desk, on drawings: each gives a new drawing, and says what it changed.

`siting.engine.editing` and `siting.engine.snapping` know geometry; here plots have numbers, names and uses, and a tool
that changes nothing says why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely import LineString, MultiPolygon
from shapely.geometry.base import BaseGeometry

from siting.drawings import DEGREES, Drawing, DrawnPlot
from siting.engine import editing
from siting.engine.corridor import corridor, own_plane
from siting.engine.crs import to_degrees
from siting.engine.editing import FloatArray
from siting.engine.notices import Notice, UnusableInput
from siting.engine.snapping import MAX_TOLERANCE_M, Moved, snap_clean
from siting.formats.nesting import nest


@dataclass(frozen=True)
class Edited:
    """A drawing after a tool; ``touched``: indexes of its plots that are new or changed; ``moved``: of snap-clean."""

    drawing: Drawing
    touched: tuple[int, ...]
    moved: tuple[Moved, ...] = ()
    notices: tuple[Notice, ...] = ()


def _chosen(drawing: Drawing, chosen: Sequence[int]) -> tuple[int, ...]:
    """The plots that are meant: those named, or all."""
    if any(not 0 <= at < len(drawing.plots) for at in chosen):
        raise UnusableInput(Notice("no-such-plot", "没有这个地块", field="plots"))
    return tuple(sorted(set(chosen))) or tuple(range(len(drawing.plots)))


def _refused(code: str, template: str, field: str) -> UnusableInput:
    return UnusableInput(Notice(code, template, field=field))


def _with(drawing: Drawing, plots: Sequence[DrawnPlot]) -> Drawing:
    return replace(drawing, plots=tuple(plots), notices=())


def split(drawing: Drawing, chosen: Sequence[int], line: FloatArray) -> Edited:
    """Split plots by a line (n, 2; degrees); the pieces of plot 3 are 3, 3-1, 3-2 …, with its name and use."""
    plots: list[DrawnPlot] = []
    touched: list[int] = []
    meant = _chosen(drawing, chosen)
    for at, plot in enumerate(drawing.plots):
        pieces: tuple[MultiPolygon, ...] = (plot.geometry,)
        if at in meant:
            pieces = editing.split(plot.geometry, LineString(line), drawing.crs)
        if len(pieces) == 1:
            plots.append(plot)
            continue
        touched += range(len(plots), len(plots) + len(pieces))
        plots.append(plot.reshaped(pieces[0]))
        for count, piece in enumerate(pieces[1:], start=1):
            number = f"{plot.number}-{count}" if plot.number else ""
            plots.append(replace(plot.reshaped(piece), number=number))
    if not touched:
        raise _refused("nothing-split", "这条线没有把任何地块分开：线的两端要画到地块外面", "line")
    return Edited(_with(drawing, plots), tuple(touched))


def merge(drawing: Drawing, chosen: Sequence[int]) -> Edited:
    """Merge plots into the first of them, which keeps its number, name and use."""
    meant = _chosen(drawing, chosen)
    if len(meant) < 2:
        raise _refused("merge-needs-two", "合并至少要选两个地块", "plots")
    whole = editing.merge([drawing.plots[at].geometry for at in meant], drawing.crs)
    first = drawing.plots[meant[0]]
    plots = [
        first.reshaped(whole) if at == meant[0] else plot
        for at, plot in enumerate(drawing.plots)
        if at == meant[0] or at not in meant
    ]
    notices = []
    if len(whole.geoms) > 1:
        notices.append(
            Notice("merged-apart", "合并后的地块由互不相连的 %(count)s 部分组成", {"count": len(whole.geoms)})
        )
    others = sorted({p.use for at in meant[1:] if (p := drawing.plots[at]).use and p.use != first.use})
    if others:
        notices.append(
            Notice(
                "merged-uses",
                "合并后的用途取第一个地块的“%(use)s”，另有“%(others)s”",
                {"use": first.use, "others": list(others)},
            )
        )
    return Edited(_with(drawing, plots), (meant[0],), notices=tuple(notices))


def _each(
    drawing: Drawing, chosen: Sequence[int], change: Callable[[DrawnPlot], MultiPolygon | None], empty: Notice
) -> Edited:
    """Change plots one by one; a plot of which nothing remains goes, which is said, but never the last one."""
    meant = _chosen(drawing, chosen)
    plots: list[DrawnPlot] = []
    touched: list[int] = []
    gone: list[str] = []
    for at, plot in enumerate(drawing.plots):
        geometry = change(plot) if at in meant else plot.geometry
        if geometry is None:
            gone.append(plot.number or plot.name or str(at + 1))
            continue
        if geometry is not plot.geometry:
            touched.append(len(plots))
            plot = plot.reshaped(geometry)
        plots.append(plot)
    if not plots:
        raise UnusableInput(empty)
    notices: tuple[Notice, ...] = ()
    if gone:
        notices = (Notice("plots-gone", "地块 %(plots)s 已没有剩余，已移除", {"plots": list(gone)}),)
    return Edited(_with(drawing, plots), tuple(touched), notices=notices)


def buffer(drawing: Drawing, chosen: Sequence[int], distance_m: float, *, rounded: bool = False) -> Edited:
    """Move outlines outwards (inwards: negative) by metres."""
    return _each(
        drawing,
        chosen,
        lambda plot: editing.buffer(plot.geometry, distance_m, drawing.crs, rounded=rounded),
        Notice("nothing-remains", "这样缩小后没有剩余", field="distance_m"),
    )


def cut_out(drawing: Drawing, chosen: Sequence[int], knife: BaseGeometry) -> Edited:
    """Take a polygon (degrees) out of plots; those that it doesn't reach stay as they are."""

    def cut(plot: DrawnPlot) -> MultiPolygon | None:
        if editing.common(plot.geometry, knife, drawing.crs) is None:
            return plot.geometry
        return editing.cut_out(plot.geometry, knife, drawing.crs)

    edited = _each(
        drawing,
        chosen,
        cut,
        Notice("nothing-remains", "挖去后没有剩余：所选范围盖住了全部地块", field="shape"),
    )
    if not edited.touched and len(edited.drawing.plots) == len(drawing.plots):
        raise _refused("cuts-nothing", "所选范围没有落在地块上，没有可挖去的部分", "shape")
    return edited


def move(
    drawing: Drawing,
    chosen: Sequence[int],
    *,
    north_m: float = 0.0,
    east_m: float = 0.0,
    turn_deg: float = 0.0,
) -> Edited:
    """Move plots by ΔX (north) and ΔY (east), metres, and turn them together, clockwise."""
    meant = _chosen(drawing, chosen)
    moved = editing.move(
        [drawing.plots[at].geometry for at in meant],
        drawing.crs,
        north_m=north_m,
        east_m=east_m,
        turn_deg=turn_deg,
    )
    plots = list(drawing.plots)
    for at, geometry in zip(meant, moved, strict=True):
        plots[at] = plots[at].reshaped(geometry)
    return Edited(_with(drawing, plots), meant)


def snap(
    drawing: Drawing, chosen: Sequence[int], neighbours: Sequence[BaseGeometry], tolerance_m: float
) -> Edited:
    """Snap plots to what lies around them, and clean them; the plots not chosen count as neighbours."""
    if not 0 < tolerance_m <= MAX_TOLERANCE_M:
        raise UnusableInput(
            Notice(
                "tolerance-out-of-range",
                "容差应大于 0，不超过 %(limit)s 米",
                {"limit": f"{MAX_TOLERANCE_M:g}"},
                field="tolerance_m",
            )
        )
    meant = _chosen(drawing, chosen)
    others = [plot.geometry for at, plot in enumerate(drawing.plots) if at not in meant]
    done = snap_clean([drawing.plots[at].geometry for at in meant], [*neighbours, *others], tolerance_m)
    plots, touched = list(drawing.plots), []
    changed = {moved.plot for moved in done.moved} - set(done.refused)
    for index, at in enumerate(meant):
        if index in changed:
            plots[at] = plots[at].reshaped(done.plots[index])
            touched.append(at)
    notices = []
    for index in done.refused:
        plot = drawing.plots[meant[index]]
        notices.append(
            Notice(
                "snap-would-cross",
                "地块 %(plot)s 吸附后会自相交，没有改动：请减小容差",
                {"plot": plot.number or plot.name or str(meant[index] + 1)},
            )
        )
    moved = tuple(replace(one, plot=meant[one.plot]) for one in done.moved)
    if not moved and not notices:
        notices.append(Notice("nothing-to-snap", "容差内没有需要吸附或清理的点"))
    return Edited(_with(drawing, plots), tuple(touched), moved, tuple(notices))


def add(drawing: Drawing, plot: DrawnPlot) -> Edited:
    """Add a plot at the end of the list, with the next free number if it has none."""
    number = plot.number or free_number(drawing)
    return Edited(_with(drawing, [*drawing.plots, replace(plot, number=number)]), (len(drawing.plots),))


def add_strip(drawing: Drawing, line: FloatArray, width_m: float) -> Edited:
    """Add the ground along a line (n, 2; degrees), ``width_m`` wide, as a plot."""
    plane = own_plane(line) if drawing.crs.is_geographic else drawing.crs
    rings = [to_degrees(ring, plane) for ring in corridor([line], DEGREES, plane, width_m)]
    polygons = [(rings[group[0]], [rings[hole] for hole in group[1:]]) for group in nest(rings)]
    return add(drawing, DrawnPlot(MultiPolygon(polygons), line=(line, width_m)))


def free_number(drawing: Drawing) -> str:
    """The first number from how many plots there are on that no plot has; empty where none has any."""
    if drawing.plots and not any(plot.number for plot in drawing.plots):
        return ""
    taken = {plot.number for plot in drawing.plots}
    count = len(drawing.plots) + 1
    while str(count) in taken:
        count += 1
    return str(count)


def extent(drawing: Drawing, margin_m: float) -> BaseGeometry:
    """The ground around a drawing, degrees: where neighbours are looked for."""
    west, south, east, north = shapely.total_bounds(
        np.array([plot.geometry for plot in drawing.plots], dtype=object)
    ).tolist()
    frame = editing.local_frame((west + east) / 2, (south + north) / 2)
    box = frame.take(shapely.box(west, south, east, north))
    return frame.give(shapely.box(*shapely.bounds(shapely.buffer(box, margin_m)).tolist()))
