"""Tables as downloads that are written while they are read: 10,000 rows are never whole in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from tempfile import TemporaryFile
from typing import IO, Any
from urllib.parse import quote

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import get_language, override
from openpyxl import Workbook

from gis_projects.exports import ENCODINGS, XLSX, csv_lines, xlsx_cell
from gis_projects.library.tables import sheets
from gis_projects.library.tables.columns import Column
from gis_projects.library.tables.specification import Row

_LINES = 200  # sent at once
_CHUNK = 256 * 1024


def of_columns(
    title: str, rows: Iterable[Row], columns: Sequence[Column], *, kind: str, encoding: str = "utf-8"
) -> HttpResponseBase:
    """Rows in the columns of their table, as they come back in."""
    if kind == "xlsx":
        return _file(title, lambda out: sheets.xlsx_export(title, rows, columns, out))
    return _lines(title, sheets.csv_export(rows, columns), encoding)


def of_cells(
    title: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, kind: str, encoding: str = "utf-8"
) -> HttpResponseBase:
    """Rows of cells under a header."""
    if kind == "xlsx":
        return _file(title, lambda out: _workbook(title, header, rows, out))
    return _lines(title, csv_lines(header, rows), encoding)


def content(body: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(body, content_type=content_type)
    _named(response, name)
    return response


def _workbook(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]], out: IO[bytes]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(sheets.sheet_name(title))
    sheet.freeze_panes = "A2"
    sheet.append([xlsx_cell(sheet, name, bold=True) for name in header])
    for row in rows:
        sheet.append([xlsx_cell(sheet, cell) for cell in row])
    book.save(out)


def _file(title: str, write: Callable[[IO[bytes]], None]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_written(write, get_language() or "zh-hans"), content_type=XLSX)
    _named(response, f"{title}{_today()}.xlsx")
    return response


def _written(write: Callable[[IO[bytes]], None], language: str) -> Iterator[bytes]:
    """A workbook can only be sent when its last row is known; until then it lies in a file, not in memory."""
    with TemporaryFile() as out:
        with override(language):
            write(out)
        out.seek(0)
        while chunk := out.read(_CHUNK):
            yield chunk


def _lines(title: str, lines: Iterator[str], encoding: str) -> StreamingHttpResponse:
    if encoding not in ENCODINGS:
        encoding = "utf-8"
    response = StreamingHttpResponse(
        _encoded(lines, ENCODINGS[encoding], get_language() or "zh-hans"),
        content_type=f"text/csv; charset={encoding}",
    )
    _named(response, f"{title}{_today()}.csv")
    return response


def _encoded(lines: Iterator[str], codec: str, language: str) -> Iterator[bytes]:
    """In bundles, in the language in which they were asked for."""
    mark, plain = (b"\xef\xbb\xbf", "utf-8") if codec == "utf-8-sig" else (b"", codec)
    bundle: list[str] = []
    yield mark
    with override(language):
        for line in lines:
            bundle.append(line)
            if len(bundle) == _LINES:
                yield "".join(bundle).encode(plain)
                bundle = []
    yield "".join(bundle).encode(plain)


def _today() -> str:
    return timezone.localdate().strftime("-%Y%m%d")


def _named(response: HttpResponseBase, name: str) -> None:
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "private, no-store"
