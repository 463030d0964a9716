"""From the cells of a file, or the objects of a request, to the changes that they mean. Nothing is written here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from gis_projects.library.tables.columns import CellError, Column
from gis_projects.library.tables.lookups import Lookups
from gis_projects.library.tables.reading import RawRow, Source
from gis_projects.library.tables.specification import Change, Problem, Row, Table
from gis_projects.people.models import User
from siting.engine.notices import Notice

BATCH = 1000  # rows that are looked up in the database at once


@dataclass(frozen=True)
class ParsedRow:
    """One row whose cells have been read; ``key`` is its key as text, empty where it has none."""

    line: int
    key: str
    values: Row


@dataclass
class Parsed:
    """What a file says: its rows, and what is wrong with them by line."""

    rows: list[ParsedRow] = field(default_factory=list)
    problems: dict[int, list[Problem]] = field(default_factory=dict)
    columns: frozenset[str] = frozenset()

    def complain(self, line: int, problem: Problem) -> None:
        self.problems.setdefault(line, []).append(problem)


@dataclass
class Compared:
    """What a file would change: ``unchanged`` rows say what is stored already."""

    new: list[Change] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    unchanged: int = 0

    @property
    def changes(self) -> list[Change]:
        return [*self.new, *self.changed]

    def digest(self) -> str:
        """SHA-256 (hex) of everything that would be written: what somebody confirmed is what is written."""
        hashed = hashlib.sha256()
        for change in self.changes:
            body = [change.key, sorted((name, repr(value)) for name, value in change.values.items())]
            before = None if change.before is None else sorted((k, repr(v)) for k, v in change.before.items())
            hashed.update(json.dumps([body, before], ensure_ascii=False).encode())
        return hashed.hexdigest()


Tell = Callable[[int], None]


def parse(source: Source, table: Table, options: Mapping[str, Any], tell: Tell = lambda done: None) -> Parsed:
    """Read the cells of a file.

    ``tell`` hears every 500 rows how many there were.

    Raises
    ------
    UnusableInput
        The file as a whole can't be used.
    """
    lookups = Lookups()
    placed = [
        (at, column, source.units[column.key]) for at, column in source.columns.items() if not column.only_out
    ]
    parsed = Parsed(columns=frozenset(column.key for _, column, _ in placed))
    for number, raw in enumerate(source.rows(table.max_rows), start=1):
        if number % 500 == 0:
            tell(number)
        cells = {column.key: (raw, at, column, unit) for at, column, unit in placed}
        _row(parsed, raw.line, table, cells, lookups)
    return _each_key_once(parsed, table)


def parse_objects(rows: Sequence[Mapping[str, Any]], table: Table, options: Mapping[str, Any]) -> Parsed:
    """Read objects of a request, column key → value, numbered from 1."""
    lookups = Lookups()
    columns = {column.key: column for column in table.columns(options) if not column.only_out}
    named = frozenset(name for row in rows for name in row)
    parsed = Parsed(columns=named & frozenset(columns))
    for line, row in enumerate(rows, start=1):
        for name in sorted(set(row) - set(columns)):
            parsed.complain(
                line,
                Problem(None, Notice("row-unknown-field", "没有“%(name)s”这个字段", {"name": name[:60]})),
            )
        raw = RawRow(line, tuple(_json_cell(row[name]) for name in columns if name in row))
        given = [column for name, column in columns.items() if name in row]
        cells = {column.key: (raw, at, column, Decimal(1)) for at, column in enumerate(given)}
        _row(parsed, line, table, cells, lookups)
    return _each_key_once(parsed, table)


def _json_cell(value: Any) -> Any:
    if isinstance(value, list):
        return "；".join(str(one) for one in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return value


def _row(
    parsed: Parsed,
    line: int,
    table: Table,
    cells: Mapping[str, tuple[RawRow, int, Column, Decimal]],
    lookups: Lookups,
) -> None:
    values: dict[str, Any] = {}
    for name, (raw, at, column, unit) in cells.items():
        if at in raw.merged:
            parsed.complain(
                line, Problem(name, Notice("cell-merged", "单元格与别的合并了，请取消合并后逐格填写"))
            )
            continue
        try:
            value = column.parse(raw.cells[at] if at < len(raw.cells) else None, lookups, unit=unit)
        except CellError as error:
            parsed.complain(line, Problem.of(name, error))
            continue
        if not (column.keeps and value is None):
            values[name] = value
    key = values.get(table.key)
    parsed.rows.append(ParsedRow(line, "" if key is None else str(key), values))


def _each_key_once(parsed: Parsed, table: Table) -> Parsed:
    first: dict[str, int] = {}
    for row in parsed.rows:
        if row.key and (line := first.setdefault(row.key, row.line)) != row.line:
            parsed.complain(
                row.line,
                Problem(table.key, Notice("row-key-twice", "与第 %(line)s 行重复", {"line": line})),
            )
        if not row.key and row.line not in parsed.problems:
            parsed.complain(row.line, Problem(table.key, Notice("cell-required", "必填")))
    return parsed


def compare(
    parsed: Parsed, table: Table, by: User | None, options: Mapping[str, Any], tell: Tell = lambda done: None
) -> Compared:
    """Hold the rows against what is stored. What is wrong is added to ``parsed.problems``; such rows change nothing."""
    columns = {column.key: column for column in table.columns(options)}
    found = Compared()
    for start in range(0, len(parsed.rows), BATCH):
        batch = [row for row in parsed.rows[start : start + BATCH] if row.key]
        keys = [row.key for row in batch]
        existing = table.existing(by, keys, options)
        taken = set(table.taken(by, [key for key in keys if key not in existing], options))
        prepared = table.prepare(by, [row.values for row in batch], options)
        for row in batch:
            before = existing.get(row.key)
            change = Change(row.key, row.values, before, row.line)
            problems = list(_against(change, row.key in taken, parsed.columns, columns, table))
            if not problems and row.line not in parsed.problems:
                problems = list(table.check(by, change, prepared))
            for problem in problems:
                parsed.complain(row.line, problem)
            if row.line in parsed.problems:
                continue
            if before is None:
                found.new.append(change)
            elif differing(change, columns):
                found.changed.append(change)
            else:
                found.unchanged += 1
        tell(start + len(batch))
    return found


def _against(
    change: Change, taken: bool, given: frozenset[str], columns: Mapping[str, Column], table: Table
) -> Iterable[Problem]:
    if taken:
        yield Problem(table.key, Notice("row-key-taken", "已有别的记录使用，且不在您的权限范围内"))
        return
    for column in columns.values():
        if change.before is None:
            if column.required and column.key not in given and not column.only_out:
                yield Problem(
                    None,
                    Notice("row-needs-column", "新增的行必须有“%(name)s”这一列", {"name": column.heading()}),
                )
        elif (
            column.fixed
            and column.key in change.values
            and column.key != table.key
            and not column.same(change.values[column.key], change.before.get(column.key))
        ):
            yield Problem(column.key, Notice("cell-fixed", "已有记录的这一项不能用导入来改"))


def differing(change: Change, columns: Mapping[str, Column]) -> list[str]:
    """The columns in which a row says something else than what is stored."""
    assert change.before is not None
    return [
        name
        for name, value in change.values.items()
        if not columns[name].only_out and not columns[name].same(value, change.before.get(name))
    ]
