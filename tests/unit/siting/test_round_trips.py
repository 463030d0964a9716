"""A boundary goes out as a file and comes back as the same one, as far as the format can carry it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest
import shapely

from fixtures.samples import FOLDER
from siting import boundaries
from siting.boundaries import declared_from_json, declared_to_json
from siting.documents import boundary_sha256
from siting.formats import coordinate_text, geojson, shapefile

SAMPLES = sorted({path.name for path in FOLDER.iterdir()} - {"broken.txt"})
UNWARNED_TEXTS = [name for name in SAMPLES if name.endswith(".txt") and name != "swapped.txt"]


def _read(name: str):
    return boundaries.read((FOLDER / name).read_bytes(), name)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("name", SAMPLES)
def test_exported_as_coordinate_text_it_measures_the_same(name, encoding):
    boundary = _read(name)
    kept = declared_from_json(declared_to_json(boundary.declared))
    again = boundaries.read(coordinate_text.write(kept, encoding=encoding), "export.txt")
    assert again.area_m2 == pytest.approx(boundary.area_m2, rel=1e-9)
    assert again.planar_area_m2 == pytest.approx(boundary.planar_area_m2, rel=1e-9)
    assert again.geometry.equals(boundary.geometry)
    assert [len(plot.rings) for plot in again.declared.plots] == [
        len(plot.rings) for plot in boundary.declared.plots
    ]


@pytest.mark.parametrize("name", UNWARNED_TEXTS)
def test_a_coordinate_text_comes_back_with_the_same_digest(name):
    boundary = _read(name)
    again = boundaries.read(coordinate_text.write(boundary.declared), "export.txt")
    digests = {boundary_sha256(declared_to_json(it.declared)) for it in (boundary, again)}
    assert len(digests) == 1


@pytest.mark.parametrize("name", SAMPLES)
def test_a_shapefile_carries_every_vertex_and_geojson_a_tenth_of_a_millimetre(name):
    boundary = _read(name)
    shape = boundaries.read(shapefile.write(boundary.declared), "export.zip")
    assert shape.area_m2 == pytest.approx(boundary.area_m2, rel=1e-12)
    degrees = boundaries.read(geojson.write(boundary.declared), "export.geojson")
    assert degrees.area_m2 == pytest.approx(boundary.area_m2, abs=2e-4 * boundary.perimeter_m)


def test_a_drawing_exported_to_its_zone_stays_from_then_on():
    ring = [[109.71, 40.6], [109.72, 40.6031], [109.7152, 40.61], [109.71, 40.6]]
    hole = [[109.714, 40.603], [109.7145, 40.605], [109.716, 40.604], [109.714, 40.603]]
    drawing = boundaries.from_drawing({"type": "Polygon", "coordinates": [ring, hole]})
    first = boundaries.read(coordinate_text.write(drawing.declared), "first.txt")
    # The text is rounded to 0.1 mm, and its edges are straight in the plane instead of in degrees.
    assert first.area_m2 == pytest.approx(drawing.area_m2, abs=1e-4 * drawing.perimeter_m)
    second = boundaries.read(coordinate_text.write(first.declared), "second.txt")
    assert second.area_m2 == first.area_m2
    assert boundary_sha256(declared_to_json(second.declared)) == boundary_sha256(
        declared_to_json(first.declared)
    )


def test_a_shapefile_as_gdal_writes_it_keeps_parts_and_holes(tmp_path: Path):
    """GDAL turns the rings, orders holes behind their part and writes attributes in GBK."""
    east, north = 37_402_500.0, 4_498_000.0
    outer = shapely.box(east, north, east + 900, north + 700)
    holes = [shapely.box(east + x, north + 100, east + x + 150, north + 300) for x in (100, 400, 700)]
    island = shapely.box(east + 120, north + 120, east + 180, north + 250)  # a part within a hole
    apart = shapely.Polygon([(east + 1000, north), (east + 1400, north + 50), (east + 1100, north + 400)])
    whole = shapely.union_all([shapely.difference(outer, shapely.union_all(holes)), island, apart])
    single = shapely.box(east, north + 800, east + 100, north + 900)
    pyogrio.raw.write(
        tmp_path / "地块.shp", shapely.to_wkb(np.array([whole, single], dtype=object)),
        [np.array(["带岛地块", "二号"], dtype=object), np.array(["07", "10"], dtype=object)],
        np.array(["地块名称", "DKYT"], dtype=object), driver="ESRI Shapefile", geometry_type="MultiPolygon",
        crs="EPSG:4525", encoding="GBK",
    )  # fmt: skip
    packed = tmp_path / "boundary.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in tmp_path.glob("地块.*"):
            archive.write(path, path.name)
    boundary = boundaries.read(packed.read_bytes(), packed.name)
    first, second = boundary.declared.plots
    assert (first.name, first.use, second.name) == ("带岛地块", "07", "二号")
    assert len(first.rings) == 6
    assert sum(shell != index for index, shell in enumerate(boundary.ring_shells[0])) == 3, "holes"
    assert boundary.planar_area_m2 == pytest.approx(whole.area + single.area, rel=1e-9)
    again = boundaries.read(coordinate_text.write(boundary.declared), "export.txt")
    assert again.area_m2 == pytest.approx(boundary.area_m2, rel=1e-9)
    assert again.geometry.equals(boundary.geometry)
