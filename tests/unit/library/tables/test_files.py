"""Files that people bring, good and hostile: what is read of them, what is refused, and the copy that says why."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font

from gis_projects.library.tables import importing, marking, sheets
from gis_projects.library.tables.columns import Column, Kind, Option
from gis_projects.library.tables.lookups import Lookups
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


def test_headings_are_found_below_titles_in_any_order_with_spaces_and_full_width_marks():
    content = workbook(
        [
            ["东西一览表（2026 年）"],
            [],
            ["名　称", "计划投资(万元)", " 编 号 ＊", "别的"],
            ["泵站", 12.5, "A1", "不管"],
        ],
        lambda sheet: sheet.merge_cells("A1:D1"),
    )
    source, parsed = read(content, "xlsx")
    assert source.unknown == ["别的"]
    assert [row.values for row in parsed.rows] == [
        {"name": "泵站", "planned": Decimal("125000.00"), "code": "A1"}
    ]
    assert parsed.rows[0].line == 4


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_in_the_encodings_and_marks_of_offices(encoding, delimiter):
    content = text([["编号", "名称", "类别"], ["A1", "泵站㐀", "丙类"]], encoding, delimiter)
    assert values(content, "text") == [{"code": "A1", "name": "泵站㐀", "kind": "c"}]


def test_english_headings_and_choices_are_understood_as_well():
    content = text([["编号", "名称", "类别"], ["A1", "pump", "c"], ["A2", "pump", "Ｃ"]])
    assert [row["kind"] for row in values(content, "text")] == ["c", "c"]


@pytest.mark.parametrize(
    ("cell", "heading", "found"),
    [
        (1200, "计划投资（元）", "1200.00"),
        (12.5, "计划投资（万元）", "125000.00"),
        ("１，２００．５", "计划投资（元）", "1200.50"),
        ("1,200万元", "计划投资（元）", "12000000.00"),
        ("0.3亿元", "计划投资（万元）", "30000000.00"),
        ("¥ 7", "计划投资（元）", "7.00"),
        ("1.25e2", "计划投资（元）", "125.00"),
    ],
)
def test_amounts_are_yuan_whatever_unit_they_are_written_in(cell, heading, found):
    content = workbook([["编号", "名称", heading], ["A1", "泵站", cell]])
    assert str(values(content)[0]["planned"]) == found


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("-1", "cell-negative"),
        ("1.005", "cell-below-fen"),
        ("1e16", "cell-too-much"),
        ("12,34", "cell-no-number"),
        ("约 100", "cell-no-number"),
        ("nan", "cell-no-number"),
        ("Infinity", "cell-no-number"),
        ("1e999", "cell-no-number"),
    ],
)
def test_amounts_that_are_none(cell, code):
    content = workbook([["编号", "名称", "计划投资（元）"], ["A1", "泵站", cell]])
    assert faults(content) == {2: [("planned", code)]}


def test_an_amount_whose_heading_names_no_unit_is_not_guessed():
    notice = refusal(workbook([["编号", "名称", "计划投资"], ["A1", "泵站", 5]]))
    assert notice.code == "table-heading-without-unit"


@pytest.mark.parametrize(
    "cell",
    ["2026-03-31", "2026/3/31", "2026.3.31", "2026年3月31日", "20260331", "２０２６－３－３１", date(2026, 3, 31),
     datetime(2026, 3, 31, 9, 30)],
)  # fmt: skip
def test_days_as_people_write_them(cell):
    content = workbook([["编号", "名称", "日期"], ["A1", "泵站", cell]])
    assert values(content)[0]["day"] == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("cell", "code"), [("2026-02-30", "cell-no-day"), ("三月", "cell-no-date"), (45000, "cell-no-date")]
)
def test_days_that_are_none(cell, code):
    assert faults(workbook([["编号", "名称", "日期"], ["A1", "泵站", cell]])) == {2: [("day", code)]}


def test_several_choices_in_one_cell_even_where_a_label_holds_the_mark_between_them():
    content = text(
        [
            ["编号", "名称", "标签", "类别"],
            ["A1", "泵站", "土、木；水", "甲、乙类"],
            ["A2", "站", "水、土、木", ""],
        ]
    )
    _, parsed = read(content, "text")
    assert parsed.rows[0].values["tags"] == ("x", "y")
    assert parsed.rows[0].values["kind"] == "a"
    assert [problem.notice.code for problem in parsed.problems[3]] == ["cell-no-choice"]


def test_every_fault_of_every_row_is_told():
    content = workbook(
        [
            ["编号", "名称", "类别", "数量"],
            ["A1", None, "丁", 3],
            ["A1", "泵站", None, 100],
            [None, "站", None, 1.5],
            ["很长" * 20, "站", None, None],
        ]
    )
    assert faults(content) == {
        2: [("name", "cell-required"), ("kind", "cell-no-choice")],
        3: [("count", "cell-too-large"), ("code", "row-key-twice")],
        4: [("code", "cell-required"), ("count", "cell-no-integer")],
        5: [("code", "cell-too-long")],
    }


# Hostile.


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


def replaced(content, pattern, by, part=r"worksheets/sheet1\.xml|sharedStrings"):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info.filename, re.sub(pattern, by, data) if re.search(part, info.filename) else data)
    return out.getvalue()


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


# The copy.


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


# There and back.

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
