"""Class rasters for zooms where single features are about a pixel.

Classes are laid on cells of two pixels, and their outlines smoothed together. A cell is decided once: by its centre at
the highest such zoom, by the commonest of four cells at each zoom above it. So nothing is torn between neighbours,
neither in a tile nor across its edge, and whatever is too small for any cell still gets its own.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely
from rasterio import features as raster_features

from layers.overviews.world import CELL, CELLS, TileShapes

MARGIN = 2  # cells drawn around a tile
_BATCH = 200_000

Cells = npt.NDArray[np.uint16]


@dataclass
class Grid:
    """Class numbers (0: nothing, else a label's place in `labels` counted from 1) on cells of one zoom.

    `column`, `row` say where in the world's cells it begins. Labels are sorted once everything is laid.
    """

    cells: Cells
    column: int
    row: int
    labels: list[str] = field(default_factory=list)

    @classmethod
    def empty(cls, column: int, row: int, columns: int, rows: int) -> Grid:
        return cls(np.zeros((rows, columns), dtype=np.uint16), column, row)

    @classmethod
    def around(cls, x0: int, y0: int, x1: int, y1: int) -> Grid:
        """For the tiles from `x0`, `y0` up to (not including) `x1`, `y1`, with a margin."""
        return cls.empty(
            x0 * CELLS - MARGIN, y0 * CELLS - MARGIN,
            (x1 - x0) * CELLS + 2 * MARGIN, (y1 - y0) * CELLS + 2 * MARGIN,
        )  # fmt: skip

    def numbers(self, classes: Sequence[str] | npt.NDArray[np.object_]) -> Cells:
        """The class number of each; new labels are added."""
        known = {label: number for number, label in enumerate(self.labels, 1)}
        for label in classes:
            if label not in known:
                self.labels.append(label)
                known[label] = len(self.labels)
        return np.array([known[label] for label in classes], dtype=np.uint16)

    def sorted(self) -> Grid:
        """The same with its labels in order, so that equal ground is equal numbers in equal windows."""
        order = sorted(range(len(self.labels)), key=self.labels.__getitem__)
        renumber = np.zeros(len(self.labels) + 1, dtype=np.uint16)
        renumber[[old + 1 for old in order]] = np.arange(1, len(order) + 1)
        return Grid(renumber[self.cells], self.column, self.row, [self.labels[old] for old in order])

    def halved(self) -> Grid:
        """Four cells become one: the commonest class of those that are not empty.

        Begins and ends at even cells.
        """
        four = np.stack([self.cells[i::2, j::2] for i in (0, 1) for j in (0, 1)])
        votes = np.stack([(four == one).sum(axis=0, dtype=np.uint8) for one in four])
        votes[four == 0] = 0
        best = votes.argmax(axis=0)
        cells = np.take_along_axis(four, best[None], axis=0)[0]
        return Grid(cells, self.column // 2, self.row // 2, self.labels)

    def tile(self, zoom: int, x: int, y: int) -> TileShapes | None:
        """What one tile shows and the cells that it keeps; None where there is nothing."""
        window = self._part(x * CELLS - MARGIN, y * CELLS - MARGIN, CELLS + 2 * MARGIN)
        if not window.any():
            return None
        classes, shapes = _outlined(window)
        core = window[MARGIN:-MARGIN, MARGIN:-MARGIN]
        return TileShapes(
            zoom, x, y, [""] * len(classes), [self.labels[c - 1] for c in classes], [""] * len(classes), shapes,
            packed(core, self.labels) if core.any() else None,
        )  # fmt: skip

    def place(self, x: int, y: int, kept: bytes) -> None:
        """Put a tile's kept cells where they belong, as far as they lie in this grid."""
        cells, labels = unpacked(kept)
        numbers = np.concatenate((np.zeros(1, dtype=np.uint16), self.numbers(labels)))
        left, top = x * CELLS - self.column, y * CELLS - self.row
        rows, columns = self.cells.shape
        inside = np.s_[max(top, 0) : min(top + CELLS, rows), max(left, 0) : min(left + CELLS, columns)]
        self.cells[inside] = numbers[cells][
            max(-top, 0) : max(rows - top, 0), max(-left, 0) : max(columns - left, 0)
        ]

    def _part(self, column: int, row: int, side: int) -> Cells:
        """A square of cells, empty beyond the grid."""
        window = np.zeros((side, side), dtype=np.uint16)
        top, left = row - self.row, column - self.column
        part = self.cells[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)]
        at_row, at_column = max(-top, 0), max(-left, 0)
        window[at_row : at_row + part.shape[0], at_column : at_column + part.shape[1]] = part
        return window


def packed(cells: Cells, labels: Sequence[str]) -> bytes:
    """A tile's cells with the labels that occur in them."""
    there = np.unique(cells)
    there = there[there > 0]
    names = json.dumps([labels[n - 1] for n in there.tolist()], ensure_ascii=False).encode()
    local = np.searchsorted(there, cells) + 1
    local[cells == 0] = 0
    content = local.astype("<u2" if len(there) > 255 else "u1").tobytes()
    return struct.pack("<I", len(names)) + names + zlib.compress(content, 6)


def unpacked(kept: bytes) -> tuple[Cells, list[str]]:
    (length,) = struct.unpack_from("<I", kept)
    labels: list[str] = json.loads(kept[4 : 4 + length])
    content = np.frombuffer(zlib.decompress(kept[4 + length :]), dtype="<u2" if len(labels) > 255 else "u1")
    return content.reshape(CELLS, CELLS).astype(np.uint16), labels


class Burner:
    """Lays features on a grid, batch by batch: a cell gets the class of the feature that holds its centre.

    A feature that holds no cell's centre gets the cell in its middle, if that is free in the end. Where features
    overlap, and where such small ones share a cell, the last one counts.
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self._small: list[npt.NDArray[np.int64]] = []

    def lay(self, world: npt.NDArray[np.object_], classes: Sequence[str] | npt.NDArray[np.object_]) -> None:
        """`world`: surfaces in world units of the grid's zoom; also what reaches beyond the grid, whole."""
        values = self.grid.numbers(classes)
        for begin in range(0, len(world), _BATCH):
            span = slice(begin, begin + _BATCH)
            self._lay(world[span], values[span])

    def _lay(self, world: npt.NDArray[np.object_], values: Cells) -> None:
        """All polygons at once.

        Every edge is crossed with the rows' centre lines, and the crossings of a polygon in a row, sorted, are the
        ends of its spans.
        """
        cells = self.grid.cells
        height, width = cells.shape
        origin = np.array([self.grid.column, self.grid.row], dtype=np.float64)
        rings, polygon = _rings(world)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        xy = xy / CELL - origin
        inner = ring[1:] == ring[:-1]
        a, b, owner = xy[:-1][inner], xy[1:][inner], polygon[ring[:-1][inner]]
        first = np.ceil(np.minimum(a[:, 1], b[:, 1]) - 0.5).astype(np.int64)
        stop = np.ceil(np.maximum(a[:, 1], b[:, 1]) - 0.5).astype(np.int64)
        count = stop - first
        edge = np.repeat(np.arange(len(a)), count)
        row = first[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
        slope = (b[edge, 0] - a[edge, 0]) / (b[edge, 1] - a[edge, 1])
        crossing = a[edge, 0] + (row + 0.5 - a[edge, 1]) * slope
        order = np.lexsort((crossing, row, owner[edge]))
        row, crossing, owner = row[order], crossing[order], owner[edge][order]
        left = np.ceil(crossing[0::2] - 0.5).astype(np.int64)
        right = np.ceil(crossing[1::2] - 0.5).astype(np.int64)
        row, owner = row[0::2], owner[0::2]
        none = np.ones(len(world), dtype=bool)
        none[owner[right > left]] = False
        # whether it has a cell is asked of the whole feature, also beyond the grid
        left, right = np.clip(left, 0, width), np.clip(right, 0, width)
        inside = (row >= 0) & (row < height) & (right > left)
        row, owner, left, right = row[inside], owner[inside], left[inside], right[inside]
        length = right - left
        at = (
            np.repeat(row * width + left, length)
            + np.arange(length.sum())
            - np.repeat(np.cumsum(length) - length, length)
        )
        cells.reshape(-1)[at] = np.repeat(values[owner], length)
        if none.any():
            bounds = shapely.bounds(world[none])
            middle = np.floor((bounds[:, :2] + bounds[:, 2:]) / 2 / CELL - origin).astype(np.int64)
            self._small.append(np.column_stack((middle, values[none])))

    def finish(self) -> Grid:
        """Give the small ones their cells."""
        cells = self.grid.cells
        height, width = cells.shape
        flat = cells.reshape(-1)
        small = np.concatenate([np.zeros((0, 3), dtype=np.int64), *self._small])
        inside = (small[:, 0] >= 0) & (small[:, 0] < width) & (small[:, 1] >= 0) & (small[:, 1] < height)
        small = small[inside]
        spot = small[:, 1] * width + small[:, 0]
        free = flat[spot] == 0
        flat[spot[free]] = small[free, 2]
        return self.grid.sorted()


def _outlined(cells: Cells) -> tuple[list[int], npt.NDArray[np.object_]]:
    """Class numbers and one multipolygon for each, in tile units, borders smoothed together."""
    found = list(raster_features.shapes(cells, mask=cells > 0, connectivity=4))
    rings = [ring for shape, _ in found for ring in shape["coordinates"]]
    polygon = np.repeat(np.arange(len(found)), [len(shape["coordinates"]) for shape, _ in found])
    turns = np.array([point for ring in rings for point in ring], dtype=np.intp)
    corners, ring = _every_corner(turns, np.repeat(np.arange(len(rings)), [len(points) for points in rings]))
    places = corners * 4 + _shifts(cells)[corners[:, 1], corners[:, 0]]
    places, ring = _without_straight(places, ring)
    made = shapely.polygons(
        shapely.linearrings((places - 4 * MARGIN) * (CELL / 4), indices=ring), indices=polygon
    )
    values = np.array([int(value) for _, value in found])
    classes = np.unique(values)
    shapes = np.array([shapely.multipolygons(made[values == value]) for value in classes], dtype=object)
    return classes.tolist(), np.asarray(shapely.orient_polygons(shapes))


def _every_corner(
    turns: npt.NDArray[np.intp], ring: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Closed rings with a point at every corner of a cell, without the closing ones; and each point's ring.

    A straight side may pass a corner where others meet; if its end moves, it must still pass there.
    """
    inner = ring[1:] == ring[:-1]
    start, step = turns[:-1][inner], (turns[1:] - turns[:-1])[inner]
    length = np.abs(step).sum(axis=1)
    side = np.repeat(np.arange(len(start)), length)
    at = np.arange(len(side)) - np.repeat(np.cumsum(length) - length, length)
    return start[side] + np.sign(step)[side] * at[:, None], ring[:-1][inner][side]


def _without_straight(
    places: npt.NDArray[np.int64], ring: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.intp]]:
    """Without the points that lie exactly between the ones beside them: a stair has become a straight line."""
    before, after = np.roll(places, 1, axis=0), np.roll(places, -1, axis=0)
    first = np.flatnonzero(np.r_[True, ring[1:] != ring[:-1]])
    last = np.r_[first[1:], len(ring)] - 1
    before[first], after[last] = places[last], places[first]
    a, b = places - before, after - places
    bends = a[:, 0] * b[:, 1] != a[:, 1] * b[:, 0]
    return places[bends], ring[bends]


def _shifts(cells: Cells) -> npt.NDArray[np.int64]:
    """Where a corner between cells goes: a quarter towards the odd one out, as (rows + 1, columns + 1, 2) quarters.

    That turns stairs into slopes. It depends on the four cells around the corner alone, so both sides of a
    border move together; where three classes meet, nothing moves.
    """
    around = np.pad(cells, 1)
    nw, ne, sw, se = around[:-1, :-1], around[:-1, 1:], around[1:, :-1], around[1:, 1:]
    shifts = np.zeros((*nw.shape, 2), dtype=np.int64)
    for odd, others, direction in (
        (nw, (ne, sw, se), (-1, -1)),
        (ne, (nw, sw, se), (1, -1)),
        (sw, (nw, ne, se), (-1, 1)),
        (se, (nw, ne, sw), (1, 1)),
    ):
        alone = (others[0] == others[1]) & (others[1] == others[2]) & (odd != others[0])
        shifts[alone] = direction
    return shifts


def _rings(world: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.intp]]:
    parts, of = shapely.get_parts(world, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    return rings, of[part]
