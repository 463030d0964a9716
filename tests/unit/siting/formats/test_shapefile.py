"""Zipped shapefiles: GBK and UTF-8, .prj in every flavour, and what is refused."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pyproj
import pytest

from siting.engine.boundary import DeclaredBoundary, Plot, Ring
from siting.engine.crs import DeclaredCrs
from siting.engine.notices import UnusableInput
from siting.formats import shapefile
from siting.formats.crs_text import epsg_of

SAMPLES = Path(__file__).parents[3] / "samples" / "shapefile"


def read(name: str, **answers: int) -> DeclaredBoundary:
    return shapefile.read((SAMPLES / f"{name}.zip").read_bytes(), **answers)


@pytest.mark.parametrize(
    "name",
    [
        "gbk_with_cpg",
        "gbk_without_cpg",
        "utf8_with_cpg",
        "utf8_without_cpg",
        "in_folder_with_chinese_name",
        "ogc_wkt",
    ],
)
def test_reads_declared_coordinates_and_chinese_attributes(name: str) -> None:
    declared = read(name)
    assert declared.crs == DeclaredCrs(4525)
    assert declared.notices == ()
    [plot] = declared.plots
    assert (plot.number, plot.name, plot.use) == ("D1", "示范地块", "工业用地")
    assert [len(ring.xy) for ring in plot.rings] == [4, 4]
    assert [37401000.5, 4500000.125] in plot.rings[0].xy.tolist()
    assert [37401040.0, 4499960.0] in plot.rings[1].xy.tolist()


@pytest.mark.parametrize(("name", "codes"), [("degrees_4490", []), ("degrees_wgs84", ["wgs84-as-cgcs2000"])])
def test_degrees(name: str, codes: list[str]) -> None:
    declared = read(name)
    assert declared.crs == DeclaredCrs(4490)
    assert [109.8301, 40.6333] in declared.plots[0].rings[0].xy.tolist()
    assert [notice.code for notice in declared.notices] == codes


def test_without_prj_it_asks() -> None:
    with pytest.raises(UnusableInput) as refusal:
        read("without_prj")
    assert (refusal.value.notices[0].code, refusal.value.notices[0].field) == ("crs-not-given", "epsg")
    assert read("without_prj", epsg=4525).crs == DeclaredCrs(4525)
    with pytest.raises(UnusableInput, match="不符"):
        read("without_prj", epsg=4526)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("beijing54", "crs-unsupported"),
        ("xian80", "crs-unsupported"),
        ("web_mercator", "crs-unsupported"),
        ("utm", "crs-unsupported"),
        ("other_zone", "crs-contradicts"),
        ("broken_prj", "not-readable"),
        ("broken_shp", "not-readable"),
        ("path_outside", "zip-path"),
        ("without_dbf", "shapefile-incomplete"),
    ],
)
def test_refusals(name: str, code: str) -> None:
    with pytest.raises(UnusableInput) as refusal:
        read(f"refused_{name}")
    assert [notice.code for notice in refusal.value.notices] == [code]


@pytest.mark.parametrize("flavour", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
def test_every_supported_system_is_found_by_its_parameters(flavour: str) -> None:
    for epsg in (4490, 4326, *range(4491, 4555)):
        crs = pyproj.CRS.from_epsg(epsg)
        # no code may help: a .prj seldom has one
        wkt = pyproj.CRS.from_wkt(crs.to_wkt("WKT1_ESRI")).to_wkt(flavour)
        assert epsg_of(wkt) == epsg


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"False_Easting",37500000.0', '"False_Easting",37400000.0'),
        ('"False_Northing",0.0', '"False_Northing",10.0'),
        ('"Scale_Factor",1.0', '"Scale_Factor",0.9996'),
        ('"Central_Meridian",111.0', '"Central_Meridian",110.0'),
        ('UNIT["Meter",1.0]', 'UNIT["Foot_US",0.3048006096012192]'),
        ("6378137.0,298.257222101", "6378245.0,298.3"),
        ("D_China_2000", "D_Xian_1980"),
    ],
)
def test_a_system_that_only_looks_like_ours_is_refused(before: str, after: str) -> None:
    wkt = pyproj.CRS.from_epsg(4525).to_wkt("WKT1_ESRI")
    assert before in wkt
    with pytest.raises(UnusableInput):
        epsg_of(wkt.replace(before, after).replace("China_Geodetic_Coordinate_System_2000", "X"))


def boundary(**attributes: str) -> DeclaredBoundary:
    xy = np.array([[37401000.12345678, 4500000.5], [37401100.5, 4500000.5], [37401100.5, 4499900.5]])
    plot = Plot((Ring(("J1", "J2", "J3"), xy, "1"),), attributes)
    return DeclaredBoundary((plot,), DeclaredCrs(4525), {}, "drawing")


@pytest.mark.parametrize(("encoding", "cpg"), [("gbk", b"GBK"), ("utf-8", b"UTF-8")])
def test_written_files_read_back(encoding: str, cpg: bytes) -> None:
    declared = boundary(编号="D1", 名称="包头市九原区", 备注="")
    content = shapefile.write(declared, encoding=encoding)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert sorted(name[-4:] for name in archive.namelist()) == [".cpg", ".dbf", ".prj", ".shp", ".shx"]
        assert archive.read("boundary.cpg") == cpg
        assert "包头市九原区".encode(encoding) in archive.read("boundary.dbf")
    again = shapefile.read(content)
    assert again.crs == declared.crs
    assert dict(again.plots[0].attributes) == {"编号": "D1", "名称": "包头市九原区", "备注": ""}
    assert sorted(again.plots[0].rings[0].xy.tolist()) == sorted(declared.plots[0].rings[0].xy.tolist())
    assert shapefile.write(declared, encoding=encoding) == content


def test_the_table_says_no_day_of_writing() -> None:
    content = shapefile.write(boundary(名称="甲"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        year_since_1900, month, day = archive.read("boundary.dbf")[1:4]
        assert (year_since_1900, month, day) == (100, 1, 1)
        assert {entry.date_time for entry in archive.infolist()} == {(2000, 1, 1, 0, 0, 0)}


def test_characters_beyond_gbk_are_not_lost() -> None:
    again = shapefile.read(shapefile.write(boundary(名称="𠮷田\U0002a6a5"), encoding="gbk"))
    assert again.plots[0].name == "𠮷田\U0002a6a5"


def test_long_field_names_are_cut_at_a_character_and_kept_apart() -> None:
    declared = boundary(规划用地性质说明="甲", 规划用地性质备注="乙", 地块名称="丙")
    assert dict(shapefile.read(shapefile.write(declared)).plots[0].attributes) == {
        "规划用地性": "甲",
        "规划用地_1": "乙",
        "DKMC": "丙",
    }
    assert dict(shapefile.read(shapefile.write(declared, encoding="utf-8")).plots[0].attributes) == {
        "规划用": "甲",
        "规划_1": "乙",
        "DKMC": "丙",
    }


def test_a_boundary_without_attributes_can_be_written() -> None:
    assert dict(shapefile.read(shapefile.write(boundary())).plots[0].attributes) == {"DKBH": ""}
