"""A check's map as SVG: drawn in the plane of the site's own zone, so that its scale and its grid are true."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from siting.engine.crs import DeclaredCrs, from_degrees, to_degrees

# The drawing's own units are 1/10 mm on paper: whole numbers stay short, and an A4 column is 1700 wide.
WIDTH, HEIGHT = 1700, 1250
MARGIN = 70
SEVERITY_COLOURS = {"P": "#b3261e", "R": "#b45309", "C": "#8a6d00", "I": "#33658a"}
_NICE = (1, 2, 5)


@dataclass(frozen=True)
class Shape:
    """A polygon to draw (EPSG:4490), with how it looks; ``hatch`` names a pattern of :func:`_patterns`. Its outline may
    be off by ``tolerance`` on paper (1/10 mm).
    """

    geometry: BaseGeometry
    fill: str = "none"
    stroke: str = "none"
    width: float = 2.0
    opacity: float = 1.0
    hatch: str | None = None
    dash: str | None = None
    tolerance: float = 0.3


@dataclass(frozen=True)
class Mark:
    """A point to mark (longitude, latitude, degrees) with its label; ``away`` (east, north) is where that stands."""

    lon: float
    lat: float
    label: str
    away: tuple[float, float]


@dataclass(frozen=True)
class Frame:
    """The window of the map: metres in the plane of ``crs`` to paper units (1/10 mm), north up."""

    crs: DeclaredCrs
    left: float
    bottom: float
    metres_per_unit: float
    width: int = WIDTH
    height: int = HEIGHT

    @classmethod
    def around(
        cls,
        geometry: BaseGeometry,
        crs: DeclaredCrs,
        *,
        room: float = 0.35,
        size: tuple[int, int] = (WIDTH, HEIGHT),
    ) -> Frame:
        """Frame a site with ``room`` of its size around it, at a round scale, on paper of a ``size``."""
        plane = _to_plane(geometry, crs)
        west, south, east, north = plane.bounds
        width, height = size[0] - 2 * MARGIN, size[1] - 2 * MARGIN
        need = max((east - west) * (1 + 2 * room) / width, (north - south) * (1 + 2 * room) / height, 0.02)
        # 0.1 mm of paper is metres_per_unit metres of ground: the scale's denominator is that times 10 000.
        scale = _round_up(need * 10_000)
        per_unit = scale / 10_000
        return cls(
            crs=crs,
            left=(west + east) / 2 - per_unit * size[0] / 2,
            bottom=(south + north) / 2 - per_unit * size[1] / 2,
            metres_per_unit=per_unit,
            width=size[0],
            height=size[1],
        )

    @property
    def scale(self) -> int:
        """Denominator of the scale."""
        return round(self.metres_per_unit * 10_000)

    @property
    def window(self) -> BaseGeometry:
        """The frame's ground as a polygon in EPSG:4490, its edges followed closely enough to choose features."""
        right = self.left + self.width * self.metres_per_unit
        top = self.bottom + self.height * self.metres_per_unit
        plane = shapely.segmentize(shapely.box(self.left, self.bottom, right, top), (right - self.left) / 8)
        return shapely.transform(plane, lambda xy: to_degrees(xy, self.crs))

    def paper(self, xy: np.ndarray) -> np.ndarray:
        """Plane metres → paper units, y down."""
        out = np.empty_like(xy)
        out[:, 0] = (xy[:, 0] - self.left) / self.metres_per_unit
        out[:, 1] = self.height - (xy[:, 1] - self.bottom) / self.metres_per_unit
        return out

    def path(self, geometry: BaseGeometry, tolerance: float = 0.3) -> str:
        """Path data of a polygonal geometry (EPSG:4490), simplified by as many paper units at most."""
        plane = shapely.transform(geometry, lambda xy: self.paper(from_degrees(xy, self.crs)))
        plane = shapely.clip_by_rect(plane, -20, -20, self.width + 20, self.height + 20)
        pieces = []
        for part in shapely.get_parts(plane):
            if part.geom_type != "Polygon":
                continue
            for ring in (part.exterior, *part.interiors):
                xy = np.round(shapely.get_coordinates(shapely.simplify(ring, tolerance)), 1)
                if len(xy) >= 4:
                    pieces.append("M" + "L".join(f"{x:g} {y:g}" for x, y in xy[:-1]) + "Z")
        return "".join(pieces)


def _to_plane(geometry: BaseGeometry, crs: DeclaredCrs) -> BaseGeometry:
    return shapely.transform(geometry, lambda xy: from_degrees(xy, crs))


def _round_up(value: float) -> float:
    """Return the next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (*_NICE, 10) if step * power >= value * (1 - 1e-9))


def _patterns(codes: str = "PRCI", *, name: str = "hatch") -> str:
    """Hatches by severity, so that colour is never the only sign; a page may hold each ``name`` once."""
    lines = {
        "P": '<path d="M0 0L24 24M24 0L0 24"/>',
        "R": '<path d="M0 24L24 0"/>',
        "C": '<path d="M0 12H24"/>',
        "I": '<circle cx="12" cy="12" r="2.5"/>',
    }
    return "".join(
        f'<pattern id="{name}-{code}" width="24" height="24" patternUnits="userSpaceOnUse">'
        f'<g stroke="{SEVERITY_COLOURS[code]}" stroke-width="3" fill="none">{lines[code]}</g></pattern>'
        for code in codes
    )


def _shape(frame: Frame, shape: Shape) -> str:
    data = frame.path(shape.geometry, shape.tolerance)
    if not data:
        return ""
    dash = f' stroke-dasharray="{shape.dash}"' if shape.dash else ""
    drawn = (
        f'<path d="{data}" fill="{escape(shape.fill)}" fill-rule="evenodd" stroke="{escape(shape.stroke)}"'
        f' stroke-width="{shape.width:g}" stroke-linejoin="round" fill-opacity="{shape.opacity:g}"{dash}/>'
    )
    if shape.hatch:
        drawn += f'<path d="{data}" fill="url(#hatch-{shape.hatch})" fill-rule="evenodd"/>'
    return drawn


def _text(
    x: float, y: float, text: str, *, size: int = 26, anchor: str = "middle", turn: bool = False
) -> str:
    """Text with a white rim; drawn twice, as not every renderer knows paint-order."""
    turned = f' transform="rotate(-90 {x:g} {y:g})"' if turn else ""
    place = f'x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}"{turned}'
    label = escape(text)
    return (
        f'<text {place} fill="#fff" stroke="#fff" stroke-width="6" stroke-linejoin="round">{label}</text>'
        f'<text {place} fill="#222" stroke="none">{label}</text>'
    )


def _grid(frame: Frame, *, crosses: bool) -> str:
    """Ticks and labels of the plane's grid (X northing, Y easting with the zone's prefix where it has one).

    ``crosses`` marks where its lines meet inside the frame, too.
    """
    step = _round_up(frame.metres_per_unit * frame.width / 6)
    right, top = (
        frame.left + frame.width * frame.metres_per_unit,
        frame.bottom + frame.height * frame.metres_per_unit,
    )
    parts = []
    columns = []
    for east in np.arange(math.ceil(frame.left / step) * step, right, step):
        x = (east - frame.left) / frame.metres_per_unit
        if MARGIN < x < frame.width - MARGIN:
            parts.append(f'<path d="M{x:.1f} {MARGIN - 14}V{MARGIN}M{x:.1f} {frame.height - MARGIN}v14"/>')
            parts.append(_text(x, frame.height - 28, f"{east:.0f}", size=24))
            columns.append(x)
    for north in np.arange(math.ceil(frame.bottom / step) * step, top, step):
        y = frame.height - (north - frame.bottom) / frame.metres_per_unit
        if MARGIN < y < frame.height - MARGIN:
            parts.append(f'<path d="M{MARGIN - 14} {y:.1f}H{MARGIN}M{frame.width - MARGIN} {y:.1f}h14"/>')
            parts.append(_text(44, y, f"{north:.0f}", size=24, turn=True))
            if crosses:
                parts += [f'<path d="M{x - 16:.1f} {y:.1f}h32M{x:.1f} {y - 16:.1f}v32"/>' for x in columns]
    return f'<g stroke="#444" stroke-width="2" font-family="inherit">{"".join(parts)}</g>'


def _scale_bar(frame: Frame) -> str:
    length = _round_up(frame.metres_per_unit * 220)
    units = length / frame.metres_per_unit
    label = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    x, y = MARGIN + 30, frame.height - MARGIN - 40
    return (
        f'<path d="M{x} {y - 12}V{y}H{x + units:.1f}V{y - 12}" fill="none" stroke="#222" stroke-width="4"/>'
        + _text(x + units / 2, y - 16, label)
        + _text(x, y + 32, f"1:{frame.scale:,}", anchor="start")
    )


def _north(frame: Frame) -> str:
    x, y = frame.width - MARGIN - 60, MARGIN + 130
    return f'<path d="M{x} {y - 100}L{x + 26} {y}L{x} {y - 22}L{x - 26} {y}Z" fill="#222"/>' + _text(
        x, y - 108, "N", size=34
    )


def draw(
    frame: Frame,
    shapes: Iterable[Shape],
    *,
    points: Iterable[Mark] = (),
    title: str,
    notices: Iterable[str] = (),
    crosses: bool = False,
) -> str:
    """Return the map as one SVG element.

    Parameters
    ----------
    shapes
        From bottom to top.
    points
        Boundary points to mark.
    title
        What the map shows, for those who can't see it.
    notices
        Sentences printed across the map's foot (a demonstration says that it is one).
    crosses
        Mark where the grid's lines meet.
    """
    body = "".join(_shape(frame, shape) for shape in shapes)
    marks = []
    for point in points:
        x, y = frame.paper(from_degrees(np.array([[point.lon, point.lat]]), frame.crs))[0]
        marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="#fff" stroke="#c00" stroke-width="3"/>')
        east, north = point.away
        anchor = "middle" if abs(east) < 0.4 else "start" if east > 0 else "end"
        marks.append(
            _text(round(x + 16 * east, 1), round(y - 20 * north + 9, 1), point.label, size=24, anchor=anchor)
        )
    foot = "".join(
        _text(frame.width - MARGIN - 20, frame.height - MARGIN - 20 - 34 * row, notice, anchor="end")
        for row, notice in enumerate(notices)
    )
    inner = (
        f'x="{MARGIN}" y="{MARGIN}" width="{frame.width - 2 * MARGIN}" height="{frame.height - 2 * MARGIN}"'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {frame.width} {frame.height}" role="img" '
        f'aria-label="{escape(title)}"><defs>{_patterns()}<clipPath id="inside"><rect {inner}/></clipPath></defs>'
        f'<rect {inner} fill="#fbfaf7"/><g clip-path="url(#inside)">{body}{"".join(marks)}</g>'
        f'<rect {inner} fill="none" stroke="#222" stroke-width="4"/>'
        f"{_grid(frame, crosses=crosses)}{_scale_bar(frame)}{_north(frame)}{foot}</svg>"
    )


def swatch(severity: str) -> str:
    """A severity's colour and hatch as a small SVG for the key."""
    colour = SEVERITY_COLOURS[severity]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 36" aria-hidden="true">'
        f"<defs>{_patterns(severity, name='key')}</defs>"
        f'<rect width="60" height="36" fill="{colour}" fill-opacity="0.25" stroke="{colour}" stroke-width="4"/>'
        f'<rect width="60" height="36" fill="url(#key-{severity})"/></svg>'
    )


def severity_shape(geometry: BaseGeometry, severity: str) -> Shape:
    """Return how a conflict piece looks: its severity's colour and hatch."""
    colour = SEVERITY_COLOURS[severity]
    return Shape(geometry, fill=colour, stroke=colour, width=3, opacity=0.25, hatch=severity)


def look_of(style: Mapping[str, Any], class_code: str) -> tuple[str, str]:
    """Return the entry of a layer's style that a class is drawn by (its longest prefix, or ""), and its fill."""
    prefixes = [code for code in style if class_code.startswith(code)]
    if not prefixes:
        return "", "none"
    code = max(prefixes, key=len)
    return code, str(style[code].get("fill") or "none")
