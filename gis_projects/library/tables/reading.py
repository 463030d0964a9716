"""The user's own file as rows of cells: CSV in any of the encodings that offices write, or XLSX.

Nothing in it is trusted: its size, its sheets, the length of a row and what merged cells span are bounded before
openpyxl sees it; a file with a document type declaration (entities) is none that a spreadsheet wrote. Cells come as
what they are: a formula as `Formula`, an error as `Broken`.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import WorkSheetParser

from gis_projects.library.tables.columns import Broken, Column, Formula, plain
from siting.engine.notices import Notice, UnusableInput

MAX_COLUMNS = 200
HEADER_WITHIN = 20  # lines in which the headings are looked for
_MAX_PART = 64 * 1024 * 1024  # bytes of a sheet or of the shared texts, unpacked
_MAX_OTHER_PART = 8 * 1024 * 1024
_MAX_UNPACKED = 160 * 1024 * 1024
_MAX_SHEETS = 30
_MAX_ROW_BYTES = 4 * 1024 * 1024
_MAX_MERGED = 2_000
_LAST_LINE = 1_048_576
_ROW = re.compile(rb"<(?:\w+:)?row[\s>/]")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z0-9:]+)[\"']")
#: Headings of columns that the platform itself adds to a copy; they are passed over.
OWN_HEADINGS = frozenset({plain("导入错误"), plain("Import errors")})


@dataclass(frozen=True)
class RawRow:
    """One line of a file below its headings; ``merged`` are the positions of cells that are merged with others."""

    line: int
    cells: Sequence[Any]
    merged: frozenset[int] = frozenset()


@dataclass
class Source:
    """A file that is open: where its headings are, which column stands where, and what isn't understood."""

    kind: str
    columns: dict[int, Column]
    units: dict[str, Any]
    header_line: int
    header: Sequence[Any]
    _rows: Iterator[RawRow]
    encoding: str = ""
    delimiter: str = ","
    sheet: str = ""
    sheet_part: str = ""
    unknown: list[str] = field(default_factory=list)

    def rows(self, limit: int) -> Iterator[RawRow]:
        """The lines below the headings that say anything.

        Raises
        ------
        UnusableInput
            There are more than ``limit``, or something stands in a column without a heading.
        """
        count = 0
        known = set(self.columns)
        nameless = {at for at in range(MAX_COLUMNS) if at >= len(self.header) or _empty(self.header[at])}
        for row in self._rows:
            if all(_empty(cell) for cell in row.cells):
                continue
            count += 1
            if count > limit:
                raise _refusal("table-too-long", "超过 %(limit)s 行，请分成几个文件", limit=f"{limit:,}")
            for at, cell in enumerate(row.cells):
                if at not in known and not _empty(cell) and at in nameless:
                    raise _refusal(
                        "table-column-without-heading",
                        "第 %(column)s 列没有表头却有内容",
                        line=row.line,
                        column=at + 1,
                    )
            yield row


def open_table(content: bytes, kind: str, columns: Sequence[Column], key: str) -> Source:
    """Open a file (``xlsx`` or ``text``) and find its headings; the column ``key`` must be among them.

    Raises
    ------
    UnusableInput
        It can't be read, is too large, or lacks headings; each notice says what.
    """
    if kind == "xlsx":
        return _open_xlsx(content, columns, key)
    if kind == "text":
        return _open_csv(content, columns, key)
    raise _refusal("table-kind", "请上传 Excel（xlsx）或 CSV 文件")


# Headings.


def _find_header(
    lines: Sequence[tuple[int, Sequence[Any]]], columns: Sequence[Column], key: str
) -> tuple[int, dict[int, Column], dict[str, Any], list[str]] | None:
    """The line in which most columns are named; None where no line names two (or the only one there is)."""
    names = {name: (column, unit) for column in columns for name, unit in column.names().items()}
    bare = {plain(column.label): column for column in columns}
    best: tuple[int, int] | None = None
    for at, (_, cells) in enumerate(lines):
        hits = sum(1 for cell in cells if isinstance(cell, str) and plain(cell) in {*names, *bare})
        if hits >= min(2, len(columns)) and (best is None or hits > best[0]):
            best = (hits, at)
    if best is None:
        return None
    line, cells = lines[best[1]]
    found: dict[int, Column] = {}
    units: dict[str, Any] = {}
    unknown: list[str] = []
    for position, cell in enumerate(cells):
        if _empty(cell):
            continue
        word = plain(str(cell))
        if word in OWN_HEADINGS:
            continue
        if word in names:
            column, unit = names[word]
            if column.key in units:
                raise _refusal(
                    "table-heading-twice", "表头“%(name)s”出现了两次", line=line, name=str(cell)[:40]
                )
            found[position], units[column.key] = column, unit
        elif word in bare:
            raise _refusal(
                "table-heading-without-unit",
                "“%(name)s”没有注明单位，请写成“%(name)s（元）”或“%(name)s（万元）”",
                line=line,
                name=str(cell)[:40],
            )
        else:
            unknown.append(str(cell)[:60])
    if key not in units:
        raise _refusal(
            "table-key-missing",
            "缺少“%(name)s”这一列，没有它不知道每一行是谁",
            line=line,
            name=next(column.heading() for column in columns if column.key == key),
        )
    return line, found, units, unknown


def _no_header(columns: Sequence[Column]) -> UnusableInput:
    return _refusal(
        "table-without-headings",
        "前 %(lines)s 行里没有找到表头，应有：%(names)s",
        lines=HEADER_WITHIN,
        names=[column.heading() for column in columns if column.required] or columns[0].heading(),
    )


# CSV.


def _decoded(content: bytes) -> tuple[str, str]:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            try:
                return content.decode(encoding), encoding
            except UnicodeDecodeError:
                raise _refusal("table-encoding", "文字编码有误，请另存为 UTF-8 或 GB18030") from None
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise _refusal("table-encoding", "文字编码有误，请另存为 UTF-8 或 GB18030")


def _open_csv(content: bytes, columns: Sequence[Column], key: str) -> Source:
    text, encoding = _decoded(content)
    if "\0" in text:
        raise _refusal("table-not-text", "文件中有空字符，不是 CSV")
    head = text[:20_000].splitlines()[:HEADER_WITHIN]
    delimiter = max(",\t;", key=lambda mark: max((line.count(mark) for line in head), default=0))

    def lines() -> Iterator[tuple[int, list[Any]]]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        began = 1
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _refusal(
                    "table-broken", "CSV 从这一行起读不下去：引号不成对或格子过长", line=began
                ) from error
            if len(cells) > MAX_COLUMNS:
                raise _refusal("table-too-wide", "超过 %(limit)s 列", line=began, limit=MAX_COLUMNS)
            yield began, [_unmarked(cell) for cell in cells]
            began = reader.line_num + 1

    head_lines = list(islice(lines(), HEADER_WITHIN))
    found = _find_header(head_lines, columns, key)
    if found is None:
        raise _no_header(columns)
    line, placed, units, unknown = found
    return Source(
        "csv",
        placed,
        units,
        line,
        next(cells for at, cells in head_lines if at == line),
        (RawRow(at, cells) for at, cells in lines() if at > line),
        encoding=encoding,
        delimiter=delimiter,
        unknown=unknown,
    )


def _unmarked(cell: str) -> str:
    """A text that an export marked as one by an apostrophe, without it (`exports`)."""
    from gis_projects.exports import marked_as_text

    return cell[1:] if marked_as_text(cell) else cell


# XLSX.


def _open_xlsx(content: bytes, columns: Sequence[Column], key: str) -> Source:
    _examine(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it leaves out; cells are read all the same
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        SyntaxError,
    ) as error:
        raise _refusal("table-broken-workbook", "工作簿已损坏，读不出来") from error
    for sheet in book.worksheets:
        part = str(sheet._worksheet_path)
        merged = _examine_sheet(content, part)
        head = list(islice(_sheet_lines(sheet), HEADER_WITHIN))
        found = _find_header(head, columns, key)
        if found is None:
            continue
        line, placed, units, unknown = found
        return Source(
            "xlsx",
            placed,
            units,
            line,
            next(cells for at, cells in head if at == line),
            (
                RawRow(at, cells, merged.get(at, frozenset()))
                for at, cells in _sheet_lines(sheet)
                if at > line
            ),
            sheet=sheet.title,
            sheet_part=part,
            unknown=unknown,
        )
    raise _no_header(columns)


def _sheet_lines(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    """The lines that stand in the sheet, as far to the right as they say anything.

    openpyxl's own rows would be padded to wherever a cell claims to stand; its parser says what is there.
    """
    with warnings.catch_warnings(), sheet._get_source() as source:
        warnings.simplefilter("ignore")
        parser = WorkSheetParser(
            source,
            sheet._shared_strings,
            epoch=sheet.parent.epoch,
            date_formats=sheet.parent._date_formats,
            timedelta_formats=sheet.parent._timedelta_formats,
        )
        rows = parser.parse()
        line = 0
        while True:
            try:
                line, cells = next(rows)
            except StopIteration:
                return
            except (ValueError, TypeError, KeyError, IndexError, SyntaxError, OverflowError) as error:
                raise _refusal("table-broken-sheet", "工作表从这一行起读不出来", line=line + 1) from error
            if line > _LAST_LINE:
                raise _refusal("table-too-long", "超过 %(limit)s 行，请分成几个文件", limit=f"{_LAST_LINE:,}")
            said = {cell["column"]: _cell(cell) for cell in cells if cell["value"] is not None}
            last = max(said, default=0)
            if last > MAX_COLUMNS:
                raise _refusal("table-too-wide", "超过 %(limit)s 列", line=line, limit=MAX_COLUMNS)
            yield line, [said.get(column) for column in range(1, last + 1)]


def _cell(cell: dict[str, Any]) -> Any:
    if cell["data_type"] == "f":
        return Formula(str(cell["value"]))
    if cell["data_type"] == "e":
        return Broken(str(cell["value"]))
    return cell["value"]


def _examine(content: bytes) -> None:
    """Bound what a workbook unpacks to, before anything unpacks it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > _MAX_UNPACKED:
                raise _refusal("table-unpacks-too-large", "工作簿解开后过大")
            sheets = [
                part for part in parts if "worksheets/" in part.filename and part.filename.endswith(".xml")
            ]
            if len(sheets) > _MAX_SHEETS:
                raise _refusal("table-too-many-sheets", "工作表超过 %(limit)s 张", limit=_MAX_SHEETS)
            for part in parts:
                large = part in sheets or part.filename.endswith("sharedStrings.xml")
                if part.file_size > (_MAX_PART if large else _MAX_OTHER_PART):
                    raise _refusal("table-unpacks-too-large", "工作簿解开后过大")
                if not part.filename.endswith((".xml", ".rels")):
                    continue
                with archive.open(part) as file:
                    head = file.read(2048)
                if b"<!D" in head.replace(b"\0", b"").upper() or b"<!E" in head.replace(b"\0", b"").upper():
                    raise _refusal("table-entities", "工作簿中有不该有的声明（DOCTYPE）")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise _refusal("table-broken-workbook", "工作簿已损坏，读不出来") from error


def _examine_sheet(content: bytes, part: str) -> dict[int, frozenset[int]]:
    """Bound a sheet's rows and merged cells; return the positions of merged cells by line."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            xml = archive.read(part.lstrip("/"))
    except (KeyError, zipfile.BadZipFile, EOFError, OSError, RuntimeError) as error:
        raise _refusal("table-broken-workbook", "工作簿已损坏，读不出来") from error
    starts = [found.start() for found in _ROW.finditer(xml)]
    if len(starts) > _LAST_LINE:
        raise _refusal("table-too-long", "超过 %(limit)s 行，请分成几个文件", limit=f"{_LAST_LINE:,}")
    ends = [*starts[1:], len(xml)]
    # after the last row stand conditional formats and the like, which may be long
    if any(end - start > _MAX_ROW_BYTES for start, end in zip(starts, ends[:-1], strict=False)):
        raise _refusal("table-row-too-long", "有一行的内容过长")
    merged: dict[int, set[int]] = {}
    for number, found in enumerate(_MERGED.finditer(xml)):
        if number >= _MAX_MERGED:
            raise _refusal("table-merged", "合并的单元格过多，请取消合并")
        try:
            left, top, right, bottom = range_boundaries(found[1].decode())
        except (ValueError, TypeError):
            continue
        for line in range(top, min(bottom, top + 5000) + 1):
            merged.setdefault(line, set()).update(range(left - 1, min(right, MAX_COLUMNS)))
    return {line: frozenset(positions) for line, positions in merged.items()}


def _empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _refusal(code: str, template: str, *, line: int | None = None, **params: Any) -> UnusableInput:
    return UnusableInput(Notice(code, template, params, line=line, field="file"))
