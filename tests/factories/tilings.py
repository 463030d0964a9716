"""Tilings of the ground with faults planted in them, for tests of what a quality report finds."""

import numpy as np
import shapely
from hypothesis import strategies as st

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
