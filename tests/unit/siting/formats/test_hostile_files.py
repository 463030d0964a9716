"""Hostile and broken files of the formats that others invented: each a sentence in Chinese, nothing half-kept."""

from __future__ import annotations

import io
import json
import re
import zipfile

import ezdxf
import openpyxl
import pytest

from siting import formats
from siting.engine.notices import UnusableInput
from tests.thorough import many
from tests.unit.siting.formats.declarations import several

_KML = '<?xml version="1.0"?>{prolog}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{inside}</Document></kml>'
_SQUARE = "109.83,40.6 109.84,40.6 109.84,40.61 109.83,40.61 109.83,40.6"


def _placemark(coordinates: str = _SQUARE) -> str:
    return (
        "<Placemark><name>甲</name><Polygon><outerBoundaryIs><LinearRing><coordinates>"
        f"{coordinates}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
    )


def _kml(inside: str, prolog: str = "") -> bytes:
    return _KML.format(prolog=prolog, inside=inside).encode()


def refusal(content: bytes, **answers) -> UnusableInput:
    with pytest.raises(UnusableInput) as refused:
        formats.read(content, "敌意文件", **answers)
    for notice in refused.value.notices:
        assert re.search(r"[\u4e00-\u9fff]", str(notice))
    return refused.value


def _zip(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _book(rows: list[list], *, title: str = "坐标成果表") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# --- what every format has in common ---


@pytest.mark.parametrize("kind", [kind for kind in formats.EXPORTS if kind not in ("txt", "txt-gb18030")])
def test_a_file_that_was_cut_off_is_refused(kind: str) -> None:
    content = formats.write(several(), kind)
    for part in (0.3, 0.6, 0.9):
        refusal(content[: int(len(content) * part)], epsg=4525)


@pytest.mark.parametrize("kind", ["shp", "kmz", "xlsx", "gpkg", "kml", "dxf"])
def test_a_changed_byte_is_refused_or_harmless(kind: str) -> None:
    content = formats.write(several(), kind)
    for at in range(1, 12, many(4, 1)):
        place = len(content) * at // 12
        broken = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
        try:
            formats.read(broken, "b", epsg=4525)
        except UnusableInput as refused:
            assert refused.notices  # noqa: PT017 - a byte that nothing depends on may change


# --- KML ---


def test_entities_and_document_types_are_refused_before_they_are_anything() -> None:
    laughs = '<!DOCTYPE kml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    outside = '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    for prolog in (laughs, outside, '<!DOCTYPE kml SYSTEM "http://example.invalid/x.dtd">'):
        assert refusal(_kml(_placemark("&b;"), prolog)).notices[0].code == "xml-entities"


def test_kml_that_is_deep_broken_or_without_polygons() -> None:
    assert refusal(_kml("<Folder>" * 150 + "</Folder>" * 150)).notices[0].code == "too-deep"
    assert refusal(_kml("<Placemark></Folder>")).notices[0].code == "xml-broken"
    assert refusal(_kml("<Placemark><Point><coordinates>109,40</coordinates></Point></Placemark>")).notices
    assert refusal(_kml(_placemark("109.83,abc 1,2 3,4"))).notices
    assert refusal(_kml(_placemark("9.83,40.6 9.84,40.6 9.84,40.61 9.83,40.6"))).notices[0].code == (
        "coordinate-out-of-range"
    )


def test_a_link_is_not_followed_and_that_is_said() -> None:
    link = "<NetworkLink><Link><href>http://127.0.0.1:1/secret.kml</href></Link></NetworkLink>"
    declared = formats.read(_kml(link + _placemark()), "a.kml")
    assert "kml-links" in {notice.code for notice in declared.notices}


def test_latitude_first_is_turned_and_said() -> None:
    swapped = " ".join(",".join(reversed(pair.split(","))) for pair in _SQUARE.split())
    declared = formats.read(_kml(_placemark(swapped)), "a.kml")
    assert declared.plots[0].rings[0].xy[0].tolist() == [109.83, 40.6]
    assert "axes-swapped" in {notice.code for notice in declared.notices}


def test_a_kmz_that_is_a_bomb_or_climbs_out_is_not_opened() -> None:
    assert refusal(_zip(**{"doc.kml": b"\x00" * (60 << 20)})).notices[0].code == "zip-bomb"
    assert refusal(_zip(**{"../doc.kml": _kml(_placemark())})).notices[0].code == "zip-path"
    assert refusal(_zip(**{"doc.kml": _kml(_placemark()), "in.zip": b"PK"})).notices[0].code == "zip-nested"


# --- Excel ---

HEAD = ["界址点号", "纵坐标X", "横坐标Y", "反算边长(米)", "地块圈号", "备注"]
ROWS = [["J1", 4498000.0, 37401000.0], ["J2", 4498000.0, 37401300.0], ["J3", 4498250.0, 37401100.0]]


def test_tables_as_people_make_them() -> None:
    plain = formats.read(_book([HEAD, *ROWS]), "a.xlsx")
    assert plain.crs.epsg == 4525
    two_heads = [["点号", "坐标", None, "边长"], [None, "X(m)", "Y(m)", None]]
    with_lengths = [row for one in ROWS for row in (one, [None, None, None, 300.12])]
    titled = [["某某项目坐标成果表"], *two_heads, *with_lengths, ["制表：张三", None, "审核：李四"]]
    swapped = [["序号", "Y", "X"], *[[one[0], one[2], one[1]] for one in ROWS]]
    wrong_way = [HEAD, *[[one[0], one[2], one[1]] for one in ROWS]]
    as_text = [HEAD, *[[one[0], f" {one[1]:,.3f} ", f"{one[2]:.3f}"] for one in ROWS]]
    for rows in (titled, swapped, wrong_way, as_text):
        found = formats.read(_book(rows), "a.xlsx")
        assert found.plots[0].rings[0].xy.tolist() == plain.plots[0].rings[0].xy.tolist()
    codes = {notice.code for notice in formats.read(_book(wrong_way), "a.xlsx").notices}
    assert "axes-swapped" in codes


def test_plots_by_a_column_or_by_sheets() -> None:
    flat = [["地块编号", "地块名称", *HEAD[:3]]]
    flat += [[f"D{plot}", f"{plot}号", *one] for plot in (1, 2) for one in _moved(plot)]
    assert [(plot.number, plot.name) for plot in formats.read(_book(flat), "a.xlsx").plots] == [
        ("D1", "1号"), ("D2", "2号"),
    ]  # fmt: skip
    book = openpyxl.Workbook()
    for plot in (1, 2):
        sheet = book.create_sheet(f"地块{plot}")
        sheet.append(["地块名称", f"{plot}号"])
        for row in (HEAD, *_moved(plot)):
            sheet.append(row)
    hidden = book.create_sheet("草稿")
    hidden.append(HEAD)
    hidden.append(["J1", "不是数", 1])
    hidden.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    assert [plot.name for plot in formats.read(out.getvalue(), "a.xlsx").plots] == ["1号", "2号"]


def _moved(plot: int) -> list[list]:
    return [[number, x, y + 1000 * plot] for number, x, y in ROWS]


def test_a_bad_cell_is_named() -> None:
    rows = [HEAD, ROWS[0], ["J2", "4498000.0.1", 37401300.0], ["J3", 4498250.0, None]]
    notices = refusal(_book(rows)).notices
    assert [(n.line, n.field) for n in notices] == [(3, "坐标成果表!B3"), (4, "坐标成果表!C4")]
    formula = [HEAD, *ROWS[:2], ["J3", "=4498000+250", 37401100.0]]
    [notice] = refusal(_book(formula)).notices
    assert (notice.code, notice.field) == ("cell-empty", "坐标成果表!B4")
    assert "公式" in str(notice)
    assert refusal(_book([["甲", "乙"], [1, 2]])).notices[0].code == "no-coordinate-table"
    bare = [HEAD, *[[one[0], one[1], one[2] - 37e6] for one in ROWS]]
    assert refusal(_book(bare)).notices[0].code == "crs-not-given"
    assert formats.read(_book(bare), "a.xlsx", epsg=4546).crs.epsg == 4546


def test_a_workbook_that_is_a_bomb_is_not_opened() -> None:
    content = _book([HEAD, *ROWS])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = members["xl/worksheets/sheet1.xml"].replace(
        b"</sheetData>", b"<row/>" * (12 << 20) + b"</sheetData>"
    )
    assert refusal(_zip(**members)).notices[0].code == "zip-bomb"
    members["xl/worksheets/sheet1.xml"] = b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet>&a;</worksheet>'
    refusal(_zip(**members))
    members["xl/worksheets/sheet1.xml"] = b"<worksheet><sheetData>"
    refusal(_zip(**members))


def test_rows_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from siting.formats import workbook

    monkeypatch.setattr(workbook, "_LIMITS", replace(workbook._LIMITS, features=3))
    assert refusal(_book([HEAD, *ROWS])).notices[0].code == "too-many-rows"


# --- DXF ---


def _drawing(draw) -> bytes:
    drawing = ezdxf.new("R2000")
    draw(drawing)
    out = io.StringIO()
    drawing.write(out)
    return out.getvalue().encode("cp1252", "replace")


def test_blocks_that_unfold_to_millions_are_refused() -> None:
    def bomb(drawing) -> None:
        inner = drawing.blocks.new("B0")
        for at in range(20):
            inner.add_line((0, 0), (at, 1))
        for level in range(1, 8):
            block = drawing.blocks.new(f"B{level}")
            for at in range(20):
                block.add_blockref(f"B{level - 1}", (at, 0))
        drawing.modelspace().add_blockref("B7", (0, 0))

    assert refusal(_drawing(bomb), epsg=4525).notices[0].code == "cad-expands"


def test_a_drawing_of_points_or_of_nothing() -> None:
    assert refusal(_drawing(lambda drawing: drawing.modelspace().add_point((0, 0))), epsg=4525).notices
    assert refusal(_drawing(lambda drawing: None), epsg=4525).notices


def test_a_drawing_elsewhere_is_refused() -> None:
    def local(drawing) -> None:
        drawing.modelspace().add_lwpolyline([(0, 0), (100, 0), (100, 100)], close=True)

    assert refusal(_drawing(local), epsg=4525).notices[0].code == "coordinate-out-of-range"


# --- GeoPackage ---


def test_a_geopackage_with_a_view_for_a_layer_is_refused(tmp_path) -> None:
    import sqlite3
    from contextlib import closing

    path = tmp_path / "a.gpkg"
    path.write_bytes(formats.write(several(), "gpkg"))
    with closing(sqlite3.connect(path)) as database:
        database.execute('ALTER TABLE "地块" RENAME TO hidden')
        database.execute('CREATE VIEW "地块" AS SELECT * FROM hidden')
        database.commit()
    assert refusal(path.read_bytes()).notices[0].code == "gpkg-not-a-table"


def test_of_two_layers_of_polygons_one_is_to_be_named(tmp_path) -> None:
    import numpy as np
    import pyogrio.raw
    import shapely

    path = tmp_path / "a.gpkg"
    for name in ("方案一", "方案二"):
        pyogrio.raw.write(
            path, shapely.to_wkb(np.array([shapely.box(109.83, 40.6, 109.84, 40.61)], dtype=object)), [],
            np.array([], dtype=object), layer=name, driver="GPKG", geometry_type="Polygon", crs="EPSG:4490",
        )  # fmt: skip
    [notice] = refusal(path.read_bytes()).notices
    assert (notice.code, notice.field) == ("which-layer", "layer")
    assert "方案二" in str(notice)
    assert formats.read(path.read_bytes(), "a", layer="方案二").crs.epsg == 4490
    assert json.dumps(refusal(path.read_bytes(), layer="没有").notices[0].params)
