"""Tilings of the ground with faults planted in them, for tests of what a quality report finds."""

import numpy as np
import shapely
from hypothesis import strategies as st

from layers.table import Table
from tests.factories.layers import ORIGIN

SIDE = 5
WEST, SOUTH, STEP = 109.9, 40.6, 0.001  # cells of about 85 m × 111 m
CORNERS = [(WEST + STEP * i, SOUTH + STEP * j) for i, j in ((0.5, 0.5), (2.5, 0.7), (1.2, 2.6), (3, 3))]
CERTAIN = 0.3  # m²: more than two tiles can share in a strip of a millimetre


def tiling(seed, side=SIDE):
    """A gap-free tiling of irregular quadrilaterals; vertices shared bit by bit."""
    rng = np.random.default_rng(seed)
    i, j = np.meshgrid(np.arange(side + 1), np.arange(side + 1), indexing="ij")
    x = WEST + STEP * (i + rng.uniform(-0.3, 0.3, i.shape))
    y = SOUTH + STEP * (j + rng.uniform(-0.3, 0.3, j.shape))
    return [
        shapely.Polygon([(x[a, b], y[a, b]) for a, b in ((p, q), (p + 1, q), (p + 1, q + 1), (p, q + 1))])
        for p in range(side)
        for q in range(side)
    ]


def faulty(shapes, faults):
    """Tiles moved, grown or shrunk, and some laid on top."""
    shapes = list(shapes)
    for number, what, dx, dy in faults:
        number %= len(shapes)
        shape = shapes[number]
        if what == "move":
            shapes[number] = shapely.transform(shape, lambda xy, d=(dx, dy): xy + np.array(d) * STEP)
        elif what == "grow":
            shapes[number] = shape.buffer(abs(dx) * STEP / 2 + 1e-5, join_style="mitre")
        elif what == "shrink":
            shapes[number] = shape.buffer(-abs(dx) * STEP / 4 - 1e-5, join_style="mitre")
        elif what == "add":
            shapes.append(shapely.box(*(shape.bounds + np.array([dx, dy, dx, dy]) * STEP)))
    return [shape for shape in shapes if not shape.is_empty]


faults = st.lists(
    st.tuples(
        st.integers(0, SIDE * SIDE - 1), st.sampled_from(["move", "grow", "shrink", "add"]),
        st.floats(-1, 1, allow_nan=False), st.floats(-1, 1, allow_nan=False),
    ),
    max_size=4,
)  # fmt: skip


def land(side=20, step=0.02, seed=1):
    """A tiling with crooked borders: squares whose shared corners and edges are moved together."""
    rng = np.random.default_rng(seed)
    parts = 4  # of an edge
    n = side * parts + 1
    x, y = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    points = np.stack((x, y), axis=-1) / parts + rng.uniform(-0.08, 0.08, (n, n, 2))
    points = np.round(np.array(ORIGIN) + points * step, 9)
    cells = []
    for i in range(side):
        for j in range(side):
            west, south, east, north = i * parts, j * parts, (i + 1) * parts, (j + 1) * parts
            ring = [
                *points[west:east, south], *points[east, south:north],
                *points[east:west:-1, north], *points[west, north:south:-1],
            ]  # fmt: skip
            cells.append(shapely.Polygon(ring))
    classes = rng.choice(["01", "02", "03"], side * side, p=[0.5, 0.3, 0.2]).tolist()
    return Table(
        geometries=np.array(cells, dtype=object), keys=[f"K{n:04d}" for n in range(side * side)],
        class_codes=classes, names=[""] * side**2,
    )  # fmt: skip


def without(table, rows):
    keep = np.ones(len(table), dtype=bool)
    keep[list(rows)] = False
    return Table(
        geometries=table.geometries[keep], keys=np.asarray(table.keys, dtype=object)[keep].tolist(),
        class_codes=np.asarray(table.class_codes, dtype=object)[keep].tolist(),
        names=np.asarray(table.names, dtype=object)[keep].tolist(),
    )  # fmt: skip
