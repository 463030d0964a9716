"""From a file's columns to a standard's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from layers.standards.fields import Field, Standard
from layers.table import Table

_SHAPEFILE = 10  # characters that a dBase field name can have


def _plain(name: str) -> str:
    """A name without case, spaces, and the name of a joined table before it."""
    return name.rsplit(".", 1)[-1].replace(" ", "").casefold()


#: How a file may call a field, the surest way first.
_WAYS: tuple[Callable[[Field], Iterable[str]], ...] = (
    lambda field: [field.name],
    lambda field: [field.label],
    lambda field: field.aliases,
    lambda field: [field.name[:_SHAPEFILE], field.label[:_SHAPEFILE]],
    lambda field: [f"{field.name}_1", f"{field.name}_"],
)


def propose_mapping(standard: Standard, field_names: Iterable[str]) -> dict[str, str]:
    """Which field of a file is which of the standard's, as far as names tell: {standard's: file's}.

    By name, Chinese label or known alias, whatever the case; each field of the file is given once.
    """
    free = {_plain(name): name for name in reversed(list(field_names))}
    mapping: dict[str, str] = {}
    for way in _WAYS:
        for field in standard.fields:
            if field.name in mapping:
                continue
            name = next((free.pop(plain) for plain in map(_plain, way(field)) if plain in free), None)
            if name is not None:
                mapping[field.name] = name
    return {field.name: mapping[field.name] for field in standard.fields if field.name in mapping}


def apply(table: Table, mapping: Mapping[str, str], standard: Standard) -> Table:
    """The table under the standard's names: its columns renamed; key, class and name taken where the standard has them.

    Columns that the mapping doesn't name stay as they are, as does what the standard's names would hide: a file's own
    column of that name goes with an underscore behind it.
    """
    columns = columns_of(table)
    named = {field: name for field, name in mapping.items() if name in columns}
    taken = {name: field for field, name in named.items()}
    renamed: dict[str, npt.NDArray[Any]] = {}
    for name, values in columns.items():
        target = taken.get(name, name)
        while name not in taken and target in named:
            target += "_"
        renamed[target] = values
    changes: dict[str, Any] = {"attributes": renamed}
    for role, part in (("key", "keys"), ("class", "class_codes"), ("name", "names")):
        field = standard.field(role)
        if field is not None and field.name in named:
            changes[part] = renamed[field.name]
    return replace(table, **changes)


def columns_of(table: Table) -> dict[str, npt.NDArray[Any]]:
    """The attributes as columns, also where they came feature by feature."""
    if isinstance(table.attributes, Mapping):
        return dict(table.attributes)
    names = dict.fromkeys(str(name) for row in table.attributes for name in row)
    columns = {}
    for name in names:
        column = np.empty(len(table), dtype=object)
        column[:] = [row.get(name) for row in table.attributes]
        columns[name] = column
    return columns
