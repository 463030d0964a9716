"""Projects that are lines with a width, in every format that can carry a line."""

from __future__ import annotations

import io
import json

import ezdxf
import numpy as np
import pyogrio.raw
import pytest
import shapely

from siting import formats
from siting.engine.boundary import DeclaredBoundary, build
from siting.engine.crs import DeclaredCrs, to_degrees
from siting.engine.declared import declared_from_json, declared_to_json
from siting.engine.notices import UnusableInput

XY = np.array([[37401000.0, 4498000.0], [37402000.0, 4498000.0], [37402000.0, 4498500.0]])
LONLAT = to_degrees(XY, DeclaredCrs(4525))
AREA = 30_000.0  # 1,500 m by 20 m, the corner mitred


def _text() -> bytes:
    rows = "\n".join(f"K{at},1,{y:.3f},{x:.3f}" for at, (x, y) in enumerate(XY.tolist(), 1))
    return f"[属性描述]\n坐标系=2000国家大地坐标系\n带号=37\n[地块坐标]\n3,,G1,连接线,线,,道路,,@\n{rows}\n".encode()


def _geojson() -> bytes:
    line = {"type": "LineString", "coordinates": LONLAT.tolist()}
    return json.dumps({"type": "Feature", "properties": {"名称": "连接线"}, "geometry": line}).encode()


def _kml() -> bytes:
    points = " ".join(f"{lon:.9f},{lat:.9f},0" for lon, lat in LONLAT.tolist())
    return (
        '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>连接线</name>'
        f"<LineString><coordinates>{points}</coordinates></LineString></Placemark>"
        "<Placemark><name>起点</name><Point><coordinates>109.8,40.6</coordinates></Point></Placemark>"
        "</Document></kml>"
    ).encode()


def _dxf() -> bytes:
    drawing = ezdxf.new("R2000")
    drawing.modelspace().add_lwpolyline(XY.tolist(), dxfattribs={"layer": "0"})
    out = io.StringIO()
    drawing.write(out)
    return out.getvalue().encode()


def _gpkg(tmp_path) -> bytes:
    path = tmp_path / "line.gpkg"
    pyogrio.raw.write(
        path, shapely.to_wkb(np.array([shapely.LineString(XY)], dtype=object)),
        [np.array(["连接线"], dtype=object)], np.array(["名称"], dtype=object),
        driver="GPKG", geometry_type="LineString", crs="EPSG:4525",
    )  # fmt: skip
    return path.read_bytes()


def _files(tmp_path) -> dict[str, bytes]:
    return {"txt": _text(), "geojson": _geojson(), "kml": _kml(), "dxf": _dxf(), "gpkg": _gpkg(tmp_path)}


def _read(content: bytes, **answers) -> DeclaredBoundary:
    return formats.read(content, "line", **answers)


@pytest.mark.parametrize("kind", ["txt", "geojson", "kml", "dxf", "gpkg"])
def test_a_line_file_asks_for_the_width_and_becomes_ground(kind: str, tmp_path) -> None:
    content = _files(tmp_path)[kind]
    said = {"epsg": 4525} if kind == "dxf" else {}
    with pytest.raises(UnusableInput) as refusal:
        _read(content, **said)
    assert [(n.code, n.field) for n in refusal.value.notices] == [("width-not-given", "width_m")]
    declared = _read(content, width_m=20.0, **said)
    boundary = build(declared)
    assert boundary.planar_area_m2 == pytest.approx(AREA, abs=0.02)
    assert declared.crs.epsg == 4525
    [plot] = declared.plots
    if kind != "dxf":
        assert plot.name == "连接线"
    [centre] = plot.centre_lines
    assert (centre.width_m, str(centre.caps)) == (20.0, "flat")
    assert centre.xy == pytest.approx(LONLAT if kind in ("geojson", "kml") else XY, abs=1e-9)


@pytest.mark.parametrize("kind", list(formats.EXPORTS))
def test_ground_made_of_a_line_goes_out_in_every_format_with_the_line_where_it_can(kind: str) -> None:
    declared = _read(_geojson(), width_m=20.0)
    content = formats.write(declared, kind)
    again = formats.read(content, "again")
    assert build(again).area_m2 == pytest.approx(build(declared).area_m2, abs=0.05)
    if kind == "geojson":
        [feature] = json.loads(content)["features"]
        assert feature["width_m"] == 20.0
        assert feature["centre_lines"]["coordinates"][0] == pytest.approx(np.round(LONLAT, 9))
    if kind == "kml":
        assert "<Folder><name>中心线</name>" in content.decode()
    if kind == "dxf":
        assert "中心线" in content.decode("gbk")


def test_line_and_width_are_kept_to_the_last_bit() -> None:
    declared = _read(_text(), width_m=12.5, caps=formats.Caps.ROUND)
    kept = declared_from_json(json.loads(json.dumps(declared_to_json(declared))))
    [line], [other] = declared.plots[0].centre_lines, kept.plots[0].centre_lines
    assert np.array_equal(line.xy, other.xy)
    assert (line.numbers, line.epsg, line.width_m, line.caps) == (
        other.numbers, other.epsg, other.width_m, other.caps,
    )  # fmt: skip
    assert "centre_lines" not in json.dumps(declared_to_json(_read(_polygon())))


def _polygon() -> bytes:
    square = [[109.83, 40.6], [109.84, 40.6], [109.84, 40.61], [109.83, 40.61], [109.83, 40.6]]
    return json.dumps({"type": "Polygon", "coordinates": [square]}).encode()


def test_several_lines_are_several_plots_and_one_that_comes_back_is_refused_by_name() -> None:
    lines = [
        {
            "type": "Feature",
            "properties": {"编号": number},
            "geometry": {"type": "LineString", "coordinates": it},
        }
        for number, it in (("一", LONLAT.tolist()), ("二", (LONLAT + 0.02).tolist()))
    ]
    declared = _read(json.dumps({"type": "FeatureCollection", "features": lines}).encode(), width_m=20.0)
    assert [plot.number for plot in declared.plots] == ["一", "二"]
    back = LONLAT[[0, 1, 2, 1, 0]].tolist()
    lines[1]["geometry"]["coordinates"] = back
    with pytest.raises(UnusableInput, match="地块 二 的中心线") as refusal:
        _read(json.dumps({"type": "FeatureCollection", "features": lines}).encode(), width_m=20.0)
    assert refusal.value.notices[0].place is not None


def test_lines_and_polygons_in_degrees_are_to_be_two_files() -> None:
    both = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {}, "geometry": json.loads(_polygon())},
            {
                "type": "Feature",
                "properties": {},
                "geometry": {"type": "LineString", "coordinates": LONLAT.tolist()},
            },
        ],
    }
    with pytest.raises(UnusableInput) as refusal:
        _read(json.dumps(both).encode(), width_m=20.0)
    assert refusal.value.notices[0].code == "lines-among-polygons"
