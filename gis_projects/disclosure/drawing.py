"""A small map of one disclosed project as vector drawing: its region's outlines, water, and its public place."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

#: Of latitude; of longitude too, as the plane is squeezed to the latitude of its middle.
_METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True)
class Shape:
    """``path`` is the ``d`` of an SVG path; ``css`` names what it shows."""

    css: str
    path: str


@dataclass(frozen=True)
class Bar:
    """A scale bar: so many units of the drawing are ``metres`` at the drawing's middle."""

    units: float
    metres: int

    def __str__(self) -> str:
        return f"{self.metres // 1000} km" if self.metres >= 1000 else f"{self.metres} m"


@dataclass(frozen=True)
class Drawing:
    """Coordinates are in a plane of ``width`` by ``height`` units; ``point`` marks a place without an outline."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    point: tuple[float, float] | None
    bar: Bar


def locate(
    project: dict[str, Any], outlines: Iterable[dict[str, Any]], *, width: float = 640
) -> Drawing | None:
    """Draw GeoJSON features (EPSG:4490) north up, with degrees of longitude shortened to the place's latitude."""
    outlines = [feature for feature in outlines if feature["geometry"]["type"] in ("Polygon", "MultiPolygon")]
    regions = [feature for feature in outlines if feature["properties"]["kind"] == "region"]
    own = [feature for feature in regions if feature["properties"]["code"] == project["properties"]["region"]]
    rings = [ring for feature in own or regions for ring in _rings(feature["geometry"])]
    if project["geometry"] is None or not rings:
        return None
    west, east = (f(x for ring in rings for x, _y in ring) for f in (min, max))
    south, north = (f(y for ring in rings for _x, y in ring) for f in (min, max))
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = width / ((east - west) * squeeze)
    height = (north - south) * scale

    def place(x: float, y: float) -> tuple[float, float]:
        return round((x - west) * squeeze * scale, 1), round((north - y) * scale, 1)

    def path(geometry: dict[str, Any]) -> str:
        return "".join(
            "M" + "L".join("{} {}".format(*place(x, y)) for x, y in ring) + "Z" for ring in _rings(geometry)
        )

    shapes = [Shape(feature["properties"]["kind"], path(feature["geometry"])) for feature in outlines]
    if project["geometry"]["type"] != "Point":
        shapes.append(Shape("project", path(project["geometry"])))
    centre = place(*project["properties"]["centre"])
    return Drawing(width, round(height, 1), tuple(shapes), centre, _bar(scale / _METRES_PER_DEGREE, width))


def _bar(units_per_metre: float, width: float) -> Bar:
    """The longest round length (1, 2 or 5) of at most a quarter of the drawing."""
    longest = width / 4 / units_per_metre
    power = 10 ** math.floor(math.log10(longest))
    metres = next(step * power for step in (5, 2, 1) if step * power <= longest * (1 + 1e-9))
    return Bar(round(metres * units_per_metre, 1), round(metres))


def _rings(geometry: dict[str, Any]) -> list[list[list[float]]]:
    if geometry["type"] == "Polygon":
        return list(geometry["coordinates"])
    return [ring for polygon in geometry["coordinates"] for ring in polygon]
