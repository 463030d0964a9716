"""Every variant of coordinate text seen in the wild reads right, or is refused with its line."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest

from siting.boundaries import declared_to_json
from siting.engine.boundary import DeclaredBoundary
from siting.engine.crs import DeclaredCrs
from siting.engine.notices import UnusableInput
from siting.formats import coordinate_text

SAMPLES = Path(__file__).parents[3] / "samples" / "coordinate_text"
READABLE = sorted(
    path.stem
    for path in SAMPLES.glob("*.txt")
    if not path.stem.startswith(("refused_", "six_digits_without"))
)

SQUARE = [
    [37401000.5, 4500000.125],
    [37401100.5, 4500000.125],
    [37401100.5, 4499923.625],
    [37401000.5, 4499923.625],
]
DEGREES = [[109.8301, 40.6333333333], [109.8313, 40.6333333333], [109.8313, 40.6326], [109.8301, 40.6326]]


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.txt").read_bytes()


def read(name: str) -> DeclaredBoundary:
    return coordinate_text.read(sample(name))


def codes(declared: DeclaredBoundary) -> list[tuple[str, int | None]]:
    return [(notice.code, notice.line) for notice in declared.notices]


def same(declared: DeclaredBoundary) -> dict:
    """Everything that must survive a round trip: all but the notices."""
    return declared_to_json(dataclasses.replace(declared, notices=()))


# name of the file → the notices it must give, as (code, line)
ONE_SQUARE: dict[str, list[tuple[str, int | None]]] = {
    "utf8": [],
    "utf8_bom": [],
    "utf16": [],
    "gb18030": [],
    "full_width_brackets": [],
    "wide_square_brackets": [],
    "leading_space": [],
    "zone_as_words": [],
    "no_headers": [("header-missing", 1), ("crs-assumed", None)],
    "only_plot_section": [("crs-assumed", None)],
    "other_sections": [("line-ignored", 4)],
    "thirteen_fields": [],
    "seven_fields": [],
    "no_point_count": [("point-count-missing", 13)],
    "empty_point_count": [],
    "area_with_unit": [],
    "area_in_square_metres": [],
    "area_in_mu": [],
    "area_unreadable": [("area-unreadable", 13)],
    "three_columns": [],
    "two_columns": [("number-missing", line) for line in range(14, 19)],
    "column_titles": [],
    "swapped": [("axes-swapped", 14)],
    "one_row_swapped": [("axes-swapped", 16)],
    "unclosed": [("ring-not-closed", 17)],
    "closing_ring_number": [("closing-ring-number", 18)],
    "closing_x_for_y": [("x-written-twice", 18)],
    "closing_x_twice": [("x-written-twice", 18)],
    "closing_differs": [("closing-point-differs", 18)],
    "closing_number_runs_on": [("closing-number", 18)],
    "closing_repeated": [("closing-repeated", 19)],
    "precision_3": [],
    "precision_001": [],
    "precision_0001": [],
    "precision_empty": [],
    "prefix_contradicts_zone": [("zone-contradicts", 9)],
    "width_contradicts_zone": [("zone-width-contradicts", 6)],
    "plain_numbers": [],
    "point_count_differs": [("point-count-differs", 13)],
    "wide_commas_and_digits": [],
    "wide_comma_in_name": [],
    "tabs": [],
    "tabs_and_commas": [],
    "spaces": [],
    "cr_only": [],
    "lf_only": [],
    "blank_lines": [],
    "trailing_commas": [],
    "no_plot_line": [("plot-line-missing", 13)],
    "no_at_sign": [],
    "extra_column": [("extra-columns", line) for line in range(14, 19)],
    "dos_end_of_file": [],
    "invisible_characters": [],
}


@pytest.mark.parametrize("name", ONE_SQUARE)
def test_variant_reads_as_the_same_square(name: str) -> None:
    declared = read(name)
    assert declared.crs == DeclaredCrs(4525)
    assert [len(plot.rings) for plot in declared.plots] == [1]
    assert declared.plots[0].rings[0].xy.tolist() == SQUARE
    assert declared.plots[0].rings[0].label == "1"
    assert codes(declared) == ONE_SQUARE[name]


@pytest.mark.parametrize(
    ("name", "epsg", "xy", "notices"),
    [
        ("degrees", 4490, DEGREES, []),
        ("degrees_longitude_first", 4490, DEGREES, [("axes-swapped", 14)]),
        ("degrees_in_metres", 4490, DEGREES, [("unit-contradicts", 8)]),
        ("degrees_wgs84", 4490, DEGREES, [("wgs84-as-cgcs2000", None)]),
        ("six_digits_with_zone", 4546, np.subtract(SQUARE, [37e6, 0]).tolist(), []),
        ("six_digits_zone_as_words", 4546, np.subtract(SQUARE, [37e6, 0]).tolist(), []),
        ("six_digits_with_meridian", 4546, np.subtract(SQUARE, [37e6, 0]).tolist(), []),
        ("six_digits_swapped", 4546, np.subtract(SQUARE, [37e6, 0]).tolist(), [("axes-swapped", 14)]),
        ("six_degree_zone", 4497, np.subtract(SQUARE, [18e6, 0]).tolist(), []),
        ("six_degree_zone_without_prefix", 4508, np.subtract(SQUARE, [37e6, 0]).tolist(), []),
    ],
)
def test_coordinate_system(name: str, epsg: int, xy: list, notices: list) -> None:
    declared = read(name)
    assert declared.crs.epsg == epsg
    assert declared.plots[0].rings[0].xy.tolist() == xy
    assert codes(declared) == notices


@pytest.mark.parametrize(
    ("name", "rings"),
    [
        ("hole_numbering_runs_on", [[("1", "J1", "J4"), ("2", "J5", "J8")]]),
        ("hole_numbering_restarts", [[("1", "J1", "J4"), ("2", "J1", "J4")]]),
        ("hole_unclosed", [[("1", "J1", "J4"), ("2", "J1", "J4")]]),
        ("parts_as_rings", [[("1", "J1", "J4"), ("2", "J5", "J8"), ("3", "J9", "J12")]]),
        ("parts_under_one_ring_number", [[("1", "J1", "J4"), ("1", "J5", "J8")]]),
        ("parts_touch_at_first_point", [[("1", "J1", "J4"), ("2", "J1", "J3")]]),
        ("unclosed_before_touching_part", [[("1", "J1", "J4"), ("2", "J1", "J3")]]),
        ("multi_plot", [[("1", "J1", "J4")], [("1", "J1", "J4")]]),
        ("identical_plot_lines", [[("1", "J1", "J4")], [("1", "J1", "J4")]]),
        ("plain_numbers", [[("1", "1", "4")]]),
    ],
)
def test_rings_keep_their_labels_and_point_numbers(name: str, rings: list) -> None:
    declared = read(name)
    found = [
        [(ring.label, ring.numbers[0], ring.numbers[-1]) for ring in plot.rings] for plot in declared.plots
    ]
    assert found == rings


def test_attributes_are_named_by_their_places() -> None:
    plot = read("thirteen_fields").plots[0]
    assert plot.attributes == {
        "界址点数": "5",
        "地块面积": "0.7650",
        "地块编号": "D1",
        "地块名称": "示范地块",
        "记录图形属性": "面",
        "图幅号": "K49G001",
        "地块用途": "工业用地",
        "地类编码": "0601",
        "附加属性9": "图斑一",
        "附加属性10": "旱地",
        "附加属性11": "9",
        "附加属性12": "8",
        "附加属性13": "备注文字",
    }
    assert (plot.number, plot.name, plot.use) == ("D1", "示范地块", "工业用地")


def test_a_missing_point_count_shifts_no_attribute() -> None:
    assert read("no_point_count").plots[0].attributes == read("utf8").plots[0].attributes


@pytest.mark.parametrize(
    ("name", "area"),
    [
        ("utf8", 7650.0),
        ("area_with_unit", 7655.0),
        ("area_in_square_metres", 7655.5),
        ("area_in_mu", 7650.0),
        ("area_unreadable", None),
        ("no_plot_line", None),
    ],
)
def test_declared_area_in_any_unit(name: str, area: float | None) -> None:
    assert read(name).plots[0].declared_area_m2 == area


def test_a_name_may_hold_a_wide_comma() -> None:
    assert read("wide_comma_in_name").plots[0].name == "示范地块\uff08一期\uff0c二期\uff09"


def test_header_is_kept_under_the_formats_own_names() -> None:
    header = read("other_sections").header
    assert header["[项目信息]项目代码"] == "2606-150207-04-01-123456"
    assert header["数据产生单位"] == "包头市自然资源局"
    assert read("zone_as_words").header["几度分带"] == "3"
    assert read("prefix_contradicts_zone").header["带号"] == "37"


def test_six_digits_without_a_zone_ask_and_never_guess() -> None:
    with pytest.raises(UnusableInput) as refusal:
        read("six_digits_without_zone")
    [notice] = refusal.value.notices
    assert (notice.code, notice.line, notice.field) == ("crs-not-given", 14, "central_meridian")
    answered = coordinate_text.read(sample("six_digits_without_zone"), central_meridian=111)
    assert answered.crs == DeclaredCrs(4546)
    with pytest.raises(UnusableInput, match="中央经线"):
        coordinate_text.read(sample("six_digits_without_zone"), central_meridian=112)


def test_a_zone_in_the_file_goes_before_the_answer() -> None:
    assert coordinate_text.read(sample("six_digits_with_zone"), central_meridian=120).crs.epsg == 4546


REFUSED: dict[str, tuple[str, int | None]] = {
    "empty": ("file-empty", None),
    "blank": ("file-empty", None),
    "nul": ("not-text", 16),
    "binary": ("not-text", 3),
    "broken_encoding": ("not-text", 13),
    "overflow": ("number-not-finite", 16),
    "nan": ("number-not-finite", 16),
    "inf": ("number-not-finite", 16),
    "words_for_numbers": ("line-unreadable", 16),
    "underscores": ("line-unreadable", 16),
    "two_points": ("ring-too-few-points", 14),
    "no_points": ("plot-empty", 13),
    "xian80": ("crs-not-cgcs2000", 5),
    "local_system": ("crs-not-cgcs2000", 5),
    "utm": ("projection-unsupported", 7),
    "line_shape": ("width-not-given", 13),
    "out_of_range": ("coordinate-out-of-range", 16),
    "zones_mixed": ("zones-mixed", 16),
    "zone_24": ("zone-unknown", 14),
    "kinds_mixed": ("coordinates-mixed", 16),
    "closing_contradicts": ("closing-point-contradicts", 18),
    "header_contradicts": ("header-contradicts", 10),
    "kilometres": ("unit-unsupported", 8),
    "prose": ("not-coordinate-text", None),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_name_their_line(name: str) -> None:
    with pytest.raises(UnusableInput) as refusal:
        read(f"refused_{name}")
    [notice] = refusal.value.notices
    assert (notice.code, notice.line) == REFUSED[name]
    if notice.line is not None:
        assert f"第 {notice.line} 行" in str(refusal.value)


def test_every_sample_is_tested() -> None:
    refused = {path.stem.removeprefix("refused_") for path in SAMPLES.glob("refused_*.txt")}
    assert refused == set(REFUSED)
    others = {
        "degrees", "degrees_longitude_first", "degrees_in_metres", "degrees_wgs84", "six_digits_with_zone",
        "six_digits_zone_as_words", "six_digits_with_meridian", "six_digits_swapped", "six_degree_zone",
        "six_degree_zone_without_prefix", "hole_numbering_runs_on", "hole_numbering_restarts", "hole_unclosed",
        "parts_as_rings", "parts_under_one_ring_number", "parts_touch_at_first_point",
        "unclosed_before_touching_part", "multi_plot", "identical_plot_lines",
    }  # fmt: skip
    assert set(READABLE) == set(ONE_SQUARE) | others


def test_a_file_past_the_limits_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(UnusableInput, match="32 MB"):
        coordinate_text.read(b"1" * (32 * 1024 * 1024 + 1))
    row = b"J1,1,4500000.125,37401000.500\n"
    with pytest.raises(UnusableInput, match="200000"):
        coordinate_text.read(sample("utf8") + row * 270_000)


@pytest.mark.parametrize(
    "content",
    [b"," * 8_000_000, b"[" + b" " * 8_000_000 + b"x", b"\n" * 8_000_000 + b"1", b"a=1\n" * 4_000_000],
    ids=["one line of commas", "a section that never ends", "empty lines", "header values"],
)
def test_a_file_made_to_be_slow_is_refused_in_few_steps(content: bytes) -> None:
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event.endswith("call")

    sys.setprofile(count)
    try:
        with pytest.raises(UnusableInput):
            coordinate_text.read(content)
    finally:
        sys.setprofile(None)
    assert calls < 1_000_000


def test_too_many_header_values_are_refused() -> None:
    header = "".join(f"a{i}=1\n" for i in range(501))
    with pytest.raises(UnusableInput, match="第 501 行"):
        coordinate_text.read(header.encode())


def test_a_hopeless_file_gives_a_short_report() -> None:
    rows = "".join(f"J{i},1,450{i:04d}.125,37401000.500,备注\n" for i in range(3000))
    declared = coordinate_text.read(sample("utf8") + rows.encode())
    assert len(declared.notices) < 30
    more = next(notice for notice in declared.notices if notice.code == "more-of-the-same")
    assert more.params == {"count": 2980, "same": "extra-columns"}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("name", READABLE)
def test_what_was_read_is_written_and_read_the_same(name: str, encoding: str) -> None:
    declared = read(name)
    written = coordinate_text.write(declared, encoding=encoding)
    again = coordinate_text.read(written)
    # a correct file gives nothing to tell, but that a text which is no area is still none
    assert codes(again) == [note for note in codes(declared) if note[0] == "area-unreadable"]
    before, after = same(declared), same(again)
    header, completed = dict(before.pop("header")), dict(after.pop("header"))
    assert before == after
    assert {(key, text) for key, text in header.items() if text} <= completed.items()
    assert coordinate_text.write(again, encoding=encoding) == written
