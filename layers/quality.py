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


def _unmatched(geometries: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    """Features with an edge that no neighbour runs in the opposite direction.

    In a tiling all inner edges cancel. Where features overlap, the outline of the doubly covered region is made
    of edges that don't, so at least one of the features that share area is among those found.
    """
    rings = shapely.orient_polygons(geometries)
    xy, owner = shapely.get_coordinates(rings, return_index=True)
    # one number per vertex; equal vertices have equal numbers (a collision only adds a candidate)
    bits = xy.view(np.uint64)
    with np.errstate(over="ignore"):
        mark = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)
        mark ^= (bits[:, 1] ^ (bits[:, 1] >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        mark ^= mark >> np.uint64(31)
        real = (owner[1:] == owner[:-1]) & (mark[1:] != mark[:-1])
        start, end, owner = mark[:-1][real], mark[1:][real], owner[:-1][real]
        edge = (start + end) ^ (start ^ end) * np.uint64(3)  # the same in both directions
    forward = start < end
    del xy, bits, mark, real, start, end
    order = np.argsort(edge)
    edge, forward = edge[order], forward[order]
    begins = np.flatnonzero(np.r_[True, edge[1:] != edge[:-1]])
    length = np.diff(np.r_[begins, len(edge)])
    pair = length == 2
    pair[pair] = forward[begins[pair]] != forward[begins[pair] + 1]
    lonely = np.repeat(~pair, length)
    result = np.zeros(len(geometries), dtype=bool)
    result[owner[order[lonely]]] = True
    return result


def non_overlapping(geometries: npt.NDArray[np.object_]) -> bool:
    """Whether no two features share a piece wider than 1 mm (valid polygons, EPSG:4490)."""
    geometries = geometries[shapely.get_dimensions(geometries) == 2]
    if len(geometries) < 2:
        return True
    candidates = np.flatnonzero(_unmatched(geometries))
    tree = shapely.STRtree(geometries)
    for begin in range(0, len(candidates), _BLOCK):
        some = candidates[begin : begin + _BLOCK]
        left, right = tree.query(geometries[some], predicate="intersects")
        left = some[left]
        pairs = (left < right) | ((left > right) & ~np.isin(right, candidates))
        left, right = left[pairs], right[pairs]
        touching = (
            in_blocks(shapely.touches, geometries[left], geometries[right])
            if len(left)
            else np.zeros(0, bool)
        )
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


def outline(geometries: npt.NDArray[np.object_], *, tiling: bool) -> MultiPolygon:
    """The union of all features with a surface: where a layer that says nothing else can be asked."""
    surfaces = geometries[shapely.get_dimensions(geometries) == 2]
    if not len(surfaces):
        return MultiPolygon()
    if tiling:
        union = shapely.coverage_union_all(surfaces)
        if shapely.is_valid(union):
            return as_multipolygon(union)
    return as_multipolygon(shapely.union_all(surfaces))


def as_multipolygon(geometry: Any) -> MultiPolygon:
    """The polygonal parts of any geometry."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.multipolygons(parts[(shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)])
