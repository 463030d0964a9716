"""Where a version's features come from: a file in confinement, or a table in memory; always some at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layers.reading import read_features
from layers.table import Table

if TYPE_CHECKING:
    from layers.loading.workers import FileRange


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


@contextmanager
def opened(source: FileRange, *, size: int) -> Iterator[Iterator[Table]]:
    """The features of a range of a file."""
    table = read_features(Path(source.path), layer_name=source.layer_name, epsg=source.epsg)
    yield parts(part(table, source.skip, source.skip + source.count), size)
