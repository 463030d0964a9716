"""The window of the map as SVG: millimetres on paper, everything drawn as vectors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from gis_projects.atlas.printing.sheet import LABELS, Frame

#: A pixel of the screen's style is so many millimetres on paper.
PIXEL = 0.2
_FINEST = 0.04  # mm: finer than a printer's dot
_HATCHES = {
    "diagonal": "M0 2.4L2.4 0M-.6 .6L.6 -.6M1.8 3L3 1.8",
    "backward": "M0 0L2.4 2.4M1.8 -.6L3 .6M-.6 1.8L.6 3",
    "cross": "M0 2.4L2.4 0M0 0L2.4 2.4",
    "horizontal": "M0 1.2H2.4",
    "vertical": "M1.2 0V2.4",
    "grid": "M0 1.2H2.4M1.2 0V2.4",
}

Look = Mapping[str, Any]


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def hatch_id(look: Look) -> str:
    """The name of a look's hatch pattern, empty where it has none."""
    hatch, stroke = look.get("hatch"), look.get("stroke") or "#333333"
    if not hatch or hatch in ("none", "solid"):
        return ""
    return f"h-{hatch}-{''.join(c for c in str(stroke) if c.isalnum())}"


def pattern(look: Look) -> str:
    """The hatch of a look as an SVG pattern."""
    stroke = escape(str(look.get("stroke") or "#333333"))
    if look["hatch"] == "dots":
        drawn = f'<g fill="{stroke}"><circle cx=".6" cy=".6" r=".28"/><circle cx="1.8" cy="1.8" r=".28"/></g>'
    else:
        path = _HATCHES.get(str(look["hatch"]), _HATCHES["diagonal"])
        drawn = f'<path d="{path}" stroke="{stroke}" stroke-width=".22" fill="none"/>'
    return f'<pattern id="{hatch_id(look)}" width="2.4" height="2.4" patternUnits="userSpaceOnUse">{drawn}</pattern>'


def path_data(geometries: npt.NDArray[Any], frame: Frame) -> tuple[str, str, int]:
    """Areas and lines (degrees) as path data on paper, and how many vertices they have there."""
    paper = frame.project(geometries)
    margin = 2.0
    paper = shapely.clip_by_rect(paper, -margin, -margin, frame.width + margin, frame.height + margin)
    areas: list[str] = []
    lines: list[str] = []
    vertices = 0
    for part in shapely.get_parts(shapely.get_parts(paper)):
        if part.is_empty or part.geom_type not in ("Polygon", "LineString"):
            continue
        rings = (part.exterior, *part.interiors) if part.geom_type == "Polygon" else (part,)
        for ring in rings:
            xy = shapely.get_coordinates(shapely.simplify(ring, _FINEST))
            closed = part.geom_type == "Polygon"
            if closed:
                xy = xy[:-1]
            if len(xy) < (3 if closed else 2):
                continue
            vertices += len(xy)
            data = "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in xy.tolist())
            (areas if closed else lines).append(data + ("Z" if closed else ""))
    return "".join(areas), "".join(lines), vertices


def drawn_class(areas: str, lines: str, look: Look, *, outlines: bool = True) -> str:
    """One class of a layer: its fill, its hatch, its edge."""
    fill, stroke = look.get("fill"), look.get("stroke")
    width = max(0.05, float(look.get("width") or 1.0) * PIXEL)
    out = []
    if areas:
        edge = (
            f'stroke="{escape(str(stroke))}" stroke-width="{_number(width)}"' if stroke and outlines else ""
        )
        paint = (
            f'fill="{escape(str(fill))}" fill-opacity="{look.get("fill_opacity", 1.0)}"'
            if fill
            else 'fill="none"'
        )
        out.append(f'<path d="{areas}" fill-rule="evenodd" stroke-linejoin="round" {paint} {edge}/>')
        if hatch_id(look):
            out.append(f'<path d="{areas}" fill-rule="evenodd" fill="url(#{hatch_id(look)})"/>')
    if lines:
        colour = escape(str(stroke or fill or "#777777"))
        out.append(f'<path d="{lines}" fill="none" stroke="{colour}" stroke-width="{_number(width * 1.5)}" '
                   'stroke-linecap="round" stroke-linejoin="round"/>')  # fmt: skip
    return "".join(out)


#: How a project's site is drawn, and the frames of a series on its overview.
SITE: Look = {"fill": "#9c1c22", "fill_opacity": 0.1, "stroke": "#9c1c22", "width": 2.5}
FRAME: Look = {"fill": "#0b57d0", "fill_opacity": 0.06, "stroke": "#0b57d0", "width": 1.5}


def outlined(shape: Any, frame: Frame, look: Look) -> str:
    """A shape (degrees) above the layers; a point is a ring around it, as it has no size of its own."""
    if shape.geom_type == "Point":
        x, y = shapely.get_coordinates(frame.project(shape))[0].tolist()
        stroke = escape(str(look["stroke"]))
        return (
            f'<g fill="none"><circle cx="{_number(x)}" cy="{_number(y)}" r="4" stroke="#fff" stroke-width="1.6"/>'
            f'<circle cx="{_number(x)}" cy="{_number(y)}" r="4" stroke="{stroke}" stroke-width=".8"/></g>'
        )
    areas, lines, _vertices = path_data(np.array([shape], dtype=object), frame)
    return drawn_class(areas, lines, look)


def numbered(shape: Any, frame: Frame, number: int) -> str:
    """The outline of a sheet with its number in the middle."""
    x, y = shapely.get_coordinates(frame.project(shape).centroid)[0].tolist()
    left, top, right, bottom = frame.project(shape).bounds
    size = max(1.6, min(5.0, (right - left) * 0.5, (bottom - top) * 0.6))
    at = f'x="{_number(x)}" y="{_number(y + size * 0.36)}" font-size="{_number(size)}"'
    text = f'{at} font-weight="600" text-anchor="middle"'
    return (
        f'{outlined(shape, frame, FRAME)}<text {text} fill="#fff" stroke="#fff" stroke-width="{_number(size * 0.2)}" '
        f'stroke-linejoin="round">{number}</text><text {text} fill="#0b3d91">{number}</text>'
    )


def caption(x: float, y: float, text: str) -> str:
    """Words in the window, with a white rim that keeps them apart from what lies below."""
    at = f'x="{_number(x)}" y="{_number(y)}" font-size="2.6" text-anchor="middle"'
    return (
        f'<text {at} fill="#fff" stroke="#fff" stroke-width=".6" stroke-linejoin="round">{escape(text)}</text>'
        f'<text {at} fill="#222">{escape(text)}</text>'
    )


def point(lon: float, lat: float) -> Any:
    """A place (degrees) as a shape."""
    return shapely.Point(lon, lat)


def number_badge(number: int) -> str:
    """The number of a sheet for the index, 8 × 4.4 mm."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="8mm" height="4.4mm" viewBox="0 0 8 4.4">'
        '<rect x=".4" y=".2" width="7.2" height="4" rx=".5" fill="#fff" stroke="#0b57d0" stroke-width=".3"/>'
        '<text x="4" y="3.2" font-size="2.9" font-weight="600" text-anchor="middle" fill="#0b3d91">'
        f"{number}</text></svg>"
    )


def swatch(look: Look, name: str) -> str:
    """A look's picture for the legend, 8 × 4.4 mm; `name` keeps its hatch apart from the others of the page."""
    defs = f"<defs>{pattern(look)}</defs>" if hatch_id(look) else ""
    drawn = drawn_class("M.3 .3H7.7V4.1H.3Z", "", look)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="8mm" height="4.4mm" viewBox="0 0 8 4.4">{defs}{drawn}</svg>'
    return svg.replace(hatch_id(look), f"{hatch_id(look)}-{name}") if defs else svg


def _crossing(frame: Frame, east: bool, value: float) -> npt.NDArray[np.float64] | None:
    """Where a line of the grid enters and leaves the window, on paper."""
    far = 10.0 * (frame.width + frame.height) * frame.scale / 1000.0
    middle = frame.middle
    ends = np.array([[value, middle[1] - far], [value, middle[1] + far]] if east else
                    [[middle[0] - far, value], [middle[0] + far, value]])  # fmt: skip
    cut = shapely.intersection(
        shapely.linestrings(frame.to_paper(ends)), shapely.box(0, 0, frame.width, frame.height)
    )
    return shapely.get_coordinates(cut) if cut.geom_type == "LineString" and not cut.is_empty else None


def grid_lines(frame: Frame) -> list[tuple[bool, float, npt.NDArray[np.float64]]]:
    """The lines of the grid: whether of equal easting, the coordinate in metres, and their two ends on paper."""
    corners = np.array(
        [[0, 0], [frame.width, 0], [frame.width, frame.height], [0, frame.height]], dtype=float
    )
    plane = frame.to_plane(corners)
    lines = []
    for east in (True, False):
        values = plane[:, 0 if east else 1]
        step = frame.grid_step
        for number in range(math.ceil(values.min() / step), math.floor(values.max() / step) + 1):
            ends = _crossing(frame, east, number * step)
            if ends is not None and len(ends) == 2:
                lines.append((east, number * step, ends))
    return lines


def _edge(frame: Frame, x: float, y: float) -> str:
    distances = {"left": x, "right": frame.width - x, "top": y, "bottom": frame.height - y}
    return min(distances, key=lambda side: abs(distances[side]))


def grid(frame: Frame) -> str:
    """Fine lines with their coordinates on the rim; labels that would touch each other are left out."""
    lines, labels = [], []
    taken: dict[str, list[float]] = {"left": [], "right": [], "top": [], "bottom": []}
    for _east, value, ends in grid_lines(frame):
        (x1, y1), (x2, y2) = ends.tolist()
        lines.append(f"M{_number(x1)} {_number(y1)}L{_number(x2)} {_number(y2)}")
        for x, y in ((x1, y1), (x2, y2)):
            side = _edge(frame, x, y)
            upright = side in ("left", "right")
            along, length = (y, frame.height) if upright else (x, frame.width)
            if not 8 < along < length - 8 or any(abs(along - other) < 15 for other in taken[side]):
                continue
            taken[side].append(along)
            at = {
                "left": (-1.4, y),
                "right": (frame.width + 3.4, y),
                "top": (x, -1.4),
                "bottom": (x, frame.height + 3.6),
            }
            tx, ty = at[side]
            turn = f' transform="rotate(-90 {_number(tx)} {_number(ty)})"' if upright else ""
            labels.append(
                f'<text x="{_number(tx)}" y="{_number(ty)}" text-anchor="middle"{turn}>{value:.0f}</text>'
            )
    return (
        f'<path class="grid" d="{"".join(lines)}" stroke="#3d5a80" stroke-opacity=".55" stroke-width=".1" fill="none"/>'
        f'<g font-size="2.3" fill="#222">{"".join(labels)}</g>'
    )


def north(frame: Frame) -> str:
    """The arrow points to the grid's north, wherever the frame's top points."""
    x, y = frame.width - 9, 11
    return (
        f'<g transform="translate({_number(x)} {y}) rotate({_number(-frame.turned)})">'
        '<circle r="7" fill="#fff" fill-opacity=".8"/>'
        '<path d="M0 -5.5L2.2 4L0 2.6L-2.2 4Z" fill="#222"/>'
        '<text y="-5.9" font-size="3" text-anchor="middle">N</text></g>'
    )


def scale_bar(frame: Frame) -> str:
    """A bar of round length, 2 to 5 cm, halves told apart."""
    longest = frame.scale * 0.05
    power = 10.0 ** math.floor(math.log10(longest))
    length = next(step * power for step in (5, 2, 1) if step * power <= longest * (1 + 1e-9))
    mm = length * 1000 / frame.scale
    label = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    y = frame.height - 8
    return (
        f'<g transform="translate(5 {_number(y)})"><rect x="-2.5" y="-6" width="{_number(mm + 16)}" height="11.5" '
        'fill="#fff" fill-opacity=".8"/>'
        f'<rect class="bar" width="{_number(mm)}" height="1.4" fill="#fff" stroke="#222" stroke-width=".2"/>'
        f'<rect width="{_number(mm / 2)}" height="1.4" fill="#222"/>'
        f'<g font-size="2.6" fill="#222"><text y="-1">0</text>'
        f'<text x="{_number(mm)}" y="-1" text-anchor="middle">{label}</text>'
        f'<text y="4.6">1 : {frame.scale:,}</text></g></g>'
    )


def svg(frame: Frame, layers: Iterable[str], patterns: Iterable[str], *, title: str) -> str:
    """The window with its rim: layers from bottom to top, then grid, scale bar and arrow."""
    width, height = frame.width + 2 * LABELS, frame.height + 2 * LABELS
    inner = f'width="{_number(frame.width)}" height="{_number(frame.height)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_number(width)}mm" height="{_number(height)}mm" '
        f'viewBox="{-LABELS} {-LABELS} {_number(width)} {_number(height)}" role="img" aria-label="{escape(title)}">'
        f'<defs>{"".join(sorted(set(patterns)))}<clipPath id="window"><rect {inner}/></clipPath></defs>'
        f'<rect {inner} fill="#fdfcf9"/><g clip-path="url(#window)">{"".join(layers)}</g>'
        f'{grid(frame)}<rect {inner} fill="none" stroke="#222" stroke-width=".35"/>'
        f"{scale_bar(frame)}{north(frame)}</svg>"
    )
