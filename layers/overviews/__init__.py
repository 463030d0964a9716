"""Tiles for zooms where single features are about a pixel: made once for each version, by blocks.

Two ways, chosen for each zoom by the typical feature's size on the screen (`settling`). Features of several pixels
stay features (`shapes`): simplified, a tiling as a whole, so no gap is torn, and what is below a pixel is drawn as one
pixel. Smaller ones are dissolved by class (`grids`).

A version is drawn after it was staged, at any time: `plan` says which blocks, `make` makes one (again, if it must),
`finish` says that all are there. Until then its tiles below `detail_zoom` are not to be had. Tiles that nothing touched
since the last version that was drawn are shared with it.
"""

from __future__ import annotations

from layers.overviews.making import build, finish, make
from layers.overviews.planning import Block, plan, reached
from layers.overviews.settling import DETAIL_ZOOM, settle
from layers.overviews.world import BUFFER, CELL, EXTENT, LOWEST_ZOOM, PIXEL, tile_bounds, to_world

__all__ = [
    "BUFFER", "CELL", "DETAIL_ZOOM", "EXTENT", "LOWEST_ZOOM", "PIXEL", "Block", "build", "finish", "make", "plan",
    "reached", "settle", "tile_bounds", "to_world",
]  # fmt: skip
