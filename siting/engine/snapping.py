"""Snap-clean: a boundary's vertices are put onto its neighbours', and points that say nothing are taken away.

Layers lie in degrees with edges straight there, so this works in metres in which those edges are straight: a point put
onto a neighbour's edge lies on it, and one put onto a vertex is that vertex, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import shapely
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from siting.engine.editing import FloatArray, Frame, local_frame, sound

MAX_TOLERANCE_M = 20.0
_SAME_M = 1e-4  # nearer than this a point is where it should be
_REPEATED_M = 1e-3
_ROUNDS = 20
_SPIKE_COSINE = float(np.cos(np.radians(1.0)))


class Change(StrEnum):
    """What happened to a point."""

    TO_VERTEX = "to_vertex"  # moved onto a neighbour's vertex
    TO_EDGE = "to_edge"  # moved onto a neighbour's edge
    INSERTED = "inserted"  # a neighbour's vertex that lay at an edge became a point of it
    REPEATED = "repeated"  # taken away: it repeated the one before
    SPIKE = "spike"  # taken away: the tip of an angle below 1°


Tell = Callable[[Change, FloatArray, FloatArray], None]


@dataclass(frozen=True)
class Moved:
    """One change: in which plot (index), where it was and is (degrees), and by how much (m)."""

    plot: int
    change: Change
    before: tuple[float, float]
    after: tuple[float, float]
    metres: float


@dataclass(frozen=True)
class Cleaned:
    """Plots as they are now, what changed, and the plots (indices) left alone as they would have crossed themselves."""

    plots: tuple[MultiPolygon, ...]
    moved: tuple[Moved, ...]
    refused: tuple[int, ...]


def snap_clean(
    plots: Sequence[MultiPolygon], neighbours: Sequence[BaseGeometry], tolerance_m: float
) -> Cleaned:
    """Snap plots to their neighbours and to each other (a later plot to the ones before), and clean them.

    Parameters
    ----------
    plots, neighbours
        EPSG:4490, degrees. Neighbours may be any geometry with vertices; they stay as they are.
    tolerance_m
        How far a point may move. A vertex goes before an edge; a point that lies on one already stays.

    Returns
    -------
    Cleaned
        Doing it again changes nothing.
    """
    west, south, east, north = shapely.total_bounds(np.array(plots, dtype=object)).tolist()
    frame = local_frame((west + east) / 2, (south + north) / 2)
    fixed = [frame.take(neighbour) for neighbour in neighbours if not neighbour.is_empty]
    done: list[MultiPolygon] = []
    moved: list[Moved] = []
    refused: list[int] = []
    for index, plot in enumerate(plots):
        here = frame.take(plot)
        target = _Targets.of([*fixed, *(frame.take(other) for other in done)], here, tolerance_m)
        changes: list[Moved] = []
        polygons = [
            _polygon(part, target, tolerance_m, lambda *what: changes.append(_moved(frame, index, *what)))  # noqa: B023
            for part in shapely.get_parts(here)
        ]
        kept = [polygon for polygon in polygons if polygon is not None]
        made = shapely.multipolygons(kept) if kept else None
        if made is None or (not shapely.is_valid(made) and shapely.is_valid(here)):
            refused.append(index)
            done.append(plot)
            continue
        made = made if shapely.is_valid(made) else sound(made)
        done.append(shapely.multipolygons(shapely.get_parts(frame.give(made))) if changes else plot)
        moved += changes
    return Cleaned(tuple(done), tuple(moved), tuple(refused))


@dataclass(frozen=True)
class _Targets:
    """Vertices (n, 2) and edges of the neighbours near a plot, with their indexes."""

    vertices: FloatArray
    vertex_tree: shapely.STRtree
    edges: npt.NDArray[np.object_]
    edge_tree: shapely.STRtree

    @staticmethod
    def of(geometries: Sequence[BaseGeometry], near: BaseGeometry, tolerance_m: float) -> _Targets:
        box = shapely.box(*shapely.bounds(shapely.buffer(shapely.envelope(near), tolerance_m + 1.0)).tolist())
        edges: list[FloatArray] = []
        for geometry in geometries:
            for line in shapely.get_parts(_lines(geometry)):
                xy = shapely.get_coordinates(line)
                edges.append(np.stack((xy[:-1], xy[1:]), axis=1))
        ends = np.concatenate(edges) if edges else np.empty((0, 2, 2))
        made = shapely.linestrings(ends)
        chosen = shapely.intersects(made, box)
        ends, made = ends[chosen], made[chosen]
        vertices = np.unique(ends.reshape(-1, 2), axis=0)
        return _Targets(vertices, shapely.STRtree(shapely.points(vertices)), made, shapely.STRtree(made))


def _lines(geometry: BaseGeometry) -> BaseGeometry:
    parts = shapely.get_parts(shapely.get_parts(geometry))
    dimensions = shapely.get_dimensions(parts)
    rings = shapely.get_parts(shapely.boundary(parts[dimensions == 2]))
    return shapely.multilinestrings(np.concatenate((rings, parts[dimensions == 1])))


def _moved(frame: Frame, plot: int, change: Change, before: FloatArray, after: FloatArray) -> Moved:
    there = shapely.get_coordinates(frame.give(shapely.linestrings([before, after])))
    return Moved(
        plot,
        change,
        (float(there[0, 0]), float(there[0, 1])),
        (float(there[1, 0]), float(there[1, 1])),
        float(np.hypot(*(after - before))),
    )


def _polygon(part: BaseGeometry, target: _Targets, tolerance_m: float, tell: Tell) -> BaseGeometry | None:
    """One polygon snapped and cleaned; None where its outer ring collapsed. A hole that collapsed is no hole."""
    rings = [
        _ring(shapely.get_coordinates(ring)[:-1], target, tolerance_m, tell)
        for ring in (shapely.get_exterior_ring(part), *shapely.get_rings(part)[1:])
    ]
    if rings[0] is None:
        return None
    holes = [ring for ring in rings[1:] if ring is not None]
    return shapely.Polygon(rings[0], holes)


def _ring(xy: FloatArray, target: _Targets, tolerance_m: float, tell: Tell) -> FloatArray | None:
    """An open ring (n, 2) until nothing changes any more: every point moves at most once, then it is anchored."""
    points = _cleaned(xy, tell)
    for _ in range(_ROUNDS):
        if points is None:
            break
        snapped = _snapped(points, target, tolerance_m, tell)
        cleaned = _cleaned(_filled(snapped, target, tolerance_m, tell), tell)
        if cleaned is not None and np.array_equal(cleaned, points):
            break
        points = cleaned
    return points


def _anchored(points: FloatArray, target: _Targets) -> npt.NDArray[np.bool_]:
    """Which points lie on a neighbour's vertex or edge already."""
    on = np.zeros(len(points), dtype=bool)
    if len(target.edges):
        on[target.edge_tree.query(shapely.points(points), predicate="dwithin", distance=_SAME_M)[0]] = True
    return on


def _snapped(points: FloatArray, target: _Targets, tolerance_m: float, tell: Tell) -> FloatArray:
    if len(target.edges) == 0:
        return points
    out = points.copy()
    free = ~_anchored(points, target)
    made = shapely.points(points)
    near_vertex = target.vertex_tree.query_nearest(made, max_distance=tolerance_m, all_matches=False)
    for at, vertex in near_vertex.T.tolist():
        if free[at]:
            out[at] = target.vertices[vertex]
            free[at] = False
            tell(Change.TO_VERTEX, points[at], out[at])
    near_edge = target.edge_tree.query_nearest(made, max_distance=tolerance_m, all_matches=False)
    for at, edge in near_edge.T.tolist():
        if free[at]:
            line = target.edges[edge]
            foot = shapely.line_interpolate_point(line, shapely.line_locate_point(line, made[at]))
            out[at] = shapely.get_coordinates(foot)[0]
            tell(Change.TO_EDGE, points[at], out[at])
    return out


def _filled(points: FloatArray, target: _Targets, tolerance_m: float, tell: Tell) -> FloatArray:
    """With the neighbours' vertices that lie at an edge, but aren't among the ring's points, put into it."""
    if len(target.vertices) == 0:
        return points
    ends = np.stack((points, np.roll(points, -1, axis=0)), axis=1)
    edges = shapely.linestrings(ends)
    found = target.vertex_tree.query(edges, predicate="dwithin", distance=tolerance_m)
    present = shapely.STRtree(shapely.points(points))
    insert: dict[int, list[tuple[float, int]]] = {}
    taken: set[int] = set()
    for edge, vertex in found.T.tolist():
        vertex_point = shapely.points(target.vertices[vertex])
        along = float(shapely.line_locate_point(edges[edge], vertex_point))
        # At a corner the corner itself was snapped, or stays; only what lies along the edge goes into it.
        inside = tolerance_m < along < float(shapely.length(edges[edge])) - tolerance_m
        off = float(shapely.distance(edges[edge], vertex_point))
        close = present.query(vertex_point, predicate="dwithin", distance=_REPEATED_M)
        if inside and off > _SAME_M and vertex not in taken and not len(close):
            taken.add(vertex)
            insert.setdefault(edge, []).append((along, vertex))
            foot = shapely.line_interpolate_point(edges[edge], along)
            tell(Change.INSERTED, shapely.get_coordinates(foot)[0], target.vertices[vertex])
    if not insert:
        return points
    rows: list[FloatArray] = []
    for at, point in enumerate(points):
        rows.append(point)
        rows += [target.vertices[vertex] for _, vertex in sorted(insert.get(at, []))]
    return np.array(rows)


def _cleaned(points: FloatArray, tell: Tell) -> FloatArray | None:
    """Without repeated points and spikes; None where fewer than three points are left."""
    while len(points) >= 3:
        back, ahead = np.roll(points, 1, axis=0) - points, np.roll(points, -1, axis=0) - points
        lengths = np.hypot(*back.T)
        repeated = np.flatnonzero(lengths <= _REPEATED_M)
        if len(repeated):
            at = int(
                repeated[0] or repeated[-1]
            )  # of the pair at the seam the later one goes, like elsewhere
            tell(Change.REPEATED, points[at], points[at - 1])
        else:
            cosine = (back * ahead).sum(axis=1) / (lengths * np.hypot(*ahead.T))
            spikes = np.flatnonzero(cosine > _SPIKE_COSINE)
            if len(spikes) == 0:
                return points
            at = int(spikes[0])
            tell(Change.SPIKE, points[at], points[at - 1])
        points = np.delete(points, at, axis=0)
    return None
