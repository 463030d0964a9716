"""Two versions of a boundary held against each other: ground added and removed, points moved, added and removed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely
from shapely import MultiPolygon

from siting.engine.affected import polygons_of
from siting.engine.area import exact_area
from siting.engine.boundary import Boundary
from siting.engine.crs import from_degrees, gauss_kruger, to_degrees
from siting.engine.editing import FloatArray

MAX_MOVE_M = 200.0
SAME_M = 0.0005
"""Half a millimetre: what coordinates are declared to. Nearer than that a point is where it was."""


class PointChange(StrEnum):
    """What happened to a boundary point."""

    MOVED = "moved"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class ChangedPoint:
    """One point: plot and number it has (or had), where it was and is as (X north, Y east with zone), metres."""

    change: PointChange
    plot: str
    number: str
    before: tuple[float, float] | None
    after: tuple[float, float] | None
    place: tuple[float, float]  # longitude, latitude, degrees: where it is now, or was
    metres: float | None


@dataclass(frozen=True)
class VersionChanges:
    """What became of a boundary.

    Attributes
    ----------
    added, removed
        Ground (EPSG:4490), None where there is none.
    added_m2, removed_m2, kept_m2
        Exact ellipsoidal areas, additive: kept and removed are the older one's, kept and added the newer one's.
    official_delta_m2
        Difference of the official areas.
    points
        Changed points: moved ones farthest first, then added, then removed.
    unchanged
        Number of points that stayed.
    epsg
        Of the plane of ``before`` and ``after`` of the points.
    """

    added: MultiPolygon | None
    removed: MultiPolygon | None
    added_m2: float
    removed_m2: float
    kept_m2: float
    official_delta_m2: float
    points: tuple[ChangedPoint, ...]
    unchanged: int
    epsg: int


def compare(before: Boundary, after: Boundary) -> VersionChanges:
    """Hold two boundaries against each other.

    Points are paired by nearness: those that stayed first, then of the rest each pair of nearest, up to
    ``MAX_MOVE_M``; a point without a partner was added or removed. Distances are in the newer one's own 3° zone.
    """
    added = polygons_of(shapely.difference(after.geometry, before.geometry))
    removed = polygons_of(shapely.difference(before.geometry, after.geometry))
    kept = polygons_of(shapely.intersection(before.geometry, after.geometry))
    plane = gauss_kruger(central_meridian=after.central_meridian)
    olds, news = _Points.of(before), _Points.of(after)
    old_xy, new_xy = from_degrees(olds.lonlat, plane), from_degrees(news.lonlat, plane)
    pairs = _paired(old_xy, new_xy)
    points: list[ChangedPoint] = []
    unchanged = 0
    for old, new, metres in pairs:
        if metres <= SAME_M:
            unchanged += 1
            continue
        points.append(
            ChangedPoint(
                PointChange.MOVED,
                *news.named(new),
                _northing_first(old_xy[old]),
                _northing_first(new_xy[new]),
                news.place(new),
                metres,
            )
        )
    points.sort(key=lambda point: -(point.metres or 0.0))
    paired_old, paired_new = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
    points += [
        ChangedPoint(
            PointChange.ADDED, *news.named(at), None, _northing_first(new_xy[at]), news.place(at), None
        )
        for at in range(len(new_xy))
        if at not in paired_new
    ]
    points += [
        ChangedPoint(
            PointChange.REMOVED, *olds.named(at), _northing_first(old_xy[at]), None, olds.place(at), None
        )
        for at in range(len(old_xy))
        if at not in paired_old
    ]
    return VersionChanges(
        added=None if added.is_empty else added,
        removed=None if removed.is_empty else removed,
        added_m2=float(exact_area(added)),
        removed_m2=float(exact_area(removed)),
        kept_m2=float(exact_area(kept)),
        official_delta_m2=after.area_m2 - before.area_m2,
        points=tuple(points),
        unchanged=unchanged,
        epsg=plane.epsg,
    )


@dataclass(frozen=True)
class _Points:
    """A boundary's points: degrees (n, 2), and of each its plot and number."""

    lonlat: FloatArray
    names: tuple[tuple[str, str], ...]

    @staticmethod
    def of(boundary: Boundary) -> _Points:
        declared = boundary.declared
        rings, names = [], []
        for order, plot in enumerate(declared.plots, start=1):
            for ring in plot.rings:
                rings.append(to_degrees(ring.xy, declared.crs))
                names += [(plot.number or str(order), number) for number in ring.numbers]
        return _Points(np.vstack(rings), tuple(names))

    def named(self, at: int) -> tuple[str, str]:
        return self.names[at]

    def place(self, at: int) -> tuple[float, float]:
        lon, lat = self.lonlat[at].tolist()
        return lon, lat


def _paired(old: FloatArray, new: FloatArray) -> list[tuple[int, int, float]]:
    """Pairs of rows with their distance (m): each row once, the nearest pairs first."""
    from scipy.spatial import cKDTree  # longer to load than all else that most importers of this module need

    pairs: list[tuple[int, int, float]] = []
    left_old, left_new = np.arange(len(old)), np.arange(len(new))
    reach = 8
    while len(left_old) and len(left_new):
        near, which = cKDTree(new[left_new]).query(
            old[left_old], k=min(reach, len(left_new)), distance_upper_bound=MAX_MOVE_M
        )
        near, which = near.reshape(len(left_old), -1), which.reshape(len(left_old), -1)
        rows, columns = np.nonzero(np.isfinite(near))
        taken_old: set[int] = set()
        taken_new: set[int] = set()
        for at in np.argsort(near[rows, columns], kind="stable").tolist():
            row, candidate = int(rows[at]), int(which[rows[at], columns[at]])
            if row in taken_old or candidate in taken_new:
                continue
            taken_old.add(row)
            taken_new.add(candidate)
            pairs.append((int(left_old[row]), int(left_new[candidate]), float(near[row, columns[at]])))
        if not taken_old:
            break
        left_old = np.array(
            [at for row, at in enumerate(left_old.tolist()) if row not in taken_old], dtype=int
        )
        left_new = np.array(
            [at for row, at in enumerate(left_new.tolist()) if row not in taken_new], dtype=int
        )
    return pairs


def _northing_first(xy: FloatArray) -> tuple[float, float]:
    east, north = xy.tolist()
    return round(north, 4), round(east, 4)
