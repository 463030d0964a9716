"""Projects on a sheet: symbols, gathered ones where they would hide each other, or discs by investment; and the legend.

Pure: rows and a frame in, SVG (millimetres of the window) and entries of the legend out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _

from gis_projects.atlas.printing import signs
from gis_projects.atlas.printing.sheet import Frame
from gis_projects.library.queries.mapping import Mapped
from gis_projects.library.terms import Precision

#: Symbols of a sheet are gathered where there are more, at a scale below `GATHERED_BELOW`: as on the screen, whose zoom
#: 13 is about this scale.
FEW = 120
GATHERED_BELOW = 50_000
_CELL = 15.0  # mm
_RADIUS = 1.3  # mm
_LARGEST = 6.0  # mm, of the disc of the greatest investment


@dataclass
class Marks:
    """What is drawn above the layers, its legend's entries, and the keys of the projects that are in the frame."""

    svg: list[str] = field(default_factory=list)
    entries: list[dict[str, str]] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    gathered: bool = False


def classes_of(row: Mapped, look: str, shown: Collection[str]) -> list[str]:
    """The classes of a look (but investment, which has none) that a project counts in; several where it is of several
    kinds that are on.
    """
    if look == "kind":
        if row.kinds is None:
            return [signs.UNTOLD]
        return [kind for kind in signs.KIND_SIGNS if kind in shown and kind in row.kinds] or [signs.NO_KIND]
    value = {"level": row.level, "industry": row.industry, "stage": row.stage}[look]
    return [value or signs.UNTOLD]


def drawn(
    rows: Sequence[Mapped], frame: Frame, look: str, shown: Collection[str], labels: Mapping[str, str]
) -> Marks:
    """The projects of a selection that lie in the frame; ``labels`` are the words of the look's classes."""
    placed = [row for row in rows if row.is_placed]
    if not placed:
        return Marks()
    at = shapely.get_coordinates(
        frame.project(shapely.points([(row.longitude, row.latitude) for row in placed]))
    )
    inside = (at >= 0).all(axis=1) & (at <= (frame.width, frame.height)).all(axis=1)
    found = [row for row, one in zip(placed, inside.tolist(), strict=True) if one]
    places = at[inside]
    made = Marks(keys=[row.pk for row in found])
    if look == "investment":
        _discs(made, found, places)
        return made
    classes = [classes_of(row, look, shown) for row in found]
    made.gathered = len(found) > FEW and frame.scale > GATHERED_BELOW
    if made.gathered:
        made.svg = _gathered(found, classes, places, look)
    else:
        made.svg = [
            _one(row, names[0], place, look) for row, names, place in zip(found, classes, places, strict=True)
        ]
    numbers = Counter(name for names in classes for name in names)
    made.entries = [
        {"swatch": swatch(look, name), "label": f"{labels.get(name, name)}  {numbers[name]}", "code": name}
        for name in signs.order(look)
        if name in numbers
    ]
    return made


def _one(row: Mapped, name: str, place: Any, look: str) -> str:
    hollow = row.precision != Precision.EXACT and row.site_version is None
    return signs.drawn(signs.sign_of(look, name), float(place[0]), float(place[1]), _RADIUS, hollow=hollow)


def _gathered(found: Sequence[Mapped], classes: Sequence[list[str]], places: Any, look: str) -> list[str]:
    """Each project is in just one of them: their numbers add up to those in the frame."""
    cells: dict[tuple[int, int], list[int]] = {}
    for index, (x, y) in enumerate((places // _CELL).astype(int).tolist()):
        cells.setdefault((x, y), []).append(index)
    out = []
    for members in cells.values():
        x, y = places[members].mean(axis=0).tolist()
        if len(members) == 1:
            out.append(_one(found[members[0]], classes[members[0]][0], places[members[0]], look))
            continue
        numbers = Counter(name for index in members for name in classes[index])
        out.append(_pie(x, y, len(members), numbers, look))
    return out


def _pie(x: float, y: float, number: int, numbers: Mapping[str, int], look: str) -> str:
    r = min(6.0, 3.0 + math.log10(number))
    whole = sum(numbers.values())
    turn = -math.pi / 2
    parts = []
    for name in signs.order(look):
        if not (share := numbers.get(name, 0) / whole):
            continue
        colour = escape(signs.sign_of(look, name).colour)
        if share == 1:
            parts.append(f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{r:.2f}" fill="{colour}"/>')
            break
        end = turn + share * 2 * math.pi
        x1, y1, x2, y2 = (
            x + r * math.cos(turn), y + r * math.sin(turn), x + r * math.cos(end), y + r * math.sin(end),
        )  # fmt: skip
        parts.append(
            f'<path d="M{x:.2f} {y:.2f}L{x1:.2f} {y1:.2f}A{r:.2f} {r:.2f} 0 {int(share > 0.5)} 1 {x2:.2f} {y2:.2f}Z" '
            f'fill="{colour}" stroke="#fff" stroke-width=".2"/>'
        )
        turn = end
    return (
        f'{"".join(parts)}<circle cx="{x:.2f}" cy="{y:.2f}" r="{r - 1:.2f}" fill="#fff"/>'
        f'<text x="{x:.2f}" y="{y + 0.9:.2f}" font-size="2.5" font-weight="600" text-anchor="middle" fill="#1f2a33">'
        f"{number}</text>"
    )


def _discs(made: Marks, found: Sequence[Mapped], places: Any) -> None:
    """The area of a disc goes by the planned investment; the largest lies below."""
    amounts = np.array([float(row.planned_yuan or 0) for row in found])
    greatest = float(amounts.max()) if len(amounts) else 0.0
    for index in np.argsort(-amounts, kind="stable").tolist():
        r = _disc_radius(amounts[index], greatest)
        made.svg.append(disc(float(places[index][0]), float(places[index][1]), r))
    made.entries = [
        {
            "swatch": disc_swatch(),
            "label": _("圆的面积按计划投资，最大为 %(wan)s 万元") % {"wan": f"{greatest / 1e4:,.0f}"},
            "code": signs.AMOUNT,
        }
    ]


def _disc_radius(amount: float, greatest: float) -> float:
    return max(0.4, _LARGEST * math.sqrt(amount / greatest)) if greatest > 0 and amount > 0 else 0.4


def disc(x: float, y: float, r: float) -> str:
    return (
        f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{r:.2f}" fill="{signs.DISC}" fill-opacity=".5" '
        f'stroke="{signs.DISC_EDGE}" stroke-width=".2"/>'
    )


def disc_swatch() -> str:
    return _picture(disc(4, 2.2, 2))


def swatch(look: str, name: str) -> str:
    """A symbol's picture for the legend, 8 × 4.4 mm."""
    return _picture(signs.drawn(signs.sign_of(look, name), 4, 2.2, _RADIUS))


def _picture(inner: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="8mm" height="4.4mm" viewBox="0 0 8 4.4">{inner}</svg>'
