"""Features into the tables: whole, and cut into pieces where they are big."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import repeat

import numpy as np
import numpy.typing as npt
import shapely
from django.db import connection

from layers import copying, hashing, pieces
from layers.areas import exact_areas
from layers.copying import lengths, sliced
from layers.staging import Content

#: What a key begins with while it isn't known yet what it will be (`layers.loading.repeated`).
OPEN_KEY = "\x01"
_LENGTH_OF_HASH, _LENGTH_OF_SEAL = (32).to_bytes(4, "big"), (16).to_bytes(4, "big")
_COLUMNS = (
    "layer_id", "key", "first_version", "last_version", "hash", "seal", "class_code", "name", "attributes",
    "area_m2", "vertices", "geom",
)  # fmt: skip


_FIGURES = np.dtype([("n1", ">i4"), ("area", ">f8"), ("n2", ">i4"), ("vertices", ">i4")])


def _rows(layer: int, number: int, content: Content, ids: list[int] | None) -> Iterator[bytes]:
    """Encoded rows of features; with their ids where those were drawn before."""
    count = len(content)
    wkbs = shapely.to_wkb(content.geometries, byte_order=1).tolist()
    areas = sliced(np.asarray(content.areas, dtype="<f8").view([("area", "<f8")]))
    seals = [hashing.sealed(*row) for row in zip(content.hashes, areas, wkbs, strict=True)]
    keys, classes, names, attributes = (
        [text.encode() for text in column]
        for column in (content.keys, content.class_codes, content.names, content.attributes)
    )
    figures = np.empty(count, dtype=_FIGURES)
    figures["n1"], figures["area"] = 8, content.areas
    figures["n2"], figures["vertices"] = 4, content.vertices
    before = copying.int8(layer)
    lead: list[Iterable[bytes]] = [repeat(before, count)]
    if ids is not None:
        lead = [[copying.int8(id_) + before for id_ in ids]]
    return copying.rows_of(
        len(_COLUMNS) + (ids is not None), count, *lead,
        lengths(keys), keys,
        repeat(copying.int4(number) + copying.NULL + _LENGTH_OF_HASH, count), content.hashes,
        repeat(_LENGTH_OF_SEAL, count), seals,
        lengths(classes), classes,
        lengths(names), names,
        lengths(attributes, 1), repeat(copying.JSONB, count), attributes,
        sliced(figures),
        lengths(wkbs, 4), copying.geometry_heads(wkbs), [wkb[5:] for wkb in wkbs],
    )  # fmt: skip


def _draw_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('layers_feature', 'id')) FROM generate_series(1, %s)",
            [count],
        )
        return [row[0] for row in cursor.fetchall()]


def write(layer: int, number: int, content: Content) -> None:
    """Write features as new in a version that is being staged, in the transaction that is open."""
    big = pieces.is_big(content.vertices)
    small = content.take(np.flatnonzero(~big)) if big.any() else content
    if len(small):
        copying.copy_rows("layers_feature", _COLUMNS, _rows(layer, number, small, None))
    if not big.any():
        return
    large = content.take(np.flatnonzero(big))
    ids = _draw_ids(len(large))
    copying.copy_rows("layers_feature", ("id", *_COLUMNS), _rows(layer, number, large, ids))
    copying.copy(
        "layers_featurepiece", ("feature_id", "layer_id", "seal", "area_m2", "geom"), _cut(layer, large, ids)
    )


def _cut(layer: int, content: Content, ids: list[int]) -> Iterator[bytes]:
    cuts, owners = pieces.cut(content.geometries)
    areas = exact_areas(cuts).tolist()
    layer_field = copying.int8(layer)
    for wkb, area, owner in zip(shapely.to_wkb(cuts, byte_order=1), areas, owners.tolist(), strict=True):
        seal = copying.raw(hashing.seal(content.hashes[owner], area, wkb))
        yield b"".join(
            (copying.int8(ids[owner]), layer_field, seal, copying.float8(area), copying.geometry(wkb))
        )


def write_open(layer: int, number: int, content: Content, names: list[str]) -> None:
    """Write features whose key is taken under names of ours; what they were called stands in the attributes."""
    aside = Content(
        keys=[OPEN_KEY + name for name in names], class_codes=content.class_codes, names=content.names,
        attributes=[
            f'{{"attributes":{attributes},"key":{json.dumps(key, ensure_ascii=False)}}}'
            for key, attributes in zip(content.keys, content.attributes, strict=True)
        ],
        geometries=content.geometries, hashes=content.hashes,
    )  # fmt: skip
    copying.copy_rows("layers_feature", _COLUMNS, _rows(layer, number, aside, None))


def close(layer: int, number: int, keys: list[str]) -> int:
    """End the lives, with the version before, of the features that had these keys in it; says how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE layers_feature SET last_version = %s WHERE layer_id = %s AND last_version IS NULL"
            " AND first_version < %s AND key = ANY(%s)",
            [number - 1, layer, number, keys],
        )
        return cursor.rowcount


def close_ids(number: int, ids: npt.NDArray[np.int64]) -> int:
    """The same by their ids; what has ended already stays as it is."""
    closed = 0
    with connection.cursor() as cursor:
        for begin in range(0, len(ids), 50_000):
            cursor.execute(
                "UPDATE layers_feature SET last_version = %s WHERE id = ANY(%s) AND last_version IS NULL",
                [number - 1, ids[begin : begin + 50_000].tolist()],
            )
            closed += cursor.rowcount
    return closed
