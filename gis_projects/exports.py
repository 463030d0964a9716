"""Tables as CSV and XLSX for people who go on working in a spreadsheet.

No cell of an export may run as a formula: text that begins like one is marked as text (an apostrophe in
CSV, the cell type and quote prefix in XLSX). A moment is written as the platform's own clocks showed it, without its
zone: a spreadsheet knows none, and openpyxl refuses one.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

FORMATS = ("csv", "xlsx")
ENCODINGS = {"utf-8": "utf-8-sig", "gb18030": "gb18030"}  # a BOM tells Excel that UTF-8 is meant
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NOT_IN_SHEET_NAMES = re.compile(r"[\\/*?:\[\]]")

Row = Sequence[Any]


def table(
    name: str, header: Sequence[str], rows: Iterable[Row], *, kind: str, encoding: str = "utf-8"
) -> HttpResponse:
    """A download of the table as ``csv`` or ``xlsx``; the encoding is for CSV only."""
    if kind == "xlsx":
        return _download(xlsx_bytes(name, header, rows), XLSX, f"{name}.xlsx")
    content = csv_text(header, rows).encode(ENCODINGS[encoding])
    return _download(content, f"text/csv; charset={encoding}", f"{name}.csv")


def csv_text(header: Sequence[str], rows: Iterable[Row]) -> str:
    return "".join(csv_lines(header, rows))


def csv_lines(header: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """Line by line, for a table that needn't fit in memory."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in chain([header], rows):
        writer.writerow([_csv_cell(cell) for cell in row])
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def xlsx_bytes(name: str, header: Sequence[str], rows: Iterable[Row]) -> bytes:
    return workbook([(name, header, rows)])


def workbook(sheets: Iterable[tuple[str, Sequence[str], Iterable[Row]]]) -> bytes:
    """Several tables as the sheets of one file: each its name, its head and its rows."""
    book = Workbook(write_only=True)
    for name, header, rows in sheets:
        sheet = book.create_sheet(_sheet_name(name))
        sheet.freeze_panes = "A2"
        sheet.append([xlsx_cell(sheet, cell, bold=True) for cell in header])
        for row in rows:
            sheet.append([xlsx_cell(sheet, cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet_name(name: str) -> str:
    r"""What a spreadsheet program takes for a sheet's name: at most 31 characters, none of ``\ / * ? : [ ]``."""
    return _NOT_IN_SHEET_NAMES.sub("_", ILLEGAL_CHARACTERS_RE.sub("", name))[:31]


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int | float | date | datetime):
        return str(_of_here(value))
    text = str(value)
    return f"'{text}" if _wants_mark(text) else text


def _of_here(value: Any) -> Any:
    """A moment with a zone as the local time, to the second; anything else as it is."""
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.make_naive(value).replace(microsecond=0)
    return value


def _wants_mark(text: str) -> bool:
    # One that begins with apostrophes before it gets one more, so that taking one away gives it back.
    return text.lstrip("'").startswith(_FORMULA_STARTS)


def marked_as_text(cell: str) -> bool:
    """Whether a CSV cell begins with the apostrophe that `csv_lines` puts before what looks like a formula."""
    return cell.startswith("'") and _wants_mark(cell)


def xlsx_cell(sheet: Any, value: Any, *, bold: bool = False) -> WriteOnlyCell:
    """A cell of a write-only sheet that never runs as a formula."""
    if value is None or isinstance(value, int | float | Decimal | date | datetime):
        return WriteOnlyCell(sheet, value=_of_here(value))
    text = ILLEGAL_CHARACTERS_RE.sub("", str(value))
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"  # openpyxl takes text that begins with = for a formula
    if text.startswith(_FORMULA_STARTS):
        cell.quotePrefix = True
    if bold:
        cell.font = Font(bold=True)
    return cell


def _download(content: bytes, content_type: str, filename: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(filename, safe='')}"
    response["Cache-Control"] = "private, no-store"
    return response
