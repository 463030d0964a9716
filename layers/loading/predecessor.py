"""The version before, as compact arrays: which of its features a new one has as well."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from django.db import connection

_HEADER = 19  # of binary COPY: signature, flags, length of the extension
_RECORD = np.dtype([("fields", ">i2"), ("n1", ">i4"), ("hash", "V32"), ("n2", ">i4"), ("id", ">i8")])
_ONLY_HASH = np.dtype([("fields", ">i2"), ("n1", ">i4"), ("hash", "V32")])

Hashes = npt.NDArray[np.uint8]  # (n, 32)


def as_hashes(hashes: list[bytes]) -> Hashes:
    return np.frombuffer(b"".join(hashes), dtype=np.uint8).reshape(-1, 32)


class Predecessor:
    """Hashes and ids of the features of a version, 48 bytes each, in the order of their hashes."""

    def __init__(self, hashes: Hashes, ids: npt.NDArray[np.int64]) -> None:
        first = np.ascontiguousarray(hashes[:, :8]).view(">u8").reshape(-1).astype(np.uint64)
        order = np.argsort(first, kind="stable")
        self._first, self._hashes, self.ids = first[order], hashes[order], ids[order]

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def read(cls, layer: int, number: int) -> Predecessor:
        """What lives before version `number` of a layer: asked before anything of that version is written."""
        rows = _copied(
            "SELECT hash, id FROM layers_feature WHERE layer_id = {} AND last_version IS NULL"
            " AND first_version < {}",
            layer, number, _RECORD,
        )  # fmt: skip
        return cls(_bytes(rows), rows["id"].astype(np.int64))

    def packed(self) -> tuple[bytes, bytes]:
        """For another process."""
        return self._hashes.tobytes(), self.ids.tobytes()

    @classmethod
    def unpacked(cls, hashes: bytes, ids: bytes) -> Predecessor:
        return cls(np.frombuffer(hashes, dtype=np.uint8).reshape(-1, 32), np.frombuffer(ids, dtype=np.int64))

    def find(self, hashes: Hashes) -> npt.NDArray[np.intp]:
        """Where each of these hashes stands here; -1 where it doesn't."""
        found = np.full(len(hashes), -1, dtype=np.intp)
        if not len(self) or not len(hashes):
            return found
        first = np.ascontiguousarray(hashes[:, :8]).view(">u8").reshape(-1).astype(np.uint64)
        at = np.searchsorted(self._first, first)
        pending = np.arange(len(hashes))
        while len(pending):
            pending = pending[at[pending] < len(self)]
            pending = pending[self._first[at[pending]] == first[pending]]
            same = (self._hashes[at[pending]] == hashes[pending]).all(axis=1)
            found[pending[same]] = at[pending[same]]
            pending = pending[~same]
            at[pending] += 1
        return found


def hashes_of(layer: int, number: int) -> Hashes:
    """The hashes of the features of a version."""
    query = (
        "SELECT hash FROM layers_feature WHERE layer_id = {0} AND first_version <= {1}"
        " AND (last_version IS NULL OR last_version >= {1})"
    )
    return _bytes(_copied(query, layer, number, _ONLY_HASH))


def _copied(query: str, layer: int, number: int, record: np.dtype[np.void]) -> npt.NDArray[np.void]:
    """Rows of fixed width by binary COPY: a million in a second."""
    buffer = io.BytesIO()
    statement = f"COPY ({query.format(int(layer), int(number))}) TO STDOUT (FORMAT binary)"
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.copy_expert(statement, buffer)
    data = buffer.getbuffer()
    return np.frombuffer(data[_HEADER:-2], dtype=record)


def _bytes(rows: npt.NDArray[np.void]) -> Hashes:
    column = np.ascontiguousarray(rows["hash"])
    return column.view(np.uint8).reshape(-1, 32)
