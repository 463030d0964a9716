"""The frames of a print series: a grid of sheets over an area, one around a shape, and one that shows where all are.

Pure: degrees (EPSG:4490) in, frames out. All frames of a grid lie in the plane of one zone: neighbours share
an edge.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import shapely

from gis_projects.atlas.printing.sheet import SCALES, Frame, Sheet
from siting.engine.crs import from_degrees, gauss_kruger, to_degrees, zone_of_longitude

#: So many sheets are printed in one go.
MOST_SHEETS = 60
#: Of the sheet that shows where the others are, and of bookmarks that show a whole province.
WIDE_SCALES = (*SCALES, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000)
#: How much of a window stays free around a shape, on each side.
FREE = 0.08
#: A place without a shape is shown at least this wide.
LEAST_SCALE = 5_000
#: Two screens are told apart by a pixel of so many metres at the equator at zoom 0 (Web Mercator, 256 to a tile).
_PIXEL = 156543.03392
#: Pixels that the map of a desk's screen is wide.
_SCREEN = 900


class TooManySheets(ValueError):
    """An area would take ``number`` sheets (at least)."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def grid(area: shapely.Geometry, sheet: Sheet, scale: int) -> list[Frame]:
    """Sheets edge to edge over an area, row by row from the north-west, without those that show none of it.

    Raises
    ------
    TooManySheets
        More than `MOST_SHEETS`.
    """
    zone = zone_of_longitude(area.centroid.x)
    crs = gauss_kruger(zone)
    plane = shapely.transform(shapely.segmentize(area, 0.01), lambda xy: np.asarray(from_degrees(xy, crs)))
    width, height = sheet.window
    across, down = width * scale / 1000, height * scale / 1000
    west, south, east, north = plane.bounds
    # a hair less, so that an area of just one sheet's size takes one
    columns = max(1, math.ceil((east - west) / across - 1e-9))
    rows = max(1, math.ceil((north - south) / down - 1e-9))
    if columns * rows > 100 * MOST_SHEETS:
        raise TooManySheets(max(columns, rows))
    left = (west + east - columns * across) / 2
    top = (north + south + rows * down) / 2
    shapely.prepare(plane)
    middles = []
    for row in range(rows):
        for column in range(columns):
            x, y = left + column * across, top - row * down
            cell = shapely.box(x, y - down, x + across, y)
            if shapely.intersects(plane, cell) and shapely.area(shapely.intersection(plane, cell)) > 0:
                middles.append((x + across / 2, y - down / 2))
                if len(middles) > MOST_SHEETS:
                    raise TooManySheets(len(middles))
    degrees = to_degrees(np.array(middles), crs)
    return [Frame(float(lon), float(lat), scale, 0.0, width, height, zone) for lon, lat in degrees]


def around(shape: shapely.Geometry, sheet: Sheet, scale: int = 0) -> Frame:
    """A sheet with a shape in its middle, at the scale that is given, or at the largest at which all of it is shown."""
    west, south, east, north = shape.bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    width, height = sheet.window
    chosen = scale or _fitting([shape], lon, lat, sheet, WIDE_SCALES)
    if not scale and shape.geom_type == "Point":
        chosen = LEAST_SCALE
    return Frame(lon, lat, chosen, 0.0, width, height)


def of_view(lon: float, lat: float, zoom: int, sheet: Sheet) -> Frame:
    """A sheet that shows what a screen shows at a zoom: as wide, at the next round scale."""
    width, height = sheet.window
    metres = _SCREEN * _PIXEL * math.cos(math.radians(lat)) / 2**zoom
    wanted = metres * 1000 / width
    scale = next((each for each in WIDE_SCALES if each >= wanted), WIDE_SCALES[-1])
    return Frame(lon, lat, scale, 0.0, width, height)


def overview(frames: Sequence[Frame], sheet: Sheet) -> Frame:
    """A sheet that shows all frames, in the plane of the zone in which its middle lies."""
    shapes = [frame.ground for frame in frames]
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    lon, lat = (west + east) / 2, (south + north) / 2
    width, height = sheet.window
    return Frame(lon, lat, _fitting(shapes, lon, lat, sheet, WIDE_SCALES), 0.0, width, height)


def _fitting(
    shapes: Sequence[shapely.Geometry], lon: float, lat: float, sheet: Sheet, scales: Sequence[int]
) -> int:
    """The largest scale at which all shapes lie within the window, free of its edge; the smallest where none does."""
    width, height = sheet.window
    for scale in scales:
        frame = Frame(lon, lat, scale, 0.0, width, height)
        left, top, right, bottom = shapely.total_bounds([frame.project(one) for one in shapes]).tolist()
        if (
            left >= width * FREE
            and right <= width * (1 - FREE)
            and top >= height * FREE
            and bottom <= height * (1 - FREE)
        ):
            return scale
    return scales[-1]
