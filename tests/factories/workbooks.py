"""A small table with every kind of column, as a workbook and as text."""

from __future__ import annotations

import io
import re
import zipfile
from decimal import Decimal

import pytest
from openpyxl import Workbook

from gis_projects.library.tables import importing
from gis_projects.library.tables.columns import Column, Kind, Option
from gis_projects.library.tables.reading import open_table
from gis_projects.library.tables.specification import Table
from gis_projects.people.permissions import Permission
from siting.engine.notices import UnusableInput

COLUMNS = (
    Column("code", "编号", required=True, max_length=20),
    Column("name", "名称", required=True, max_length=40),
    Column("kind", "类别", Kind.CHOICE, choices=lambda: [Option("a", "甲、乙类", "A, B"), Option("c", "丙类", "C")]),
    Column(
        "tags", "标签", Kind.CHOICES, choices=lambda: [Option("x", "土、木", "Earth, wood"), Option("y", "水", "Water")]
    ),
    Column("words", "主题词", Kind.WORDS),
    Column("planned", "计划投资", Kind.MONEY),
    Column("day", "日期", Kind.DATE),
    Column("count", "数量", Kind.INTEGER, minimum=Decimal(0), maximum=Decimal(99)),
    Column("share", "比例", Kind.NUMBER),
    Column("fine", "合格", Kind.BOOLEAN),
    Column("note", "备注", Kind.LONG, max_length=4000),
)  # fmt: skip
TABLE = Table(
    "things", "东西", columns=lambda options: COLUMNS, write=lambda *_: None, rows=lambda *_: [],
    existing=lambda *_: {}, permission=Permission.READ_PROJECTS, reading=Permission.READ_PROJECTS, max_rows=1000,
)  # fmt: skip


def workbook(rows, prepare=lambda sheet: None):
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    prepare(sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def text(rows, encoding="utf-8", delimiter=","):
    return "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)


def read(content, kind):
    source = open_table(content, kind, COLUMNS, "code")
    return source, importing.parse(source, TABLE, {})


def values(content, kind="xlsx"):
    _, parsed = read(content, kind)
    assert not parsed.problems, parsed.problems
    return [row.values for row in parsed.rows]


def refusal(content, kind="xlsx"):
    with pytest.raises(UnusableInput) as refused:
        read(content, kind)
    (notice,) = refused.value.notices
    return notice


def faults(content, kind="xlsx"):
    _, parsed = read(content, kind)
    return {
        line: [(problem.column, problem.notice.code) for problem in found]
        for line, found in parsed.problems.items()
    }


def replaced(content, pattern, by, part=r"worksheets/sheet1\.xml|sharedStrings"):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info.filename, re.sub(pattern, by, data) if re.search(part, info.filename) else data)
    return out.getvalue()
