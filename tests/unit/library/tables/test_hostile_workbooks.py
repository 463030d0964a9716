"""Workbooks that lie, hide or swell."""

from __future__ import annotations

import pytest

from tests.factories.workbooks import faults, refusal, replaced, values, workbook


def test_a_formula_is_never_taken_for_a_value():
    content = workbook([["编号", "名称", "数量"], ["A1", '=HYPERLINK("http://x","泵站")', "=1+1"]])
    assert faults(content) == {2: [("name", "cell-formula"), ("count", "cell-formula")]}


def test_text_that_looks_like_a_formula_is_text():
    def plain(sheet):
        sheet["B2"].data_type = "s"

    content = workbook([["编号", "名称"], ["A1", "=1+1"]], plain)
    assert values(content) == [{"code": "A1", "name": "=1+1"}]


def test_a_cell_that_shows_an_error_is_refused():
    def broken(sheet):
        sheet["B2"].value, sheet["B2"].data_type = "#N/A", "e"

    assert faults(workbook([["编号", "名称"], ["A1", "x"]], broken)) == {2: [("name", "cell-broken")]}


def test_a_number_that_the_spreadsheet_has_cut_short_is_refused():
    content = workbook([["编号", "名称"], [150207201900010001, "泵站"]])
    assert faults(content) == {2: [("code", "cell-lost-digits"), ]}  # fmt: skip


def test_merged_cells_are_refused_where_they_hide_values():
    def merge(sheet):
        sheet.merge_cells("B2:B3")

    content = workbook([["编号", "名称"], ["A1", "泵站"], ["A2", None]], merge)
    assert faults(content) == {2: [("name", "cell-merged")], 3: [("name", "cell-merged")]}


def test_a_heading_merged_over_two_columns_leaves_one_without_a_name():
    def merge(sheet):
        sheet.merge_cells("B1:C1")

    notice = refusal(workbook([["编号", "名称", None], ["A1", "泵站", "什么"]], merge))
    assert (notice.code, notice.line) == ("table-column-without-heading", 2)


def test_an_endless_merged_range_beside_the_table_costs_nothing():
    content = replaced(
        workbook([["编号", "名称"], ["A1", "泵站"]]),
        rb"</sheetData>",
        b'</sheetData><mergeCells count="1"><mergeCell ref="E5:XFD1048576"/></mergeCells>',
        "sheet1",
    )
    assert values(content) == [{"code": "A1", "name": "泵站"}]


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (b"", "text", "table-without-headings"),
        ("别的,东西\n1,2".encode(), "text", "table-without-headings"),
        ("名称,类别\n1,2".encode(), "text", "table-key-missing"),
        ("编号,名称,名 称\n1,2,3".encode(), "text", "table-heading-twice"),
        ("编号,名称\n1,\0".encode(), "text", "table-not-text"),
        ('编号,名称\nA1,"不成对'.encode(), "text", "table-broken"),
        (b"\xef\xbb\xbf\xff\xfe\xff", "text", "table-encoding"),
        (b"\xff\x81\x00\x80\x80\xff", "text", "table-encoding"),
        (b"PK\x03\x04 nothing", "xlsx", "table-broken-workbook"),
        (b"%PDF-1.4", "pdf", "table-kind"),
        (("编号,名称\n" + "\n".join(f"A{n},x" for n in range(1001))).encode(), "text", "table-too-long"),
        (("编号,名称" + ",a" * 300 + "\nA1,x").encode(), "text", "table-too-wide"),
    ],
)
def test_files_that_are_no_such_table(content, kind, code):
    assert refusal(content, kind).code == code


def test_a_million_rows_are_refused_before_they_are_read():
    rows = b"".join(b'<row r="%d"><c r="A%d"/></row>' % (n, n) for n in range(3, 1_048_580))
    content = replaced(
        workbook([["编号", "名称"], ["A1", "泵站"]]), rb"</sheetData>", rows + b"</sheetData>", "sheet1"
    )
    assert refusal(content).code == "table-too-long"


@pytest.mark.parametrize(
    ("pattern", "by", "code"),
    [
        (rb'<row r="2"', b'<row r="999999999"', "table-too-long"),
        (rb'r="B2"', b'r="ZZZ2"', "table-too-wide"),
        (rb"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet', "table-entities"),
        (rb"</row></sheetData>", b"</row><row></sheetData>", "table-broken-sheet"),
    ],
)
def test_a_sheet_that_lies_about_itself(pattern, by, code):
    content = replaced(workbook([["编号", "名称"], ["A1", "泵站"]]), pattern, by, "sheet1")
    assert refusal(content).code == code


def test_what_unpacks_to_hundreds_of_megabytes_is_not_unpacked():
    bomb = b" " * (70 * 1024 * 1024)
    content = replaced(workbook([["编号", "名称"]]), rb"</sheetData>", b"</sheetData>" + bomb, "sheet1")
    assert len(content) < 1024 * 1024
    assert refusal(content).code == "table-unpacks-too-large"
