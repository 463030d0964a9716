"""The outlines of many surfaces as flat arrays: what they are long, and which of their edges nobody runs back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
UNITS = 1e9  # vertices closer than a unit (0.1 mm) count as one


@dataclass(frozen=True)
class Rings:
    """Edges of surfaces one after the other, the inside on their left; edges without length are left out.

    `start` and `end` are (n, 2) in degrees, `ring` numbers the rings, `owner` is the position of the surface.
    """

    start: Floats
    end: Floats
    ring: npt.NDArray[np.intp]
    owner: npt.NDArray[np.intp]

    def metres(self) -> Floats:
        """Each edge as a vector in metres, (n, 2)."""
        east, north = metres_per_degree((self.start[:, 1] + self.end[:, 1]) / 2)
        vectors = self.end - self.start
        vectors[:, 0] *= east
        vectors[:, 1] *= north
        return vectors

    def of(self, owners: npt.NDArray[np.bool_]) -> Rings:
        """Only the edges of some of the surfaces, which are numbered anew."""
        kept = owners[self.owner]
        number = np.cumsum(owners) - 1
        return Rings(self.start[kept], self.end[kept], self.ring[kept], number[self.owner[kept]])

    def perimeters(self, count: int) -> Floats:
        """Metres around each of `count` surfaces, holes included."""
        east, north = self.metres().T
        return np.asarray(np.bincount(self.owner, np.hypot(east, north), minlength=count), dtype=np.float64)


def metres_per_degree(latitude: Floats) -> tuple[Floats, Floats]:
    """Of longitude and of latitude at a latitude (degrees) on the ellipsoid, to a part in 100,000."""
    once = np.cos(np.radians(latitude))
    squared = once * once
    # the usual series in cosines of multiples of the latitude, as powers of the first
    east = once * (111412.877 + 93.5 * 3 - 93.5 * 4 * squared)
    double = 2 * squared - 1
    north = 111132.952 - 1.175 - 559.85 * double + 1.175 * 2 * double * double
    return east, north


def rings(surfaces: npt.NDArray[np.object_]) -> Rings:
    polygons, surface = shapely.get_parts(surfaces, return_index=True)
    lines, polygon = shapely.get_rings(shapely.orient_polygons(polygons), return_index=True)
    xy, ring = shapely.get_coordinates(lines, return_index=True)
    x, y = xy.T
    real = np.flatnonzero((ring[1:] == ring[:-1]) & ((x[1:] != x[:-1]) | (y[1:] != y[:-1])))
    return Rings(xy[real], xy[real + 1], ring[real], surface[polygon[ring[real]]])


def perimeters(surfaces: npt.NDArray[np.object_]) -> Floats:
    """Metres around each surface, holes included."""
    return rings(surfaces).perimeters(len(surfaces))


def unmatched(edges: Rings) -> npt.NDArray[np.intp]:
    """Edges that no one runs in the opposite direction (exactly one must); vertices are compared to 0.1 mm.

    In a tiling all inner edges cancel. Where surfaces overlap, the outline of what is covered more than once is
    made of edges that don't, at least one of them of a surface that lies on the inner side.
    """
    start, end = _marks(edges.start), _marks(edges.end)
    with np.errstate(over="ignore"):
        edge = (start + end) ^ (start ^ end) * np.uint64(3)  # the same in both directions
    forward = start < end
    some = start != end  # below 0.1 mm there is no direction: nothing that matters hangs on such an edge
    index = np.flatnonzero(some)
    order = index[np.argsort(edge[index])]
    edge, forward = edge[order], forward[order]
    begins = np.flatnonzero(np.r_[True, edge[1:] != edge[:-1]]) if len(edge) else np.empty(0, dtype=np.intp)
    length = np.diff(np.r_[begins, len(edge)])
    pair = length == 2
    pair[pair] = forward[begins[pair]] != forward[begins[pair] + 1]
    return order[np.repeat(~pair, length)]


def _marks(xy: Floats) -> npt.NDArray[np.uint64]:
    """One number per vertex; equal vertices have equal numbers (a collision only adds a candidate)."""
    grid = np.rint(xy * UNITS).astype(np.int64).view(np.uint64)
    with np.errstate(over="ignore"):
        mark = grid[:, 0] * np.uint64(0x9E3779B97F4A7C15)
        mark ^= (grid[:, 1] ^ (grid[:, 1] >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        mark ^= mark >> np.uint64(31)
    return np.asarray(mark)
