"""Which sites stand on or near given places: many outlines at once, never too few of them.

Whoever is told apart from a place here is apart from it in every analysis: distances are compared in degrees that are
stretched so that no metre is lost, and what analyses choose by boxes is compared by boxes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

Objects = npt.NDArray[np.object_]
Mask = npt.NDArray[np.bool_]

_METRES_PER_DEGREE = 110_574.0  # of latitude at the equator: nowhere on the ellipsoid is a degree shorter
_EARTH_M = 6.35e6
_STEEPEST = 1.5  # tangent of 56°, north of which there is no China
_AREAL = (3, 6)
#: A check widens a site by this much more than a rule's distance (`siting.engine.proximity.reach`), in the plane of a
#: zone, whose scale is off by up to 0.1 %; half a percent covers that and the shape of the earth.
_WIDENED, _SLACK = (1.01, 1.0), 1.005
#: Boxes are chosen by 4-byte numbers, which are 8e-6° apart at these longitudes.
_BOX_SLACK = 2e-5
_RIM_M = 0.05  # a coverage is asked up to a rim of 1 cm


class Outlines:
    """The outlines of sites (shapely, EPSG:4490), asked which of them are touched."""

    def __init__(self, geometries: Objects) -> None:
        self.geometries = geometries
        self._tree: shapely.STRtree | None = None
        self._stretched: shapely.STRtree | None = None
        self._hulls: shapely.STRtree | None = None
        north = np.abs(shapely.total_bounds(geometries)[[1, 3]]).max() if len(geometries) else 0.0
        self._stretch = float(np.cos(np.radians(min(north + 1.0, 89.0))))

    def on(self, places: Objects) -> Mask:
        """Which outlines meet any of the places; contact counts."""
        if self._tree is None:
            self._tree = shapely.STRtree(self.geometries)
        return self._hit(self._tree.query(places, predicate="intersects"))

    def near(self, features: Objects, distance_m: float) -> Mask:
        """Which outlines have any of the features within a distance, or could be handed one that isn't areal.

        What isn't areal leaves a rule unanswered as soon as it is a candidate, so there the candidates' box counts.
        """
        if self._stretched is None:
            self._stretched = shapely.STRtree(self._degrees(self.geometries))
        there = self._degrees(features)
        metres = _SLACK * (_WIDENED[0] * distance_m + _WIDENED[1]) + _bow(there)
        found = self._hit(
            self._stretched.query(there, predicate="dwithin", distance=metres / _METRES_PER_DEGREE)
        )
        others = features[~np.isin(shapely.get_type_id(features), _AREAL)]
        if len(others):
            found |= self._hit(shapely.STRtree(self._boxes(distance_m)).query(shapely.envelope(others)))
        return found

    def looking_at(self, place: object, distance_m: float) -> Mask:
        """Which outlines, each as its convex hull widened by a distance, meet a place where coverages differ."""
        if self._hulls is None:
            self._hulls = shapely.STRtree(self._degrees(shapely.convex_hull(self.geometries)))
        metres = _SLACK * (_WIDENED[0] * distance_m + _WIDENED[1]) if distance_m > 0 else _RIM_M
        there = self._degrees(shapely.get_parts(np.array([place], dtype=object)))
        return self._hit(
            self._hulls.query(
                there, predicate="dwithin", distance=(metres + _bow(there)) / _METRES_PER_DEGREE
            )
        )

    def _degrees(self, geometries: Objects) -> Objects:
        """Longitudes shrunk so that a degree of either kind is at least as many metres as `_METRES_PER_DEGREE`."""
        shrunk: Objects = shapely.transform(geometries, lambda xy: xy * (self._stretch, 1.0))
        return shrunk

    def _boxes(self, distance_m: float) -> Objects:
        west, south, east, north = shapely.bounds(self.geometries).T
        up = _SLACK * (_WIDENED[0] * distance_m + _WIDENED[1]) / _METRES_PER_DEGREE
        aside = up / self._stretch + _BOX_SLACK
        up += _BOX_SLACK
        boxes: Objects = shapely.box(west - aside, south - up, east + aside, north + up)
        return boxes

    def _hit(self, pairs: npt.NDArray[np.intp]) -> Mask:
        mask = np.zeros(len(self.geometries), dtype=bool)
        mask[pairs[1]] = True
        return mask


def _bow(stretched: Objects) -> npt.NDArray[np.float64]:
    """How far an edge that is straight in degrees may lie from the one that is straight in a plane, m.

    An edge is no longer than its feature's box; a chord of length L bows L²·tan(latitude) / 8R.
    """
    west, south, east, north = shapely.bounds(stretched).reshape(-1, 4).T
    length = np.hypot(east - west, north - south) * _METRES_PER_DEGREE * 1.02
    bow: npt.NDArray[np.float64] = np.nan_to_num(length**2 * _STEEPEST / (8 * _EARTH_M))
    return bow
