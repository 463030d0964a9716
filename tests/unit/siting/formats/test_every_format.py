"""Every format both ways, and each file held against a program that isn't ours: GDAL's ogrinfo, openpyxl."""

from __future__ import annotations

import io
import json
import re
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import ezdxf
import numpy as np
import openpyxl
import pytest
import shapely

from siting import formats
from siting.engine.boundary import DeclaredBoundary
from siting.engine.crs import DeclaredCrs, from_degrees
from siting.engine.notices import UnusableInput
from siting.formats import dxf
from tests.unit.siting.formats.declarations import area, ground, several

KINDS = list(formats.EXPORTS)
IN_DEGREES = {"geojson", "kml", "kmz"}
TO_METRES = {"txt", "txt-gb18030", "xlsx", "dxf"}


def again(declared: DeclaredBoundary, kind: str, **answers: int) -> DeclaredBoundary:
    return formats.read(formats.write(declared, kind, title="试验"), "boundary", **answers)


@pytest.mark.parametrize("epsg", [4525, 4490])
@pytest.mark.parametrize("kind", KINDS)
def test_plots_holes_parts_names_and_areas_come_back(kind: str, epsg: int) -> None:
    declared = several(epsg)
    found = again(declared, kind)
    assert [(plot.number, plot.name, plot.use) for plot in found.plots] == [
        (plot.number, plot.name, plot.use) for plot in declared.plots
    ]
    assert area(found) == pytest.approx(area(declared), abs=0.05)
    wanted = ground(declared)
    if kind in IN_DEGREES:
        assert found.crs.epsg == 4490
        there = ground(found)
        if epsg != 4490:
            there = [
                shapely.normalize(shapely.transform(it, lambda xy: from_degrees(xy, declared.crs)))
                for it in there
            ]
        tolerance = 1.5e-4 if epsg != 4490 else 1e-9  # 1e-9° are 0.1 mm
    else:
        assert found.crs.epsg == (4525 if kind in TO_METRES else epsg)
        there = ground(found)
        tolerance = 1e-9
        if kind in TO_METRES and epsg == 4490:
            wanted = [
                shapely.normalize(shapely.transform(it, lambda xy: from_degrees(xy, DeclaredCrs(4525))))
                for it in wanted
            ]
            tolerance = 1e-4
    for one, other in zip(there, wanted, strict=True):
        assert shapely.get_num_coordinates(one) == shapely.get_num_coordinates(other)
        assert shapely.hausdorff_distance(one, other) <= tolerance


@pytest.mark.parametrize("kind", ["txt", "xlsx"])
def test_point_numbers_and_ring_numbers_come_back(kind: str) -> None:
    declared = several()
    found = again(declared, kind)
    for plot, other in zip(found.plots, declared.plots, strict=True):
        assert [ring.numbers for ring in plot.rings] == [ring.numbers for ring in other.rings]
        assert [ring.label for ring in plot.rings] == [ring.label for ring in other.rings]
        for ring, one in zip(plot.rings, other.rings, strict=True):
            assert np.array_equal(ring.xy, one.xy)


@pytest.mark.parametrize("kind", ["txt", "xlsx", "dxf", "shp", "gpkg"])
def test_eastings_without_a_zone_stay_so_and_the_zone_is_said(kind: str) -> None:
    declared = several(4546)
    found = again(declared, kind)
    assert found.crs.epsg == 4546
    assert [it.equals_exact(other, 1e-9) for it, other in zip(ground(found), ground(declared), strict=True)]


def test_shapefile_and_geopackage_open_in_gdal_with_their_system_and_attributes(tmp_path: Path) -> None:
    declared = several()
    file = tmp_path / "b.gpkg"
    file.write_bytes(formats.write(declared, "gpkg"))
    assert _layers(file) == ["地块", "界址点"]
    assert len(_features(file, "界址点")["features"]) == 18
    plots = _features(file, "地块")
    assert plots["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::4525"
    assert [feature["properties"]["地块编号"] for feature in plots["features"]] == ["A-1", "A-2", "A-3"]
    archive = tmp_path / "b.zip"
    archive.write_bytes(formats.write(declared, "shp"))
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path)
    shapes = _features(tmp_path / "boundary.shp", "boundary")
    assert [feature["properties"]["DKMC"] for feature in shapes["features"]] == [
        "一号地块（厂区）", "二号<地块>&", "三号地块",
    ]  # fmt: skip
    for found in (plots, shapes):
        geometry = found["features"][0]["geometry"]
        rings = geometry["coordinates"]
        outer, hole = rings[0] if geometry["type"] == "MultiPolygon" else rings
        assert (len(outer), len(hole)) == (5, 5)


@pytest.mark.parametrize("kind", ["geojson", "kml", "kmz"])
def test_geojson_and_kml_open_in_gdal(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"b.{kind}"
    file.write_bytes(formats.write(several(), kind, title="包头试验"))
    [layer] = _layers(file)
    features = _features(file, layer)["features"]
    assert len(features) == 3
    one, two, _ = (feature["geometry"] for feature in features)
    rings = one["coordinates"] if one["type"] == "Polygon" else one["coordinates"][0]
    assert [len(ring) for ring in rings] == [5, 5]
    assert len(two.get("coordinates") or two["geometries"]) == 2
    assert "二号<地块>&" in str(features[1]["properties"])


def test_a_drawing_opens_in_gdal_with_its_cad_layers_and_chinese(tmp_path: Path) -> None:
    file = tmp_path / "b.dxf"
    content = formats.write(several(), "dxf")
    assert b"AC1015" in content[:400]
    assert b"ANSI_936" in content
    file.write_bytes(content)
    by_layer: dict[str, list[dict]] = {}
    for feature in _features(file, "entities")["features"]:
        by_layer.setdefault(feature["properties"]["Layer"], []).append(feature)
    assert {name: len(found) for name, found in by_layer.items()} == {
        "界址线": 5, "界址点": 18, "界址点号": 18, "地块注记": 4,
    }  # fmt: skip
    assert all(
        line["geometry"]["coordinates"][0] == line["geometry"]["coordinates"][-1]
        for line in by_layer["界址线"]
    )
    labels = "\n".join(feature["properties"]["Text"] for feature in by_layer["地块注记"])
    assert "地块名称：一号地块（厂区）" in labels
    assert "地块用途：防护绿地" in labels
    assert re.search(r"椭球面积：\d+\.\d\d 平方米", labels)
    numbers = {feature["properties"]["Text"] for feature in by_layer["界址点号"]}
    assert {"J1", "J8"} <= numbers


def test_a_drawing_without_a_word_is_asked_for_its_system() -> None:
    content = formats.write(several(), "dxf")
    bare = content[content.index(b"  0\r\nSECTION") :]
    with pytest.raises(UnusableInput) as refusal:
        formats.read(bare, "b.dxf")
    [notice] = refusal.value.notices
    assert (notice.code, notice.field) == ("crs-not-given", "epsg")
    assert "4525" in str(notice)
    assert formats.read(bare, "b.dxf", epsg=4525).crs.epsg == 4525
    assert formats.read(bare, "b.dxf", central_meridian=111).crs.epsg == 4525
    with pytest.raises(UnusableInput) as refusal:
        formats.read(bare, "b.dxf", central_meridian=114)
    assert refusal.value.notices[0].code == "zone-contradicts-answer"


def test_a_drawing_of_another_program_is_asked_for_its_layer_and_a_text_names_the_plot() -> None:
    drawing = ezdxf.new("R2000")
    space = drawing.modelspace()
    for name, size in (("图框", 2000), ("用地红线", 100)):
        drawing.layers.add(name)
        corners = [(37401000 + x, 4498000 + y) for x, y in ((0, 0), (size, 0), (size, size), (0, size))]
        space.add_lwpolyline(corners, close=True, dxfattribs={"layer": name})
    space.add_circle((37401050, 4498050), 1)
    space.add_text("储备库", dxfattribs={"insert": (37401020, 4498020)})
    space.add_text("88.5", dxfattribs={"insert": (37401030, 4498020)})
    stream = io.StringIO()
    drawing.encoding = "gbk"
    drawing.write(stream)
    foreign = stream.getvalue().encode("gbk")
    with pytest.raises(UnusableInput) as refusal:
        formats.read(foreign, "b.dxf", epsg=4525)
    assert refusal.value.notices[0].code == "which-layer"
    assert "用地红线" in str(refusal.value)
    [plot] = formats.read(foreign, "b.dxf", epsg=4525, layer="用地红线").plots
    assert plot.name == "储备库"
    assert shapely.Polygon(plot.rings[0].xy).area == pytest.approx(10_000)


def test_a_drawing_with_too_many_points_to_number_shows_its_outline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dxf, "MAX_MARKED", 10)
    content = formats.write(several(), "dxf").decode("gbk")
    assert "\r\nPOINT\r\n" not in content
    assert content.count("\r\nLWPOLYLINE\r\n") == 5


def test_a_workbook_is_a_coordinate_table_that_excel_understands() -> None:
    declared = several()
    plot = replace(declared.plots[0], number="=1+1", name="@SUM(A1)", use="+86")
    declared = replace(declared, plots=(plot, *declared.plots[1:]))
    content = formats.write(declared, "xlsx", title="=HYPERLINK()")
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    rows = list(sheet.iter_rows())
    assert all(cell.data_type != "f" for row in rows for cell in row)
    said = {cell.value: cell for row in rows for cell in row if isinstance(cell.value, str)}
    assert all(said[text].quotePrefix for text in ("=1+1", "@SUM(A1)", "+86", "=HYPERLINK()"))
    head = next(at for at, row in enumerate(rows) if row[0].value == "界址点号")
    assert [cell.value for cell in rows[head]] == [
        "界址点号", "纵坐标X", "横坐标Y", "反算边长(米)", "地块圈号", "备注",
    ]  # fmt: skip
    first = [cell.value for cell in rows[head + 1]]
    assert first[:3] == ["J1", 4498000.0, 37401000.0]
    assert first[3] == pytest.approx(np.hypot(300.125, 0.5), abs=5e-4)
    assert [cell.value for cell in rows[head + 5]][:6] == ["J1", 4498000.0, 37401000.0, None, "1", "闭合"]
    assert again(declared, "xlsx").plots[0].name == "@SUM(A1)"


def test_the_same_boundary_gives_the_same_kmz() -> None:
    assert formats.write(several(), "kmz") == formats.write(several(), "kmz")


def _layers(file: Path) -> list[str]:
    told = subprocess.run(["ogrinfo", "-ro", "-q", str(file)], check=True, capture_output=True, text=True)
    return re.findall(r"^\d+: (\S+)", told.stdout, re.MULTILINE)


def _features(file: Path, layer: str) -> dict:
    """A layer as Debian's GDAL reads it, in the file's own coordinates."""
    made = subprocess.run(
        ["ogr2ogr", "-f", "GeoJSON", "-lco", "COORDINATE_PRECISION=9", "/vsistdout/", str(file), layer],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return json.loads(made.stdout)
