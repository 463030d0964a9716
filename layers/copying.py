"""Rows into PostgreSQL by binary COPY: nothing is printed or parsed as text."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import DatabaseError, connection

_HEADER = b"PGCOPY\n\xff\r\n\x00" + struct.pack("!ii", 0, 0)
_TRAILER = struct.pack("!h", -1)
SRID, WITH_SRID = 4490, 0x20000000  # and the mark of one in a geometry's type
_SRID = struct.pack("<I", SRID)
NULL = struct.pack("!i", -1)
JSONB_FORM = 1  # the version of its format, a byte before the text
_TOGETHER = 2000  # rows
_length = struct.Struct("!i").pack
_int4 = struct.Struct("!ii").pack
_int8 = struct.Struct("!iq").pack
_float8 = struct.Struct("!id").pack


def int4(value: int) -> bytes:
    return _int4(4, value)


def int8(value: int) -> bytes:
    return _int8(8, value)


def float8(value: float) -> bytes:
    return _float8(8, value)


def raw(value: bytes) -> bytes:
    return _length(len(value)) + value


def text(value: str) -> bytes:
    return raw(value.encode())


def jsonb(value: str) -> bytes:
    data = value.encode()
    return _length(len(data) + 1) + bytes([JSONB_FORM]) + data


def geometry(wkb: bytes) -> bytes:
    """Little-endian WKB without SRID, as PostGIS takes it with SRID 4490."""
    return _length(len(wkb) + 4) + wkb[:4] + b"\x20" + _SRID + wkb[5:]


class _Stream(io.RawIOBase):
    """A file that COPY reads, fed by a generator: the server takes rows in while the next are being made."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._block, self._at = chunks, b"", 0
        self.error: Exception | None = None

    def read(self, size: int = -1) -> bytes:
        while self._at >= len(self._block):
            try:
                self._block, self._at = next(self._chunks), 0
            except StopIteration:
                return b""
            except Exception as error:
                self.error = error
                raise
        begin = self._at
        self._at = len(self._block) if size < 0 else begin + size
        return self._block[begin : self._at]


def _chunks(fields: int, rows: Iterable[bytes]) -> Iterator[bytes]:
    start = struct.pack("!h", fields)
    yield _HEADER
    batch: list[bytes] = []
    size = 0
    for row in rows:
        batch.append(start + row)
        size += len(row)
        if size >= 60_000:
            yield b"".join(batch)
            batch.clear()
            size = 0
    yield b"".join(batch) + _TRAILER


def lengths(values: Sequence[bytes]) -> npt.NDArray[np.int32]:
    """The length of each value."""
    return np.fromiter(map(len, values), dtype=np.int32, count=len(values))


def sliced(column: npt.NDArray[Any]) -> list[bytes]:
    """The bytes of each element of an array of records."""
    width, data = column.dtype.itemsize, column.tobytes()
    return [data[at : at + width] for at in range(0, len(data), width)]


def rows_of(count: int, *columns: Sequence[bytes]) -> Iterator[bytes]:
    """Whole rows, some thousand together, from columns of parts of rows: no loop over single rows."""
    for begin in range(0, count, _TOGETHER):
        part = (column[begin : begin + _TOGETHER] for column in columns)
        yield b"".join(chain.from_iterable(zip(*part, strict=True)))


def copy(table: str, columns: tuple[str, ...], rows: Iterable[bytes]) -> None:
    """Copy rows, each the concatenation of its encoded fields, inside the transaction that is open."""
    _copy(table, columns, _chunks(len(columns), rows))


def copy_rows(table: str, columns: tuple[str, ...], blocks: Iterable[bytes]) -> None:
    """Copy what `rows_of` made."""
    _copy(table, columns, chain((_HEADER,), blocks, (_TRAILER,)))


def _copy(table: str, columns: tuple[str, ...], chunks: Iterator[bytes]) -> None:
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    statement = f"COPY {connection.ops.quote_name(table)} ({names}) FROM STDIN (FORMAT binary)"
    stream = _Stream(chunks)
    with connection.cursor() as cursor:
        try:
            with connection.wrap_database_errors:
                cursor.copy_expert(statement, stream, 65536)
        except DatabaseError as failure:
            # the driver reports a row that couldn't be made as a cancelled COPY: say what it was
            if stream.error is not None:
                raise stream.error from failure
            raise
