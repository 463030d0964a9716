"""Where a site of a wanted size may lie: ground as cells, what rules it out, how well it suits, and patches of it.

Pure numpy, scipy and shapely. A city is worked window by window on one fixed grid, and every number is the same
whatever the windows were: ground that is ruled out is burnt by the grid's own coordinates, distances are capped by
what a window sees around itself, and scores are integers, so that sums are exact in any order.
"""

from siting.engine.suitability.cells import cells_within, class_cells, touched, untouched
from siting.engine.suitability.grid import Grid, Window, grid_over
from siting.engine.suitability.outline import declared, outline
from siting.engine.suitability.patches import (
    Demand,
    Patch,
    Places,
    choose,
    joined,
    merged,
    rectangles,
    shapes,
    square_side,
    squares,
)
from siting.engine.suitability.scores import TOP, combined, nearness, ramp

__all__ = [
    "TOP",
    "Demand",
    "Grid",
    "Patch",
    "Places",
    "Window",
    "cells_within",
    "choose",
    "class_cells",
    "combined",
    "declared",
    "grid_over",
    "joined",
    "merged",
    "nearness",
    "outline",
    "ramp",
    "rectangles",
    "shapes",
    "square_side",
    "squares",
    "touched",
    "untouched",
]
