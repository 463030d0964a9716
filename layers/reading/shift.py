"""Is a file's data displaced as public web maps are (GCJ-02, BD-09)? Told by comparing it with a layer that isn't.

The displacements are the publicly known formulas, used to recognise such data and never to convert it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from layers.notices import Notice

Floats = npt.NDArray[np.float64]

TOLERANCE_M = 1.5  # between a vertex and its like in the reference
LEAST_MATCHES = 20
LEAST_SHARE = 0.1  # of the vertices compared: layers seldom share all their lines
_TIMES_CHANCE = 5.0
_TIMES_UNSHIFTED = 3.0
_COMPARED = 4_000
_REFERENCE = 400_000
_METRES = 111_320.0
_SQUARED_ECCENTRICITY = 0.00669342162296594323  # Krasovsky's ellipsoid, as the formulas have it
_SEMI_MAJOR = 6_378_245.0


def suspected_shift(sample: Any, reference: Any) -> Notice | None:
    """Whether a sample of a file's features lies where web maps would have put the reference's.

    Parameters
    ----------
    sample
        Some of the file's geometries as read, EPSG:4490; some hundred parcels of one neighbourhood are enough.
    reference
        Geometries of a trusted layer around them (within a kilometre), EPSG:4490.

    Returns
    -------
    A notice with the displacement found (metres to the east and to the north) and how many vertices match; None
    where nothing speaks for one: the vertices match as they are, or match in no way.
    """
    points, trusted = _vertices(sample, _COMPARED), _vertices(reference, _REFERENCE)
    if len(points) < LEAST_MATCHES or len(trusted) < LEAST_MATCHES:
        return None
    scale = np.array([np.cos(np.radians(float(np.median(points[:, 1])))), 1.0]) * _METRES
    plain, _ = _matches(points, trusted, scale)
    chance = len(points) * _density(trusted, scale) * np.pi * TOLERANCE_M**2
    needed = max(
        LEAST_MATCHES, LEAST_SHARE * len(points), _TIMES_CHANCE * chance, _TIMES_UNSHIFTED * plain.sum()
    )
    best: tuple[int, str, Floats] | None = None
    for system, displaced in (("GCJ-02", _gcj02(trusted)), ("BD-09", _bd09(_gcj02(trusted)))):
        matched, nearest = _matches(points, displaced, scale)
        if matched.sum() >= needed and (best is None or matched.sum() > best[0]):
            offset = np.median((points[matched] - trusted[nearest[matched]]) * scale, axis=0)
            best = int(matched.sum()), system, offset
    if best is None:
        return None
    matches, system, (east, north) = best
    place = np.median(points, axis=0)
    return Notice(
        "shift-suspected",
        "坐标疑似有 %(system)s 偏移：与参考图层相比偏东 %(dx).0f 米、偏北 %(dy).0f 米，"
        "比较的 %(compared)d 个顶点中有 %(matched)d 个按此偏移后吻合。网络地图的坐标不能直接用于规划，请核对数据来源。",
        {
            "system": system, "dx": float(east), "dy": float(north), "matched": matches, "compared": len(points),
        },
        place=(float(place[0]), float(place[1])),
    )  # fmt: skip


def _vertices(geometries: Any, most: int) -> Floats:
    """Distinct finite vertices, evenly thinned out to so many."""
    xy = shapely.get_coordinates(np.asarray(geometries, dtype=object))
    xy = np.unique(xy[np.isfinite(xy).all(axis=1)], axis=0)
    if len(xy) > most:
        xy = xy[np.linspace(0, len(xy) - 1, most).astype(np.intp)]
    return xy


def _matches(
    points: Floats, others: Floats, scale: Floats
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.intp]]:
    """Which points have one of the others within the tolerance, and which is the nearest."""
    from scipy.spatial import KDTree  # takes longer to import than all else a process that writes rows needs

    distance, nearest = KDTree(others * scale).query(points * scale, distance_upper_bound=TOLERANCE_M)
    return np.isfinite(distance), nearest


def _density(points: Floats, scale: Floats) -> float:
    """Vertices in a square metre."""
    width, height = (points.max(axis=0) - points.min(axis=0)) * scale
    return len(points) / max(width * height, 1.0)


def _waves(t: Floats, *terms: tuple[float, float]) -> Floats:
    return np.asarray(sum(size * np.sin(np.pi * t / length) for size, length in terms) * 2 / 3)


def _gcj02(points: Floats) -> Floats:
    """Where GCJ-02 puts WGS 84 (or CGCS2000) longitudes and latitudes, by the public formula."""
    x, y = (points - [105.0, 35.0]).T
    root = np.sqrt(np.abs(x))
    common = _waves(x, (20.0, 1 / 6), (20.0, 1 / 2))
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += common + _waves(y, (20.0, 1.0), (40.0, 3.0), (160.0, 12.0), (320.0, 30.0))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += common + _waves(x, (20.0, 1.0), (40.0, 3.0), (150.0, 12.0), (300.0, 30.0))
    latitude = np.radians(points[:, 1])
    bend = 1 - _SQUARED_ECCENTRICITY * np.sin(latitude) ** 2
    meridian = _SEMI_MAJOR * (1 - _SQUARED_ECCENTRICITY) / bend**1.5
    parallel = _SEMI_MAJOR / np.sqrt(bend) * np.cos(latitude)
    return points + np.degrees(np.column_stack((east / parallel, north / meridian)))


def _bd09(points: Floats) -> Floats:
    """Where BD-09 puts GCJ-02 longitudes and latitudes, by the public formula."""
    x, y = points.T
    beat = np.pi * 3000.0 / 180.0
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * beat)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * beat)
    return np.column_stack((radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006))
