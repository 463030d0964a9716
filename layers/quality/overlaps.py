"""Which features share ground, and where."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely

from layers.areas import exact_areas
from layers.quality.limits import LIMITS
from layers.quality.rings import UNITS, Rings, perimeters, unmatched
from layers.quality.rows import Block

_AT_ONCE = 500  # parts whose neighbours are looked up together: bounds the pairs in memory
_PAIRS = 50_000  # pairs that are intersected together
ENOUGH = 100_000  # overlaps of one block after which it is left at that
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Overlaps:
    """Pairs of features by position, the smaller one first, with what they share (m², EPSG:4490).

    A pair of big features may stand here several times, once for each pair of their pieces. `complete` is false where
    there were so many that the rest wasn't looked for.
    """

    first: Positions
    second: Positions
    areas: npt.NDArray[np.float64]
    shapes: npt.NDArray[np.object_]
    complete: bool = True

    def __len__(self) -> int:
        return len(self.first)

    def only(self, mask: npt.NDArray[np.bool_]) -> Overlaps:
        return Overlaps(
            self.first[mask], self.second[mask], self.areas[mask], self.shapes[mask], self.complete
        )


def none() -> Overlaps:
    nobody = np.empty(0, dtype=np.int64)
    return Overlaps(nobody, nobody, np.empty(0), np.empty(0, dtype=object))


def joined(found: list[Overlaps]) -> Overlaps:
    if not found:
        return none()
    return Overlaps(
        np.concatenate([one.first for one in found]),
        np.concatenate([one.second for one in found]),
        np.concatenate([one.areas for one in found]),
        np.concatenate([one.shapes for one in found]),
        all(one.complete for one in found),
    )


def by_pair(found: Overlaps) -> Overlaps:
    """One overlap for each pair of features, of all that their pieces share."""
    if not len(found):
        return found
    pairs, where = np.unique(np.column_stack([found.first, found.second]), axis=0, return_inverse=True)
    order = np.argsort(where.ravel(), kind="stable")
    begins = np.flatnonzero(np.r_[True, np.diff(where.ravel()[order]) > 0])
    shapes = [shapely.union_all(some) for some in np.split(found.shapes[order], begins[1:])]
    areas = np.asarray(np.bincount(where.ravel(), found.areas), dtype=np.float64)
    return Overlaps(pairs[:, 0], pairs[:, 1], areas, np.array(shapes, dtype=object), found.complete)


def overlaps(
    block: Block, edges: Rings, used: npt.NDArray[np.bool_]
) -> tuple[Overlaps, npt.NDArray[np.bool_]]:
    """The overlaps that this block answers for, and which of its parts have an edge that nobody runs back.

    It answers for what has its representative point in the block's cell, so each overlap is found in one block.
    Only parts in `used` are looked at: surfaces, of exact duplicates one. `edges` are theirs, numbered in their order.

    Why none is missed: let D be what is covered more than once, as far as it lies in the cell. Either D is the
    whole cell: then the features at the cell's middle share ground. Or its outline passes through the cell, on
    edges that nobody runs back, and a feature with such an edge shares ground there. From a pair that shares ground,
    all partners of both are looked up, and theirs: from one face of D to the next at least one of two features
    goes on, so what is found spreads over all of D.
    """
    index = np.flatnonzero(used)
    parts, owners, numbers = block.parts[index], block.owners[index], block.numbers[index]
    loose = np.zeros(len(block.parts), dtype=bool)
    if not len(parts):
        return none(), loose
    lonely = unmatched(edges)
    loose[index[edges.owner[lonely]]] = True
    if len(parts) < 2:
        return none(), loose
    west, south, east, north = block.cell
    low = np.minimum(edges.start[lonely], edges.end[lonely])
    high = np.maximum(edges.start[lonely], edges.end[lonely])
    near = (low[:, 0] < east) & (high[:, 0] >= west) & (low[:, 1] < north) & (high[:, 1] >= south)
    tree = shapely.STRtree(parts)
    seeds = np.unique(
        np.concatenate(
            [edges.owner[lonely[near]], tree.query(_middle(block, edges.start), predicate="intersects")]
        )
    )
    found: list[Overlaps] = []
    tested = np.zeros(len(parts), dtype=bool)
    waiting = np.zeros(len(parts), dtype=bool)
    now = np.zeros(len(parts), dtype=bool)
    waiting[seeds] = True
    count = 0
    while waiting.any():
        some = np.flatnonzero(waiting)[:_AT_ONCE]
        waiting[some], now[some] = False, True
        left, right = tree.query(parts[some], predicate="intersects")
        left = some[left]
        fresh = ~tested[right] & (owners[left] != owners[right])
        fresh &= (left < right) | ~now[right]
        tested[some], now[some] = True, False
        left, right = left[fresh], right[fresh]
        left, right = np.where(numbers[left] < numbers[right], (left, right), (right, left))
        for begin in range(0, len(left), _PAIRS):
            pairs = slice(begin, begin + _PAIRS)
            one, partners = _shared(block, parts, owners, left[pairs], right[pairs])
            waiting[partners[~tested[partners]]] = True
            found.append(one)
            count += len(one)
            if count >= ENOUGH:
                return replace(joined(found), complete=False), loose
    return joined(found), loose


def _shared(
    block: Block, parts: npt.NDArray[np.object_], owners: Positions, left: Positions, right: Positions
) -> tuple[Overlaps, Positions]:
    """What these pairs of parts share, as far as the block answers for it; and all parts that share anything."""
    apart = shapely.touches(parts[left], parts[right])
    left, right = left[~apart], right[~apart]
    shapes, areas = common(parts[left], parts[right])
    real = areas > 0
    left, right, areas, shapes = left[real], right[real], areas[real], shapes[real]
    at = shapely.get_coordinates(shapely.point_on_surface(shapes))
    here = block.has(at[:, 0], at[:, 1])
    first, second = owners[left[here]], owners[right[here]]
    found = Overlaps(np.minimum(first, second), np.maximum(first, second), areas[here], shapes[here])
    return found, np.unique(np.concatenate([left, right]))


def _middle(block: Block, xy: npt.NDArray[np.float64]) -> shapely.Point:
    """A point well inside the cell, or inside what it holds where the cell has no end."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    west, south, east, north = block.cell
    return shapely.Point(
        (max(west, low[0]) + min(east, high[0])) / 2, (max(south, low[1]) + min(north, high[1])) / 2
    )


def _wide(polygons: npt.NDArray[np.object_], areas: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    return np.asarray(2 * areas > LIMITS.overlap.width_m * perimeters(polygons))


def common(
    left: npt.NDArray[np.object_], right: npt.NDArray[np.object_]
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.float64]]:
    """What each pair shares, without pieces narrower than coordinates are precise, and its area (m²).

    Each piece is judged by itself, without the hairs that hang on it: a true overlap isn't lost beside a long border
    that is off by its last bits.
    """
    shapes = np.full(len(left), shapely.MultiPolygon(), dtype=object)
    total = np.zeros(len(left))
    if not len(left):
        return shapes, total
    try:
        both = shapely.intersection(left, right)
    except shapely.GEOSException:  # one of them is too much for full doubles
        both = shapely.intersection(left, right, grid_size=1 / UNITS)
    parts, pair = shapely.get_parts(both, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)
    pair = pair[inner]
    surface = (shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)
    parts, pair = parts[surface], pair[surface]
    areas = exact_areas(parts)
    wide = _wide(parts, areas)
    hairy = np.flatnonzero(~wide & (areas > LIMITS.overlap.width_m**2))
    if len(hairy):
        shorn, of = shapely.get_parts(shapely.set_precision(parts[hairy], 1 / UNITS), return_index=True)
        parts, pair = np.concatenate([parts[wide], shorn]), np.concatenate([pair[wide], pair[hairy[of]]])
        areas = exact_areas(parts)
        wide = _wide(parts, areas)
    parts, pair, areas = parts[wide], pair[wide], areas[wide]
    np.add.at(total, pair, areas)
    there = np.unique(pair)
    shapes[there] = shapely.multipolygons(parts, indices=np.searchsorted(there, pair))
    return shapes, total
