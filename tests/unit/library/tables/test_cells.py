"""Tables as offices write them: what a cell means, and what it can not."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.factories.workbooks import faults, read, refusal, text, values, workbook


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
