"""Strict writing: the form itself, and round trips of anything that can be declared."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.boundaries import declared_to_json
from siting.engine.boundary import DeclaredBoundary, Plot, Ring
from siting.engine.crs import DeclaredCrs
from siting.engine.notices import UnusableInput
from siting.formats import coordinate_text
from siting.formats.plane import in_plane

SQUARE = np.array(
    [
        [37401000.5, 4500000.125],
        [37401100.5, 4500000.125],
        [37401100.5, 4499923.625],
        [37401000.5, 4499923.625],
    ]
)
NUMBERS = ("J1", "J2", "J3", "J4")


def boundary(plot: Plot, epsg: int = 4525, header: dict[str, str] | None = None) -> DeclaredBoundary:
    return DeclaredBoundary((plot,), DeclaredCrs(epsg), header or {}, "drawing")


def test_the_strict_form() -> None:
    plot = Plot((Ring(NUMBERS, SQUARE, "1"),), {}, "D1", "甲,乙", "工业用地", 7650.0)
    assert coordinate_text.write(boundary(plot)).decode().split("\r\n") == [
        "[属性描述]",
        "格式版本号=",
        "数据产生单位=",
        "数据产生日期=",
        "坐标系=2000国家大地坐标系",
        "几度分带=3",
        "投影类型=高斯克吕格",
        "计量单位=米",
        "带号=37",
        "精度=0.001",
        "转换参数=,,,,,,",
        "[地块坐标]",
        "5,0.7650,D1,甲\uff0c乙,面,,工业用地,,@",
        "J1,1,4500000.125,37401000.500",
        "J2,1,4500000.125,37401100.500",
        "J3,1,4499923.625,37401100.500",
        "J4,1,4499923.625,37401000.500",
        "J1,1,4500000.125,37401000.500",
        "",
    ]


def test_more_decimals_are_written_where_more_are_declared_or_present() -> None:
    plot = Plot((Ring(NUMBERS, SQUARE, "1"),), {})
    assert b"J1,1,4500000.1250,37401000.5000\r\n" in coordinate_text.write(
        boundary(plot, header={"精度": "0.0001"})
    )
    assert b"J1,1,4500000.125,37401000.500\r\n" in coordinate_text.write(
        boundary(plot, header={"精度": "0.01"})
    )
    finer = Plot((Ring(NUMBERS, SQUARE + 0.00001, "1"),), {})
    assert b"J1,1,4500000.12501,37401000.50001\r\n" in coordinate_text.write(boundary(finer))


def test_the_header_never_contradicts_the_coordinates() -> None:
    plot = Plot((Ring(NUMBERS, SQUARE, "1"),), {})
    header = {"坐标系": "1980西安坐标系", "带号": "38", "几度分带": "6", "数据产生单位": "某院"}
    text = coordinate_text.write(boundary(plot, header=header)).decode()
    assert "坐标系=2000国家大地坐标系\r\n" in text
    assert "带号=37\r\n" in text
    assert "几度分带=3\r\n" in text
    assert "数据产生单位=某院\r\n" in text


def test_the_computed_area_stands_where_none_is_declared() -> None:
    plot = Plot((Ring(NUMBERS, SQUARE, "1"),), {})
    assert b"\r\n5,0.7651,," in coordinate_text.write(boundary(plot), areas_m2=[7651.2])
    assert b"\r\n5,,," in coordinate_text.write(boundary(plot))


def test_a_field_can_not_break_its_line() -> None:
    plot = Plot((Ring(("J\n1", "J,2", "J3"), SQUARE[:3], "1"),), {}, "D\r\n1", "a@\x00b,c", "")
    again = coordinate_text.read(coordinate_text.write(boundary(plot)))
    assert (again.plots[0].number, again.plots[0].name) == ("D 1", "a@ b\uff0cc")
    assert again.plots[0].rings[0].numbers == ("J 1", "J-2", "J3")


def test_a_drawing_is_exported_in_its_own_zone() -> None:
    lonlat = np.array([[109.4, 40.6], [109.41, 40.6], [109.41, 40.61]])
    declared = boundary(Plot((Ring(("J1", "J2", "J3"), lonlat, "1"),), {}), epsg=4490)
    plane = in_plane(declared)
    assert plane.crs == DeclaredCrs(4524)
    again = coordinate_text.read(coordinate_text.write(plane))
    assert again.crs == DeclaredCrs(4524)
    np.testing.assert_array_equal(again.plots[0].rings[0].xy, plane.plots[0].rings[0].xy)


# text as it can stand in a field: one line, no edges of white space, no ASCII comma
field_text = st.text(
    st.characters(
        exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp", "Zs"), exclude_characters=",@\uff20[]【】"
    ),
    max_size=12,
)
header_value = field_text.filter(lambda text: not text.endswith("\uff20"))
AREAS = st.one_of(st.none(), st.integers(1, 10**9).map(lambda n: f"{n / 10_000:.4f}"))


@st.composite
def declared_boundaries(draw: st.DrawFn) -> DeclaredBoundary:
    epsg = draw(st.sampled_from([4490, 4497, 4508, 4525, 4546]))
    crs = DeclaredCrs(epsg)
    decimals = draw(st.integers(2, 9) if crs.is_geographic else st.integers(0, 6))
    east, north = (109.0, 40.0) if crs.is_geographic else (crs.false_easting - 99_000, 4_500_000.0)
    size = 0.5 if crs.is_geographic else 50_000.0
    plots = []
    for _ in range(draw(st.integers(1, 3))):
        rings = []
        for position in range(draw(st.integers(1, 3))):
            count = draw(st.integers(3, 6))
            share = st.floats(0, 1, allow_nan=False)
            xy = np.array(
                [
                    [
                        round(east + draw(share) * size, decimals),
                        round(north + (i + 0.5) * size / 7, decimals),
                    ]
                    for i in range(count)
                ]
            )
            start = draw(st.integers(1, 40))
            rings.append(Ring(tuple(f"J{start + i}" for i in range(count)), xy, str(position + 1)))
        area = draw(AREAS)
        points = sum(len(ring.xy) for ring in rings)
        extras = draw(st.lists(field_text, max_size=5))
        attributes = {
            "界址点数": str(draw(st.sampled_from([points, points + len(rings)]))),
            "地块面积": area or "",
            "地块编号": draw(field_text),
            "地块名称": draw(field_text),
            "记录图形属性": "面",
            "图幅号": draw(field_text),
            "地块用途": draw(field_text),
            "地类编码": draw(field_text),
            **{f"附加属性{9 + i}": text for i, text in enumerate(extras)},
        }
        plots.append(
            Plot(
                tuple(rings),
                attributes,
                attributes["地块编号"],
                attributes["地块名称"],
                attributes["地块用途"],
                None if area is None else float(Decimal(area) * 10_000),
            )
        )
    header = {"数据产生单位": draw(header_value), "数据产生日期": draw(header_value)}
    return DeclaredBoundary(tuple(plots), crs, header, "coordinate_text")


def comparable(declared: DeclaredBoundary) -> tuple[dict, dict]:
    data = declared_to_json(dataclasses.replace(declared, notices=()))
    return dict(data.pop("header")), data


@settings(max_examples=300, deadline=None)
@given(declared_boundaries(), st.sampled_from(["utf-8", "gb18030"]))
def test_any_boundary_survives_writing_and_reading(declared: DeclaredBoundary, encoding: str) -> None:
    written = coordinate_text.write(declared, encoding=encoding)
    again = coordinate_text.read(written)
    header, before = comparable(declared)
    completed, after = comparable(again)
    assert after == before
    assert header.items() <= completed.items()
    assert coordinate_text.write(again, encoding=encoding) == written


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(UnusableInput):  # any other exception fails the test
        assert coordinate_text.read(content).plots
