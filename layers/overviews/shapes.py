"""Single features at zooms where they are of several pixels: simplified, and never thinner than one pixel."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from layers.overviews.world import BUFFER, EXTENT, PIXEL, TileShapes

Objects = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Columns:
    """Features as columns of equal length, in one order whoever reads them; geometries in world units of a zoom."""

    keys: Objects
    classes: Objects
    names: Objects
    geometries: Objects

    def __len__(self) -> int:
        return len(self.keys)

    def taken(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Columns:
        return Columns(self.keys[rows], self.classes[rows], self.names[rows], self.geometries[rows])


def joined(parts: Sequence[Columns]) -> Columns:
    """Some of the features, then the others."""
    return Columns(
        np.concatenate([part.keys for part in parts]), np.concatenate([part.classes for part in parts]),
        np.concatenate([part.names for part in parts]), np.concatenate([part.geometries for part in parts]),
    )  # fmt: skip


def generalised(world: Objects, tiling: bool) -> Objects:
    """Simplified to half a pixel, and what is smaller than a pixel as the pixel around its middle.

    Parameters
    ----------
    world
        World units. Of a tiling, everything that meets the place which is drawn must be there, and what borders on
        that: then a border there is simplified in the same way, whatever else came along.
    tiling
        The surfaces share no area: their common borders are simplified together.
    """
    simple = world.copy()
    surface = shapely.get_dimensions(world) == 2
    together = surface if tiling and surface.sum() > 1 else np.zeros(len(world), dtype=bool)
    if together.any():
        simple[together] = shapely.coverage_simplify(world[together], PIXEL / 2)
    simple[~together] = shapely.simplify(world[~together], PIXEL / 2, preserve_topology=True)
    simple = np.where(shapely.is_empty(simple), world, simple)
    # asked of the feature itself: what became of its far side may depend on what else came along
    west, south, east, north = shapely.bounds(world).T
    tiny = surface & ((shapely.area(world) < PIXEL**2) | (np.minimum(east - west, north - south) < PIXEL / 4))
    half = PIXEL / 2
    x0, x1 = np.minimum(west, (west + east) / 2 - half), np.maximum(east, (west + east) / 2 + half)
    y0, y1 = np.minimum(south, (south + north) / 2 - half), np.maximum(north, (south + north) / 2 + half)
    compact = tiny & (east - west < 4 * PIXEL) & (north - south < 4 * PIXEL)
    simple[compact] = shapely.box(x0, y0, x1, y1)[compact]
    # a long thin feature keeps its length and gets a pixel's width
    thin = tiny & ~compact
    simple[thin] = shapely.buffer(
        shapely.simplify(world[thin], PIXEL / 4, preserve_topology=True), half, quad_segs=1
    )
    return simple


def one_per_pixel(features: Columns) -> Columns:
    """Of what is no larger than a pixel, has its middle in one and the same and is of one class, only the first."""
    if not len(features):
        return features
    bounds = shapely.bounds(features.geometries)
    single = ((bounds[:, 2:] - bounds[:, :2]) <= PIXEL).all(axis=1)
    pixel = np.floor((bounds[:, :2] + bounds[:, 2:]) / (2 * PIXEL)).astype(np.int64)
    kind = shapely.get_dimensions(features.geometries)
    seen: set[tuple[int, int, int, str]] = set()
    kept = np.ones(len(features), dtype=bool)
    for row in np.flatnonzero(single).tolist():
        spot = (int(pixel[row, 0]), int(pixel[row, 1]), int(kind[row]), features.classes[row])
        kept[row] = spot not in seen
        seen.add(spot)
    return features.taken(kept)


def tiles(
    features: Columns, zoom: int, only: Collection[tuple[int, int]] | None = None
) -> Iterator[TileShapes]:
    """Cut to tiles, those in `only` or all that they reach."""
    if not len(features):
        return
    shown = features.geometries
    bounds = shapely.bounds(shown)
    low = np.floor((bounds[:, :2] - BUFFER) / EXTENT).astype(np.int64)
    high = np.floor((bounds[:, 2:] + BUFFER) / EXTENT).astype(np.int64)
    if only is not None:
        wanted = np.array(sorted(only), dtype=np.int64)
        low, high = np.maximum(low, wanted.min(axis=0)), np.minimum(high, wanted.max(axis=0))
    wide = np.maximum(high - low + 1, 0)
    count = wide[:, 0] * wide[:, 1]
    feature = np.repeat(np.arange(len(shown)), count)
    position = np.arange(len(feature)) - np.repeat(np.cumsum(count) - count, count)
    tx = low[feature, 0] + position % wide[feature, 0]
    ty = low[feature, 1] + position // wide[feature, 0]
    order = np.lexsort((feature, ty, tx))
    feature, tx, ty = feature[order], tx[order], ty[order]
    if not len(tx):
        return
    begins = np.flatnonzero(np.r_[True, (np.diff(tx) != 0) | (np.diff(ty) != 0)])
    for begin, end in zip(begins, np.r_[begins[1:], len(tx)], strict=True):
        rows = feature[begin:end]
        x, y = int(tx[begin]), int(ty[begin])
        if not (0 <= x < 1 << zoom and 0 <= y < 1 << zoom) or (only is not None and (x, y) not in only):
            continue
        origin = np.array([x, y], dtype=np.float64) * EXTENT
        clipped = shapely.clip_by_rect(
            shown[rows], origin[0] - BUFFER, origin[1] - BUFFER,
            origin[0] + EXTENT + BUFFER, origin[1] + EXTENT + BUFFER,
        )  # fmt: skip
        shapes = drawn(clipped, origin)
        # what only touches the tile's frame is nothing there
        kept = ~shapely.is_empty(shapes) & ((shapely.get_dimensions(shapes) < 2) | (shapely.area(shapes) > 0))
        if kept.any():
            rows = rows[kept]
            yield TileShapes(
                zoom, x, y, features.keys[rows].tolist(), features.classes[rows].tolist(),
                features.names[rows].tolist(), shapes[kept],
            )  # fmt: skip


def drawn(shapes: Objects, origin: npt.NDArray[np.float64]) -> Objects:
    """In the tile's units, whole numbers, outer rings in the direction that the format wants."""
    moved = shapely.transform(shapes, lambda c: np.rint(c - origin))
    return np.asarray(shapely.orient_polygons(moved))
