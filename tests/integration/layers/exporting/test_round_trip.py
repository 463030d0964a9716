"""What is exported comes back through the reader with the same content hashes, or it is said what did not."""

from __future__ import annotations

import csv
import hashlib
import json
import sqlite3
import zipfile

import numpy as np
import pyarrow.parquet as pq
import pyogrio
import pyproj
import pytest
import shapely

from layers import exporting
from layers.browsing import Selection
from layers.loading import load
from layers.models import Feature, Layer, LayerVersion
from layers.notices import Refused
from layers.reading import read_features
from tests.factories.layers import ORIGIN, REGION, STEP, grid_table, published, square

pytestmark = pytest.mark.django_db

HOLED = shapely.difference(square(0, 0), square(0.25, 0.25, 0.004))
PARTS = shapely.MultiPolygon([square(2, 2), square(3, 3, 0.005)])


def version_of(code="DLTB", number=1):
    return LayerVersion.objects.select_related("layer").get(layer__code=code, number=number)


@pytest.fixture
def surveyed(db):
    """As the land survey has it: key, class and name are fields among others. Awkward shapes, awkward texts."""
    shapes = np.array([HOLED, PARTS, square(5, 0), shapely.box(109.123456789, 40.1, 109.2, 40.20000000125)])
    rows = [
        {
            "BSM": "150207-1",
            "DLBM": "0101",
            "DLMC": "水田",
            "TBMJ": 38729.7,
            "KCXS": 0.1234567890123,
            "TBXHDM": "",
        },
        {
            "BSM": "150207-2",
            "DLBM": "0102",
            "DLMC": "水浇地",
            "TBMJ": 12.0,
            "KCXS": None,
            "TBXHDM": "𠮷'\"\n;",
        },
        {"BSM": "150207-3", "DLBM": "1103", "DLMC": "水库", "TBMJ": 0.1, "KCXS": 1e-7, "fid": 7, "旱": True},
        {"BSM": "=1+1", "DLBM": "", "DLMC": "", "TBMJ": -3.5, "KCXS": 123456.5, "fid": 9_007_199_254_740_993},
    ]
    published(
        "DLTB",
        grid_table(
            4, 1, geometries=shapes, keys=[row["BSM"] for row in rows],
            class_codes=[row["DLBM"] for row in rows], names=[row["DLMC"] for row in rows], attributes=rows,
        ),
        name="国土调查地类图斑", notice="演示数据,非真实界线",
    )  # fmt: skip
    return version_of()


@pytest.fixture
def plain(db):
    """Key, class and name stand in no attribute."""
    published("DLTB", grid_table(4, 4))
    return version_of()


def again(path, code="AGAIN", **reading):
    """The file as a layer of its own, by the way of every upload."""
    layer = Layer.objects.create(code=code, name=code, class_system="test")
    load(layer, read_features(path, **reading), coverage=REGION)
    return version_of(code)


def hashes(version):
    rows = Feature.objects.filter(layer=version.layer, last_version=None).order_by("key")
    return {row.key: bytes(row.hash) for row in rows}


@pytest.mark.parametrize("kind", ["gpkg", "parquet"])
@pytest.mark.parametrize("content", ["surveyed", "plain"])
def test_geopackage_and_geoparquet_come_back_exactly(request, tmp_path, kind, content):
    version = request.getfixturevalue(content)
    path = tmp_path / f"out{exporting.FORMATS[kind].ending}"
    written = exporting.write(version, path, kind)
    assert written.notices == ()
    back = again(path)
    assert hashes(back) == hashes(version)
    assert back.root_hash == version.root_hash
    assert written.features == version.feature_count
    assert written.size == path.stat().st_size
    assert written.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_shapefile_comes_back_exactly_where_its_format_can(plain, tmp_path, encoding):
    path = tmp_path / "out.zip"
    assert exporting.write(plain, path, "shp", encoding=encoding).notices == ()
    assert again(path).root_hash == plain.root_hash
    with zipfile.ZipFile(path) as archive:
        assert {name.split(".")[1] for name in archive.namelist()} == {
            "shp",
            "shx",
            "dbf",
            "prj",
            "cpg",
            "json",
        }
        assert archive.read("DLTB.cpg").decode().upper() == encoding.upper()
        said = json.loads(archive.read("DLTB.json"))
    assert (said["root_hash"], said["version"], said["features"]) == (plain.root_hash, 1, 16)


def test_a_shapefile_keeps_shapes_and_numbers_and_says_what_it_cuts(tmp_path, db):
    long_name, twin = "很长的字段名称", "很长的字段"
    published(
        "DLTB",
        grid_table(
            2, 1, geometries=np.array([HOLED, PARTS]),
            attributes=[
                {long_name: "长" * 100, twin: "𠮷", "数": 38729.7, "整": 12345678901234, "空": ""},
                {long_name: "短", twin: "乙", "数": -0.5, "整": 1, "空": "有"},
            ],
        ),
    )  # fmt: skip
    version = version_of()
    path = tmp_path / "out.zip"
    written = exporting.write(version, path, "shp", encoding="gbk")
    assert {notice.code for notice in written.notices} == {"column-renamed", "text-replaced"}
    # GBK takes two bytes for what UTF-8 takes three: 200 bytes fit, 300 don't
    told = exporting.write(version, tmp_path / "utf8.zip", "shp").notices
    assert {notice.code for notice in told} == {"column-renamed", "text-shortened"}
    names = {
        notice.params["before"]: notice.params["after"]
        for notice in written.notices
        if "before" in notice.params
    }
    assert all(len(name.encode("gbk")) <= 10 for name in names.values())
    back = Feature.objects.filter(layer=again(path).layer).order_by("key")
    for stored, returned in zip(version.layer.features.order_by("key"), back, strict=True):
        assert (
            shapely.from_wkb(bytes(returned.geom.wkb)).normalize()
            == shapely.from_wkb(bytes(stored.geom.wkb)).normalize()
        )
        assert (returned.key, returned.class_code, returned.name) == (
            stored.key,
            stored.class_code,
            stored.name,
        )
        assert returned.attributes["数"] == stored.attributes["数"]
        assert returned.attributes["整"] == stored.attributes["整"]
        assert returned.attributes.get("空") == (stored.attributes["空"] or None)


def test_shapefile_refuses_what_it_cannot_hold(tmp_path, monkeypatch, db):
    published(
        "MIX",
        grid_table(2, 1, geometries=np.array([square(0, 0), shapely.LineString([(109, 40), (110, 41)])])),
    )
    published("WIDE", grid_table(1, 1, attributes=[{f"F{n}": n for n in range(256)}]))
    published("BIG", grid_table(4, 4))
    for code, expected in (("MIX", "shapefile-one-kind"), ("WIDE", "shapefile-fields")):
        with pytest.raises(Refused) as refusal:
            exporting.write(version_of(code), tmp_path / "out.zip", "shp")
        assert refusal.value.notices[0].code == expected
    monkeypatch.setattr("layers.exporting.gdal_files.MAX_BYTES", 1000)
    with pytest.raises(Refused) as refusal:
        exporting.write(version_of("BIG"), tmp_path / "out.zip", "shp")
    assert refusal.value.notices[0].code == "shapefile-size"
    assert list(tmp_path.iterdir()) == []
    assert exporting.write(version_of("MIX"), tmp_path / "out.gpkg", "gpkg").features == 2
    assert again(tmp_path / "out.gpkg").root_hash == version_of("MIX").root_hash


# --- what files say of themselves --------------------------------------------------------------------


def test_geopackage_says_where_it_is_from(surveyed, tmp_path):
    path = tmp_path / "out.gpkg"
    exporting.write(surveyed, path, "gpkg")
    info = pyogrio.read_info(path)
    assert (info["crs"], info["geometry_type"], info["features"]) == ("EPSG:4490", "MultiPolygon", 4)
    said = info["layer_metadata"]
    assert said["root_hash"] == surveyed.root_hash
    assert said["notice"] == "演示数据,非真实界线"
    assert said["version"] == "1"
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT table_name, description FROM gpkg_contents").fetchall() == [
            ("DLTB", "国土调查地类图斑")
        ]
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_geoparquet_keeps_to_its_specification(surveyed, tmp_path):
    path = tmp_path / "out.parquet"
    exporting.write(surveyed, path, "parquet")
    file = pq.ParquetFile(path)
    metadata = file.metadata.metadata
    geo = json.loads(metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    column = geo["columns"][geo["primary_column"]]
    assert column["encoding"] == "WKB"
    assert column["geometry_types"] == ["MultiPolygon", "Polygon"]
    assert pyproj.CRS.from_json_dict(column["crs"]).to_epsg() == 4490
    table = file.read()
    shapes = shapely.from_wkb(table.column(geo["primary_column"]).to_pylist())
    assert column["bbox"] == shapely.total_bounds(shapes).tolist()
    assert 109 < column["bbox"][0] < 111  # longitude first, whatever the register's order of axes
    assert json.loads(metadata[b"layer"])["root_hash"] == surveyed.root_hash


@pytest.mark.parametrize("kind", ["gpkg", "parquet", "shp", "csv"])
def test_a_zone_has_its_metres(plain, tmp_path, kind):
    path = tmp_path / f"out{exporting.FORMATS[kind].ending}"
    exporting.write(plain, path, kind, epsg=4525)
    witness = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4525", always_xy=True)
    easting, northing = witness.transform(*ORIGIN)
    if kind == "csv":
        text = path.read_text("utf-8-sig")
        assert "37400" in text[: text.index("\n", 200)] or f"{easting:.0f}"[:5] in text
        return
    if kind == "parquet":
        shapes = shapely.from_wkb(pq.read_table(path).column("geom").to_pylist())
    else:
        shapes = shapely.from_wkb(pyogrio.raw.read(path)[2])
    bounds = shapely.total_bounds(shapes)
    assert bounds[1] == pytest.approx(northing, abs=200)
    assert easting - 200 < bounds[0] <= easting
    back = again(path)
    areas = np.array(
        Feature.objects.filter(layer=back.layer).order_by("key").values_list("area_m2", flat=True)
    )
    stored = plain.layer.features.order_by("key").values_list("area_m2", flat=True)
    # there and back through the plane: a few square millimetres to the hectare
    assert areas == pytest.approx(np.array(stored), rel=1e-6)


def test_geojson_is_for_degrees_and_reads_back(surveyed, tmp_path):
    path = tmp_path / "out.geojson"
    exporting.write(surveyed, path, "geojson")
    body = json.loads(path.read_text())
    assert body["metadata"]["root_hash"] == surveyed.root_hash
    assert [feature["id"] for feature in body["features"]] == sorted(hashes(surveyed))
    assert shapely.from_geojson(json.dumps(body["features"][0]["geometry"])).is_valid
    assert len(again(path).root_hash) == 64
    with pytest.raises(Refused):
        exporting.write(surveyed, tmp_path / "zone.geojson", "geojson", epsg=4525)


def test_csv_runs_nowhere_as_a_formula(surveyed, tmp_path):
    path = tmp_path / "out.csv"
    written = exporting.write(surveyed, path, "csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["BSM"] for row in rows] == ["150207-1", "150207-2", "150207-3", "'=1+1"]
    assert rows[3]["TBMJ"] == "-3.5"  # a number stays one
    assert rows[1]["TBXHDM"] == "𠮷'\"\n;"
    assert [notice.code for notice in written.notices] == ["formula-marked"]
    shapes = shapely.from_wkt([row["WKT"] for row in rows])
    assert shapes[0].equals_exact(HOLED.normalize(), 1e-9) or shapes[0].equals(HOLED)
    exporting.write(surveyed, tmp_path / "gbk.csv", "csv", encoding="gbk")
    assert "水浇地" in (tmp_path / "gbk.csv").read_text("gbk", errors="replace")


# --- choosing, old versions, names -------------------------------------------------------------------


def test_only_what_was_chosen_is_written(plain, tmp_path):
    box = (ORIGIN[0] + 1.2 * STEP, ORIGIN[1] + 1.2 * STEP, ORIGIN[0] + 2.8 * STEP, ORIGIN[1] + 1.8 * STEP)
    chosen = Selection(boxes=(box,), filters={"class_code": "01"})
    written = exporting.write(plain, tmp_path / "out.geojson", "geojson", selection=chosen)
    body = json.loads((tmp_path / "out.geojson").read_text())
    assert [feature["id"] for feature in body["features"]] == ["K0005"]
    assert written.features == 1
    assert body["metadata"]["selection"] == {"boxes": [list(box)], "filters": {"class_code": "01"}}
    assert body["metadata"]["complete"] is False


def test_nothing_chosen_is_an_empty_file_with_columns(plain, tmp_path):
    nothing = Selection(filters={"class_code": "99"})
    for kind, chosen in exporting.FORMATS.items():
        path = tmp_path / f"out{chosen.ending}"
        assert exporting.write(plain, path, kind, selection=nothing).features == 0
        assert path.stat().st_size > 0


def test_an_old_version_is_exported_as_it_was(plain, tmp_path):
    published("DLTB", grid_table(2, 2))
    exporting.write(plain, tmp_path / "old.gpkg", "gpkg")
    assert again(tmp_path / "old.gpkg").root_hash == plain.root_hash


def test_names_that_differ_by_case_and_values_of_many_kinds_are_told(tmp_path, db):
    published(
        "ODD",
        grid_table(
            2, 1, attributes=[{"Abc": 1, "abc": "x", "m": "t", "big": 10**20, "geom": "g"}, {"Abc": 2, "m": [1, 2]}]
        ),
    )  # fmt: skip
    written = exporting.write(version_of("ODD"), tmp_path / "out.gpkg", "gpkg")
    told = {
        (notice.code, notice.params.get("field") or notice.params["before"]) for notice in written.notices
    }
    assert told == {
        ("column-renamed", "abc"), ("column-renamed", "geom"), ("column-as-text", "m"), ("column-as-text", "big"),
    }  # fmt: skip
    fields = pyogrio.read_info(tmp_path / "out.gpkg")["fields"].tolist()
    assert {"Abc", "abc_2", "geom_2", "m", "big"} <= set(fields)


def test_who_counts_may_stop_and_nothing_stays(plain, tmp_path):
    class Enough(Exception):
        pass

    def stop(done):
        raise Enough

    for kind, chosen in exporting.FORMATS.items():
        with pytest.raises(Enough):
            exporting.write(plain, tmp_path / f"out{chosen.ending}", kind, counting=stop)
    assert list(tmp_path.iterdir()) == []
