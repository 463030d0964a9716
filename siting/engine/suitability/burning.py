"""Burn polygons and lines into the cells of a window: numpy over all edges at once, no loop over shapes.

Two rules. *By centre*: a cell has the number of the polygon that its centre lies in. An edge meets the line through the
centres of a row in at most one point, and between two such points of one polygon lie the centres inside it: holes and
polygons of several parts fall out of that. *By touch*: the cells that any edge comes near, and those between the edges.

Coordinates are those of the grid (columns, rows), never of the window: crossings are computed from the same numbers
whatever the window is, and from an edge's lower end whatever its direction is, so that neighbours who share it agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from siting.engine.slivers import ObjectArray
from siting.engine.suitability.grid import Window

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_POINT, _POLYGON = 0, 3  # shapely's numbers of kinds; 1 and 2 are lines
_FLAT = 1e-9  # cells
_PAINTED = 4_000_000
"""Cells painted at a time; overlapping polygons paint some of them many times over."""


@dataclass(frozen=True)
class _Edges:
    """Straight edges that reach a window, as columns of equal length.

    ``x0``, ``y0`` is the end with the smaller row, ``x1``, ``y1`` the other, in cells of the grid. ``owner`` counts the
    geometries. ``turn`` is 1 for an edge that has its polygon at higher columns, -1 for one that has it at lower ones,
    0 for an edge of a line, and for a point.
    """

    x0: FloatArray
    y0: FloatArray
    x1: FloatArray
    y1: FloatArray
    owner: IntArray
    turn: IntArray

    def taken(self, which: BoolArray) -> _Edges:
        return _Edges(*(column[which] for column in vars(self).values()))


def _edges_of(geometries: ObjectArray, window: Window, reach: float) -> _Edges:
    """Edges of all geometries but those farther than ``reach`` cells above or below a window.

    Those beside it stay: what lies between them may be in it. A point is an edge without length.
    """
    parts, owner = shapely.get_parts(geometries, return_index=True)
    while (shapely.get_type_id(parts) > _POLYGON).any():  # collections of multipolygons
        parts, outer = shapely.get_parts(parts, return_index=True)
        owner = owner[outer]
    kinds = shapely.get_type_id(parts)
    areal, points = kinds == _POLYGON, kinds == _POINT
    linear = ~areal & ~points
    rings, polygon = shapely.get_rings(parts[areal], return_index=True)
    outermost = np.diff(polygon, prepend=-1) != 0
    # 1 where the polygon lies left of a ring's edges (columns and rows taken as x and y): as it does of an outer ring
    # that runs counterclockwise, and of a hole that runs clockwise.
    sides = np.where(shapely.is_ccw(rings) == outermost, 1, -1)
    path_owner = np.concatenate((owner[areal][polygon], owner[linear]))
    path_side = np.concatenate((sides, np.zeros(int(linear.sum()), dtype=np.int64)))
    xy, of = shapely.get_coordinates(np.concatenate((rings, parts[linear])), return_index=True)
    goes_on = of[1:] == of[:-1]
    start, end, of = xy[:-1][goes_on], xy[1:][goes_on], of[1:][goes_on]
    lone = shapely.get_coordinates(parts[points])
    start, end = np.concatenate((start, lone)), np.concatenate((end, lone))
    edge_owner = np.concatenate((path_owner[of], owner[points & ~shapely.is_empty(parts)]))
    edge_side = np.concatenate((path_side[of], np.zeros(len(lone), dtype=np.int64)))
    down = start[:, 1] > end[:, 1]
    low, high = np.where(down[:, None], end, start), np.where(down[:, None], start, end)
    near = (high[:, 1] >= window.row - reach) & (low[:, 1] <= window.row + window.rows + reach)
    turn = edge_side * np.where(down, 1, -1)  # left of an edge that runs to lower rows are the higher columns
    return _Edges(
        *(column[near] for column in (low[:, 0], low[:, 1], high[:, 0], high[:, 1], edge_owner, turn))
    )


def _repeated(first: IntArray, last: IntArray) -> tuple[IntArray, IntArray]:
    """Every whole number from ``first`` to ``last`` (inclusive) of each entry: which entry it is of, and the number."""
    counts = np.maximum(last - first + 1, 0)
    entry = np.repeat(np.arange(len(counts)), counts)
    begin = np.cumsum(counts) - counts
    return entry, np.arange(len(entry)) - begin[entry] + first[entry]


def _crossings(edges: _Edges, window: Window) -> tuple[IntArray, IntArray, IntArray]:
    """Where edges meet the lines through the rows' centres.

    Returns
    -------
    edge, row, column : int64
        Row and column count from the window's first; the column is the first one whose centre lies beyond the crossing,
        0 to the window's width. A row belongs to an edge from its lower end on, up to but without its higher end, so
        that a path that goes on meets it once.
    """
    first = np.maximum(np.ceil(edges.y0 - 0.5), window.row).astype(np.int64)
    last = np.minimum(np.ceil(edges.y1 - 0.5), window.row + window.rows).astype(np.int64) - 1
    edge, row = _repeated(first, last)
    x0, y0 = edges.x0[edge], edges.y0[edge]
    x = x0 + (row + 0.5 - y0) / (edges.y1[edge] - y0) * (edges.x1[edge] - x0)
    column = np.clip(np.ceil(x - 0.5) - window.column, 0, window.columns).astype(np.int64)
    return edge, row - window.row, column


def by_centre(
    window: Window, geometries: ObjectArray, numbers: npt.NDArray[np.integer]
) -> npt.NDArray[np.uint16]:
    """Give each cell the number of the last polygon that its centre lies in; 0 where there is none.

    Parameters
    ----------
    window
        Where.
    geometries
        Object array (n,) of valid geometries in cells; what is no polygon is passed over.
    numbers
        (n,), from 1 to 65535.

    Returns
    -------
    uint16 (rows, columns)
        A centre that lies on an edge goes to one of its two sides, of neighbours to one and only one.
    """
    rows, columns = window.shape
    burnt = np.zeros(rows * columns, dtype=np.uint16)
    edges = _edges_of(geometries, window, 0.0)
    edges = edges.taken(edges.turn != 0)
    edge, row, column = _crossings(edges, window)
    width = columns + 1
    places = np.sort((edges.owner[edge] * rows + row) * width + column)
    # In the order of polygons, rows and columns, every other crossing is where the polygon begins.
    begin, lengths = places[0::2], places[1::2] - places[0::2]
    begin, lengths = begin[lengths > 0], lengths[lengths > 0]
    line, column = np.divmod(begin, width)
    owner, row = np.divmod(line, rows)
    first, values = row * columns + column, numbers.astype(np.uint16)[owner]
    painted = np.cumsum(lengths)
    cuts = np.searchsorted(painted, np.arange(_PAINTED, lengths.sum(), _PAINTED))
    for part in np.split(np.arange(len(first)), cuts):
        span, cells = _repeated(first[part], first[part] + lengths[part] - 1)
        burnt[cells] = values[part][span]  # of several values for one cell numpy keeps the last
    return burnt.reshape(window.shape)


def by_touch(window: Window, geometries: ObjectArray, clearance: float) -> BoolArray:
    """Tell the cells that geometries touch, or come nearer to than a clearance in columns and in rows.

    Parameters
    ----------
    window
        Where.
    geometries
        Object array (n,) of valid geometries of any kind, in cells.
    clearance
        In cells, positive: by so much every edge is widened to all sides before the cells that it meets are told.

    Returns
    -------
    bool (rows, columns)
        No cell that is not told has a point in common with any geometry.
    """
    rows, columns = window.shape
    edges = _edges_of(geometries, window, clearance)
    if len(edges.owner) == 0:
        return np.zeros(window.shape, dtype=bool)
    # Where ground begins and where it ends along each row, as differences; a column more, for what ends at the border.
    width = columns + 1
    areal = edges.taken(edges.turn != 0)
    edge, row, column = _crossings(areal, window)
    spanned, left, right = _spans(edges, window, clearance)
    places = np.concatenate((row * width + column, spanned * width + left, spanned * width + right))
    one = np.ones(len(spanned))
    steps = np.bincount(places, np.concatenate((areal.turn[edge], one, -one)), minlength=rows * width)
    depth = np.cumsum(steps.astype(np.int32).reshape(rows, width), axis=1, dtype=np.int32)
    return depth[:, :-1] > 0


def _spans(edges: _Edges, window: Window, clearance: float) -> tuple[IntArray, IntArray, IntArray]:
    """The cells that widened edges meet: rows of the window, the first column of each, and the one after the last."""
    first = np.maximum(np.floor(edges.y0 - clearance), window.row).astype(np.int64)
    last = np.minimum(np.floor(edges.y1 + clearance), window.row + window.rows - 1).astype(np.int64)
    edge, row = _repeated(first, last)
    x0, y0 = edges.x0[edge], edges.y0[edge]
    across, down = edges.x1[edge] - x0, np.maximum(edges.y1[edge] - y0, _FLAT)
    # The part of the edge that its widening brings into the row.
    enter = x0 + across * np.clip((row - clearance - y0) / down, 0.0, 1.0)
    leave = x0 + across * np.clip((row + 1 + clearance - y0) / down, 0.0, 1.0)
    left = np.floor(np.minimum(enter, leave) - clearance) - window.column
    right = np.floor(np.maximum(enter, leave) + clearance) + 1 - window.column
    left, right = np.clip(left, 0, window.columns), np.clip(right, 0, window.columns)
    return row - window.row, left.astype(np.int64), right.astype(np.int64)
