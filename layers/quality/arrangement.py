"""How features lie to each other: do any two share area, and what do they cover together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon

from layers.areas import exact_areas
from layers.quality.geometry import as_multipolygon, in_blocks

OVERLAP_WIDTH_M = 0.001  # two features overlap where their common piece is wider than the declared precision
_METRES_PER_DEGREE = 111_320.0
_BLOCK = 25_000


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
