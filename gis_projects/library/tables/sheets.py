"""Tables as files: the template that a person fills in, and the export in the same columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

from django.utils.translation import gettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation

from gis_projects.exports import ENCODINGS, csv_lines, xlsx_cell
from gis_projects.library.tables.columns import Column, Kind
from gis_projects.library.tables.lookups import Lookups
from gis_projects.library.tables.specification import Row, Table

LISTED_ROWS = 5_000  # as far down as a template offers its choices
_INLINE = 240  # characters of choices that fit into the rule itself


def header(columns: Sequence[Column]) -> list[str]:
    return [f"{column.heading()}*" if column.required else column.heading() for column in columns]


def cells(rows: Iterable[Row], columns: Sequence[Column]) -> Iterator[list[Any]]:
    """What an export writes of each row, one at a time."""
    lookups = Lookups()
    for row in rows:
        yield [column.cell(row.get(column.key), lookups) for column in columns]


def csv_template(columns: Sequence[Column], encoding: str) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(header(columns))
    return out.getvalue().encode(ENCODINGS[encoding])


def csv_export(rows: Iterable[Row], columns: Sequence[Column]) -> Iterator[str]:
    """Line by line."""
    return csv_lines([column.heading() for column in columns], cells(rows, columns))


def xlsx_export(title: str, rows: Iterable[Row], columns: Sequence[Column], out: IO[bytes]) -> None:
    """Write row by row: a workbook of 10,000 rows is never whole in memory."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(sheet_name(title))
    sheet.freeze_panes = "A2"
    for at, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(at)].width = _width(column)
    sheet.append([xlsx_cell(sheet, column.heading(), bold=True) for column in columns])
    for row in cells(rows, columns):
        sheet.append([xlsx_cell(sheet, cell) for cell in row])
    book.save(out)


def xlsx_template(table: Table, columns: Sequence[Column]) -> bytes:
    """A workbook to fill in: the headings, lists to choose from, and a sheet that explains every column."""
    incoming = [column for column in columns if not column.only_out]
    book = Workbook(write_only=True)
    sheet = book.create_sheet(sheet_name(table.heading()))
    sheet.freeze_panes = "A2"
    lists: list[tuple[str, list[str]]] = []
    for at, column in enumerate(incoming, start=1):
        letter = get_column_letter(at)
        sheet.column_dimensions[letter].width = _width(column)
        rule = _rule(column, lists)
        if rule is not None:
            rule.add(f"{letter}2:{letter}{LISTED_ROWS}")
            sheet.data_validations.append(rule)
    needed = PatternFill("solid", start_color="FFDCE6F1")
    row = []
    for text, column in zip(header(incoming), incoming, strict=True):
        cell = xlsx_cell(sheet, text, bold=True)
        if column.required:
            cell.fill = needed
        row.append(cell)
    sheet.append(row)
    _explain(book, incoming)
    if lists:
        _offer(book, lists)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _explain(book: Workbook, columns: Sequence[Column]) -> None:
    sheet = book.create_sheet(sheet_name(gettext("填写说明")))
    for letter, width in zip("ABCDE", (22, 12, 10, 44, 60), strict=True):
        sheet.column_dimensions[letter].width = width
    heads = (gettext("列"), gettext("类型"), gettext("是否必填"), gettext("说明"), gettext("可选值或示例"))
    sheet.append([xlsx_cell(sheet, head, bold=True) for head in heads])
    for column in columns:
        options = "；".join(option.shown for option in column.options() if option.offered)
        texts = (
            column.heading(),
            kind_label(column.kind),
            gettext("必填") if column.required else "",
            gettext(column.help) if column.help else "",
            options or column.example,
        )
        row = []
        for text in texts:
            cell = xlsx_cell(sheet, text)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            row.append(cell)
        sheet.append(row)


def _rule(column: Column, lists: list[tuple[str, list[str]]]) -> DataValidation | None:
    """What a cell of this column offers or refuses while it is typed; the reading refuses it anyway."""
    if column.kind is Kind.CHOICE:
        words = [option.shown for option in column.options() if option.offered]
    elif column.kind is Kind.BOOLEAN:
        words = [gettext("是"), gettext("否")]
    else:
        return None
    if not words:
        return None
    if len(",".join(words)) <= _INLINE and not any("," in word or '"' in word for word in words):
        formula = '"' + ",".join(words) + '"'
    else:
        lists.append((column.heading(), words))
        letter = get_column_letter(len(lists))
        name = quote_sheetname(sheet_name(gettext("选项")))
        formula = f"{name}!${letter}$2:${letter}${len(words) + 1}"
    rule = DataValidation(type="list", formula1=formula, allow_blank=True)
    rule.error = gettext("请从列表中选择")
    return rule


def _offer(book: Workbook, lists: Sequence[tuple[str, list[str]]]) -> None:
    sheet = book.create_sheet(sheet_name(gettext("选项")))
    sheet.append([xlsx_cell(sheet, name, bold=True) for name, _ in lists])
    for at in range(max(len(words) for _, words in lists)):
        sheet.append(
            [xlsx_cell(sheet, words[at]) if at < len(words) else WriteOnlyCell(sheet) for _, words in lists]
        )


def kind_label(kind: Kind) -> str:
    """What a kind of column is called."""
    labels: Mapping[Kind, str] = {
        Kind.TEXT: gettext("文字"),
        Kind.LONG: gettext("长文字"),
        Kind.INTEGER: gettext("整数"),
        Kind.NUMBER: gettext("数"),
        Kind.MONEY: gettext("金额"),
        Kind.DATE: gettext("日期"),
        Kind.BOOLEAN: gettext("是或否"),
        Kind.CHOICE: gettext("单选"),
        Kind.CHOICES: gettext("多选"),
        Kind.WORDS: gettext("多项文字"),
        Kind.REGION: gettext("地区"),
        Kind.ORGANISATION: gettext("单位"),
        Kind.ORGANISATIONS: gettext("多个单位"),
    }
    return labels[kind]


def _width(column: Column) -> int:
    if column.kind is Kind.LONG:
        return 40
    if column.kind in (Kind.DATE, Kind.INTEGER, Kind.BOOLEAN):
        return 13
    return max(14, min(34, 2 * len(column.heading()) + 4))


def sheet_name(text: str) -> str:
    """A title as a workbook takes it."""
    return "".join(letter for letter in text if letter not in "[]:*?/\\")[:31]
