"""What is to be made for a version: blocks of tiles that each fit into memory, the highest zoom first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from layers.models import LayerVersion
from layers.overviews import reading
from layers.overviews.grids import MARGIN
from layers.overviews.settling import lowest_zoom
from layers.overviews.world import CELLS, EXTENT, degrees, to_world

BLOCK_FEATURES, BLOCK_VERTICES = 40_000, 1_500_000
HEAVY_VERTICES = 3_000_000  # of one tile
_SIDE = 16  # tiles, at most
# Beyond that share of changed features, looking for what they touch takes longer than making everything.
_MOSTLY_NEW = 0.2
WORLD = (-180.0, -90.0, 180.0, 90.0)
# Of a tile, around it: what may change in it. Cells reach further than outlines.
REACH = MARGIN / CELLS

Ranges = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Block:
    """A square of `side` × `side` tiles of one zoom from `x`, `y` on.

    ``base`` is the number of the version that they are compared with: only what was touched since is made. With 0
    everything is. ``heavy`` says that even one tile has more vertices than fit into memory at once.
    """

    z: int
    x: int
    y: int
    side: int
    base: int = 0
    heavy: bool = False

    @property
    def name(self) -> str:
        """Unique within a version's plan."""
        return f"{self.z}-{self.x}-{self.y}-{self.side}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Block:
        return cls(**kept)


@dataclass(frozen=True)
class _Spread:
    """Tiles of one zoom that something reaches: `ranges` (x0, y0, x1, y1, inclusive), what each weighs."""

    ranges: Ranges
    features: npt.NDArray[np.int64]
    vertices: npt.NDArray[np.int64]

    def at(self, levels: int) -> _Spread:
        """The same so many zooms below, where as much of a tile around is more ground."""
        reach = int(np.ceil((1 << levels) * REACH)) if levels else 0
        ranges = self.ranges.copy()
        ranges[:, :2] -= reach
        ranges[:, 2:] += reach
        return _Spread(np.maximum(ranges >> levels, 0), self.features, self.vertices)

    def meeting(self, x: int, y: int, side: int) -> _Spread:
        met = (self.ranges[:, :2] < (x + side, y + side)).all(axis=1) & (self.ranges[:, 2:] >= (x, y)).all(
            axis=1
        )
        return _Spread(self.ranges[met], self.features[met], self.vertices[met])


def plan(version: LayerVersion) -> list[Block]:
    """The blocks of a version, to be made in this order. Each is made of the features or of the blocks before it."""
    zooms = range(_lowest(version), version.detail_zoom)
    if not zooms:
        return []
    top = zooms[-1]
    everything = _everything(version, top)
    base = _base(version)
    changed: _Spread | None = None
    if base is not None:
        boxes = reading.changed_boxes(
            version,
            base.number,
            WORLD,
            neighbours=bool(version.non_overlapping) and top >= feature_zoom(version),
        )
        changed = _spread(_tiles(boxes, top))
    undrawn = _undrawn(version)
    of_undrawn = [_everything(other, top) for other in undrawn]
    blocks: list[Block] = []
    for z in reversed(zooms):
        shared = changed if base is not None and _all_shared(version, undrawn, base, z) else None
        spread = everything.at(top - z)
        number = base.number if base is not None and shared is not None else 0
        if shared is not None:
            due = shared.at(top - z)
        else:
            # what an earlier version shows, or will once it is drawn, and this one doesn't becomes empty
            others = [other.at(top - z).ranges for other in of_undrawn]
            due = _spread(np.concatenate((spread.ranges, _stored(version, z), *others)))
        from_features = z >= feature_zoom(version) - 1
        blocks += [Block(z, *square, base=number, heavy=heavy) for square, heavy in
                   _squares(due, spread if from_features else None, z)]  # fmt: skip
    return blocks


def feature_zoom(version: LayerVersion) -> int:
    if version.feature_zoom is None:
        raise ValueError(f"the zooms of {version} are not settled")
    return version.feature_zoom


def _lowest(version: LayerVersion) -> int:
    """The layer's, or a lower one that earlier versions have tiles of: what is there is kept up."""
    lowest, there = lowest_zoom(version.layer), _lowest_stored(version.layer_id, version.number - 1)
    return lowest if there is None else min(lowest, there)


def _lowest_stored(layer_id: int, number: int) -> int | None:
    """The lowest zoom that versions up to this one have tiles of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(z) FROM layers_overviewtile WHERE layer_id = %s AND first_version <= %s",
            [layer_id, number],
        )
        (lowest,) = cursor.fetchone()
    return None if lowest is None else int(lowest)


def _base(version: LayerVersion) -> LayerVersion | None:
    """The last version with overviews that this one's can be built on."""
    base = (
        LayerVersion.objects.filter(layer=version.layer_id, number__lt=version.number, overviews_done=True)
        .order_by("-number")
        .defer("coverage", "report", "quality")
        .first()
    )
    if base is None or base.feature_zoom is None:
        return None
    if reading.changed_count(version, base.number) > max(version.feature_count, 100) * _MOSTLY_NEW:
        return None
    return base


def _undrawn(version: LayerVersion) -> list[LayerVersion]:
    """Versions before this one whose tiles are still to be made."""
    rows = LayerVersion.objects.filter(
        layer=version.layer_id, number__lt=version.number, overviews_done=False, feature_zoom__isnull=False
    )
    return list(rows.defer("coverage", "report", "quality"))


def _all_shared(version: LayerVersion, undrawn: list[LayerVersion], base: LayerVersion, z: int) -> bool:
    """Whether a version can share the base's tiles of a zoom, and those that are drawn in between will do so too.

    One that draws everything otherwise would show through where this version touched nothing.
    """
    between = [other for other in undrawn if other.number > base.number and z < other.detail_zoom]
    return all(_shared(one, base, z) for one in (version, *between))


def _shared(version: LayerVersion, base: LayerVersion, z: int) -> bool:
    """Whether the base's tiles of a zoom were made in the same way."""
    lowest = _lowest_stored(base.layer_id, base.number)
    if lowest is None or not lowest <= z < base.detail_zoom:
        return False
    if z < feature_zoom(version):
        return version.feature_zoom == base.feature_zoom
    return z >= feature_zoom(base) and version.non_overlapping == base.non_overlapping


_REACHED = f"""
SELECT x0, y0, x1, y1, count(*), sum(vertices) FROM (
    SELECT floor((ST_XMin(f.geom) / 360 + 0.5) * %(side)s - %(reach)s)::int AS x0,
           floor((0.5 - asinh(tan(radians(ST_YMax(f.geom)))) / (2 * pi())) * %(side)s - %(reach)s)::int AS y0,
           floor((ST_XMax(f.geom) / 360 + 0.5) * %(side)s + %(reach)s)::int AS x1,
           floor((0.5 - asinh(tan(radians(ST_YMin(f.geom)))) / (2 * pi())) * %(side)s + %(reach)s)::int AS y1,
           f.vertices
    FROM layers_feature f WHERE f.layer_id = %(layer)s AND {reading.ALIVE}) AS features
GROUP BY x0, y0, x1, y1
"""


def _everything(version: LayerVersion, zoom: int) -> _Spread:
    """Where the features of a version lie, in tiles of a zoom."""
    with connection.cursor() as cursor:
        cursor.execute(
            _REACHED,
            {"layer": version.layer_id, "number": version.number, "side": 1 << zoom, "reach": REACH},
        )
        rows = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 6)
    return _Spread(rows[:, :4], rows[:, 4], rows[:, 5])


def _tiles(boxes: npt.NDArray[np.float64], zoom: int) -> Ranges:
    """Boxes in degrees → the tiles that they reach (x0, y0, x1, y1, inclusive)."""
    low = to_world(boxes[:, [0, 3]], zoom) / EXTENT - REACH
    high = to_world(boxes[:, [2, 1]], zoom) / EXTENT + REACH
    ranges = np.floor(np.column_stack((low, high))).astype(np.int64)
    return np.clip(ranges, 0, (1 << zoom) - 1)


def _spread(ranges: Ranges) -> _Spread:
    nothing = np.zeros(len(ranges), dtype=np.int64)
    return _Spread(ranges, nothing, nothing)


def _stored(version: LayerVersion, z: int) -> Ranges:
    """Where versions before this one have tiles of a zoom."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT x, y, x, y FROM layers_overviewtile
            WHERE layer_id = %s AND z = %s AND first_version < %s
            """,
            [version.layer_id, z, version.number],
        )
        return np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 4)


def _squares(due: _Spread, weight: _Spread | None, z: int) -> Iterator[tuple[tuple[int, int, int], bool]]:
    """Squares (x, y, side) that hold everything due, each light enough or one tile; and whether that is heavy."""
    if not len(due.ranges):
        return
    side = _SIDE
    while (due.ranges[:, :2] // side).min(axis=0).tolist() != (due.ranges[:, 2:] // side).max(
        axis=0
    ).tolist():
        side *= 2
    x, y = (due.ranges[:, :2] // side * side).min(axis=0).tolist()
    waiting = [(x, y, side, due, weight)]
    while waiting:
        x, y, side, due, weight = waiting.pop()
        due = due.meeting(x, y, side)
        if not len(due.ranges):
            continue
        weight = weight.meeting(x, y, side) if weight is not None else None
        light = weight is None or (
            weight.features.sum() <= BLOCK_FEATURES and weight.vertices.sum() <= BLOCK_VERTICES
        )
        if side <= _SIDE and (light or side == 1):
            yield (x, y, side), weight is not None and int(weight.vertices.sum()) > HEAVY_VERTICES
            continue
        half = side // 2
        waiting += [(x + i * half, y + j * half, half, due, weight) for j in (1, 0) for i in (1, 0)]


def reached(version: LayerVersion, zoom: int) -> set[tuple[int, int]]:
    """The tiles of any zoom that a version has something for, by the features' boxes."""
    last = (1 << zoom) - 1
    ranges = np.clip(_everything(version, zoom).ranges, 0, last).tolist()
    return {(x, y) for x0, y0, x1, y1 in ranges for x in range(x0, x1 + 1) for y in range(y0, y1 + 1)}


def touched(version: LayerVersion, block: Block) -> set[tuple[int, int]]:
    """The tiles of a block that have to be made."""
    end = (1 << block.z) - 1
    x1, y1 = min(block.x + block.side - 1, end), min(block.y + block.side - 1, end)
    if not block.base:
        return {(x, y) for x in range(block.x, x1 + 1) for y in range(block.y, y1 + 1)}
    around = degrees(block.z, block.x - REACH, block.y - REACH, x1 + 1 + REACH, y1 + 1 + REACH)
    neighbours = bool(version.non_overlapping) and block.z >= feature_zoom(version)
    ranges = _tiles(reading.changed_boxes(version, block.base, around, neighbours=neighbours), block.z)
    ranges = np.unique(np.clip(ranges, (block.x, block.y) * 2, (x1, y1) * 2), axis=0)
    return {
        (x, y) for x0, y0, x1, y1 in ranges.tolist() for x in range(x0, x1 + 1) for y in range(y0, y1 + 1)
    }
