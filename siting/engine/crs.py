"""Coordinate systems at the door: CGCS2000 longitude/latitude and Gauss-Krüger zones.

Everything inside is EPSG:4490, longitude first. A Gauss-Krüger plane exists only where a file or a coordinate
table needs it, and for buffers and distances in a site's own 3° zone. CGCS2000 has one datum, so every
conversion here is a pure projection and needs no (secret) parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyproj

from siting.engine.notices import Notice, UnusableInput

GEOGRAPHIC = 4490

# (first EPSG code, zone width in degrees, first zone, number of zones, zone prefix in the easting)
_SERIES = (
    (4491, 6, 13, 11, True),
    (4502, 6, 13, 11, False),
    (4513, 3, 25, 21, True),
    (4534, 3, 25, 21, False),
)

SPLIT_SPACING_M = 100.0
"""Distance of the grid lines at which straight projected edges are split, metres.

A line that is straight in the plane bends in longitude/latitude by at most (1.4·tan B + 0.15) / R, so between
two lines of this grid (at most 141 m of edge) its chord deviates by less than 1 mm up to latitude 54°.
"""

_SPLIT_DECIMALS = 6  # of a metre: two edges on one line agree on a split point in spite of rounding errors


@dataclass(frozen=True)
class DeclaredCrs:
    """The coordinate system of a declared boundary.

    ``epsg`` is 4490 (longitude/latitude), 4491-4501 (6° zones, prefix in the easting), 4502-4512 (6°, none),
    4513-4533 (3° zones, prefix in the easting) or 4534-4554 (3°, none).

    Raises
    ------
    UnusableInput
        If ``epsg`` is none of these.
    """

    epsg: int

    def __post_init__(self) -> None:
        if self.epsg != GEOGRAPHIC and self._series() is None:
            raise UnusableInput(
                Notice("crs-unsupported", "不支持坐标系 EPSG:%(epsg)s，只支持 CGCS2000", {"epsg": self.epsg})
            )

    def _series(self) -> tuple[int, int, int, int, bool] | None:
        return next((s for s in _SERIES if s[0] <= self.epsg < s[0] + s[3]), None)

    def _projected(self) -> tuple[int, int, int, int, bool]:
        series = self._series()
        if series is None:
            raise ValueError("longitude/latitude has no zone")
        return series

    @property
    def is_geographic(self) -> bool:
        """Whether coordinates are longitude and latitude in degrees."""
        return self.epsg == GEOGRAPHIC

    @property
    def zone_width(self) -> int:
        """3 or 6 degrees. ValueError for longitude/latitude, as for all of the zone's properties."""
        return self._projected()[1]

    @property
    def zone(self) -> int:
        """Zone number (带号): 25-45 for 3° zones, 13-23 for 6° zones."""
        first_epsg, _, first_zone, _, _ = self._projected()
        return self.epsg - first_epsg + first_zone

    @property
    def central_meridian(self) -> float:
        """Central meridian in degrees."""
        return float(3 * self.zone if self.zone_width == 3 else 6 * self.zone - 3)

    @property
    def has_prefix(self) -> bool:
        """Whether the easting starts with the zone number (8 digits instead of 6)."""
        return self._projected()[4]

    @property
    def false_easting(self) -> float:
        """Easting of the central meridian, metres: 500 km, with the zone's prefix where there is one."""
        return 500_000.0 + (self.zone * 1e6 if self.has_prefix else 0.0)

    @property
    def label(self) -> str:
        """Chinese name, as bureaus write it."""
        if self.is_geographic:
            return "2000国家大地坐标系(经纬度)"
        zone = f"{self.zone}带" if self.has_prefix else f"中央经线{self.central_meridian:.0f}°"
        return f"2000国家大地坐标系 高斯-克吕格{self.zone_width}度分带 {zone}"


def gauss_kruger(
    zone: int | None = None, *, width: int = 3, central_meridian: float | None = None, prefixed: bool = True
) -> DeclaredCrs:
    """Name a Gauss-Krüger plane by its zone number or by its central meridian.

    Parameters
    ----------
    zone
        Zone number (带号), or None where only the central meridian is known.
    width
        3 or 6 degrees.
    central_meridian
        Degrees; used where ``zone`` is None.
    prefixed
        Whether eastings start with the zone number.

    Raises
    ------
    UnusableInput
        If there is no such zone, or neither zone nor meridian is given.
    """
    if zone is None and central_meridian is not None:
        number = central_meridian / 3 if width == 3 else (central_meridian + 3) / 6
        zone = round(number) if abs(number - round(number)) < 1e-9 else None
        if zone is None:
            raise UnusableInput(
                Notice(
                    "crs-meridian-unknown",
                    "中央经线 %(meridian)s° 不属于 %(width)s 度分带",
                    {"meridian": f"{central_meridian:g}", "width": width},
                )
            )
    if zone is None:
        raise UnusableInput(Notice("crs-zone-missing", "缺少带号或中央经线，无法确定投影带"))
    for first_epsg, series_width, first_zone, count, has_prefix in _SERIES:
        if series_width == width and has_prefix == prefixed and first_zone <= zone < first_zone + count:
            return DeclaredCrs(first_epsg + zone - first_zone)
    raise UnusableInput(
        Notice("crs-zone-unknown", "没有 %(width)s 度分带的第 %(zone)s 带", {"width": width, "zone": zone})
    )


def zone_of_longitude(lon: float) -> int:
    """Give the 3° zone that a longitude (degrees) lies in, within the 25-45 that EPSG names."""
    return int(min(45, max(25, np.floor((lon + 1.5) / 3))))


@lru_cache(maxsize=64)
def _transformer(source: int, target: int) -> pyproj.Transformer:
    # Making one costs milliseconds; pyproj's are safe to share between threads.
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def _transform(xy: npt.NDArray[np.float64], source: int, target: int) -> npt.NDArray[np.float64]:
    if source == target or len(xy) == 0:
        return np.array(xy, dtype=np.float64).reshape(-1, 2)
    x, y = _transformer(source, target).transform(xy[:, 0], xy[:, 1])
    return np.column_stack((x, y))


def to_degrees(xy: npt.NDArray[np.float64], crs: DeclaredCrs) -> npt.NDArray[np.float64]:
    """Convert declared coordinates to longitude/latitude.

    Parameters
    ----------
    xy
        float64 (n, 2): easting, northing in metres (or longitude, latitude in degrees) in ``crs``.
    crs
        What they are in.

    Returns
    -------
    float64 (n, 2)
        Longitude, latitude in degrees, EPSG:4490; infinite where a point can't be projected back.
    """
    return _transform(xy, crs.epsg, GEOGRAPHIC)


def from_degrees(lonlat: npt.NDArray[np.float64], crs: DeclaredCrs) -> npt.NDArray[np.float64]:
    """Convert longitude/latitude, float64 (n, 2) in degrees (EPSG:4490), to ``crs``: undoes `to_degrees`."""
    return _transform(lonlat, GEOGRAPHIC, crs.epsg)


def densify(xy: npt.NDArray[np.float64], crs: DeclaredCrs) -> npt.NDArray[np.float64]:
    """Convert a path of straight declared edges to longitude/latitude, true to 1 mm between its vertices too.

    A straight projected edge is a curve in longitude/latitude: converted by its ends alone it overlaps its
    neighbour by 8.4 m² per kilometre. So it is split where it crosses the lines of a fixed grid in the plane
    (along its longer extent, every `SPLIT_SPACING_M`). The grid doesn't depend on the edge's ends: whoever
    has other vertices on the same line gets the same split points.

    Parameters
    ----------
    xy
        float64 (n, 2) in ``crs``: a path, ``n - 1`` edges. Repeat a ring's first vertex to get its last edge.
    crs
        What they are in. Longitude/latitude is given back as it is: its edges are straight already.

    Returns
    -------
    float64 (m, 2)
        Longitude, latitude in degrees (EPSG:4490), ``m >= n``, every vertex of ``xy`` among them in order.
    """
    xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    if crs.is_geographic or len(xy) < 2:
        return to_degrees(xy, crs)
    start, step = xy[:-1], np.diff(xy, axis=0)
    axis = (np.abs(step[:, 1]) > np.abs(step[:, 0])).astype(np.intp)
    edge = np.arange(len(start))
    a = start[edge, axis]
    b = xy[1:][edge, axis]
    low, high = np.minimum(a, b), np.maximum(a, b)
    first = np.floor(low / SPLIT_SPACING_M) + 1  # grid lines strictly between the ends
    last = np.ceil(high / SPLIT_SPACING_M) - 1
    count = np.maximum(last - first + 1, 0).astype(np.intp)

    # One row per vertex or split point: an edge's own start first, then its split points in its direction.
    of_edge = np.repeat(edge, count + 1)
    position = np.arange(len(of_edge)) - np.repeat(np.cumsum(count + 1) - (count + 1), count + 1)
    split = position > 0
    of_edge_s, position_s = of_edge[split], position[split]
    forward = b[of_edge_s] > a[of_edge_s]
    line = np.where(forward, first[of_edge_s] + position_s - 1, last[of_edge_s] - position_s + 1)
    along = line * SPLIT_SPACING_M
    axis_s = axis[of_edge_s]
    ratio = (along - a[of_edge_s]) / (b[of_edge_s] - a[of_edge_s])
    across = start[of_edge_s, 1 - axis_s] + ratio * step[of_edge_s, 1 - axis_s]
    points = start[of_edge].copy()
    cut = np.empty((len(along), 2))
    rows = np.arange(len(along))
    cut[rows, axis_s] = along
    cut[rows, 1 - axis_s] = np.round(across, _SPLIT_DECIMALS)
    points[split] = cut
    return to_degrees(np.vstack((points, xy[-1:])), crs)
