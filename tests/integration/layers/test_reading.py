"""What is read from files as bureaus send them: text, coordinates, areas."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pyogrio
import pyproj
import pytest
import shapely

from layers.areas import exact_areas
from layers.reading import read_features
from tests.factories.readable import IN_DEGREES, PARCEL, geojson, refusal, shapefile


def test_geojson_is_longitude_and_latitude(tmp_path):
    table = read_features(geojson(tmp_path))
    assert table.keys.tolist() == ["1"]
    assert table.class_codes.tolist() == ["0101"]
    assert table.geometries[0].equals(shapely.Polygon(IN_DEGREES))
    assert (table.source_name, len(table.source_sha256)) == ("a.geojson", 64)


@pytest.mark.parametrize(
    ("encoding", "cpg"),
    [("GB18030", None), ("GB18030", "GBK"), ("GB18030", "936"), ("UTF-8", "UTF-8"), ("UTF-8", None)],
)
def test_shapefiles_in_gbk_and_utf8_with_and_without_cpg(tmp_path, encoding, cpg):
    table = read_features(shapefile(tmp_path, encoding=encoding, cpg=cpg, texts=("耕地", "九原区𠮷")))
    assert table.attributes["名称"].tolist() == ["耕地", "九原区𠮷"]
    assert table.notices == ()


def test_a_wrong_cpg_is_told(tmp_path):
    table = read_features(shapefile(tmp_path, encoding="GB18030", cpg="UTF-8"))
    assert table.attributes["名称"].tolist() == ["耕地"]
    assert [notice.code for notice in table.notices] == ["cpg-wrong"]


def test_damaged_text_is_told(tmp_path):
    path = shapefile(tmp_path, encoding="GB18030", texts=("耕地耕地耕地耕地",))
    data = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(data, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename.endswith(".dbf"):
                content = content.replace("耕".encode("gb18030"), b"\xb8\xff", 1)
            new.writestr(entry.filename, content)
    path.write_bytes(data.getvalue())
    table = read_features(path)
    assert "�" in table.attributes["名称"][0]
    assert [notice.code for notice in table.notices] == ["text-damaged"]
    assert "1 个" in str(table.notices[0])


def test_a_projected_edge_stays_true_to_a_millimetre(tmp_path):
    table = read_features(shapefile(tmp_path))
    back = pyproj.Transformer.from_crs(4490, 4525, always_xy=True)
    ring = shapely.get_coordinates(shapely.segmentize(table.geometries, 1e-5))
    x, y = back.transform(ring[:, 0], ring[:, 1])
    distance = shapely.distance(shapely.points(x, y), PARCEL.exterior)
    assert distance.max() < 0.001
    assert table.source_crs == "EPSG:4525"


def test_a_neighbour_with_a_midpoint_on_the_edge_shares_no_area(tmp_path):
    upper = shapely.Polygon(
        [(37_600_000, 4_501_000), (37_602_345.678, 4_501_000), (37_605_000, 4_501_000), (37_605_000, 4_502_000),
         (37_600_000, 4_502_000)]
    )  # fmt: skip
    path = tmp_path / "two.gpkg"
    pyogrio.raw.write(
        str(path), shapely.to_wkb(np.array([PARCEL, upper], dtype=object)), [], [], geometry_type="Polygon",
        crs="EPSG:4525",
    )  # fmt: skip
    lower, other = read_features(path).geometries
    assert exact_areas([shapely.intersection(lower, other)])[0] < 1e-4
    assert exact_areas([lower, other]).sum() == pytest.approx(
        exact_areas([shapely.union(lower, other)])[0], rel=1e-10
    )


def test_geopackage_with_several_layers_asks_which(tmp_path):
    path = tmp_path / "a.gpkg"
    for name in ("甲", "乙"):
        pyogrio.raw.write(
            str(path), shapely.to_wkb(np.array([PARCEL], dtype=object)), [np.array([name], dtype=object)], ["name"],
            geometry_type="Polygon", crs="EPSG:4525", layer=name, append=path.exists(),
        )  # fmt: skip
    code, text = refusal(path)
    assert code == "which-layer"
    assert "甲" in text
    assert read_features(path, layer_name="乙").names.tolist() == ["乙"]


def test_a_file_without_a_crs_needs_an_answer(tmp_path):
    path = shapefile(tmp_path, crs=None)
    assert refusal(path)[0] == "crs-not-given"
    table = read_features(path, epsg=4525)
    assert table.source_crs == "EPSG:4525"
    assert [notice.code for notice in table.notices] == ["crs-answered"]


@pytest.mark.parametrize("crs", ["EPSG:2364", "EPSG:4610", "EPSG:4214", "EPSG:25832"])
def test_other_datums_are_refused(tmp_path, crs):
    code, text = refusal(shapefile(tmp_path, crs=crs))
    assert code == "crs-other-datum"
    assert "2000" in text


def test_web_mercator_is_read_as_wgs84(tmp_path):
    path = tmp_path / "m.gpkg"
    box = shapely.box(12_234_000, 4_950_000, 12_239_000, 4_955_000)
    pyogrio.raw.write(
        str(path),
        shapely.to_wkb(np.array([box], dtype=object)),
        [],
        [],
        geometry_type="Polygon",
        crs="EPSG:3857",
    )
    west, south, *_ = read_features(path).geometries[0].bounds
    assert (west, south) == pytest.approx((109.8999, 40.5760), abs=1e-3)


def test_the_declared_coordinates_can_be_kept(tmp_path):
    read = read_features(shapefile(tmp_path), keep_crs=True)
    assert read.geometries[0].normalize().equals_exact(PARCEL.normalize(), 0)
    assert pyproj.CRS(read.crs).to_epsg() == 4525
    assert read.columns["DLBM"].tolist() == ["0101"]
    assert read.encoding == "gb18030"
