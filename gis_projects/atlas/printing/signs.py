"""What a project's symbol shows on paper: the same shapes and colours as on the screen (frontend/src/staff/looks.ts).

A test holds the two tables against each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

LOOKS = ("kind", "level", "industry", "stage", "investment")
UNTOLD, NO_KIND, AMOUNT = "untold", "none", "amount"


@dataclass(frozen=True)
class Sign:
    """``size`` times the usual size; ``ringed`` has a second border; ``glyph`` is a letter inside."""

    shape: str
    colour: str
    size: float = 1.0
    ringed: bool = False
    glyph: str = ""


KIND_SIGNS = {
    "key": Sign("diamond", "#cf2e1c", 1.1),
    "government": Sign("square", "#1e4fd6"),
    "planned": Sign("disc", "#14302a"),
    "reserve": Sign("triangle", "#a0559a", 1.1),
    NO_KIND: Sign("cross", "#5b5b5b", 0.9),
}
LEVEL_SIGNS = {
    "national": Sign("hexagon", "#06142e", 1.5, ringed=True),
    "province": Sign("hexagon", "#143f86", 1.25),
    "city": Sign("disc", "#2b6cc4"),
    "county": Sign("disc", "#5b8fd0", 0.75),
}
STAGE_SIGNS = {
    "planning": Sign("disc", "#308ea1"),
    "preparation": Sign("triangle", "#0d2f6f", 1.1),
    "construction": Sign("square", "#de4a00"),
    "completed": Sign("pentagon", "#4f0000", 1.1),
    "suspended": Sign("cross", "#a24fd0", 1.1),
}
INDUSTRY_COLOURS = {
    "A": "#7d58a1", "B": "#780000", "C": "#780000", "D": "#de4a00", "N": "#de4a00", "E": "#b56471", "K": "#b56471",
    "F": "#4965f2", "G": "#4965f2", "H": "#4965f2", "I": "#000063", "J": "#000063", "L": "#000063", "M": "#000063",
}  # fmt: skip
OTHER_INDUSTRY = "#3b0027"
UNTOLD_SIGN = Sign("disc", "#6b6b6b", 0.8)
DISC, DISC_EDGE = "#b8451b", "#7a2c0f"

_CORNERS = {"diamond": (4, 1.25), "triangle": (3, 1.3), "hexagon": (6, 1.1), "pentagon": (5, 1.15)}


def sign_of(look: str, code: str) -> Sign:
    if code == UNTOLD:
        return UNTOLD_SIGN
    if look == "industry":
        return Sign("disc", INDUSTRY_COLOURS.get(code, OTHER_INDUSTRY), 1.25, glyph=code)
    table = {"kind": KIND_SIGNS, "level": LEVEL_SIGNS, "stage": STAGE_SIGNS}[look]
    return table.get(code, UNTOLD_SIGN)


def order(look: str) -> list[str]:
    """The order in which a legend names classes."""
    if look == "industry":
        return [*"ABCDEFGHIJKLMNOPQRST", UNTOLD]
    table = {"kind": KIND_SIGNS, "level": LEVEL_SIGNS, "stage": STAGE_SIGNS}[look]
    return [*table, UNTOLD]


def drawn(sign: Sign, x: float, y: float, radius: float, *, hollow: bool = False) -> str:
    """A symbol in millimetres; a hollow one stands for a place that is only roughly known."""
    r = radius * sign.size
    colour = escape(sign.colour)
    paint = (
        f'fill="#fff" fill-opacity=".9" stroke="{colour}" stroke-width=".35"'
        if hollow
        else f'fill="{colour}" stroke="#fff" stroke-width=".2"'
    )
    out = ""
    if sign.ringed:
        out = (
            f'<path d="{_path(sign.shape, x, y, r + 0.6)}" fill="#fff" stroke="{colour}" stroke-width=".28"/>'
        )
    out += f'<path d="{_path(sign.shape, x, y, r)}" {paint}/>'
    if sign.glyph:
        ink = colour if hollow else "#fff"
        out += (
            f'<text x="{x:.2f}" y="{y + r * 0.45:.2f}" font-size="{r * 1.3:.2f}" font-weight="600" '
            f'text-anchor="middle" fill="{ink}">{escape(sign.glyph)}</text>'
        )
    return out


def _path(shape: str, x: float, y: float, r: float) -> str:
    if shape == "disc":
        return (
            f"M{x - r:.2f} {y:.2f}a{r:.2f} {r:.2f} 0 1 0 {2 * r:.2f} 0a{r:.2f} {r:.2f} 0 1 0 {-2 * r:.2f} 0Z"
        )
    if shape == "square":
        side = r * 0.9
        return _closed(
            [(x - side, y - side), (x + side, y - side), (x + side, y + side), (x - side, y + side)]
        )
    if shape == "cross":
        a, b = r * 0.42, r * 1.05
        turns = [
            (-a, -b), (a, -b), (a, -a), (b, -a), (b, a), (a, a), (a, b), (-a, b), (-a, a), (-b, a), (-b, -a), (-a, -a),
        ]  # fmt: skip
        return _closed([(x + dx, y + dy) for dx, dy in turns])
    corners, reach = _CORNERS[shape]
    angles = [-math.pi / 2 + 2 * math.pi * at / corners for at in range(corners)]
    return _closed([(x + reach * r * math.cos(turn), y + reach * r * math.sin(turn)) for turn in angles])


def _closed(points: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points) + "Z"
