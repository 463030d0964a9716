"""Tiles for zooms where single features are about a pixel: made once, at publication.

Two ways, chosen for each zoom by the typical feature's size on the screen. Features of several pixels stay
features: simplified (a tiling as a whole, so no gap is torn), and what is below a pixel is drawn as one pixel.
Smaller ones are dissolved by class: classes are laid on a grid of two pixels, specks merged, outlines smoothed
together. A pixel grid decides once whose ground it is, so nothing is torn there either, and whatever is too
small for any cell still gets its own.

World coordinates here are tile units: 4096 to a tile, y to the south, origin at 180° W and the Mercator limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from rasterio import features as raster_features

EXTENT = 4096
LOWEST_ZOOM, DETAIL_ZOOM, HIGHEST_DETAIL_ZOOM = 5, 10, 16
MAX_TILE_FEATURES, MAX_TILE_VERTICES = 4000, 80_000
PIXEL = EXTENT // 256
BUFFER = 4 * PIXEL
CELL = 2 * PIXEL
_CELLS = EXTENT // CELL  # a tile's side in cells
_MARGIN = 2  # cells around a tile
_DENSE_FROM, _DENSE_PIXELS = 3000, 16.0
_SPECK = 6  # cells


@dataclass(frozen=True)
class TileShapes:
    """What a tile shows: columns of equal length, geometries in the tile's own units (0 to 4096, y down)."""

    z: int
    x: int
    y: int
    keys: list[str]
    classes: list[str]
    names: list[str]
    geometries: npt.NDArray[np.object_]


def to_world(lonlat: npt.NDArray[np.float64], zoom: int) -> npt.NDArray[np.float64]:
    """Longitude/latitude in degrees (EPSG:4490, shown as 4326) → tile units of the whole world at a zoom."""
    size = EXTENT * 2.0**zoom
    y = 0.5 - np.arcsinh(np.tan(np.radians(lonlat[:, 1]))) / (2 * np.pi)
    return np.column_stack(((lonlat[:, 0] / 360.0 + 0.5) * size, y * size))


def detail_zoom(geometries: npt.NDArray[np.object_]) -> int:
    """The first zoom (10 to 16) whose fullest tile, cut from the features themselves, stays small."""
    west, south, east, north = shapely.bounds(geometries).T
    middle = to_world(np.column_stack(((west + east) / 2, (south + north) / 2)), HIGHEST_DETAIL_ZOOM)
    tile = np.floor(middle / EXTENT).astype(np.int64)
    vertices = shapely.get_num_coordinates(geometries)
    for zoom in range(DETAIL_ZOOM, HIGHEST_DETAIL_ZOOM):
        shift = HIGHEST_DETAIL_ZOOM - zoom
        _, index, counts = np.unique(
            (tile[:, 0] >> shift) << 32 | (tile[:, 1] >> shift), return_inverse=True, return_counts=True
        )
        # one big outline is clipped to the tile: only what a feature can show there counts
        load = np.bincount(index, np.minimum(vertices, 1000))
        if counts.max(initial=0) <= MAX_TILE_FEATURES and load.max(initial=0) <= MAX_TILE_VERTICES:
            return zoom
    return HIGHEST_DETAIL_ZOOM


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
    grid: _Grid | None = None
    for zoom in sorted(zooms, reverse=True):
        if zoom < top:
            size /= 4
            world = shapely.transform(world, lambda c: c / 2) if grid is None else world
        if size >= _DENSE_PIXELS or len(world) < _DENSE_FROM or not surface.all():
            world = _simplified(world, tiling and bool(surface.all()))
            yield from _vector_tiles(keys, classes, names, world, zoom)
        else:
            grid = _Grid.laid(world, classes) if grid is None else grid.halved()
            yield from grid.tiles(zoom)


def _simplified(world: npt.NDArray[np.object_], tiling: bool) -> npt.NDArray[np.object_]:
    """Simplified to half a pixel. What would collapse keeps its shape: it is made visible when it is drawn."""
    if tiling and len(world) > 1:
        simple = shapely.coverage_simplify(world, PIXEL / 2)
    else:
        simple = shapely.simplify(world, PIXEL / 2, preserve_topology=True)
    return np.where(shapely.is_empty(simple), world, simple)


def _visible(world: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Features with less than a pixel's area as the pixel around their middle."""
    west, south, east, north = shapely.bounds(world).T
    tiny = (shapely.get_dimensions(world) == 2) & (shapely.area(world) < PIXEL**2)
    tiny |= (shapely.get_dimensions(world) == 2) & (np.minimum(east - west, north - south) < PIXEL / 4)
    shown = world.copy()
    half = PIXEL / 2
    # a long thin feature keeps its length and gets a pixel's width
    x0, x1 = np.minimum(west, (west + east) / 2 - half), np.maximum(east, (west + east) / 2 + half)
    y0, y1 = np.minimum(south, (south + north) / 2 - half), np.maximum(north, (south + north) / 2 + half)
    compact = tiny & (east - west < 4 * PIXEL) & (north - south < 4 * PIXEL)
    shown[compact] = shapely.box(x0, y0, x1, y1)[compact]
    thin = tiny & ~compact
    shown[thin] = shapely.buffer(world[thin], half, quad_segs=1)
    return shown


def _vector_tiles(
    keys: Sequence[str],
    classes: Sequence[str],
    names: Sequence[str],
    world: npt.NDArray[np.object_],
    zoom: int,
) -> Iterator[TileShapes]:
    shown = _visible(world)
    bounds = shapely.bounds(shown)
    low = np.floor((bounds[:, :2] - BUFFER) / EXTENT).astype(np.int64)
    high = np.floor((bounds[:, 2:] + BUFFER) / EXTENT).astype(np.int64)
    wide = high - low + 1
    count = wide[:, 0] * wide[:, 1]
    feature = np.repeat(np.arange(len(shown)), count)
    position = np.arange(len(feature)) - np.repeat(np.cumsum(count) - count, count)
    tx = low[feature, 0] + position % wide[feature, 0]
    ty = low[feature, 1] + position // wide[feature, 0]
    order = np.lexsort((feature, ty, tx))
    feature, tx, ty = feature[order], tx[order], ty[order]
    begins = np.flatnonzero(np.r_[True, (np.diff(tx) != 0) | (np.diff(ty) != 0)])
    for begin, end in zip(begins, np.r_[begins[1:], len(tx)], strict=True):
        rows = feature[begin:end]
        x, y = int(tx[begin]), int(ty[begin])
        if not (0 <= x < 1 << zoom and 0 <= y < 1 << zoom):
            continue
        origin = np.array([x, y], dtype=np.float64) * EXTENT
        clipped = shapely.clip_by_rect(
            shown[rows], origin[0] - BUFFER, origin[1] - BUFFER,
            origin[0] + EXTENT + BUFFER, origin[1] + EXTENT + BUFFER,
        )  # fmt: skip
        kept = ~shapely.is_empty(clipped)
        if kept.any():
            rows = rows[kept]
            yield TileShapes(
                zoom, x, y, [keys[i] for i in rows], [classes[i] for i in rows], [names[i] for i in rows],
                _drawn(clipped[kept], origin),
            )  # fmt: skip


def _drawn(shapes: npt.NDArray[np.object_], origin: npt.NDArray[np.float64]) -> npt.NDArray[np.object_]:
    """In the tile's units, whole numbers, outer rings in the direction that the format wants."""
    moved = shapely.transform(shapes, lambda c: np.rint(c - origin))
    return np.asarray(shapely.orient_polygons(moved))


@dataclass(frozen=True)
class _Grid:
    """Class numbers (0: nothing) on cells; `column`, `row` say where in the world's cells it begins."""

    cells: npt.NDArray[np.uint16]
    column: int
    row: int
    labels: list[str]

    @classmethod
    def laid(cls, world: npt.NDArray[np.object_], classes: Sequence[str]) -> _Grid:
        labels, codes = np.unique(np.asarray(classes, dtype=str), return_inverse=True)
        xy = shapely.total_bounds(world) / CELL
        align = 1 << LOWEST_ZOOM  # stays even through every halving
        column, row = (int(np.floor(v / align)) * align for v in xy[:2])
        columns, rows = (
            int(np.ceil((v - o) / align)) * align for v, o in zip(xy[2:], (column, row), strict=True)
        )
        cells = np.zeros((max(rows, align), max(columns, align)), dtype=np.uint16)
        _burn(cells, world, (codes + 1).astype(np.uint16), np.array([column, row], dtype=np.float64))
        return cls(cells, column, row, labels.tolist())

    def halved(self) -> _Grid:
        """Four cells become one: the commonest class of those that are not empty."""
        four = np.stack([self.cells[i::2, j::2] for i in (0, 1) for j in (0, 1)])
        votes = np.stack([(four == one).sum(axis=0) for one in four])
        votes[four == 0] = 0
        best = votes.argmax(axis=0)
        cells = np.take_along_axis(four, best[None], axis=0)[0]
        pad = [(0, n % 2) for n in cells.shape]
        return _Grid(np.pad(cells, pad), self.column // 2, self.row // 2, self.labels)

    def tiles(self, zoom: int) -> Iterator[TileShapes]:
        rows, columns = self.cells.shape
        for ty in range(self.row // _CELLS, (self.row + rows - 1) // _CELLS + 1):
            for tx in range(self.column // _CELLS, (self.column + columns - 1) // _CELLS + 1):
                window = self._window(tx, ty)
                if window.any():
                    classes, shapes = _outlined(window)
                    yield TileShapes(
                        zoom, tx, ty, [""] * len(classes), [self.labels[c - 1] for c in classes],
                        [""] * len(classes), shapes,
                    )  # fmt: skip

    def _window(self, tx: int, ty: int) -> npt.NDArray[np.uint16]:
        """A tile's cells with a margin, empty beyond the grid."""
        side = _CELLS + 2 * _MARGIN
        window = np.zeros((side, side), dtype=np.uint16)
        top, left = ty * _CELLS - _MARGIN - self.row, tx * _CELLS - _MARGIN - self.column
        part = self.cells[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)]
        at_row, at_column = max(-top, 0), max(-left, 0)
        window[at_row : at_row + part.shape[0], at_column : at_column + part.shape[1]] = part
        return window


def _outlined(window: npt.NDArray[np.uint16]) -> tuple[list[int], npt.NDArray[np.object_]]:
    """Class numbers and one multipolygon for each, in tile units, borders smoothed together."""
    sieved = raster_features.sieve(window, _SPECK, connectivity=4, mask=window > 0)
    regions = list(raster_features.shapes(sieved, mask=sieved > 0, connectivity=4))
    rings = [ring for shape, _ in regions for ring in shape["coordinates"]]
    polygon = np.repeat(np.arange(len(regions)), [len(shape["coordinates"]) for shape, _ in regions])
    corners = np.array([point for ring in rings for point in ring], dtype=np.intp)
    ring = np.repeat(np.arange(len(rings)), [len(points) for points in rings])
    places = corners + _shifts(sieved)[corners[:, 1], corners[:, 0]]
    made = shapely.polygons(shapely.linearrings(places, indices=ring), indices=polygon)
    made = shapely.simplify(
        made, 0.05, preserve_topology=True
    )  # a stair has become a straight line: its points go
    values = np.array([int(value) for _, value in regions])
    classes = np.unique(values)
    shapes = np.array([shapely.multipolygons(made[values == value]) for value in classes], dtype=object)
    scaled = shapely.transform(shapes, lambda c: np.rint((c - _MARGIN) * CELL))
    return classes.tolist(), np.asarray(shapely.orient_polygons(scaled))


def _shifts(cells: npt.NDArray[np.uint16]) -> npt.NDArray[np.float64]:
    """Where a corner between cells goes, (rows + 1, columns + 1, 2) in x and y: a quarter towards the odd one out.

    That turns stairs into slopes. It depends on the four cells around the corner alone, so both sides of a
    border move together; where three classes meet, nothing moves.
    """
    around = np.pad(cells, 1)
    nw, ne, sw, se = around[:-1, :-1], around[:-1, 1:], around[1:, :-1], around[1:, 1:]
    shifts = np.zeros((*nw.shape, 2))
    for odd, others, direction in (
        (nw, (ne, sw, se), (-0.25, -0.25)),
        (ne, (nw, sw, se), (0.25, -0.25)),
        (sw, (nw, ne, se), (-0.25, 0.25)),
        (se, (nw, ne, sw), (0.25, 0.25)),
    ):
        alone = (others[0] == others[1]) & (others[1] == others[2]) & (odd != others[0])
        shifts[alone] = direction
    return shifts


def _burn(
    cells: npt.NDArray[np.uint16],
    world: npt.NDArray[np.object_],
    values: npt.NDArray[np.uint16],
    origin: npt.NDArray[np.float64],
) -> None:
    """Give each cell the value of the polygon that holds its centre, and each polygon without any one cell.

    All polygons at once: every edge is crossed with the rows' centre lines, and the crossings of a polygon in
    a row, sorted, are the ends of its spans.
    """
    block = 200_000
    for begin in range(0, len(world), block):
        _burn_block(cells, world[begin : begin + block], values[begin : begin + block], origin)


def _burn_block(
    cells: npt.NDArray[np.uint16],
    world: npt.NDArray[np.object_],
    values: npt.NDArray[np.uint16],
    origin: npt.NDArray[np.float64],
) -> None:
    height, width = cells.shape
    rings, polygon = _rings(world)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    xy = xy / CELL - origin
    inner = ring[1:] == ring[:-1]
    a, b, owner = xy[:-1][inner], xy[1:][inner], polygon[ring[:-1][inner]]
    first = np.ceil(np.minimum(a[:, 1], b[:, 1]) - 0.5).astype(np.int64)
    stop = np.ceil(np.maximum(a[:, 1], b[:, 1]) - 0.5).astype(np.int64)
    count = stop - first
    edge = np.repeat(np.arange(len(a)), count)
    row = first[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    crossing = a[edge, 0] + (row + 0.5 - a[edge, 1]) / (b[edge, 1] - a[edge, 1]) * (b[edge, 0] - a[edge, 0])
    order = np.lexsort((crossing, owner[edge] * height + row))
    row, crossing, owner = row[order], crossing[order], owner[edge][order]
    left = np.ceil(crossing[0::2] - 0.5).astype(np.int64)
    right = np.ceil(crossing[1::2] - 0.5).astype(np.int64)
    row, owner, length = row[0::2], owner[0::2], right - left
    at = (
        np.repeat(row * width + left, length)
        + np.arange(length.sum())
        - np.repeat(np.cumsum(length) - length, length)
    )
    flat = cells.reshape(-1)
    flat[at] = np.repeat(values[owner], length)
    none = np.ones(len(world), dtype=bool)
    none[owner[length > 0]] = False
    bounds = shapely.bounds(world[none])
    middle = np.floor((bounds[:, :2] + bounds[:, 2:]) / 2 / CELL - origin).astype(np.int64)
    spot = np.clip(middle[:, 1], 0, height - 1) * width + np.clip(middle[:, 0], 0, width - 1)
    free = flat[spot] == 0
    flat[spot[free]] = values[none][free]


def _rings(world: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.intp]]:
    parts, of = shapely.get_parts(world, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    return rings, of[part]
