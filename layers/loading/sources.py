"""Where a version's features come from: a file in confinement, or a table in memory; always some at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from layers.notices import Notice
from layers.reading import FeatureBatches, formats, open_batches
from layers.table import Table

#: Formats whose second half can be read without reading the first.
_DIVISIBLE = {
    formats.GEOPACKAGE, formats.SHAPEFILE_ZIP, formats.FILE_GEODATABASE, formats.FLATGEOBUF, formats.GEOPARQUET,
}  # fmt: skip


@dataclass(frozen=True)
class FileLayer:
    """One layer of a file, and the answers to what the file doesn't say."""

    path: Path
    name: str | None = None
    epsg: int | None = None
    swap_axes: bool = False


@dataclass(frozen=True)
class FileRange:
    """Features of a file that a process reads by itself; without a count, all that follow."""

    layer: FileLayer
    sha256: str
    skip: int
    count: int | None

    def opened(self, size: int) -> FeatureBatches:
        return open_batches(
            self.layer.path, layer_name=self.layer.name, epsg=self.layer.epsg, swap_axes=self.layer.swap_axes,
            size=size, skip=self.skip, count=self.count, sha256=self.sha256,
        )  # fmt: skip


@dataclass
class Source:
    """Features as they come in: batches, or instead of them ranges of the file that other processes read.

    `many` says that they are worth several processes; `count` is for showing progress. `notices` are complete after
    the last batch.
    """

    batches: Iterator[Table]
    many: bool
    count: int
    origin: dict[str, Any]
    notices: Callable[[], tuple[Notice, ...]]
    ranges: list[FileRange] = field(default_factory=list)


def of_table(table: Table, *, size: int, several_from: int) -> Source:
    origin = {
        "source_name": table.source_name, "source_sha256": table.source_sha256, "source_crs": table.source_crs,
        "source_date": table.source_date,
    }  # fmt: skip
    return Source(parts(table, size), len(table) > several_from, len(table), origin, lambda: table.notices)


def of_file(layer: FileLayer, stack: ExitStack, *, size: int, several_from: int, processes: int) -> Source:
    """Open a file; `processes` (1: nobody else reads) share it where its format can be read from the middle.

    Raises
    ------
    UnreadableFile
        With notices.
    """
    divisible = processes > 1 and formats.sniff(layer.path).kind in _DIVISIBLE
    own = stack.enter_context(ExitStack())
    stream = own.enter_context(
        open_batches(layer.path, layer_name=layer.name, epsg=layer.epsg, swap_axes=layer.swap_axes, size=size)
    )
    origin = {
        "source_name": stream.source_name, "source_sha256": stream.source_sha256, "source_crs": stream.source_crs,
    }  # fmt: skip
    count = stream.feature_count or 0
    if divisible and count > several_from:
        own.close()
        share = -(-count // processes)
        ranges = [
            FileRange(layer, stream.source_sha256, i * share, share if i < processes - 1 else None)
            for i in range(processes)
        ]
        return Source(iter(()), True, count, origin, lambda: (), ranges)
    batches = iter(stream)
    first: list[Table] = []
    while sum(map(len, first)) <= several_from and (table := next(batches, None)) is not None:
        first.append(table)
    many = sum(map(len, first)) > several_from
    return Source(chain(first, batches), many, count, origin, lambda: stream.notices)


def part(table: Table, begin: int, end: int) -> Table:
    """Rows of a table."""
    span = slice(begin, end)

    def some(column: Any) -> Any:
        return None if column is None else column[span]

    attributes: Any = table.attributes
    return replace(
        table, geometries=table.geometries[span], keys=some(table.keys), class_codes=some(table.class_codes),
        names=some(table.names),
        attributes={name: column[span] for name, column in attributes.items()}
        if isinstance(attributes, Mapping)
        else attributes[span],
    )  # fmt: skip


def parts(table: Table, size: int) -> Iterator[Table]:
    """A table, some rows at a time."""
    for begin in range(0, len(table), size):
        yield part(table, begin, begin + size)


def together(notices: Iterable[Notice]) -> list[Notice]:
    """What several readers of one file have to say: what is the same once, and what they count added up."""
    found: dict[tuple[Any, ...], Notice] = {}
    for notice in notices:
        others = {name: value for name, value in notice.params.items() if name != "count"}
        name = (notice.code, tuple(sorted((key, str(value)) for key, value in others.items())))
        before = found.get(name)
        if before is not None and "count" in notice.params:
            notice = replace(
                notice, params={**others, "count": before.params["count"] + notice.params["count"]}
            )
        found[name] = notice
    return list(found.values())
