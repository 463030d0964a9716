"""Sites that lie side by side, and which pieces of a layer are near which of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from siting.engine.area import IntArray
from siting.engine.overlap import LayerPieces
from siting.engine.slivers import ObjectArray

_CURVE_BITS = 16


def along_a_curve(sites: ObjectArray) -> IntArray:
    """Give the positions of geometries (n,) in an order in which neighbours follow one another, intp (n,).

    By the interleaved bits of their boxes' centres (a Z-order curve); equal centres stay in their order.
    """
    if len(sites) == 0:
        return np.empty(0, dtype=np.intp)
    boxes = shapely.bounds(sites)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    extent = np.maximum(np.ptp(centres, axis=0), 1e-9)
    cells = ((centres - centres.min(axis=0)) / extent * (2**_CURVE_BITS - 1)).astype(np.uint64)
    code = np.zeros(len(sites), dtype=np.uint64)
    for bit in range(_CURVE_BITS):
        for axis in (0, 1):
            digit = (cells[:, axis] >> np.uint64(bit)) & np.uint64(1)
            code |= digit << np.uint64(2 * bit + axis)
    order: IntArray = np.argsort(code, kind="stable")
    return order


def boxes_of_parts(geometries: ObjectArray) -> tuple[ObjectArray, IntArray]:
    """Give the box of each part of some geometries as a polygon, and which geometry it is of."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    real = ~shapely.is_empty(parts)
    return shapely.box(*shapely.bounds(parts[real]).T), owner[real]


def by_site(pieces: LayerPieces, grounds: ObjectArray) -> list[LayerPieces]:
    """Give each site the pieces whose boxes meet a box of its parts, in the pieces' order.

    Parameters
    ----------
    pieces
        Of one layer, n of them, in the order that they shall have.
    grounds
        Object array (m,): of each site the ground that is looked at, EPSG:4490.

    Returns
    -------
    list of LayerPieces
        m of them.
    """
    boxes, owner = boxes_of_parts(grounds)
    asked, row = shapely.STRtree(pieces.geometries).query(boxes)
    pairs = np.unique(np.column_stack((owner[asked], row)), axis=0).astype(np.intp)
    ends = np.searchsorted(pairs[:, 0], np.arange(len(grounds) + 1))
    nothing = chosen(pieces, np.empty(0, dtype=np.intp))
    return [
        nothing if start == end else chosen(pieces, pairs[start:end, 1])
        for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
    ]


def chosen(pieces: LayerPieces, rows: IntArray) -> LayerPieces:
    """Give some rows of a layer's pieces."""
    return replace(
        pieces,
        keys=pieces.keys[rows],
        classes=pieces.classes[rows],
        areas=pieces.areas[rows],
        geometries=pieces.geometries[rows],
        attributes={name: column[rows] for name, column in pieces.attributes.items()},
    )
