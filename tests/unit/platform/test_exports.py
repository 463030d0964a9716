from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from gis_projects import exports

DANGEROUS = ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=HYPERLINK(1)"]


def rows_of(response, encoding="utf-8-sig"):
    return list(csv.reader(io.StringIO(response.content.decode(encoding), newline="")))


def test_csv_opens_as_utf8_in_a_spreadsheet():
    response = exports.table("项目", ["名称"], [["道路"]], kind="csv")
    assert response.content.startswith(b"\xef\xbb\xbf")
    assert rows_of(response) == [["名称"], ["道路"]]
    assert "filename*=UTF-8''%E9%A1%B9%E7%9B%AE.csv" in response["Content-Disposition"]


def test_csv_in_gb18030_holds_rare_characters():
    response = exports.table("项目", ["名称"], [["𠮷野路"]], kind="csv", encoding="gb18030")
    assert rows_of(response, "gb18030") == [["名称"], ["𠮷野路"]]


@pytest.mark.parametrize("text", DANGEROUS)
def test_csv_text_never_runs_as_a_formula(text):
    assert rows_of(exports.table("t", ["h"], [[text]], kind="csv"))[1] == ["'" + text]


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd", "-2+3"])
def test_xlsx_text_never_runs_as_a_formula(text):
    book = load_workbook(io.BytesIO(exports.xlsx_bytes("t", ["h"], [[text]])))
    cell = book.active["A2"]
    assert (cell.data_type, cell.value, cell.quotePrefix) == ("s", text, True)


def test_numbers_stay_numbers():
    response = exports.table("t", ["a", "b"], [[Decimal("-1.50"), 3]], kind="csv")
    assert rows_of(response)[1] == ["-1.50", "3"]
    book = load_workbook(io.BytesIO(exports.xlsx_bytes("t", ["a"], [[Decimal("12.50")]])))
    assert book.active["A2"].value == 12.5


def test_control_characters_do_not_break_the_workbook():
    book = load_workbook(io.BytesIO(exports.xlsx_bytes("t", ["a"], [["道\x0b路"]])))
    assert book.active["A2"].value == "道路"


def test_a_workbook_is_named_after_whatever_it_is_called():
    """A spreadsheet program takes none of these in a sheet's name."""
    answer = exports.table("东河区/高新区投委会", ["a"], [["道路"]], kind="xlsx")
    assert load_workbook(io.BytesIO(answer.content)).sheetnames == ["东河区_高新区投委会"]
    assert "/" not in answer["Content-Disposition"]
    book = load_workbook(io.BytesIO(exports.xlsx_bytes(r"一\二*三?四:五[六]", ["a"], [])))
    assert book.sheetnames == ["一_二_三_四_五_六_"]


def test_a_moment_is_written_as_the_clock_here_shows_it():
    late = datetime(2026, 11, 22, 17, 30, 5, 250, tzinfo=UTC)  # past midnight in Shanghai
    book = load_workbook(io.BytesIO(exports.xlsx_bytes("t", ["a"], [[late]])))
    assert book.active["A2"].value == datetime(2026, 11, 23, 1, 30, 5)
    assert rows_of(exports.table("t", ["a"], [[late]], kind="csv"))[1] == ["2026-11-23 01:30:05"]
