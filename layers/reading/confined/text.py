"""Columns as plain types: numbers and truth values as they are, everything else as text; damage is counted."""

import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

REPLACED = "\N{REPLACEMENT CHARACTER}"


def plain_type(type_: pa.DataType) -> pa.DataType:
    """The type in which a column of that type travels."""
    plain = pa.types.is_integer(type_) or pa.types.is_float32(type_) or pa.types.is_float64(type_)
    return type_ if plain or pa.types.is_boolean(type_) else pa.string()


class Damage:
    """Values whose bytes couldn't be decoded, counted by field."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def add(self, field: str, count: int) -> None:
        if count:
            self.counts[field] = self.counts.get(field, 0) + count

    def notices(self) -> list[dict[str, Any]]:
        return [
            {"code": "text-damaged", "params": {"name": name[:80], "count": count}, "field": name[:80]}
            for name, count in self.counts.items()
        ]


def decoder(encoding: str) -> Callable[[bytes], tuple[str, bool]]:
    """Bytes → text and whether it is damaged. A character cut off by its field's end isn't there, so it is left out."""

    def decode(data: bytes) -> tuple[str, bool]:
        try:
            return data.decode(encoding), False
        except UnicodeDecodeError as error:
            if error.start >= len(data) - 3:
                return data[: error.start].decode(encoding), False
            return data.decode(encoding, "replace"), True

    return decode


def plain(
    array: pa.Array, field: str, damage: Damage, latin1: Callable[[bytes], tuple[str, bool]] | None
) -> pa.Array:
    """One column in the type in which it travels.

    `latin1` decodes bytes that came disguised as characters, one per byte.
    """
    if plain_type(array.type) == array.type and not pa.types.is_string(array.type):
        return array
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        return _text(array, field, damage, latin1)
    if pa.types.is_dictionary(array.type):
        distinct = array
    elif pa.types.is_temporal(array.type) or pa.types.is_decimal(array.type) or pa.types.is_null(array.type):
        distinct = array.dictionary_encode()
    else:
        return pa.array([_words(value) for value in array.to_pylist()], pa.string())
    words = pa.array([_words(value) for value in distinct.dictionary.to_pylist()], pa.string())
    return words.take(distinct.indices)


def _text(
    array: pa.Array, field: str, damage: Damage, latin1: Callable[[bytes], tuple[str, bool]] | None
) -> pa.Array:
    # what a driver hands over as text needn't be UTF-8
    raw = array.cast(pa.large_binary() if pa.types.is_large_string(array.type) else pa.binary())
    if latin1 is None:
        try:
            whole = raw.cast(pa.string())
        except pa.ArrowInvalid:
            whole = _decoded(raw, field, damage, decoder("utf-8"))
        else:
            marked = pc.sum(pc.cast(pc.match_substring(whole, REPLACED), pa.int64())).as_py()
            damage.add(field, marked or 0)
        return whole
    if not len(raw) or pc.all(pc.string_is_ascii(raw.cast(pa.string()))).as_py() in (True, None):
        return raw.cast(pa.string())
    return _decoded(raw, field, damage, lambda data: latin1(data.decode("utf-8").encode("latin-1")))


def _decoded(
    raw: pa.Array, field: str, damage: Damage, decode: Callable[[bytes], tuple[str, bool]]
) -> pa.Array:
    distinct = raw.dictionary_encode()
    decoded = [decode(value) for value in distinct.dictionary.to_pylist()]
    harmed = pa.array([int(bad) for _, bad in decoded], pa.int64())
    damage.add(field, pc.sum(harmed.take(distinct.indices)).as_py() or 0)
    return pa.array([word for word, _ in decoded], pa.string()).take(distinct.indices)


def _words(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return json.dumps(value, ensure_ascii=False, default=str)


def distinct_names(names: list[str]) -> list[str]:
    """Field names that differ: a repeated one gets a number, an empty one its place."""
    made: list[str] = []
    taken: set[str] = set()
    for place, name in enumerate(names, 1):
        plain_name = name.strip().replace("\0", "") or f"field_{place}"
        candidate, number = plain_name, 2
        while candidate in taken:
            candidate, number = f"{plain_name}_{number}", number + 1
        taken.add(candidate)
        made.append(candidate)
    return made
