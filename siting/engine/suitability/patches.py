"""Patches of allowed cells with the wanted area and shape, the best first, apart from each other.

First rectangles, by sums over windows of the score (summed-area tables). Where there are too few and other shapes are
welcome too, right-angled patches are grown from squares of at least the least width, side by side: so no neck of
theirs is narrower.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isqrt, pi, sqrt

import numpy as np
import numpy.typing as npt

from siting.engine.suitability.grid import Window

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Box = tuple[int, int, int, int]
"""Row, column, rows, columns."""

_MARGIN = 0.002
"""A plane's scale changes over a region, by up to 0.1 % of an area: cells are counted so much inside the tolerance."""
_SHAPES = 7
_SQUARES = 64
_SEEDS = 64
_BAND = 64  # rows of places worked at a time, for the processor's cache
_HEAD = 100_000  # places
_TIDY = 0.25  # what each side shared with the patch is worth beside a square's score, from 0 to 1


@dataclass(frozen=True)
class Demand:
    """What is looked for.

    Attributes
    ----------
    area_m2, tolerance
        Wanted area, m², and by which share of it a patch may differ (0.01 to 0.5).
    least_width_m
        No part is narrower.
    compactness
        At least this 4π·area/perimeter²: a circle has 1, a square 0.785, a rectangle of 1 : 4 0.503.
    aspect
        At most this long side to short side, of the box around it.
    count, apart_m
        How many patches, and how far apart at least, m.
    irregular
        Whether right-angled patches that are no rectangles may fill up the list.
    """

    area_m2: float
    tolerance: float
    least_width_m: float
    compactness: float
    aspect: float
    count: int
    apart_m: float
    irregular: bool

    def cells(self, cell_area_m2: float) -> tuple[int, float, int]:
        """Least, wanted and greatest number of cells."""
        wanted = self.area_m2 / cell_area_m2
        least = ceil(wanted * (1 - self.tolerance + _MARGIN))
        return least, wanted, floor(wanted * (1 + self.tolerance - _MARGIN))


@dataclass(frozen=True)
class Places:
    """Rectangles that may be patches, as columns of equal length: place and size in cells of the grid, mean score."""

    rows: IntArray
    columns: IntArray
    heights: IntArray
    widths: IntArray
    scores: FloatArray

    def taken(self, which: BoolArray | IntArray) -> Places:
        """Some of them, or in another order."""
        return Places(*(column[which] for column in vars(self).values()))

    def apart_from(self, box: Box, apart: float) -> Places:
        """Those that are ``apart`` cells from a box."""
        return self.taken(~_close(box, self.rows, self.columns, self.heights, self.widths, apart))


@dataclass(frozen=True)
class Patch:
    """One patch: boxes of cells, which overlap nowhere, and its mean score (0 to `scores.TOP`)."""

    boxes: tuple[Box, ...]
    score: float

    @property
    def bounds(self) -> Box:
        """The box around it."""
        rows, columns, heights, widths = np.array(self.boxes).T
        top, left = int(rows.min()), int(columns.min())
        return top, left, int((rows + heights).max()) - top, int((columns + widths).max()) - left


def shapes(demand: Demand, cell_m: float, cell_area_m2: float) -> tuple[tuple[int, int], ...]:
    """Rectangles (rows, columns) that answer a demand: from the squarest to the longest, lying and standing."""
    least, wanted, most = demand.cells(cell_area_m2)
    narrowest = max(1, ceil(demand.least_width_m / cell_m - 1e-9))
    found = []
    for short in range(narrowest, isqrt(max(most, 0)) + 1):
        fitting = [
            long
            for long in (round(wanted / short), floor(wanted / short), ceil(wanted / short), short)
            if long >= short and least <= short * long <= most
        ]
        if not fitting:
            continue
        long = min(fitting, key=lambda side: (abs(side * short - wanted), side))
        if long / short <= demand.aspect and pi * short * long / (short + long) ** 2 >= demand.compactness:
            found.append((short, long))
    if len(found) > _SHAPES:
        found = [found[round(k)] for k in np.linspace(0, len(found) - 1, _SHAPES)]
    both = [shape for short, long in reversed(found) for shape in ((short, long), (long, short))]
    return tuple(dict.fromkeys(both))


def stride(sizes: Sequence[tuple[int, int]]) -> int:
    """Cells from one place that is tried to the next: a tenth of the shortest side."""
    return max(1, min(min(size) for size in sizes) // 10)


def _summed(values: npt.NDArray[np.integer] | BoolArray) -> IntArray:
    table = np.zeros((values.shape[0] + 1, values.shape[1] + 1), dtype=np.int64)
    np.cumsum(values, axis=0, out=table[1:, 1:])
    np.cumsum(table[1:, 1:], axis=1, out=table[1:, 1:])
    return table


def _over(table: IntArray, rows: range, columns: range, height: int, width: int) -> IntArray:
    """Sums over the boxes at every pair of a row and a column, of the table's type (len(rows), len(columns))."""

    def corner(down: int, along: int) -> IntArray:
        return table[
            rows.start + down : rows.stop + down : rows.step,
            columns.start + along : columns.stop + along : columns.step,
        ]

    sums: IntArray = corner(height, width) - corner(height, 0)
    sums -= corner(0, width)
    sums += corner(0, 0)
    return sums


def rectangles(
    allowed: BoolArray, score: IntArray, window: Window, core: Window, sizes: Sequence[tuple[int, int]]
) -> Places:
    """Find the best rectangle at each place in the core whose cells are all allowed.

    Parameters
    ----------
    allowed, score
        bool and whole numbers (rows, columns) of ``window``.
    window
        Reaches as far right of and below the core as the longest size, or to the grid's end.
    core
        Where upper left corners may be.
    sizes
        (rows, columns), from `shapes`.
    """
    step = stride(sizes)
    tables = _summed(~allowed), _summed(score)
    rows = _places(core.row, core.row + core.rows, step, window.row)
    columns = _places(core.column, core.column + core.columns, step, window.column)
    bands = (rows[at : at + _BAND] for at in range(0, len(rows), _BAND))
    found = [_best_of(tables, band, columns, sizes) for band in bands]
    best, which = (
        (np.concatenate(parts) for parts in zip(*found, strict=True)) if found else (np.empty((0, 0)),) * 2
    )
    i, j = np.nonzero(best >= 0)
    size = np.array(sizes, dtype=np.int64).reshape(-1, 2)[which[i, j]]
    top, left = rows.start + window.row + i * step, columns.start + window.column + j * step
    return Places(top, left, size[:, 0], size[:, 1], best[i, j])


def _places(first: int, end: int, step: int, zero: int) -> range:
    """Multiples of a step from the first to the end (of the grid), counted from ``zero``."""
    return range(-(-first // step) * step - zero, end - zero, step)


def _best_of(
    tables: tuple[IntArray, IntArray], rows: range, columns: range, sizes: Sequence[tuple[int, int]]
) -> tuple[FloatArray, IntArray]:
    """The best mean score of the sizes at each place, -1 where none is free, and which of them has it."""
    blocked, total = tables
    best = np.full((len(rows), len(columns)), -1.0)
    which = np.zeros(best.shape, dtype=np.int64)
    for number, (height, width) in enumerate(sizes):
        down = range(rows.start, min(rows.stop, len(blocked) - height), rows.step)
        along = range(columns.start, min(columns.stop, blocked.shape[1] - width), columns.step)
        if len(down) == 0 or len(along) == 0:
            continue
        mean = _over(total, down, along, height, width) / (height * width)
        part = best[: len(down), : len(along)]
        better = (_over(blocked, down, along, height, width) == 0) & (mean > part)
        np.copyto(part, mean, where=better)
        np.copyto(which[: len(down), : len(along)], number, where=better)
    return best, which


def merged(parts: Sequence[Places]) -> Places:
    """Places of several windows as one."""
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Places(none, none, none, none, np.zeros(0))
    names = ("rows", "columns", "heights", "widths", "scores")
    return Places(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def choose(places: Places, count: int, apart: float) -> list[Patch]:
    """Take the best place, then the best of those ``apart`` cells from it, and so on.

    Equal scores go by row, then column: the same places in any order give the same patches.
    """
    chosen: list[Patch] = []
    while len(places.scores) and len(chosen) < count:
        # The best of millions lie among the first thousands: only these are put in order.
        least = np.partition(places.scores, -_HEAD)[-_HEAD] if len(places.scores) > _HEAD else -np.inf
        head = places.taken(places.scores >= least)
        head = head.taken(np.lexsort((head.columns, head.rows, -head.scores)))
        before = len(chosen)
        while len(head.scores) and len(chosen) < count:
            box = (int(head.rows[0]), int(head.columns[0]), int(head.heights[0]), int(head.widths[0]))
            chosen.append(Patch((box,), float(head.scores[0])))
            head = head.apart_from(box, apart)
        if len(chosen) < count:
            places = places.taken(places.scores < least)
            for patch in chosen[before:]:
                places = places.apart_from(patch.boxes[0], apart)
    return chosen


def _close(
    box: Box, rows: IntArray, columns: IntArray, heights: IntArray, widths: IntArray, apart: float
) -> BoolArray:
    """Whether boxes overlap one, or are nearer to it than ``apart`` cells."""
    row, column, height, width = box
    down = np.maximum(rows - (row + height), row - (rows + heights))
    along = np.maximum(columns - (column + width), column - (columns + widths))
    overlapping = (down < 0) & (along < 0)
    near = np.hypot(np.maximum(down, 0), np.maximum(along, 0)) < apart
    close: BoolArray = overlapping | near
    return close


# --- right-angled patches of squares --------------------------------------------------------------


def square_side(demand: Demand, cell_m: float, cell_area_m2: float) -> tuple[int, int] | None:
    """Side in cells and number of the squares that a patch is made of; None where no number of them fits the area."""
    least, wanted, most = demand.cells(cell_area_m2)
    narrowest = max(1, ceil(demand.least_width_m / cell_m - 1e-9), isqrt(int(wanted / _SQUARES)))
    for side in range(narrowest, 2 * narrowest + 2):
        for number in (round(wanted / side**2), floor(wanted / side**2), ceil(wanted / side**2)):
            if number >= 2 and least <= number * side**2 <= most:
                return side, number
    return None


def squares(
    allowed: BoolArray, score: IntArray, window: Window, core: Window, side: int
) -> tuple[slice, slice, IntArray]:
    """Sum the score of each square of the grid's squares that begins in the core; -1 where not all of it is allowed.

    Returns
    -------
    rows, columns : slice
        Which of the grid's squares.
    sums : int64
    """
    blocked, total = _summed(~allowed), _summed(score)
    first = (-(-core.row // side), -(-core.column // side))
    last = (-(-(core.row + core.rows) // side), -(-(core.column + core.columns) // side))
    fits = ((window.row + window.rows) // side, (window.column + window.columns) // side)
    last = (min(last[0], fits[0]), min(last[1], fits[1]))
    rows = range(first[0] * side - window.row, max(first[0], last[0]) * side - window.row, side)
    columns = range(first[1] * side - window.column, max(first[1], last[1]) * side - window.column, side)
    free = _over(blocked, rows, columns, side, side) == 0
    sums = np.where(free, _over(total, rows, columns, side, side), -1)
    return slice(first[0], first[0] + len(rows)), slice(first[1], first[1] + len(columns)), sums


def joined(
    sums: IntArray, side: int, number: int, demand: Demand, apart: float, taken: Sequence[Patch]
) -> list[Patch]:
    """Grow patches of ``number`` squares, the best first, until there are as many as wanted with those taken.

    Parameters
    ----------
    sums
        Of every square of the grid, from `squares`; -1 is not allowed.
    side, number
        From `square_side`.
    apart
        Cells between patches.
    """
    sums = sums.copy()
    grown: list[Patch] = []
    for patch in taken:
        _close_off(sums, patch, side, apart)
    while len(taken) + len(grown) < demand.count:
        tries = (_grown(sums, seed, number, demand) for seed in _seeds(sums))
        fitting = [(total, cells) for total, cells in (found for found in tries if found is not None)]
        if not fitting:
            break
        total, cells = min(fitting, key=lambda found: (-found[0], found[1]))
        boxes = tuple((i * side, j * side, side, side) for i, j in cells)
        grown.append(Patch(boxes, total / (number * side**2)))
        _close_off(sums, grown[-1], side, apart)
    return grown


def _close_off(sums: IntArray, patch: Patch, side: int, apart: float) -> None:
    mesh = np.meshgrid(*(np.arange(length) * side for length in sums.shape), indexing="ij")
    sides = np.full(sums.shape, side)
    for box in patch.boxes:
        sums[_close(box, mesh[0], mesh[1], sides, sides, apart)] = -1


def _seeds(sums: IntArray) -> list[tuple[int, int]]:
    """The best squares, each the best of its own neighbourhood first."""
    from scipy import ndimage  # longer to load than all else that most importers of this module need

    usable = sums >= 0
    peak = usable & (sums == ndimage.maximum_filter(sums, size=5, mode="constant", cval=-1))
    i, j = np.nonzero(usable)
    order = np.lexsort((j, i, -sums[i, j], ~peak[i, j]))[:_SEEDS]
    return list(zip(i[order].tolist(), j[order].tolist(), strict=True))


def _grown(
    sums: IntArray, seed: tuple[int, int], number: int, demand: Demand
) -> tuple[int, tuple[tuple[int, int], ...]] | None:
    """Add the best neighbouring square until there are enough; None where that ends early or in a wrong shape."""
    longest = max(1, floor(sqrt(number * demand.aspect) + 1e-9))
    top = max(1, int(sums.max()))
    cells: set[tuple[int, int]] = set()
    sides: dict[tuple[int, int], int] = {seed: 1}
    while len(cells) < number:
        open_ = [(-(int(sums[at]) / top + _TIDY * (shared - 1)), at) for at, shared in sides.items()]
        open_ = [entry for entry in open_ if _extent(cells, entry[1]) <= longest]
        if not open_:
            return None
        _, best = min(open_)
        cells.add(best)
        del sides[best]
        for at in _beside(best):
            if (
                at not in cells
                and 0 <= at[0] < sums.shape[0]
                and 0 <= at[1] < sums.shape[1]
                and sums[at] >= 0
            ):
                sides[at] = sides.get(at, 0) + 1
    if not _well_shaped(cells, demand):
        return None
    return sum(int(sums[at]) for at in cells), tuple(sorted(cells))


def _beside(at: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    i, j = at
    return (i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)


def _extent(cells: set[tuple[int, int]], more: tuple[int, int]) -> int:
    """The long side of the box around squares, in squares."""
    rows, columns = zip(*cells, more, strict=True)
    extent: int = max(max(rows) - min(rows), max(columns) - min(columns)) + 1
    return extent


def _well_shaped(cells: set[tuple[int, int]], demand: Demand) -> bool:
    from scipy import ndimage

    rows, columns = (np.array(side) for side in zip(*cells, strict=True))
    height, width = int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1
    perimeter = sum(at not in cells for cell in cells for at in _beside(cell))
    filled = np.zeros((height + 2, width + 2), dtype=bool)
    filled[rows - rows.min() + 1, columns - columns.min() + 1] = True
    _, outside = ndimage.label(~filled)
    return (
        max(height, width) / min(height, width) <= demand.aspect
        and 4 * pi * len(cells) / perimeter**2 >= demand.compactness
        and outside == 1  # no hole, and no two squares that only meet at a corner around one
    )
