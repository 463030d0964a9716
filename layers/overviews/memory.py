"""Overviews of features in memory, before they are written: the way of `layers.staging`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import shapely

from layers.overviews import grids, shapes
from layers.overviews.settling import DENSE_FROM, DENSE_PIXELS
from layers.overviews.world import PIXEL, TileShapes, to_world


def build(
    keys: Sequence[str],
    classes: Sequence[str],
    names: Sequence[str],
    geometries: npt.NDArray[np.object_],
    zooms: Sequence[int],
    *,
    tiling: bool,
) -> Iterator[TileShapes]:
    """The overview tiles of a version, from the highest zoom down.

    Parameters
    ----------
    keys, classes, names
        Of the features; at dissolved zooms a shape is a class, and key and name are empty.
    geometries
        Valid, EPSG:4490.
    zooms
        Which zooms.
    tiling
        The features share no area: their common borders are simplified together.
    """
    if not len(zooms) or not len(geometries):
        return
    top = max(zooms)
    xy = shapely.get_coordinates(geometries)
    world = shapely.set_coordinates(geometries.copy(), to_world(xy, top))
    surface = shapely.get_dimensions(world) == 2
    size = np.median(shapely.area(world[surface])) / PIXEL**2 if surface.any() else np.inf
    words = [np.array(column, dtype=object) for column in (keys, classes, names)]
    grid: grids.Grid | None = None
    for zoom in sorted(zooms, reverse=True):
        if zoom < top:
            size /= 4
            world = shapely.transform(world, lambda c: c / 2) if grid is None else world
        if size >= DENSE_PIXELS or len(world) < DENSE_FROM or not surface.all():
            world = shapes.simplified(world, tiling)
            yield from shapes.tiles(shapes.Columns(*words, world), zoom)
        else:
            grid = grids.laid(world, classes, 2 << (top - min(zooms))) if grid is None else grid.halved()
            for x, y in grids.regions(grid):
                tile = grid.tile(zoom, x, y)
                if tile is not None:
                    yield tile
