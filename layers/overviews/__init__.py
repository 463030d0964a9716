"""Tiles for zooms where single features are about a pixel: made once for each version, by blocks.

Two ways, chosen for each zoom by the typical feature's size on the screen (`settling`). Features of several pixels
stay features (`shapes`): simplified, a tiling as a whole, so no gap is torn, and what is below a pixel is drawn as one
pixel. Smaller ones are dissolved by class (`grids`).

A version is drawn after it was staged, at any time: `plan` says which blocks, `make` makes one (again, if it must),
`finish` says that all are there. Until then its tiles below `detail_zoom` are not to be had. Tiles that nothing touched
since the last version that was drawn are shared with it.
"""

from __future__ import annotations

from typing import Any, overload

from layers.models import LayerVersion
from layers.overviews import making, memory
from layers.overviews.making import finish, make
from layers.overviews.planning import Block, plan
from layers.overviews.settling import DETAIL_ZOOM, detail_zoom, settle
from layers.overviews.world import (
    BUFFER,
    CELL,
    EXTENT,
    LOWEST_ZOOM,
    PIXEL,
    TileShapes,
    tile_bounds,
    to_world,
)
from layers.progress import Progress, silent

__all__ = [
    "BUFFER", "CELL", "DETAIL_ZOOM", "EXTENT", "LOWEST_ZOOM", "PIXEL", "Block", "TileShapes", "build", "detail_zoom",
    "finish", "make", "plan", "settle", "tile_bounds", "to_world",
]  # fmt: skip


@overload
def build(version: LayerVersion, progress: Progress = silent) -> None: ...
@overload
def build(version: Any, *args: Any, **named: Any) -> Any: ...
def build(version: Any, *args: Any, **named: Any) -> Any:
    """Make all overviews of a version and finish; or those of columns in memory (`memory.build`)."""
    if isinstance(version, LayerVersion):
        return making.build(version, *args, **named)
    return memory.build(version, *args, **named)
