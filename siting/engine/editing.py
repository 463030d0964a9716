"""What the boundary desk does to plots: split, merge, offset, cut out, move.

Every operation takes plots as MultiPolygons in EPSG:4490 (degrees) with the system in which their edges are straight,
and gives plots in degrees. Topology (split, merge, cut out) is done where the edges are straight, so a point put onto
an edge stays on it: a straight kilometre of the plane bows by 17 mm in longitude/latitude. Metres (offset, move) are
those of the declared plane, or of the site's own 3° Gauss-Krüger zone where it was drawn in degrees.

A vertex that an operation doesn't touch comes back bit for bit: what went into the plane is looked up, not projected
back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, isfinite, radians, sin, sqrt

import numpy as np
import numpy.typing as npt
import shapely
from shapely import LineString, MultiPolygon
from shapely.geometry.base import BaseGeometry

from siting.engine.area import SEMI_MAJOR_M
from siting.engine.crs import DeclaredCrs, from_degrees, gauss_kruger, to_degrees, zone_of_longitude
from siting.engine.notices import Notice, UnusableInput
from siting.engine.slivers import CONTACT_WIDTH_M

FloatArray = npt.NDArray[np.float64]

_E2 = (2 - 1 / 298.257222101) / 298.257222101
MAX_OFFSET_M = 100_000.0
_MITRE_LIMIT = 5.0  # a corner sharper than some 23° is cut off rather than drawn out for ever
_ARC_SEGMENTS = 16  # of a quarter circle: 0.5 mm inside the arc per metre of radius
_GRID_DECIMALS = 5
_GRID_M = 10.0**-_GRID_DECIMALS
"""Overlays run on a grid of 10 µm. A point computed on an edge misses it by a nanometre, and where plots and knives
share lines without sharing points that leaves threads and cracks that no later step takes for a boundary; on the grid
they fall together. Points that came in are given back as they were, whatever the grid made of them."""
_LAID_M = 0.002
_FOREIGN_STEP_M = 50.0  # edges of other systems bow by less than 0.1 mm between two points so far apart
MAX_PIECES = 1_000


@dataclass(frozen=True)
class Frame:
    """A plane in metres to work in, and the way back.

    ``known`` holds every vertex that came in: (x, y) in the plane, on the grid, to longitude and latitude as they were.
    """

    forward: Callable[[FloatArray], FloatArray]
    backward: Callable[[FloatArray], FloatArray]
    known: dict[tuple[float, float], tuple[float, float]]

    def take(self, geometry: BaseGeometry) -> BaseGeometry:
        """Bring a geometry (degrees) into the plane, vertex by vertex."""
        lonlat = shapely.get_coordinates(geometry)
        if len(lonlat) == 0:
            return geometry
        xy = self.forward(lonlat)
        self.known.update(zip(_on_grid(xy), map(tuple, lonlat.tolist()), strict=True))
        return shapely.transform(geometry, lambda _: xy)

    def give(self, geometry: BaseGeometry) -> BaseGeometry:
        """Give a geometry in degrees; vertices that were taken in are the very same again."""
        xy = shapely.get_coordinates(geometry)
        if len(xy) == 0:
            return geometry
        lonlat = self.backward(xy)
        for row, point in enumerate(_on_grid(xy)):
            known = self.known.get(point)
            if known is not None:
                lonlat[row] = known
        return shapely.transform(geometry, lambda _: lonlat)


def _on_grid(xy: FloatArray) -> list[tuple[float, float]]:
    return list(map(tuple, (np.round(xy, _GRID_DECIMALS) + 0.0).tolist()))


def local_frame(lon: float, lat: float) -> Frame:
    """Metres around a place in which lines straight in degrees stay straight (exact at ``lat``, 0.1 % 10 km off)."""
    w = 1 - _E2 * sin(radians(lat)) ** 2
    scale = np.radians(
        np.array([SEMI_MAJOR_M / sqrt(w) * cos(radians(lat)), SEMI_MAJOR_M * (1 - _E2) / w**1.5])
    )
    origin = np.array([lon, lat])
    return Frame(lambda c: (c - origin) * scale, lambda c: c / scale + origin, {})


def plane_frame(crs: DeclaredCrs) -> Frame:
    """The plane of a Gauss-Krüger zone."""
    return Frame(lambda c: from_degrees(c, crs), lambda c: to_degrees(c, crs), {})


def straight_frame(crs: DeclaredCrs, geometries: Sequence[BaseGeometry]) -> Frame:
    """The plane in which edges that are straight in ``crs`` are straight."""
    return local_frame(*_middle(geometries)) if crs.is_geographic else plane_frame(crs)


def metric_plane(crs: DeclaredCrs, geometries: Sequence[BaseGeometry]) -> DeclaredCrs:
    """Where metres are counted: the declared plane, else the 3° zone of the middle, without prefix."""
    if not crs.is_geographic:
        return crs
    return gauss_kruger(zone_of_longitude(_middle(geometries)[0]), prefixed=False)


def _middle(geometries: Sequence[BaseGeometry]) -> tuple[float, float]:
    west, south, east, north = shapely.total_bounds(np.array(geometries, dtype=object)).tolist()
    return (west + east) / 2, (south + north) / 2


def foreign(geometry: BaseGeometry, crs: DeclaredCrs) -> BaseGeometry:
    """A knife whose edges are straight in degrees, ready for a plane where they aren't: points every 50 m at most."""
    if crs.is_geographic or geometry.is_empty:
        return geometry
    lat = float(shapely.get_coordinates(geometry)[0][1])
    step = np.degrees(_FOREIGN_STEP_M / SEMI_MAJOR_M)
    return shapely.segmentize(geometry, step * max(cos(radians(lat)), 0.3))


# --- topology -------------------------------------------------------------------------------------


def split(plot: MultiPolygon, line: LineString, crs: DeclaredCrs) -> tuple[MultiPolygon, ...]:
    """Split a plot by a line (degrees).

    Returns
    -------
    tuple
        One plot per piece, the largest first; parts that the line doesn't cross stay with it. One plot, the same,
        where the line divides nothing. Together they are the plot: no ground is lost, none is twice.
    """
    frame = straight_frame(crs, (plot,))
    here, knife = sound(frame.take(plot)), frame.take(foreign(line, crs))
    whole: list[BaseGeometry] = []
    pieces: list[BaseGeometry] = []
    for part in shapely.get_parts(here):
        found = [part] if not shapely.intersects(part, knife) else _divided(part, knife)
        (pieces if len(found) > 1 else whole).extend(found if len(found) > 1 else [part])
    if not pieces:
        return (plot,)
    if len(pieces) > MAX_PIECES:
        raise UnusableInput(
            Notice("split-too-many", "分割后超过 %(limit)s 块", {"limit": MAX_PIECES}, field="line")
        )
    pieces.sort(key=lambda piece: (-piece.area, piece.bounds))
    made = [shapely.multipolygons([pieces[0], *whole]), *(shapely.multipolygons([p]) for p in pieces[1:])]
    return tuple(_multi(frame.give(piece)) for piece in made)


def _divided(part: BaseGeometry, line: BaseGeometry) -> list[BaseGeometry]:
    """The faces of a polygon that a line makes."""
    # The whole line: the ends of its part inside, computed, might miss the outline by a nanometre and divide nothing.
    noded = shapely.union_all([shapely.boundary(part), line], grid_size=_GRID_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded).tolist()))
    shapely.prepare(part)
    # A face is of the polygon, or of one of its holes.
    kept = faces[shapely.contains(part, shapely.point_on_surface(faces))] if len(faces) else faces
    return list(_wide(kept))


def merge(plots: Sequence[MultiPolygon], crs: DeclaredCrs) -> MultiPolygon:
    """Dissolve plots into one. What doesn't touch stays a part of its own; a hole that all leave open stays."""
    frame = straight_frame(crs, plots)
    return _multi(
        frame.give(_areal(shapely.union_all([sound(frame.take(plot)) for plot in plots], grid_size=_GRID_M)))
    )


def cut_out(plot: MultiPolygon, knife: BaseGeometry, crs: DeclaredCrs) -> MultiPolygon | None:
    """Take a polygon (degrees, edges straight there) out of a plot; None where nothing of it remains."""
    frame = straight_frame(crs, (plot,))
    here = sound(frame.take(plot))
    there = _laid_on(sound(frame.take(foreign(knife, crs))), here)
    if _areal(shapely.intersection(here, there, grid_size=_GRID_M)).is_empty:
        # the difference would still move a corner that the knife touches, by microns
        return _multi(frame.give(here))
    left = _areal(shapely.difference(here, there, grid_size=_GRID_M))
    return None if left.is_empty else _multi(frame.give(left))


def common(plot: MultiPolygon, knife: BaseGeometry, crs: DeclaredCrs) -> MultiPolygon | None:
    """What a plot and a polygon (degrees) have in common; None where that is no ground."""
    frame = straight_frame(crs, (plot,))
    here = sound(frame.take(plot))
    there = _laid_on(sound(frame.take(foreign(knife, crs))), here)
    shared = _areal(shapely.intersection(here, there, grid_size=_GRID_M))
    return None if shared.is_empty else _multi(frame.give(shared))


def _laid_on(knife: BaseGeometry, plot: BaseGeometry) -> BaseGeometry:
    """A knife whose points that all but lie on a plot's outline lie on it: no wall of a tenth of a millimetre is left.

    A conflict's ground ends where the plot ends, but was measured where edges of a plane are bent by up to 1 mm.
    """
    ends = np.concatenate(
        [
            np.stack((xy[:-1], xy[1:]), axis=1)
            for ring in shapely.get_rings(shapely.get_parts(plot))
            for xy in (shapely.get_coordinates(ring),)
        ]
    )
    edges = shapely.linestrings(ends)
    xy = shapely.get_coordinates(knife)
    points = shapely.points(xy)
    found = shapely.STRtree(edges).query_nearest(points, max_distance=_LAID_M, all_matches=False)
    if found.size == 0:
        return knife
    at, edge = found
    foot = shapely.get_coordinates(
        shapely.line_interpolate_point(edges[edge], shapely.line_locate_point(edges[edge], points[at]))
    )
    for end in (ends[edge, 0], ends[edge, 1]):
        near = np.hypot(*(end - xy[at]).T) <= _LAID_M
        foot[near] = end[near]
    xy[at] = foot
    return sound(shapely.transform(knife, lambda _: xy))


# --- metres ---------------------------------------------------------------------------------------


def buffer(
    plot: MultiPolygon, distance_m: float, crs: DeclaredCrs, *, rounded: bool = False
) -> MultiPolygon | None:
    """Move a plot's outline outwards by a distance (inwards: negative), m; None where nothing remains.

    Corners stay corners unless ``rounded``; holes shrink as the plot grows.
    """
    _finite("distance_m", distance_m, MAX_OFFSET_M)
    frame = plane_frame(metric_plane(crs, (plot,)))
    grown = shapely.buffer(
        sound(frame.take(plot)),
        distance_m,
        quad_segs=_ARC_SEGMENTS,
        join_style="round" if rounded else "mitre",
        mitre_limit=_MITRE_LIMIT,
    )
    grown = _areal(grown)
    return None if grown.is_empty else _multi(frame.give(grown))


def move(
    plots: Sequence[MultiPolygon],
    crs: DeclaredCrs,
    *,
    north_m: float = 0.0,
    east_m: float = 0.0,
    turn_deg: float = 0.0,
) -> tuple[MultiPolygon, ...]:
    """Move plots by ΔX (north) and ΔY (east), metres, after turning them together around their middle.

    ``turn_deg`` runs clockwise, as bearings do. The shape in the plane, and with it the planar area, stays.
    """
    _finite("north_m", north_m, MAX_OFFSET_M)
    _finite("east_m", east_m, MAX_OFFSET_M)
    _finite("turn_deg", turn_deg, 360.0)
    crs_m = metric_plane(crs, plots)
    taken = plane_frame(crs_m)
    there = [taken.take(plot) for plot in plots]
    centre = np.array(shapely.get_coordinates(shapely.centroid(shapely.geometrycollections(there)))[0])
    angle = radians(turn_deg)
    turn = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])  # rows (east, north) times this

    def moved(xy: FloatArray) -> FloatArray:
        turned = (xy - centre) @ turn + centre if turn_deg else xy
        out: FloatArray = turned + np.array([east_m, north_m])
        return out

    fresh = plane_frame(crs_m)  # nothing stays where it was, so nothing is looked up
    return tuple(_multi(fresh.give(shapely.transform(plot, moved))) for plot in there)


# --- polygons -------------------------------------------------------------------------------------


def sound(geometry: BaseGeometry) -> BaseGeometry:
    """A geometry that overlays take: rings that touch each other are put in order, no ground changes."""
    if shapely.is_valid(geometry):
        return geometry
    return _areal(shapely.make_valid(geometry, method="structure", keep_collapsed=False))


def _wide(polygons: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Without threads below a millimetre: where two outlines agree, doubles leave such."""
    if len(polygons) == 0:
        return polygons
    outline = shapely.length(polygons)
    kept: npt.NDArray[np.object_] = polygons[2 * shapely.area(polygons) > CONTACT_WIDTH_M * outline]
    return kept


def _areal(geometry: BaseGeometry) -> BaseGeometry:
    """The polygons (metres) of a geometry: touching edges leave lines and points beside them."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.multipolygons(_wide(parts[shapely.get_dimensions(parts) == 2]))


def _multi(geometry: BaseGeometry) -> MultiPolygon:
    return shapely.multipolygons(shapely.get_parts(geometry))


def _finite(field: str, value: float, limit: float) -> None:
    if not isfinite(value) or abs(value) > limit:
        raise UnusableInput(
            Notice("number-out-of-range", "数值应在 ±%(limit)s 之间", {"limit": f"{limit:g}"}, field=field)
        )
