"""The ground along a centre line: what a road, a pipeline or a power line of some width takes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import shapely

from siting.engine.crs import DeclaredCrs, from_degrees, gauss_kruger, to_degrees, zone_of_longitude
from siting.engine.notices import Notice, UnusableInput

MIN_WIDTH_M, MAX_WIDTH_M = 0.5, 1000.0
MAX_LINE_VERTICES = 20_000
_REPEATED_M = 1e-4
_MITRE_LIMIT = 2.0  # a corner reaches out by at most a whole width; sharper ones are cut off
_DECIMALS = 4  # of a metre, as coordinates are exchanged
_CURVE = 16  # edges of a quarter circle at a round end
# A line that comes back within its own width is nonsense, but for its bends: a corner of 30 degrees still passes.
_BACK_AFTER = 4.0 - 1e-6  # widths along the line; two pieces begin twice two widths apart
_BACK_WITHIN = 0.99  # widths
_BLOCK = 20  # of pieces looked up at once; a hostile line may meet itself everywhere
_MANY_PIECES = 2_000


class Caps(StrEnum):
    """How a corridor ends: at the line's last point, in a half circle around it, or half a width past it."""

    FLAT = "flat"
    ROUND = "round"
    SQUARE = "square"


@dataclass(frozen=True)
class CentreLine:
    """A declared centre line with its width; the rings of its plot were made from it.

    ``xy`` is float64 of shape (n, 2), easting or longitude first, in the system ``epsg``, exactly as declared; vertex
    ``i`` has the point number ``numbers[i]``. ``width_m`` is the whole width, metres.
    """

    numbers: tuple[str, ...]
    xy: npt.NDArray[np.float64]
    epsg: int
    width_m: float
    caps: Caps = Caps.FLAT


def own_plane(lonlat: npt.NDArray[np.float64]) -> DeclaredCrs:
    """Name the 3° Gauss-Krüger plane (zone before the easting) that the middle of points (n, 2; degrees) lies in."""
    middle = float(lonlat[:, 0].min() + lonlat[:, 0].max()) / 2
    return gauss_kruger(zone_of_longitude(middle))


def check_width(width_m: float) -> None:
    """Raise `UnusableInput` for a width that no corridor has."""
    if not (np.isfinite(width_m) and MIN_WIDTH_M <= width_m <= MAX_WIDTH_M):
        raise UnusableInput(
            Notice(
                "width-out-of-range",
                "宽度应在 %(least)s 到 %(most)s 米之间，这里是 %(width)s 米",
                {"least": f"{MIN_WIDTH_M:g}", "most": f"{MAX_WIDTH_M:g}", "width": f"{width_m:g}"},
                field="width_m",
            )
        )


def corridor(
    lines: list[npt.NDArray[np.float64]],
    crs: DeclaredCrs,
    plane: DeclaredCrs,
    width_m: float,
    caps: Caps = Caps.FLAT,
    *,
    name: str = "1",
) -> list[npt.NDArray[np.float64]]:
    """Widen centre lines to the ground that they take.

    Parameters
    ----------
    lines
        Each float64 (n, 2), easting or longitude first, in ``crs``. One that ends where it begins is a ring road.
    plane
        The Gauss-Krüger plane in which the width is measured: the site's own.
    width_m, caps
        The whole width in metres, and how an end that meets no other line looks. Corners are mitred.
    name
        What refusals call the plot.

    Returns
    -------
    list of float64 (n, 2)
        Open rings in ``plane``, to 0.1 mm: outer ones and holes, told apart by containment.

    Raises
    ------
    UnusableInput
        With the place: a line of one point or too many, or one that comes back within its own width.
    """
    check_width(width_m)
    strips = [_strip(_in_plane(line, crs, plane, name), plane, width_m, caps, name) for line in lines]
    ground = strips[0] if len(strips) == 1 else shapely.union_all(np.array(strips, dtype=object))
    rings = shapely.get_rings(shapely.get_parts(ground))
    return [np.round(shapely.get_coordinates(ring)[:-1], _DECIMALS) for ring in rings]


def _in_plane(
    line: npt.NDArray[np.float64], crs: DeclaredCrs, plane: DeclaredCrs, name: str
) -> npt.NDArray[np.float64]:
    if len(line) > MAX_LINE_VERTICES:
        raise UnusableInput(
            Notice(
                "line-too-many-points",
                "地块 %(plot)s 的中心线超过 %(limit)s 个点",
                {"plot": name, "limit": MAX_LINE_VERTICES},
            )
        )
    lonlat = to_degrees(line, crs)
    xy = line if crs == plane else from_degrees(lonlat, plane)
    kept = np.ones(len(xy), dtype=bool)
    kept[1:] = np.abs(np.diff(xy, axis=0)).max(axis=1) > _REPEATED_M
    if np.isfinite(xy).all() and kept.sum() >= 2:
        return xy[kept]
    finite = bool(len(lonlat)) and bool(np.isfinite(lonlat[0]).all())
    raise UnusableInput(
        Notice(
            "line-too-short",
            "地块 %(plot)s 的中心线不足两个不同的点",
            {"plot": name},
            place=(float(lonlat[0, 0]), float(lonlat[0, 1])) if finite else None,
        )
    )


def _strip(
    xy: npt.NDArray[np.float64], plane: DeclaredCrs, width_m: float, caps: Caps, name: str
) -> shapely.Polygon:
    closed = len(xy) > 3 and bool(np.abs(xy[0] - xy[-1]).max() <= _REPEATED_M)
    if closed:
        xy = np.vstack((xy[:-1], xy[:1]))
    place = _comes_back(xy, width_m, closed)
    if place is not None:
        lon, lat = to_degrees(place.reshape(1, 2), plane)[0].tolist()
        raise UnusableInput(
            Notice(
                "line-overlaps-itself",
                "地块 %(plot)s 的中心线在此处与自身相距不足宽度 %(width)s 米，加宽后自相重叠，请分成几条线或改小宽度",
                {"plot": name, "width": f"{width_m:g}"},
                place=(lon, lat),
            )
        )
    line = shapely.linearrings(xy) if closed else shapely.linestrings(xy)
    return shapely.buffer(
        line, width_m / 2, quad_segs=_CURVE, cap_style=str(caps), join_style="mitre", mitre_limit=_MITRE_LIMIT
    )


def _comes_back(xy: npt.NDArray[np.float64], width_m: float, closed: bool) -> npt.NDArray[np.float64] | None:
    """Find a place (2,) where a line passes nearer to itself than its width, long after it was there."""
    plain = shapely.get_coordinates(shapely.simplify(shapely.linestrings(xy), width_m / 1000))
    start, end, at = _pieces(plain, width_m)
    length = float(at[-1, 1])
    pieces = shapely.linestrings(np.stack((start, end), axis=1))
    tree = shapely.STRtree(pieces)
    block = _BLOCK if len(pieces) > _MANY_PIECES else _MANY_PIECES
    for first in range(0, len(pieces), block):
        here, there = tree.query(
            pieces[first : first + block], predicate="dwithin", distance=_BACK_WITHIN * width_m
        )
        here = here + first
        gap = at[there, 0] - at[here, 1]
        if closed:
            gap = np.minimum(gap, length - at[there, 1] + at[here, 0])
        found = np.flatnonzero(gap >= _BACK_AFTER * width_m)
        if found.size:
            between = shapely.shortest_line(pieces[here[found[0]]], pieces[there[found[0]]])
            return np.asarray(shapely.get_coordinates(between).mean(axis=0), dtype=np.float64)
    return None


def _pieces(
    xy: npt.NDArray[np.float64], width_m: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Cut each edge finely near its ends and not between: starts and ends (m, 2), and where along the line (m, 2)."""
    steps = np.diff(xy, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    near = np.arange(0.0, 2.0 * width_m + 1e-9, width_m / 2)
    before = np.concatenate(([0.0], np.cumsum(lengths)[:-1]))
    starts, ends, along = [], [], []
    for origin, step, edge, base in zip(xy[:-1], steps, lengths.tolist(), before.tolist(), strict=True):
        if edge <= 0.0:
            continue
        cuts = np.unique(np.concatenate((near, edge - near, [edge])))
        cuts = cuts[(cuts >= 0.0) & (cuts <= edge)]
        points = origin + (cuts / edge)[:, None] * step
        starts.append(points[:-1])
        ends.append(points[1:])
        along.append(np.column_stack((cuts[:-1], cuts[1:])) + base)
    return np.vstack(starts), np.vstack(ends), np.vstack(along)
