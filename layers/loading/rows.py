"""Features into the tables: whole, and cut into pieces where they are big."""

from __future__ import annotations

import json
from collections.abc import Iterator

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
_COLUMNS = (
    "layer_id", "key", "first_version", "last_version", "hash", "seal", "class_code", "name", "attributes",
    "area_m2", "vertices", "geom",
)  # fmt: skip


# What stands between the texts of a row, with the lengths that come before each field; bytes of one width in all rows.
_ID = [("fields", ">i2"), ("id_length", ">i4"), ("id", ">i8")]
_LAYER = [("layer_length", ">i4"), ("layer", ">i8"), ("key_length", ">i4")]
_FIRST = np.dtype([("fields", ">i2"), *_LAYER])
_FIRST_WITH_ID = np.dtype([*_ID, *_LAYER])
_BEFORE_CLASS = np.dtype(
    [
        ("version_length", ">i4"), ("first_version", ">i4"), ("last_version", ">i4"), ("hash_length", ">i4"),
        ("hash", "V32"), ("seal_length", ">i4"), ("seal", "V16"), ("class_length", ">i4"),
    ]
)  # fmt: skip
_BEFORE_NAME = np.dtype([("name_length", ">i4")])
_BEFORE_ATTRIBUTES = np.dtype([("attributes_length", ">i4"), ("form", "i1")])
_BEFORE_SHAPE = np.dtype(
    [
        ("area_length", ">i4"), ("area", ">f8"), ("vertices_length", ">i4"), ("vertices", ">i4"),
        ("shape_length", ">i4"), ("order", "i1"), ("type", "<u4"), ("srid", "<u4"),
    ]
)  # fmt: skip
_NULL = -1


def _rows(layer: int, number: int, content: Content, ids: list[int] | None) -> Iterator[bytes]:
    """Encoded rows of features, some thousand together; with their ids where those were drawn before."""
    count = len(content)
    wkbs = shapely.to_wkb(content.geometries, byte_order=1).tolist()
    areas = sliced(np.asarray(content.areas, dtype="<f8").view([("area", "<f8")]))
    seals = list(map(hashing.sealed, content.hashes, areas, wkbs))
    keys, classes, names, attributes = (
        list(map(str.encode, column))
        for column in (content.keys, content.class_codes, content.names, content.attributes)
    )
    first = np.empty(count, dtype=_FIRST if ids is None else _FIRST_WITH_ID)
    first["fields"] = len(_COLUMNS)
    if ids is not None:
        first["fields"], first["id_length"], first["id"] = len(_COLUMNS) + 1, 8, ids
    first["layer_length"], first["layer"], first["key_length"] = 8, layer, lengths(keys)
    second = np.empty(count, dtype=_BEFORE_CLASS)
    second["version_length"], second["first_version"], second["last_version"] = 4, number, _NULL
    second["hash_length"], second["hash"] = 32, np.frombuffer(b"".join(content.hashes), dtype="V32")
    second["seal_length"], second["seal"] = 16, np.frombuffer(b"".join(seals), dtype="V16")
    second["class_length"] = lengths(classes)
    third = lengths(names).astype(">i4").view(_BEFORE_NAME)
    fourth = np.empty(count, dtype=_BEFORE_ATTRIBUTES)
    fourth["attributes_length"], fourth["form"] = lengths(attributes) + 1, copying.JSONB_FORM
    fifth = np.empty(count, dtype=_BEFORE_SHAPE)
    fifth["area_length"], fifth["area"] = 8, content.areas
    fifth["vertices_length"], fifth["vertices"] = 4, content.vertices
    fifth["shape_length"], fifth["order"] = lengths(wkbs) + 4, 1
    kinds = np.frombuffer(bytes([wkb[1] for wkb in wkbs]), dtype=np.uint8)
    fifth["type"], fifth["srid"] = kinds | np.uint32(copying.WITH_SRID), copying.SRID
    return copying.rows_of(
        count, sliced(first), keys, sliced(second), classes, sliced(third), names, sliced(fourth), attributes,
        sliced(fifth), [wkb[5:] for wkb in wkbs],
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
