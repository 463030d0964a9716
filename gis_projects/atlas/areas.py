"""An area that somebody drew, typed or named on the map, as an address writes it.

``rect:109.8,40.5,109.9,40.6`` (west, south, east, north), ``poly:109.8,40.5,109.9,40.5,109.9,40.6`` (longitude and
latitude in turn, closed by itself), ``circle:109.85,40.6,2500`` (centre and radius in metres on the ellipsoid),
``region:150207`` (the outline of a region). Degrees of EPSG:4490; edges are straight in longitude and latitude.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import shapely

MOST_POINTS = 200
MOST_METRES = 500_000.0
_METRES_PER_DEGREE = 111_000.0  # a little less than any degree of latitude is long


class NoArea(ValueError):
    """What an address says is no area; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Area:
    """``shape`` (shapely, EPSG:4490) of a rectangle or polygon; ``circle`` (longitude, latitude, metres);
    ``region`` a code. Just one of them is given.
    """

    text: str
    shape: shapely.Polygon | None = None
    circle: tuple[float, float, float] | None = None
    region: str = ""


def parse(text: str) -> Area:
    """Read what an address says.

    Raises
    ------
    NoArea
        ``form``: not one of the four; ``place``: outside longitude and latitude; ``empty``: without area;
        ``crossed``: a polygon that crosses itself; ``points``: too many; ``radius``: none, or too long.
    """
    kind, _colon, rest = text.partition(":")
    if kind == "region":
        if not re.fullmatch(r"[0-9]{6,12}", rest):
            raise NoArea("form")
        return Area(text, region=rest)
    numbers = _numbers(rest)
    if kind == "rect" and len(numbers) == 4:
        west, south, east, north = numbers
        return Area(text, shape=_sound([(west, south), (east, south), (east, north), (west, north)]))
    if kind == "circle" and len(numbers) == 3:
        longitude, latitude, metres = numbers
        _within([(longitude, latitude)])
        if not 0 < metres <= MOST_METRES:
            raise NoArea("radius")
        return Area(text, circle=(longitude, latitude, metres))
    if kind == "poly" and len(numbers) >= 6 and len(numbers) % 2 == 0:
        if len(numbers) > 2 * MOST_POINTS:
            raise NoArea("points")
        return Area(text, shape=_sound(list(zip(numbers[::2], numbers[1::2], strict=True))))
    raise NoArea("form")


def around(circle: tuple[float, float, float]) -> tuple[float, float, float, float]:
    """A box (west, south, east, north in degrees) that surely holds a circle: what an index is asked first."""
    longitude, latitude, metres = circle
    up = metres / _METRES_PER_DEGREE
    highest = min(89.0, max(abs(latitude - up), abs(latitude + up)))
    aside = up / math.cos(math.radians(highest))
    return (longitude - aside, latitude - up, longitude + aside, latitude + up)


def _numbers(text: str) -> list[float]:
    if len(text) > 40 * 2 * MOST_POINTS:
        raise NoArea("points")
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        raise NoArea("form") from None
    if not all(math.isfinite(number) for number in found):
        raise NoArea("form")
    return found


def _within(places: list[tuple[float, float]]) -> None:
    if not all(-180 <= longitude <= 180 and -85 <= latitude <= 85 for longitude, latitude in places):
        raise NoArea("place")


def _sound(places: list[tuple[float, float]]) -> shapely.Polygon:
    _within(places)
    shape = shapely.Polygon(places)
    if not shape.is_valid:
        raise NoArea("crossed" if shape.convex_hull.area else "empty")
    if not shape.area:
        raise NoArea("empty")
    return shape
