"""The staged rows of a version, read in blocks of neighbouring features: bounded memory, whatever the layer's size."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from django.db import connection

from layers import pieces
from layers.models import LayerVersion

VERTICES = 500_000  # of one block
_HEADER = 19  # of a binary COPY
_TRAILER = 2
_PIECE = 64  # vertices that a piece is thought to have

Box = tuple[float, float, float, float]
EVERYWHERE: Box = (-np.inf, -np.inf, np.inf, np.inf)


def _record(*fields: str) -> np.dtype[Any]:
    """A row of a binary COPY whose fields have no nulls: each value behind its length."""
    parts: list[tuple[str, str]] = [("count", ">i2")]
    for number, field in enumerate(fields):
        parts += [(f"length{number}", ">i4"), (f"field{number}", field)]
    return np.dtype(parts)


_BOX = "ST_XMin({0}.geom), ST_YMin({0}.geom), ST_XMax({0}.geom), ST_YMax({0}.geom)"
_FEATURE = _record(">i8", ">f8", ">i4", "?", ">f8", ">f8", ">f8", ">f8")
_CUT = _record(">i8", ">i8", ">f8", ">f8", ">f8", ">f8")
_GEOMETRY = struct.Struct("!hiqi")  # fields, length of the id, id, length of the geometry


def _copy(statement: str) -> memoryview:
    target = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY ({statement}) TO STDOUT (FORMAT binary)", target)
    return target.getbuffer()


def _table(statement: str, record: np.dtype[Any]) -> npt.NDArray[Any]:
    data = _copy(statement)
    rows = (len(data) - _HEADER - _TRAILER) // record.itemsize
    return np.frombuffer(data, record, rows, _HEADER)


def _geometries(table: str, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    """The shapes of these rows, in the order of `ids` (ascending)."""
    if not len(ids):
        return np.empty(0, dtype=object)
    data = bytes(_copy(f"SELECT id, geom FROM {table} WHERE id = ANY({_ids(ids)}) ORDER BY id"))
    wkb, at = [], _HEADER
    found = np.empty(len(ids), dtype=np.int64)
    for row in range(len(ids)):
        _, _, found[row], length = _GEOMETRY.unpack_from(data, at)
        at += _GEOMETRY.size
        wkb.append(data[at : at + length])
        at += length
    assert (found == ids).all(), "a staged row went away while it was looked at"
    return np.asarray(shapely.set_srid(shapely.from_wkb(wkb), 0))


def _ids(numbers: npt.NDArray[np.int64]) -> str:
    return "'{" + ",".join(map(str, numbers.tolist())) + "}'::bigint[]"


@dataclass(frozen=True)
class Rows:
    """What is known of each feature without its shape, in the order of ids; boxes in degrees, (n, 4).

    `ordinal` marks keys with a “#”, as they get it where a key stood there twice. A *part* is a feature, or a
    piece of a big one: `piece_ids` of the features `piece_owners` (positions), with their boxes.
    """

    ids: npt.NDArray[np.int64]
    areas: npt.NDArray[np.float64]
    vertices: npt.NDArray[np.int64]
    ordinal: npt.NDArray[np.bool_]
    boxes: npt.NDArray[np.float64]
    piece_ids: npt.NDArray[np.int64]
    piece_owners: npt.NDArray[np.int64]
    piece_boxes: npt.NDArray[np.float64]
    in_pieces: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)

    def keys(self, features: npt.NDArray[np.int64]) -> dict[int, str]:
        """Keys by position."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, key FROM layers_feature WHERE id = ANY({_ids(self.ids[np.unique(features)])})"
            )
            rows = cursor.fetchall()
        positions = np.searchsorted(self.ids, [row[0] for row in rows]).tolist()
        return dict(zip(positions, (row[1] for row in rows), strict=True))

    def there(self, version: LayerVersion, keys: set[str]) -> set[str]:
        """Which of these keys the version has."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT f.key FROM layers_feature f WHERE {window(version)} AND f.key = ANY(%s)",
                [list(keys)],
            )
            return {row[0] for row in cursor.fetchall()}

    def middle(self, feature: int) -> tuple[float, float]:
        """The middle of a feature's box."""
        west, south, east, north = self.boxes[feature].tolist()
        return (west + east) / 2, (south + north) / 2

    def geometries(self, features: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
        """The shapes of features, given by position (ascending)."""
        return _geometries("layers_feature", self.ids[features])


def window(version: LayerVersion) -> str:
    """The condition on `layers_feature f` that its row belongs to the version."""
    return (
        f"f.layer_id = {int(version.layer_id)} AND f.first_version <= {int(version.number)} "
        f"AND (f.last_version IS NULL OR f.last_version >= {int(version.number)})"
    )


def attribute_names(version: LayerVersion) -> set[str]:
    """The attributes that the first features of a version have."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT jsonb_object_keys(sample.attributes) FROM "
            f"(SELECT f.attributes FROM layers_feature f WHERE {window(version)} LIMIT 1000) AS sample"
        )
        return {row[0] for row in cursor.fetchall()}


def read(version: LayerVersion) -> Rows:
    table = _table(
        f"SELECT f.id, f.area_m2, f.vertices, strpos(f.key, '#') > 0, {_BOX.format('f')} "
        f"FROM layers_feature f WHERE {window(version)}",
        _FEATURE,
    )
    table = table[np.argsort(table["field0"])]
    ids, vertices = table["field0"].astype(np.int64), table["field2"].astype(np.int64)
    boxes = np.column_stack([table[f"field{n}"] for n in range(4, 8)]).astype(np.float64)
    big = np.flatnonzero(pieces.is_big(vertices))
    piece_ids = piece_owners = np.empty(0, dtype=np.int64)
    piece_boxes = np.empty((0, 4))
    if len(big):
        cuts = _table(
            f"SELECT p.id, p.feature_id, {_BOX.format('p')} FROM layers_featurepiece p "
            f"WHERE p.feature_id = ANY({_ids(ids[big])}) ORDER BY p.id",
            _CUT,
        )
        piece_ids = cuts["field0"].astype(np.int64)
        piece_owners = np.searchsorted(ids, cuts["field1"].astype(np.int64))
        piece_boxes = np.column_stack([cuts[f"field{n}"] for n in range(2, 6)]).astype(np.float64)
    in_pieces = np.zeros(len(ids), dtype=bool)
    in_pieces[piece_owners] = True
    return Rows(
        ids, table["field1"].astype(np.float64), vertices, table["field3"].astype(bool), boxes,
        piece_ids, piece_owners, piece_boxes, in_pieces,
    )  # fmt: skip


@dataclass(frozen=True)
class Block:
    """A cell of the plane and what lies in it.

    Every point belongs to exactly one cell (it has its lower and left border). `parts` are those whose box
    touches the cell: small features whole, big ones in pieces; `owners` their features (positions in `Rows`),
    `numbers` the same number for the same part in every block. `home` are the features whose box's centre
    lies here, so each feature is at home once; `wholes` are their shapes.
    """

    cell: Box
    parts: npt.NDArray[np.object_]
    owners: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]
    home: npt.NDArray[np.int64]
    wholes: npt.NDArray[np.object_]

    def has(self, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Which points belong to the cell."""
        west, south, east, north = self.cell
        return np.asarray((x >= west) & (x < east) & (y >= south) & (y < north))


@dataclass(frozen=True)
class _Items:
    """What cells are made of: parts (numbered), and big features at the centres of their boxes (number -1)."""

    boxes: npt.NDArray[np.float64]
    weights: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]


def _items(rows: Rows) -> _Items:
    small, big = np.flatnonzero(~rows.in_pieces), np.flatnonzero(rows.in_pieces)
    middle = _centres(rows.boxes[big])
    count = len(rows.piece_ids)
    return _Items(
        np.concatenate([rows.boxes[small], rows.piece_boxes, np.hstack([middle, middle])]),
        np.concatenate([rows.vertices[small], np.full(count, _PIECE), rows.vertices[big]]),
        np.concatenate([small, len(rows) + np.arange(count), np.full(len(big), -1)]),
    )


def _centres(boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2])


def _cells(
    items: _Items, inside: npt.NDArray[np.int64], cell: Box
) -> Iterator[tuple[Box, npt.NDArray[np.int64]]]:
    """Halve the cell at the median until what touches it is no more than a block may have."""
    boxes = items.boxes[inside]
    if items.weights[inside].sum() > VERTICES and len(inside) > 1:
        middle = _centres(boxes)
        spread = np.ptp(middle, axis=0)
        for axis in np.argsort(-spread).tolist():
            at = float(np.median(middle[:, axis]))
            lower, upper = boxes[:, axis] < at, boxes[:, axis + 2] >= at
            if max(lower.sum(), upper.sum()) <= 0.8 * len(inside):
                first, second = list(cell), list(cell)
                first[axis + 2] = second[axis] = at
                yield from _cells(items, inside[lower], (first[0], first[1], first[2], first[3]))
                yield from _cells(items, inside[upper], (second[0], second[1], second[2], second[3]))
                return
    yield cell, items.numbers[inside]


def blocks(rows: Rows) -> Iterator[Block]:
    """All of a version, block by block; neighbouring blocks follow each other."""
    items = _items(rows)
    centres = _centres(rows.boxes)
    small = np.flatnonzero(~rows.in_pieces)
    for cell, numbers in _cells(items, np.arange(len(items.numbers)), EVERYWHERE):
        numbers = np.sort(numbers[numbers >= 0])
        features, cuts = numbers[numbers < len(rows)], numbers[numbers >= len(rows)] - len(rows)
        shapes = rows.geometries(features)
        west, south, east, north = cell
        x, y = centres.T
        home = np.flatnonzero((x >= west) & (x < east) & (y >= south) & (y < north))
        big = home[rows.in_pieces[home]]
        wholes = np.empty(len(home), dtype=object)
        wholes[~rows.in_pieces[home]] = shapes[np.isin(features, home, assume_unique=True)]
        wholes[rows.in_pieces[home]] = rows.geometries(big)
        yield Block(
            cell,
            np.concatenate([shapes, _geometries("layers_featurepiece", rows.piece_ids[cuts])]),
            np.concatenate([features, rows.piece_owners[cuts]]),
            numbers,
            home,
            wholes,
        )
    assert small.size + rows.in_pieces.sum() == len(rows)
