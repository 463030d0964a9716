"""One block of overview tiles after the other, each for itself and as often as one likes."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import shapely

from layers.models import LayerVersion
from layers.overviews import reading, shapes, storing
from layers.overviews.grids import MARGIN, Burner, Grid
from layers.overviews.planning import Block, feature_zoom, plan, touched
from layers.overviews.settling import DENSE_FROM
from layers.overviews.world import BUFFER, CELLS, EXTENT, PIXEL, TileShapes, degrees
from layers.progress import Phase, Progress, silent

Tile = tuple[int, int]
_FINE = PIXEL / 16


def make(version: LayerVersion, block: Block) -> None:
    """Make the tiles of one block and write them, all or none. Again, it writes the same ones: nothing new.

    Raises
    ------
    UnusableLayer
        The version was discarded meanwhile.
    """
    due = touched(version, block)
    if not due:
        return
    if block.z >= feature_zoom(version):
        found = _features(version, block, due)
    elif block.z == feature_zoom(version) - 1:
        found = _tiles(_burnt(version, block, due), block.z, due)
    else:
        found = _tiles(_gathered(version, block, due), block.z, due)
    before = LayerVersion.objects.filter(layer=version.layer_id, number__lt=version.number)
    storing.write(version, block.z, found, due, sharing=not before.filter(overviews_done=False).exists())


def finish(version: LayerVersion) -> None:
    """Say that every block of a version is made: its tiles may be given out."""
    LayerVersion.objects.filter(pk=version.pk, overviews_done=False).update(overviews_done=True)
    version.overviews_done = True


def build(version: LayerVersion, progress: Progress = silent) -> None:
    """Everything, one block after the other."""
    blocks = plan(version)
    for number, block in enumerate(blocks):
        progress(Phase.GENERALISING, number, len(blocks))
        make(version, block)
    finish(version)
    progress(Phase.GENERALISING, len(blocks), len(blocks))


def _bounds(due: Collection[Tile]) -> tuple[int, int, int, int]:
    """First and last column and row (the last not included)."""
    columns, rows = zip(*due, strict=True)
    return min(columns), min(rows), max(columns) + 1, max(rows) + 1


def _features(version: LayerVersion, block: Block, due: Collection[Tile]) -> Iterator[TileShapes]:
    x0, y0, x1, y1 = _bounds(due)
    reach = BUFFER / EXTENT
    tiling = version.non_overlapping
    place = degrees(block.z, x0 - reach, y0 - reach, x1 + reach, y1 + reach)
    if tiling:
        # borders that are drawn have both their sides then, and whatever would keep them from being simplified
        place = reading.with_neighbours(version, block.z, place)
    parts = []
    for part in reading.batches(version, block.z, place):
        world = part.geometries
        if block.heavy:
            # corners that many features share move together
            world = shapely.set_precision(world, _FINE, mode="pointwise")
            world = shapely.remove_repeated_points(world, 0)
            world = np.where(shapely.is_empty(world) | (world == None), part.geometries, world)  # noqa: E711
        if not tiling:
            world = shapes.generalised(world, tiling=False)
        parts.append(shapes.Columns(part.keys, part.classes, part.names, world))
    if not parts:
        return
    features = shapes.joined(parts)
    if tiling:
        features = shapes.Columns(
            features.keys,
            features.classes,
            features.names,
            shapes.generalised(features.geometries, tiling=True),
        )
    if version.feature_count >= DENSE_FROM:
        features = shapes.one_per_pixel(features)
    yield from shapes.tiles(features, block.z, due)


def _burnt(version: LayerVersion, block: Block, due: Collection[Tile]) -> Grid:
    """The cells of the features themselves."""
    x0, y0, x1, y1 = _bounds(due)
    burner = Burner(Grid.around(x0, y0, x1, y1))
    reach = MARGIN / CELLS
    place = degrees(block.z, x0 - reach, y0 - reach, x1 + reach, y1 + reach)
    for part in reading.batches(version, block.z, place):
        burner.lay(part.geometries, part.classes)
    return burner.finish()


def _gathered(version: LayerVersion, block: Block, due: Collection[Tile]) -> Grid:
    """The cells of the zoom below, four to one."""
    x0, y0, x1, y1 = (2 * n for n in _bounds(due))
    below = Grid.empty(
        x0 * CELLS - 2 * MARGIN, y0 * CELLS - 2 * MARGIN,
        (x1 - x0) * CELLS + 4 * MARGIN, (y1 - y0) * CELLS + 4 * MARGIN,
    )  # fmt: skip
    for x, y, kept in storing.cells(version, block.z + 1, x0 - 1, y0 - 1, x1, y1):
        below.place(x, y, kept)
    return below.sorted().halved()


def _tiles(grid: Grid, zoom: int, due: Collection[Tile]) -> Iterator[TileShapes]:
    for x, y in sorted(due):
        tile = grid.tile(zoom, x, y)
        if tile is not None:
            yield tile
