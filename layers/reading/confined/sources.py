"""What the two sides of a source have in common: a layer's head, and a layer opened for streaming."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from .bounds import refuse

MAX_LAYERS = 500

#: Columns in the order of the layer's fields, and the geometries as WKB.
Batch = tuple[list[pa.Array], pa.Array]


@dataclass
class Head:
    """What a layer says of itself. `bounds` are declared coordinates, `crs` WKT, PROJJSON or an authority's code."""

    name: str
    geometry_type: str | None = None
    count: int | None = None
    crs: str | None = None
    bounds: tuple[float, float, float, float] | None = None
    encoding: str | None = None


@dataclass
class Opened:
    """A layer opened for streaming."""

    head: Head
    fields: list[tuple[str, pa.DataType]]
    batches: Iterator[Batch]
    latin1: str | None = None  # the encoding of text that comes as one character per byte
    rows: int | None = None  # how many there surely are; a driver may lose one that is too large


class Source(Protocol):
    """A file of some format."""

    notices: list[dict[str, Any]]

    def names(self) -> list[str]: ...

    def open(self, name: str, *, skip: int, size: int) -> Opened: ...


def chosen(names: list[str], wanted: str | None) -> str:
    """The layer to read; refused where there is none, or several and no choice."""
    if not names:
        refuse("no-layer")
    name = wanted or (names[0] if len(names) == 1 else None)
    if name is None or name not in names:
        refuse("which-layer", layers="、".join(names[:20])[:500])
    return name


def without_first(batches: Iterator[Batch], skip: int) -> Iterator[Batch]:
    """The batches without the first rows."""
    for arrays, wkb in batches:
        if skip >= len(wkb):
            skip -= len(wkb)
            continue
        yield [array.slice(skip) for array in arrays], wkb.slice(skip)
        skip = 0
