"""The copy of a user's own file that says what is wrong, and the way there and back."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.styles import Font

from gis_projects.library.tables import marking, sheets
from gis_projects.library.tables.lookups import Lookups
from tests.factories.workbooks import COLUMNS, TABLE, read, replaced, text, values, workbook


def test_the_copy_of_a_workbook_says_what_is_wrong_and_keeps_everything_else():
    def prepare(sheet):
        sheet["A1"].font = Font(bold=True, color="FF0000FF")
        sheet["C2"].number_format = "yyyy/mm/dd"
        sheet.column_dimensions["B"].width = 55
        other = sheet.parent.create_sheet("其他")
        other["A1"] = "留着"

    content = workbook(
        [
            ["编号", "名称", "日期", "数量"],
            ["A1", None, datetime(2026, 1, 5), "x"],
            ["A2", "泵站", "2026-13-01", 1],
            ["A3", "站"],
        ],
        prepare,
    )
    source, parsed = read(content, "xlsx")
    book = load_workbook(io.BytesIO(marking.marked(content, source, COLUMNS, parsed.problems)))
    sheet = book.worksheets[0]
    assert [sheet.cell(line, 5).value for line in range(1, 5)] == [
        "导入错误", "名称：必填；数量：不是数", "日期：没有 2026-13-01 这一天", None,
    ]  # fmt: skip
    red = {
        cell.coordinate for row in sheet.iter_rows() for cell in row if cell.fill.fgColor.rgb == "FFFFC7CE"
    }
    assert red == {"B2", "D2", "C3"}
    assert sheet["A1"].font.bold
    assert sheet["A1"].font.color.rgb == "FF0000FF"
    assert (sheet["C2"].value, sheet["C2"].number_format) == (datetime(2026, 1, 5), "yyyy/mm/dd")
    assert sheet.column_dimensions["B"].width == 55
    assert book["其他"]["A1"].value == "留着"


def test_a_copy_that_was_put_right_is_read_again_and_marked_again_in_the_same_column():
    content = workbook([["编号", "名称"], ["A1", None], ["A2", None]])
    source, parsed = read(content, "xlsx")
    first = marking.marked(content, source, COLUMNS, parsed.problems)
    book = load_workbook(io.BytesIO(first))
    book.active["B2"] = "泵站"
    out = io.BytesIO()
    book.save(out)
    source, parsed = read(out.getvalue(), "xlsx")
    assert set(parsed.problems) == {3}
    second = load_workbook(
        io.BytesIO(marking.marked(out.getvalue(), source, COLUMNS, parsed.problems))
    ).active
    assert second.max_column == 3
    assert second["C3"].value == "名称：必填"


def test_a_sheet_with_prefixes_and_foreign_attributes_is_marked_too():
    content = workbook([["编号", "名称"], ["A1", None]])
    content = replaced(content, rb"<(/?)(\w)", rb"<\1x:\2", "sheet1")
    content = replaced(content, rb"<\?x:xml", b"<?xml", "sheet1")
    content = replaced(content, rb'<x:worksheet xmlns="', b'<x:worksheet xmlns:q="urn:q" xmlns:x="', "sheet1")
    content = replaced(content, rb'<x:row r="2"', b'<x:row r="2" q:high="1"', "sheet1")
    source, parsed = read(content, "xlsx")
    sheet = load_workbook(io.BytesIO(marking.marked(content, source, COLUMNS, parsed.problems))).active
    assert (sheet["A2"].value, sheet["C1"].value, sheet["C2"].value) == ("A1", "导入错误", "名称：必填")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_copy_of_a_csv_keeps_its_encoding_and_its_marks(encoding):
    content = text(
        [["一览表", "", ""], ["编号", "名称", "备注"], ["A1", "", '"两\n行"'], ["A2", "泵站", "'=1"]],
        encoding,
        ";",
    )
    source, parsed = read(content, "text")
    copy = marking.marked(content, source, COLUMNS, parsed.problems)
    assert copy.decode(encoding) == (
        '一览表;;\r\n编号;名称;备注;导入错误\r\nA1;;"两\n行";名称：必填\r\nA2;泵站;\'=1;\r\n'
    )


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(
    lambda t: t.strip() == t
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "name": TEXTS,
            "kind": st.sampled_from(["a", "c", None]),
            "tags": st.sampled_from([(), ("x",), ("x", "y"), ("y",)]),
            "words": st.lists(st.sampled_from(["土地", "=公式", "ab c"]), unique=True, max_size=3).map(tuple),
            "planned": st.none() | st.decimals(0, Decimal("9999999999999999.99"), places=2),
            "day": st.none() | st.dates(date(1900, 3, 1), date(2200, 1, 1)),
            "count": st.none() | st.integers(0, 99),
            "share": st.none() | st.integers(-(10**9), 10**9).map(lambda n: Decimal(n) / 1000),
            "fine": st.sampled_from([True, False, None]),
            "note": st.just("") | st.text(st.sampled_from("'=+-@\t\n字a_x000D_&<\"，"), max_size=20).map(str.strip),
        }
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip


@given(rows=ROWS, kind=st.sampled_from(["xlsx", "utf-8", "gb18030"]))
@settings(max_examples=150, deadline=None)
def test_what_is_exported_and_brought_back_is_the_same(rows, kind):
    rows = [{"code": f"A{at}", **row} for at, row in enumerate(rows)]
    if kind == "xlsx":
        out = io.BytesIO()
        sheets.xlsx_export("东西", rows, COLUMNS, out)
        content = out.getvalue()
    else:
        content = "".join(sheets.csv_export(rows, COLUMNS)).encode("utf-8-sig" if kind == "utf-8" else kind)
    back = values(content, "xlsx" if kind == "xlsx" else "text")
    assert len(back) == len(rows)
    for row, found in zip(rows, back, strict=True):
        for column in COLUMNS:
            assert column.same(found[column.key], row[column.key]), column.key


def test_the_template_offers_its_choices_and_explains_its_columns():
    book = load_workbook(io.BytesIO(sheets.xlsx_template(TABLE, COLUMNS)))
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]][:3] == ["编号*", "名称*", "类别"]
    rules = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert rules == {"C2:C5000": '"甲、乙类,丙类"', "J2:J5000": '"是,否"'}
    explained = {row[0].value: row[4].value for row in book["填写说明"].iter_rows(min_row=2)}
    assert explained["标签"] == "土、木；水"


def test_a_template_that_is_filled_in_is_read():
    book = load_workbook(io.BytesIO(sheets.xlsx_template(TABLE, COLUMNS)))
    book.worksheets[0]["A2"], book.worksheets[0]["B2"] = "A1", "泵站"
    out = io.BytesIO()
    book.save(out)
    (row,) = values(out.getvalue())
    assert (row["code"], row["name"], row["planned"]) == ("A1", "泵站", None)


def test_lookups_know_a_choice_by_either_language_and_by_itself():
    lookups = Lookups()
    assert {lookups.chosen(COLUMNS[2], word) for word in ("甲、乙类", "A, B", "a", " Ａ ")} == {"a"}
    assert lookups.chosen(COLUMNS[2], "丁") is None
