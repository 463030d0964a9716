"""A sheet of paper and the frame of the ground that it shows. Millimetres on paper, metres in the zone's plane."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from siting.engine.crs import DeclaredCrs, from_degrees, gauss_kruger, to_degrees, zone_of_longitude

PAPERS = {"A4": (210.0, 297.0), "A3": (297.0, 420.0)}
SCALES = (500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000)
MARGIN = 10.0
TITLE = 13.0
FOOT = 17.0
LABELS = 5.5  # around the map, for the grid's coordinates
GAP = 4.0
_LEGEND_WIDTH = {"A4": 54.0, "A3": 68.0}
_LEGEND_HEIGHT = {"A4": 58.0, "A3": 74.0}


@dataclass(frozen=True)
class Sheet:
    """One sheet: A4 or A3, upright or on its side."""

    paper: str
    landscape: bool

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the paper, mm."""
        short, long = PAPERS[self.paper]
        return (long, short) if self.landscape else (short, long)

    @property
    def legend(self) -> tuple[float, float]:
        """Width and height of the legend: beside the map of a sheet on its side, below that of an upright one."""
        width, height = self.size
        if self.landscape:
            return _LEGEND_WIDTH[self.paper], height - 2 * MARGIN - TITLE - FOOT
        return width - 2 * MARGIN, _LEGEND_HEIGHT[self.paper]

    @property
    def window(self) -> tuple[float, float]:
        """Width and height of the map itself, mm."""
        width, height = self.size
        across = width - 2 * MARGIN - 2 * LABELS
        down = height - 2 * MARGIN - TITLE - FOOT - 2 * LABELS
        if self.landscape:
            return across - self.legend[0] - GAP, down
        return across, down - self.legend[1] - GAP


def windows() -> dict[str, dict[str, tuple[float, float]]]:
    """Width and height of the map on every sheet, mm, by paper and ``landscape`` or ``portrait``: for the page."""
    return {
        paper: {name: Sheet(paper, name == "landscape").window for name in ("landscape", "portrait")}
        for paper in PAPERS
    }


@dataclass(frozen=True)
class Frame:
    """What of the ground a map shows: its middle, its scale, and how far its top is turned from north (clockwise).

    The plane is that of the 3° zone in which the middle lies, or of another that is given, so that the sheets of a
    series share one and meet; `width` and `height` are millimetres on paper.
    """

    lon: float
    lat: float
    scale: int
    turned: float
    width: float
    height: float
    zone: int | None = None

    @property
    def crs(self) -> DeclaredCrs:
        """The plane of the drawing, its eastings with the zone's prefix."""
        return gauss_kruger(zone_of_longitude(self.lon) if self.zone is None else self.zone)

    @property
    def middle(self) -> npt.NDArray[np.float64]:
        """Easting and northing of the middle, metres."""
        return np.asarray(from_degrees(np.array([[self.lon, self.lat]]), self.crs)[0])

    @property
    def _axes(self) -> npt.NDArray[np.float64]:
        """Easting and northing of the paper's directions right and down, each one metre long."""
        turn = math.radians(self.turned)
        return np.array([[math.cos(turn), -math.sin(turn)], [-math.sin(turn), -math.cos(turn)]])

    def to_paper(self, plane: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Easting and northing → millimetres right of and below the window's upper left corner."""
        mm = (plane - self.middle) @ self._axes.T * (1000.0 / self.scale)
        return mm + np.array([self.width / 2, self.height / 2])

    def to_plane(self, mm: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Undo `to_paper`."""
        return (mm - np.array([self.width / 2, self.height / 2])) * (
            self.scale / 1000.0
        ) @ self._axes + self.middle

    def project(self, geometry: Any) -> Any:
        """A geometry (or an array of them) in degrees (EPSG:4490) → millimetres on paper."""
        return shapely.transform(geometry, lambda xy: self.to_paper(from_degrees(xy, self.crs)))

    @property
    def ground(self) -> Any:
        """The ground in the window as a polygon in degrees, its edges followed closely."""
        window = shapely.segmentize(shapely.box(0, 0, self.width, self.height), self.width / 16)
        return shapely.transform(window, lambda xy: to_degrees(self.to_plane(xy), self.crs))

    @property
    def grid_step(self) -> float:
        """Metres between lines of the grid: round, and 4 to 10 cm on paper."""
        least = self.scale * 0.04
        power = 10.0 ** math.floor(math.log10(least))
        return next(step * power for step in (1, 2, 5, 10) if step * power >= least * (1 - 1e-9))
