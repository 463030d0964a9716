"""GeoPackage, FlatGeobuf, GeoParquet: files that are programs, that lie about themselves, or that are cut."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from tests.integration.layers.hostile import read, refused
from tests.integration.layers.hostile.good import CODES, DEGREES, file, geo, made, parquet, write

WKB = shapely.to_wkb(DEGREES)


def geopackage(folder: Path, *statements: str, shapes=DEGREES, kind: str = "Polygon", **options) -> Path:
    """A GeoPackage, then changed by SQL."""
    path = folder / "a.bin.gpkg"
    write(path, "GPKG", shapes, kind=kind, layer="DLTB", **options)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA writable_schema = ON")
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MinY", "ST_MaxX", "ST_MaxY"):
            database.create_function(name, 1, lambda *_: 0)
        for statement in statements:
            database.execute(statement)
        database.commit()
    return path


def blob(wkb: bytes) -> str:
    """A GeoPackage geometry as an SQL literal."""
    return f"x'{(b'GP' + bytes([0, 1]) + struct.pack('<i', 4490) + wkb).hex()}'"


@refused("not-readable")
def sqlite_that_is_no_geopackage(folder):
    path = folder / "a.bin"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE a (b)")
    return path


for _share in (5, 40, 90):

    @refused("not-readable", name=f"geopackage_cut_at_{_share}_percent")
    def _(folder: Path, share: int = _share) -> Path:
        data = made("GPKG", ".gpkg")
        return file(folder, data[: len(data) * share // 100])


@refused("not-readable", "no-layer")
def geopackage_overwritten_in_the_middle(folder):
    data = bytearray(made("GPKG", ".gpkg"))
    data[4096 : len(data) // 2] = b"\xff" * (len(data) // 2 - 4096)
    return file(folder, bytes(data))


@refused("gpkg-not-a-table")
def geopackage_whose_layer_is_an_endless_view(folder):
    return geopackage(
        folder, "DROP TABLE DLTB",
        "CREATE VIEW DLTB AS WITH RECURSIVE r(fid) AS (SELECT 1 UNION ALL SELECT fid + 1 FROM r)"
        " SELECT fid, NULL AS geom FROM r",
    )  # fmt: skip


@refused("gpkg-not-a-table")
def geopackage_whose_layer_is_a_virtual_table(folder):
    return geopackage(
        folder, "DROP TABLE DLTB",
        "INSERT INTO sqlite_master VALUES ('table', 'DLTB', 'DLTB', 0, 'CREATE VIRTUAL TABLE DLTB USING fts5(geom)')",
    )  # fmt: skip


@read(2)
def geopackage_with_triggers(folder):
    return geopackage(
        folder, "CREATE TRIGGER t AFTER INSERT ON gpkg_contents BEGIN DELETE FROM DLTB; END",
        "CREATE TRIGGER u AFTER UPDATE ON gpkg_ogr_contents BEGIN SELECT load_extension('/etc/passwd'); END",
    )  # fmt: skip


def arc() -> bytes:
    """A curve polygon: a full circle of 0.005 degrees."""
    points = [(109.905, 40.6), (109.91, 40.605), (109.905, 40.61), (109.9, 40.605), (109.905, 40.6)]
    ring = struct.pack("<BII", 1, 8, 5) + b"".join(struct.pack("<2d", *p) for p in points)
    return struct.pack("<BII", 1, 10, 1) + ring


@read(2, "curves-straightened")
def geopackage_with_curves(folder):
    return geopackage(folder, f"UPDATE DLTB SET geom = {blob(arc())} WHERE fid = 1")


@read(2, "geometry-broken", "curves-straightened")
def geopackage_with_curves_of_no_end(folder):
    return geopackage(folder, f"UPDATE DLTB SET geom = {blob(arc()[:-20])} WHERE fid = 1")


@read(2)
def geopackage_with_heights_and_measures(folder):
    return geopackage(folder, shapes=shapely.force_3d(DEGREES, 1000.0), kind="Polygon Z")


@read(2)
def geopackage_of_mixed_kinds(folder):
    mixed = np.array([DEGREES[0], shapely.LineString([(109, 40), (110, 41)])], dtype=object)
    return geopackage(folder, shapes=mixed, kind="Unknown")


for _name, _value, _said in (
    ("empty", "x''", ()),
    ("of_rubbish", "x'47500001FFFFFFFF0103FFFFFFFFFFFF'", ("geometry-broken",)),
    ("of_words", "'POLYGON'", ()),
    ("of_points_beyond_the_end", blob(struct.pack("<BIII", 1, 3, 1, 500_000_000)), ("geometry-broken",)),
    ("of_an_unknown_kind", blob(struct.pack("<BI", 1, 77)), ("geometry-broken",)),
    ("missing", "NULL", ()),
    ("a_number", "7", ()),
):

    def _make(folder: Path, value: str = _value) -> Path:
        return geopackage(folder, f"UPDATE DLTB SET geom = {value} WHERE fid = 1")

    read(2, *_said, name=f"geopackage_geometry_{_name}")(_make)


@read(2, "text-damaged")
def geopackage_with_bytes_that_are_no_utf8(folder):
    return geopackage(folder, "UPDATE DLTB SET \"名称\" = CAST(x'B8FBB5D8' AS TEXT) WHERE fid = 1")


@read(2)
def geopackage_that_lies_about_its_count(folder):
    return geopackage(folder, "UPDATE gpkg_ogr_contents SET feature_count = 9000000000000")


@read(2)
def geopackage_that_lies_about_its_extent(folder):
    return geopackage(folder, "UPDATE gpkg_contents SET min_x = 9e99, max_x = -9e99, min_y = 'x'")


@refused("crs-not-given", "crs-unknown", "crs-other-datum")
def geopackage_of_an_undefined_crs(folder):
    return geopackage(
        folder, "UPDATE gpkg_geometry_columns SET srs_id = -1", "UPDATE gpkg_contents SET srs_id = -1"
    )


@refused("crs-not-given", "crs-unknown", "crs-other-datum", "not-readable")
def geopackage_whose_crs_names_a_file(folder):
    return geopackage(
        folder, "UPDATE gpkg_spatial_ref_sys SET organization = 'x', organization_coordsys_id = 1,"
        " definition = '/vsicurl/http://127.0.0.1:PORT/wkt' WHERE srs_id = 4490",
    )  # fmt: skip


@refused("not-readable", "no-layer")
def geopackage_that_names_a_table_it_has_not(folder):
    return geopackage(folder, "UPDATE gpkg_contents SET table_name = 'x\"; DROP TABLE DLTB; --'")


@read(2)
def geopackage_with_a_field_named_as_the_geometry(folder):
    return geopackage(
        folder, 'ALTER TABLE DLTB ADD COLUMN "geometry" TEXT', 'ALTER TABLE DLTB ADD COLUMN "__wkb" TEXT'
    )


@refused("rows-lost", "too-many-vertices", "feature-too-large", "too-much-memory")
def geopackage_of_ten_million_vertices(folder):
    angle = np.linspace(0, 2 * np.pi, 10_000_000)
    circle = np.column_stack((109.9 + 0.01 * np.cos(angle), 40.6 + 0.01 * np.sin(angle))).astype("<f8")
    wkb = struct.pack("<BIII", 1, 3, 1, len(circle)) + circle.tobytes()
    return geopackage(folder, shapes=np.array([wkb], dtype=object))


# --- FlatGeobuf ---------------------------------------------------------------------------------------------
for _share in (3, 30, 60, 95):

    @refused(
        "not-readable",
        "nothing-inside",
        "too-much-memory",
        "reader-died",
        name=f"flatgeobuf_cut_at_{_share}_percent",
    )
    def _(folder: Path, share: int = _share) -> Path:
        data = made("FlatGeobuf", ".fgb")
        return file(folder, data[: len(data) * share // 100])


@refused("not-readable", "nothing-inside", "too-much-memory")
def flatgeobuf_with_a_header_of_four_gigabytes(folder):
    data = made("FlatGeobuf", ".fgb")
    return file(folder, data[:8] + b"\xff\xff\xff\xff" + data[12:])


@refused("not-readable", "nothing-inside", "too-much-memory")
def flatgeobuf_that_lies_about_its_count(folder):
    data = made("FlatGeobuf", ".fgb")
    return file(folder, data.replace(struct.pack("<Q", 2), struct.pack("<Q", 1 << 40), 1))


@refused("not-readable", "nothing-inside")
def flatgeobuf_of_rubbish(folder):
    data = bytearray(made("FlatGeobuf", ".fgb"))
    data[12:200] = b"\x7f" * 188
    return file(folder, bytes(data))


@refused("not-readable", "nothing-inside", "too-much-memory", "reader-died")
def flatgeobuf_whose_features_are_rubbish(folder):
    data = bytearray(made("FlatGeobuf", ".fgb"))
    data[-200:] = b"\xfe" * 200
    return file(folder, bytes(data))


# --- GeoParquet ---------------------------------------------------------------------------------------------
@refused("parquet-without-geo")
def parquet_without_geo(folder):
    return parquet(folder / "a.bin", {"a": [1, 2]}, None)


@refused("parquet-without-geo")
def parquet_whose_geo_is_rubbish(folder):
    return parquet(folder / "a.bin", {"geometry": WKB.tolist()}, b"{{{{")


@refused("parquet-without-geo")
def parquet_whose_geo_names_no_column(folder):
    return parquet(folder / "a.bin", {"other": WKB.tolist()}, geo())


@refused("parquet-encoding")
def parquet_of_an_unknown_encoding(folder):
    return parquet(folder / "a.bin", {"geometry": WKB.tolist()}, geo(encoding="pickle"))


@refused("parquet-encoding")
def parquet_whose_wkb_is_text(folder):
    return parquet(folder / "a.bin", {"geometry": ["POINT (1 1)", "x"]}, geo())


@read(2, "geometry-broken")
def parquet_with_broken_wkb(folder):
    return parquet(folder / "a.bin", {"DLBM": CODES.tolist(), "geometry": [WKB[0], WKB[1][:40]]}, geo())


@refused("crs-not-given")
def parquet_without_a_crs(folder):
    return parquet(folder / "a.bin", {"geometry": WKB.tolist()}, geo(crs=None))


@refused("crs-unknown")
def parquet_whose_crs_is_rubbish(folder):
    return parquet(
        folder / "a.bin", {"geometry": WKB.tolist()}, geo(crs={"type": "GeographicCRS", "name": [1]})
    )


@read(2)
def parquet_of_nested_lists(folder):
    rings = [[[{"x": x, "y": y} for x, y in shapely.get_coordinates(shape)]] for shape in DEGREES]
    return parquet(folder / "a.bin", {"geometry": rings}, geo(encoding="polygon"))


@refused("not-readable", "parquet-encoding")
def parquet_whose_lists_are_no_polygons(folder):
    return parquet(folder / "a.bin", {"geometry": [[1.0, 2.0], [3.0]]}, geo(encoding="polygon"))


for _share in (5, 50, 95):

    @refused("not-readable", name=f"parquet_cut_at_{_share}_percent")
    def _(folder: Path, share: int = _share) -> Path:
        data = parquet(folder / "b.bin", {"geometry": WKB.tolist()}, geo()).read_bytes()
        return file(folder, data[: len(data) * share // 100])


@refused("not-readable")
def parquet_whose_footer_is_four_gigabytes(folder):
    data = parquet(folder / "b.bin", {"geometry": WKB.tolist()}, geo()).read_bytes()
    return file(folder, data[:-8] + b"\xff\xff\xff\x7fPAR1")


@refused("not-readable", "too-much-memory", "reader-died")
def parquet_whose_footer_is_rubbish(folder):
    data = bytearray(parquet(folder / "b.bin", {"geometry": WKB.tolist()}, geo()).read_bytes())
    length = int.from_bytes(data[-8:-4], "little")
    data[-8 - length : -8 - length // 2] = b"\x15" * (length - length // 2)
    return file(folder, bytes(data))


@refused("too-much-memory", "too-much-output")
def parquet_of_one_long_text_a_million_times(folder):
    """A few kilobytes for what unpacks to sixteen gigabytes."""
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(20_000, "i4")), pa.array(["x" * (800 << 10)]))
    return parquet(folder / "a.bin", {"t": column, "geometry": [WKB[0]] * 20_000}, geo())


@refused("too-many-vertices", "feature-too-large", "too-much-memory")
def parquet_of_three_million_vertices(folder):
    wkb = struct.pack("<BIII", 1, 3, 1, 3_000_000) + bytes(48_000_000)
    return parquet(folder / "a.bin", {"geometry": [wkb]}, geo())
