"""Is a table of features fit to be a version: valid, repaired, rejected; do features share area; what they cover."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon

from layers.areas import exact_areas

MAX_FEATURE_VERTICES = 2_000_000
RANGE = (70.0, 0.0, 140.0, 60.0)  # west, south, east, north: China with its seas, generously
OVERLAP_WIDTH_M = 0.001  # two features overlap where their common piece is wider than the declared precision
_METRES_PER_DEGREE = 111_320.0
_BLOCK = 25_000


@dataclass(frozen=True)
class Repair:
    """One feature that was not valid and now is; areas in m² on the ellipsoid."""

    key: str
    reason: str
    area_before: float
    area_after: float


@dataclass(frozen=True)
class Rejection:
    """One feature that was left out."""

    key: str
    reason: str


def in_blocks(function: Callable[..., Any], *arrays: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """`function` over blocks of the arrays on all cores (shapely releases Python's lock); results in order."""
    length = len(arrays[0])
    spans = [slice(k, k + _BLOCK) for k in range(0, length, _BLOCK)] or [slice(0, 0)]
    if len(spans) == 1:
        return np.asarray(function(*arrays))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.concatenate(list(pool.map(lambda span: function(*(a[span] for a in arrays)), spans)))


def _of_dimension(geometry: Any, dimension: int) -> Any:
    """The parts of that dimension as one geometry; None where there are none."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    parts = parts[(shapely.get_dimensions(parts) == dimension) & ~shapely.is_empty(parts)]
    if not len(parts):
        return None
    if len(parts) == 1:
        return parts[0]
    return {0: shapely.multipoints, 1: shapely.multilinestrings, 2: shapely.multipolygons}[dimension](parts)


def check(
    keys: npt.NDArray[np.object_], geometries: npt.NDArray[np.object_]
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.bool_], list[Repair], list[Rejection]]:
    """Repair what can be repaired and say what can't stay.

    Returns
    -------
    The geometries (2D, valid where kept), the mask of those kept, the repairs, the rejections.
    """
    keep = np.ones(len(geometries), dtype=bool)
    rejected: list[Rejection] = []

    def reject(mask: npt.NDArray[np.bool_], reason: str) -> None:
        for i in np.flatnonzero(mask & keep):
            rejected.append(Rejection(str(keys[i]) or f"#{i + 1}", reason))
        keep[mask] = False

    reject(shapely.is_missing(geometries), "没有几何")
    reject(shapely.is_empty(geometries), "几何为空")
    reject(
        shapely.get_num_coordinates(geometries) > MAX_FEATURE_VERTICES, f"顶点超过 {MAX_FEATURE_VERTICES} 个"
    )
    xy, owner = shapely.get_coordinates(geometries, return_index=True)
    wild = ~np.isfinite(xy).all(axis=1)
    reject(np.bincount(owner[wild], minlength=len(geometries)) > 0, "坐标不是数值")
    west, south, east, north = RANGE
    with np.errstate(invalid="ignore"):
        outside = (xy[:, 0] < west) | (xy[:, 0] > east) | (xy[:, 1] < south) | (xy[:, 1] > north)
    reject(np.bincount(owner[outside], minlength=len(geometries)) > 0, "坐标超出经纬度范围")
    del xy, owner

    geometries = geometries.copy()
    if shapely.has_z(geometries).any() or shapely.has_m(geometries).any():
        geometries = shapely.force_2d(geometries)
    valid = np.zeros(len(geometries), dtype=bool)
    valid[keep] = in_blocks(shapely.is_valid, geometries[keep])
    # a collection is valid, but no layer's feature: only its parts of the highest dimension count
    collection = shapely.get_type_id(geometries) == 7
    repaired: list[Repair] = []
    for i in np.flatnonzero(keep & (~valid | collection)):
        before = geometries[i]
        dimension = int(shapely.get_dimensions(before))
        made = before if valid[i] else shapely.make_valid(before, method="structure", keep_collapsed=False)
        after = _of_dimension(made, dimension)
        if after is None:
            keep[i] = False
            rejected.append(Rejection(str(keys[i]) or f"#{i + 1}", str(shapely.is_valid_reason(before))))
            continue
        geometries[i] = after
        areas = exact_areas([before, after])
        reason = str(shapely.is_valid_reason(before))
        repaired.append(Repair(str(keys[i]) or f"#{i + 1}", reason, float(areas[0]), float(areas[1])))
    return geometries, keep, repaired, rejected


def _unmatched(
    geometries: npt.NDArray[np.object_],
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Features with an edge that no neighbour runs in the opposite direction; and those edges, (m, 2, 2) degrees.

    In a tiling all inner edges cancel. Where features overlap, the outline of the doubly covered region is made
    of edges that don't, so at least one of the features that share area is among those found.
    """
    xy, owner = shapely.get_coordinates(shapely.orient_polygons(geometries), return_index=True)
    # one number per vertex; equal vertices have equal numbers (a collision only adds a candidate)
    bits = xy.view(np.uint64)
    with np.errstate(over="ignore"):
        mark = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)
        mark ^= (bits[:, 1] ^ (bits[:, 1] >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        mark ^= mark >> np.uint64(31)
        real = np.flatnonzero((owner[1:] == owner[:-1]) & (mark[1:] != mark[:-1]))
        start, end = mark[real], mark[real + 1]
        edge = (start + end) ^ (start ^ end) * np.uint64(3)  # the same in both directions
    forward = start < end
    del bits, mark, start, end
    order = np.argsort(edge)
    edge, forward = edge[order], forward[order]
    begins = np.flatnonzero(np.r_[True, edge[1:] != edge[:-1]])
    length = np.diff(np.r_[begins, len(edge)])
    pair = length == 2
    pair[pair] = forward[begins[pair]] != forward[begins[pair] + 1]
    lonely = real[order[np.repeat(~pair, length)]]
    mask = np.zeros(len(geometries), dtype=bool)
    mask[owner[lonely]] = True
    return mask, np.stack((xy[lonely], xy[lonely + 1]), axis=1)


@dataclass(frozen=True)
class Arrangement:
    """How features lie to each other: whether no two share area, and the outline of them all."""

    non_overlapping: bool
    outline: MultiPolygon


def arrangement(geometries: npt.NDArray[np.object_], *, outlined: bool) -> Arrangement:
    """Do features (valid, EPSG:4490) share a piece wider than 1 mm, and what do they cover together?

    The outline is empty unless it is asked for with `outlined`.
    """
    surfaces = geometries[shapely.get_dimensions(geometries) == 2]
    if not len(surfaces):
        return Arrangement(True, MultiPolygon())
    mask, edges = _unmatched(surfaces)
    apart = _apart(surfaces, np.flatnonzero(mask))
    if not outlined:
        return Arrangement(apart, MultiPolygon())
    if apart:
        # the edges that nobody runs back are the outline itself, where neighbours have the same vertices
        area = shapely.build_area(shapely.multilinestrings(shapely.linestrings(edges)))
        total = shapely.area(surfaces).sum()
        if abs(shapely.area(area) - total) <= 1e-9 * total and shapely.is_valid(area):
            surfaces = np.array([area], dtype=object)
    # on a grid of 1e-9°: neighbours whose vertices differ in the last bits leave no slits
    return Arrangement(apart, as_multipolygon(shapely.union_all(surfaces, grid_size=1e-9)))


def _apart(geometries: npt.NDArray[np.object_], candidates: npt.NDArray[np.intp]) -> bool:
    """Whether none of the candidates shares a piece wider than 1 mm with any feature."""
    if len(geometries) < 2:
        return True
    tree = shapely.STRtree(geometries)
    for begin in range(0, len(candidates), _BLOCK):
        some = candidates[begin : begin + _BLOCK]
        left, right = tree.query(geometries[some], predicate="intersects")
        left = some[left]
        pairs = (left < right) | ((left > right) & ~np.isin(right, candidates))
        left, right = left[pairs], right[pairs]
        if not len(left):
            continue
        touching = in_blocks(shapely.touches, geometries[left], geometries[right])
        left, right = left[~touching], right[~touching]
        if not len(left):
            continue
        common = in_blocks(shapely.intersection, geometries[left], geometries[right])
        area = exact_areas(common)
        # degrees of longitude are shorter than those of latitude: the width comes out smaller, if anything
        length = shapely.length(common) * _METRES_PER_DEGREE
        if bool((2 * area > OVERLAP_WIDTH_M * length)[area > 0].any()):
            return False
    return True


def as_multipolygon(geometry: Any) -> MultiPolygon:
    """The polygonal parts of any geometry."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.multipolygons(parts[(shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)])
