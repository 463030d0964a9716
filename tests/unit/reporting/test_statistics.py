"""The published table of 2019-03-29, in 万元: its own rows give its own sums and percentages."""

from __future__ import annotations

from decimal import Decimal

import pytest

from gis_projects.reporting.statistics import Figures, RowKind, table, total

PUBLISHED = {
    "汇总": (1293, 11068702, 3550775, 32),
    "市本级": (197, 2504264, 704348, 28),
    "旗县汇总": (1096, 8564438, 2846427, 33),
    "东河区": (110, 432603, 124030, 29),
    "青山区": (107, 619533, 329581, 53),
    "昆区": (212, 1583308, 547033, 35),
    "九原区": (180, 1534451, 446401, 29),
    "开发区": (168, 1806464, 675616, 37),
    "土右旗": (125, 1372451, 301726, 22),
    "石拐区": (24, 99924, 35482, 36),
    "固阳县": (77, 350816, 91507, 26),
    "白云矿区": (19, 139499, 78192, 56),
    "达茂旗": (74, 625389, 216859, 35),
}
DISTRICTS = list(PUBLISHED)[3:]


def figures(name):
    number, planned, cumulative, _percent = PUBLISHED[name]
    return Figures(number, Decimal(planned) * 10_000, Decimal(cumulative) * 10_000)


@pytest.fixture
def rows():
    return table(
        [(name, name) for name in DISTRICTS],
        ("市本级", "市本级"),
        {name: figures(name) for name in [*DISTRICTS, "市本级"]},
        total_name="汇总",
        subtotal_name="旗县汇总",
    )


def test_rows_stand_in_the_published_order(rows):
    assert [row.name for row in rows] == list(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_published_number(rows, name):
    row = next(row for row in rows if row.name == name)
    number, planned, cumulative, progress = PUBLISHED[name]
    assert row.figures == Figures(number, Decimal(planned) * 10_000, Decimal(cumulative) * 10_000)
    assert row.figures.progress == progress


def test_total_progress_is_weighted_not_a_mean(rows):
    percentages = [row.figures.progress for row in rows if row.kind is RowKind.REGION]
    assert sum(percentages) / len(percentages) == pytest.approx(35.8, abs=0.2)
    assert rows[0].figures.progress == 32


def test_a_district_without_projects_has_a_row_of_zeros():
    rows = table([("a", "甲")], None, {}, total_name="汇总", subtotal_name="小计")
    assert [(row.name, row.figures.number, row.figures.progress) for row in rows] == [
        ("小计", 0, None),
        ("甲", 0, None),
    ]


def test_sums_are_exact_to_the_fen():
    assert total([Figures(1, Decimal("0.10"), Decimal("0.20"))] * 3) == Figures(
        3, Decimal("0.30"), Decimal("0.60")
    )
