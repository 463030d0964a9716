"""The smallest shift of a drawing that clears chosen conflicts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import ceil, cos, hypot, pi, sin

import numpy as np
import numpy.typing as npt
import shapely
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from siting import edits
from siting.avoidance.asking import Question, conflicts, within
from siting.checks import CheckResult
from siting.drawings import Drawing, DrawnPlot
from siting.engine import editing
from siting.engine.editing import FloatArray, Frame
from siting.engine.slivers import CONTACT_WIDTH_M
from siting.engine.verdict import Outcome, Severity

MAX_BOUND_M = 1_000.0
_RINGS = 60
_DIRECTIONS = 72
_EDGE_NORMALS = 40
_HALVINGS = 14
_TURNS_DEG = (3.0, 1.5, 0.7, 0.3, 0.1)
_MOST_CHECKS = 8
_CENTIMETRE = 0.01


@dataclass(frozen=True)
class Shift:
    """A move that clears the conflicts, confirmed by ``check`` of the moved drawing. Metres; X is north."""

    north_m: float
    east_m: float
    drawing: Drawing
    check: CheckResult

    @property
    def distance_m(self) -> float:
        """How far."""
        return hypot(self.north_m, self.east_m)


def smallest_shift(
    drawing: Drawing,
    question: Question,
    chosen: Collection[str],
    *,
    bound_m: float = 200.0,
    unseen: Collection[str] = (),
) -> Shift | None:
    """Search the smallest shift after which the chosen rules are clear, and no other prohibition is hit anew.

    The ground that the rules forbid around the site is asked once, by a check of everything within the bound. Then the
    site is tried outwards, ring by ring (a sixtieth of the bound apart), in 72 directions and along the normals of the
    longest edges; where a ring has free places, each is brought back until it touches and the best turned to fit. The
    nearest ones are checked, and the first that the check confirms is given. So it is the smallest up to the spacing
    of the rings and the directions.

    Parameters
    ----------
    bound_m
        How far is looked, m.
    unseen
        Codes of layers whose ground doesn't lead the search: a shift that just clears them would draw their edge. The
        check that confirms a shift reads them all the same.

    Returns
    -------
    Shift or None
        None: no shift of the search within the bound clears them.

    Raises
    ------
    UnusableInput
        As :func:`cut_away`.
    """
    within("bound_m", bound_m, MAX_BOUND_M)
    before = question.check(drawing)
    wanted = {item.rule.code for item in conflicts(before, chosen)}
    field = _Field.of(drawing, question, before, wanted, bound_m, unseen)
    tried = 0
    for candidates in field.rings(bound_m):
        for north, east in candidates:
            if tried == _MOST_CHECKS:
                return None
            tried += 1
            moved = edits.move(drawing, (), north_m=north, east_m=east).drawing
            check = question.check(moved)
            if _clears(before, check, wanted):
                return Shift(north, east, moved, check)
    return None


def _clears(before: CheckResult, after: CheckResult, wanted: Collection[str]) -> bool:
    """Whether a check confirms: the wanted rules clear, and nothing prohibits that didn't before."""
    was = {item.rule.code for item in before.results if item.outcome is Outcome.HIT}
    for item in after.results:
        if item.rule.code in wanted and item.outcome is not Outcome.CLEAR:
            return False
        if item.severity is Severity.PROHIBITED and item.outcome is Outcome.HIT and item.rule.code not in was:
            return False
    return True


@dataclass(frozen=True)
class _Field:
    """The site in its plane and what it may not stand on there."""

    site: BaseGeometry
    forbidden: BaseGeometry

    @staticmethod
    def of(
        drawing: Drawing,
        question: Question,
        before: CheckResult,
        wanted: Collection[str],
        bound_m: float,
        unseen: Collection[str],
    ) -> _Field:
        geometries = [plot.geometry for plot in drawing.plots]
        frame = editing.plane_frame(editing.metric_plane(drawing.crs, geometries))
        site = shapely.union_all(np.array([editing.sound(frame.take(g)) for g in geometries], dtype=object))
        around = shapely.buffer(shapely.envelope(site), bound_m + 1.0, join_style="mitre")
        region = question.check(_region(frame, around))
        was = {item.rule.code for item in before.results if item.outcome is Outcome.HIT}
        forbidden = [
            frame.take(item.geometry)
            for item in region.results
            if item.geometry is not None
            and item.outcome in (Outcome.HIT, Outcome.SUSPECT)
            and item.rule.layer not in unseen
            and (
                item.rule.code in wanted
                or (item.severity is Severity.PROHIBITED and item.rule.code not in was)
            )
        ]
        ground = shapely.union_all(np.array([editing.sound(g) for g in forbidden], dtype=object))
        shapely.prepare(ground)
        # Touching is allowed: two millimetres inside, nothing that only touches is met.
        inside = shapely.buffer(site, -2 * CONTACT_WIDTH_M, join_style="mitre")
        return _Field(site if inside.is_empty else inside, ground)

    def free(self, offsets: FloatArray) -> npt.NDArray[np.bool_]:
        """Of offsets (n, 2; east, north), which are clear."""
        copies = np.array([self.site] * len(offsets), dtype=object)
        coordinates, owner = shapely.get_coordinates(copies, return_index=True)
        moved = shapely.set_coordinates(copies, coordinates + offsets[owner])
        clear: npt.NDArray[np.bool_] = ~shapely.intersects(self.forbidden, moved)
        return clear

    def rings(self, bound_m: float) -> list[list[tuple[float, float]]]:
        """Offsets (north, east) to check, ring by ring, those of each nearest first."""
        angles = self._angles()
        found = []
        step = bound_m / _RINGS
        for ring in range(1, _RINGS + 1):
            outer = np.full(len(angles), ring * step)
            clear = self.free(_offsets(angles, outer))
            if not clear.any():
                continue
            best = self._drawn_back(angles[clear], (ring - 1) * step, ring * step)
            near = [self._turned(*best[0], bound_m), *best[1:3]]
            found.append([_centimetres(angle, distance) for angle, distance in near if distance <= bound_m])
            if len(found) == 3:
                break
        return found

    def _drawn_back(self, angles: FloatArray, inner: float, outer: float) -> list[tuple[float, float]]:
        """Directions with the least distance between two rings that is clear, nearest first."""
        low, high = np.full(len(angles), inner), np.full(len(angles), outer)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            clear = self.free(_offsets(angles, middle))
            high, low = np.where(clear, middle, high), np.where(clear, low, middle)
        order = np.lexsort((angles, high))
        return [(float(angles[at]), float(high[at])) for at in order]

    def _turned(self, angle: float, distance: float, bound_m: float) -> tuple[float, float]:
        """Turn a direction a little, as long as that shortens the way."""
        for turn in _TURNS_DEG:
            for other in (angle - np.radians(turn), angle + np.radians(turn)):
                if not self.free(_offsets(np.array([other]), np.array([distance])))[0]:
                    continue
                (better,) = self._drawn_back(np.array([other]), max(0.0, distance - bound_m / 10), distance)
                if better[1] < distance:
                    angle, distance = better
        return angle, distance

    def _angles(self) -> FloatArray:
        """Directions: all around, and the normals of the longest edges: the shortest way off an edge is across it."""
        parts = shapely.get_parts(shapely.get_parts(shapely.geometrycollections([self.site, self.forbidden])))
        rings = shapely.get_rings(parts[shapely.get_dimensions(parts) == 2])
        steps = np.concatenate([np.diff(shapely.get_coordinates(ring), axis=0) for ring in rings])
        longest = steps[np.argsort(-np.hypot(*steps.T), kind="stable")[:_EDGE_NORMALS]]
        normals = np.arctan2(longest[:, 1], longest[:, 0]) + pi / 2
        even = np.linspace(0, 2 * pi, _DIRECTIONS, endpoint=False)
        both = np.concatenate((even, normals, normals + pi)) % (2 * pi)
        return np.unique(np.round(both, 6))


def _region(frame: Frame, around: BaseGeometry) -> Drawing:
    return Drawing((DrawnPlot(MultiPolygon([frame.give(around)])),))


def _offsets(angles: FloatArray, distances: FloatArray) -> FloatArray:
    return np.column_stack((np.cos(angles), np.sin(angles))) * distances[:, None]


def _centimetres(angle: float, distance: float) -> tuple[float, float]:
    """North and east in whole centimetres, each rounded away from where it came from."""
    east, north = cos(angle) * (distance + _CENTIMETRE), sin(angle) * (distance + _CENTIMETRE)

    def away(value: float) -> float:
        cents = round(abs(value) / _CENTIMETRE, 6)
        return (1 if value > 0 else -1) * (ceil(cents) if cents > 0.5 else 0) * _CENTIMETRE

    return round(away(north), 2), round(away(east), 2)
