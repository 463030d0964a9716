"""A file is what its content says, whatever it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from siting import formats
from siting.engine.notices import UnusableInput

SAMPLES = Path(__file__).parents[3] / "samples"
STRANGERS = {
    "vrt.geojson": "OGR VRT",
    "xml.geojson": "XML",
    "pdf.zip": "PDF",
    "dwg.txt": "AutoCAD DWG",
    "xls.txt": "Microsoft Office (xls, doc)",
    "shp.zip": "shapefile (.shp)",
    "rar.zip": "RAR",
    "html.txt": "HTML",
    "png.txt": "PNG",
    "docx.txt": "Microsoft Word (docx)",
    "nothing.zip": "ZIP (without .shp)",
    "text.zip": "ZIP (TXT)",
}


@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_is_refused_by_what_it_looks_like(name: str) -> None:
    with pytest.raises(UnusableInput) as refusal:
        formats.read((SAMPLES / "strangers" / name).read_bytes(), name)
    [notice] = refusal.value.notices
    assert notice.code == "format-unsupported"
    assert notice.params == {"file": name, "looks_like": STRANGERS[name]}
    assert f"看起来是 {STRANGERS[name]}" in str(notice)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("kml.txt", "no-layer"),
        ("dxf.txt", "drawing-cut-off"),
        ("gpkg.geojson", "not-readable"),
        ("xlsx.zip", "not-readable"),
        ("kmz.zip", "xml-broken"),
    ],
)
def test_a_shell_without_a_boundary_is_refused_by_its_own_reader(name: str, code: str) -> None:
    with pytest.raises(UnusableInput) as refusal:
        formats.read((SAMPLES / "strangers" / name).read_bytes(), name)
    assert refusal.value.notices[0].code == code


def test_an_empty_file_and_a_broken_zip() -> None:
    for name, code in (("empty.zip", "file-empty"), ("broken.zip", "zip-broken")):
        with pytest.raises(UnusableInput) as refusal:
            formats.read((SAMPLES / "strangers" / name).read_bytes(), name)
        assert refusal.value.notices[0].code == code


@pytest.mark.parametrize(
    ("sample", "filename", "format"),
    [
        ("coordinate_text/gb18030.txt", "a.zip", "coordinate_text"),
        ("coordinate_text/utf16.txt", "a.geojson", "coordinate_text"),
        ("coordinate_text/utf8_bom.txt", "a.shp", "coordinate_text"),
        ("geojson/collection.geojson", "a.txt", "geojson"),
        ("shapefile/gbk_with_cpg.zip", "a.txt", "shapefile"),
    ],
)
def test_the_extension_decides_nothing(sample: str, filename: str, format: str) -> None:
    assert formats.read((SAMPLES / sample).read_bytes(), filename).format == format


def test_answers_reach_the_reader_that_asked() -> None:
    text = (SAMPLES / "coordinate_text" / "six_digits_without_zone.txt").read_bytes()
    assert formats.read(text, "a.txt", central_meridian=111).crs.epsg == 4546
    metres = (SAMPLES / "geojson" / "metres_without_crs.geojson").read_bytes()
    assert formats.read(metres, "a.geojson", epsg=4525).crs.epsg == 4525
    bare = (SAMPLES / "shapefile" / "without_prj.zip").read_bytes()
    assert formats.read(bare, "a.zip", epsg=4525).crs.epsg == 4525


def test_sizes_are_limited_before_anything_is_opened() -> None:
    with pytest.raises(UnusableInput, match="32 MB"):
        formats.read(b"PK\x03\x04" + b"\x00" * 33 * 1024 * 1024, "a.zip")
    with pytest.raises(UnusableInput, match="200 个"):
        formats.read(b"PK\x03\x04" + b"PK\x01\x02" * 201, "a.zip")
