"""CSV: a column of WKT, or two columns of coordinates; UTF-8, UTF-16 or GB18030; the delimiter is found out."""

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from .bounds import refuse
from .sources import Batch, Head, Opened, without_first
from .table_head import delimiter_of, encoding_of, geometry_columns

MAX_FIELD = 16 << 20
MAX_COLUMNS = 1000
SAMPLE = 4 << 20
_NAME = "csv"


class Csv:
    """A table as text; it holds one layer and never says its CRS."""

    def __init__(self, task: dict[str, Any]) -> None:
        self.notices: list[dict[str, Any]] = []
        self._path = task["path"]
        csv.field_size_limit(MAX_FIELD)
        with open(self._path, "rb") as file:
            sample = file.read(SAMPLE)
        self._encoding = encoding_of(sample)
        first = sample.decode(self._encoding, "replace").partition("\n")[0]
        if len(first) > 1 << 20:
            refuse("csv-header")
        self._delimiter = delimiter_of(first)
        header = next(self._rows(), [])
        found = geometry_columns(header)
        if found is None or len(header) > MAX_COLUMNS:
            refuse("csv-header")
        self._header, self._geometry = header, found
        self._ragged = self._broken = 0

    def _rows(self) -> Iterator[list[str]]:
        with open(self._path, "rb") as raw:
            # read by pieces: a line may be as long as the file
            text = io.TextIOWrapper(raw, self._encoding, errors="replace", newline="")
            yield from csv.reader(_lines(text), delimiter=self._delimiter)

    def names(self) -> list[str]:
        return [_NAME]

    def open(self, name: str, *, skip: int, size: int) -> Opened:
        """The layer for streaming; all values are text."""
        kept = [i for i in range(len(self._header)) if i not in self._geometry]
        batches = without_first(self._batches(kept, size), skip)
        kind = "Point" if len(self._geometry) == 2 else None
        encoding = self._encoding.removesuffix("-sig")
        return Opened(
            Head(name, kind, encoding=encoding), [(self._header[i], pa.string()) for i in kept], batches
        )

    def _batches(self, kept: list[int], size: int) -> Iterator[Batch]:
        rows = self._rows()
        next(rows)
        width = len(self._header)
        while block := list(islice(rows, size)):
            block = [row for row in block if row]
            self._ragged += sum(len(row) != width for row in block)
            block = [row if len(row) == width else (row + [""] * width)[:width] for row in block]
            columns = [pa.array([row[i] for row in block], pa.string()) for i in kept]
            yield columns, pa.array(self._shapes(block), pa.binary())
        if self._ragged:
            self.notices.append({"code": "csv-ragged", "params": {"count": self._ragged}})
        if self._broken:
            self.notices.append({"code": "geometry-broken", "params": {"count": self._broken}})

    def _shapes(self, block: list[list[str]]) -> np.ndarray:
        if len(self._geometry) == 2:
            x, y = (np.array([_number(row[i]) for row in block], dtype=float) for i in self._geometry)
            shapes = np.full(len(block), None, dtype=object)
            there = ~(np.isnan(x) | np.isnan(y))
            shapes[there] = shapely.points(x[there], y[there])
            self._broken += int((~there).sum())
        else:
            texts = np.empty(len(block), dtype=object)
            texts[:] = [_plain_wkt(row[self._geometry[0]]) for row in block]
            shapes = np.asarray(shapely.from_wkt(texts, on_invalid="ignore"))
            self._broken += int((shapely.is_missing(shapes) & (texts != None)).sum())  # noqa: E711
        return np.asarray(shapely.to_wkb(shapes))


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(MAX_FIELD):
        if len(line) >= MAX_FIELD:
            refuse("csv-long-line", limit=MAX_FIELD >> 20)
        yield line.replace("\0", "")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _plain_wkt(text: str) -> str | None:
    text = text.strip()
    if text[:5].upper() == "SRID=":
        text = text.partition(";")[2]
    return text or None
