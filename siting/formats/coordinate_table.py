"""The table of boundary points (坐标成果表) that a siting report prints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siting.engine.boundary import DeclaredBoundary, Ring
from siting.formats.plane import in_plane

__all__ = ["PointRow", "in_plane", "rows"]


@dataclass(frozen=True)
class PointRow:
    """One row: 界址点号, 纵坐标X, 横坐标Y, 反算边长(米), 地块圈号, 备注.

    ``x`` is the northing and ``y`` the easting, metres. ``edge_m`` is the plane length of the edge to the
    next row, None in the row that closes a ring.
    """

    number: str
    x: float
    y: float
    edge_m: float | None
    ring: str
    remark: str = ""


def rows(declared: DeclaredBoundary) -> tuple[tuple[PointRow, ...], ...]:
    """Make the rows of each plot, in the plots' order; each ring ends with its first point once more.

    A boundary in longitude/latitude is put into its own 3° zone first
    (:func:`siting.formats.plane.in_plane`, which also tells the zone's name).
    """
    return tuple(
        tuple(row for ring in plot.rings for row in _ring_rows(ring)) for plot in in_plane(declared).plots
    )


def _ring_rows(ring: Ring) -> list[PointRow]:
    steps = np.roll(ring.xy, -1, axis=0) - ring.xy
    edges = np.hypot(steps[:, 0], steps[:, 1]).tolist()
    points = [
        PointRow(number, y=float(easting), x=float(northing), edge_m=edge, ring=ring.label)
        for number, (easting, northing), edge in zip(ring.numbers, ring.xy.tolist(), edges, strict=True)
    ]
    first = points[0]
    return [*points, PointRow(first.number, first.x, first.y, None, ring.label, "闭合")]
