"""Each format: told by content, inspected, streamed; several layers are chosen from, and nothing is guessed."""

import zipfile
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely

from layers.reading import UnreadableFile, inspect, open_batches, read_features
from tests.integration.layers.hostile import documents, good

REGION = shapely.box(109.2, 40.2, 111.4, 41.0)


def made(kind: str, folder: Path) -> Path:
    """A file with the two parcels of `good`; its name has another format's extension."""
    path = folder / "a.txt"
    if kind == "csv":
        lines = [f'{n},{c},"{s.wkt}"' for n, c, s in zip(good.NAMES, good.CODES, good.DEGREES, strict=True)]
        path.write_bytes("\r\n".join(["名称,DLBM,WKT", *lines]).encode("gbk"))
    elif kind == "geoparquet":
        columns = {"名称": good.NAMES.tolist(), "DLBM": good.CODES.tolist()}
        crs = pyproj.CRS(4490).to_json_dict()
        good.parquet(
            path,
            columns | {"geometry": shapely.to_wkb(good.DEGREES).tolist()},
            good.geo(crs=crs),
            row_group_size=1,
        )
    elif kind == "filegdb-zip":
        path.write_bytes(good.zipped(good.geodatabase()))
    elif kind in ("kml", "kmz"):
        rows = zip(good.NAMES, good.CODES, good.DEGREES, strict=True)
        places = "".join(
            f"<Placemark><name>{n}</name><ExtendedData><Data name='DLBM'><value>{c}</value></Data></ExtendedData>"
            + documents.POLYGON.format(" ".join(f"{x},{y}" for x, y in shapely.get_coordinates(s)))
            + "</Placemark>"
            for n, c, s in rows
        )
        text = documents.KML.format(places)
        path.write_bytes(text.encode() if kind == "kml" else good.zipped({"files/doc.kml": text.encode()}))
    else:
        driver = {"flatgeobuf": "FlatGeobuf", "geopackage": "GPKG", "geojson": "GeoJSON"}[kind]
        path.write_bytes(
            good.made(driver, {"FlatGeobuf": ".fgb", "GPKG": ".gpkg", "GeoJSON": ".geojson"}[driver])
        )
    return path


KINDS = ("csv", "geoparquet", "filegdb-zip", "kml", "kmz", "flatgeobuf", "geopackage", "geojson")


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_inspected_and_read(tmp_path, kind):
    path = made(kind, tmp_path)
    told = inspect(path, region=REGION)
    assert (told.format, told.kind) == (kind, "vector")
    [layer] = told.layers
    assert layer.bounds == pytest.approx((109.9, 40.6, 109.92, 40.61), abs=1e-9)
    fields = {field.name: field for field in layer.fields}
    assert set(fields["DLBM"].samples) == {"0101", "0301"}
    if kind == "csv":
        assert (layer.crs, layer.encoding, layer.crs_candidates[0].epsg) == (None, "gb18030", 4490)
    else:
        assert layer.crs in ("EPSG:4490", "EPSG:4326")
        assert layer.crs_candidates == ()
        assert layer.feature_count == 2
    assert told.to_json()["layers"][0]["name"] == layer.name

    table = read_features(path, layer_name=layer.name, epsg=4490 if kind == "csv" else None)
    rows = dict(zip(table.class_codes, table.geometries, strict=True))
    for code, shape in zip(good.CODES, good.DEGREES, strict=True):
        assert shapely.equals_exact(rows[code].normalize(), _like(rows[code], shape).normalize(), 1e-9)
    assert set(table.names if "km" in kind else table.attributes["名称"]) == {"耕地", "林地"}


def _like(found, shape):
    return shapely.multipolygons([shape]) if found.geom_type == "MultiPolygon" else shape


@pytest.mark.parametrize("kind", KINDS)
def test_features_come_in_batches_and_a_part_can_be_had(tmp_path, kind):
    path = made(kind, tmp_path)

    def codes(**options):
        with open_batches(path, epsg=4490, **options) as stream:
            tables = list(stream)
        assert all(len(table) <= options.get("size", 20_000) for table in tables)
        return [code for table in tables for code in table.class_codes]

    everything = codes(size=1)
    assert sorted(everything) == ["0101", "0301"]
    assert codes(skip=1) == everything[1:]
    assert codes(count=1) == everything[:1]
    assert codes(skip=1, count=1) == everything[1:]
    assert codes(skip=2) == []


def test_rows_of_a_geopackage_are_counted_not_numbered(tmp_path):
    shapes = np.array(
        [shapely.box(109 + k / 100, 40, 109.005 + k / 100, 40.01) for k in range(2)], dtype=object
    )
    path = good.write(tmp_path / "a.gpkg", "GPKG", shapes)
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(path)) as database:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MinY", "ST_MaxX", "ST_MaxY"):
            database.create_function(name, 1, lambda *_: 0)
        database.execute("UPDATE a SET fid = 1000 WHERE fid = 2")
        database.commit()
    with open_batches(path, skip=1) as stream:
        assert [list(table.class_codes) for table in stream] == [["0301"]]


def test_a_stream_says_where_it_is_from(tmp_path):
    path = made("geopackage", tmp_path)
    with open_batches(path, sha256="known") as stream:
        assert (stream.source_name, stream.source_sha256, stream.source_crs) == (
            "a.txt",
            "known",
            "EPSG:4490",
        )
        assert (stream.layer_name, stream.feature_count, stream.notices) == ("a", 2, ())
        [table] = stream
    assert (table.source_sha256, table.source_crs) == ("known", "EPSG:4490")
    assert stream.usage["resident"] < 512 << 20


def test_leaving_a_stream_early_ends_the_process(tmp_path):
    with open_batches(made("geojson", tmp_path), size=1) as stream:
        next(iter(stream))
    assert stream._declared._run._process.returncode is not None


def test_layers_of_a_kml_are_its_folders(tmp_path):
    folders = "".join(f"<Folder><name>{name}</name>{documents.PLACE}</Folder>" for name in ("红线", "绿线"))
    path = good.file(tmp_path, documents.KML.format(folders))
    assert [layer.name for layer in inspect(path).layers] == ["红线", "绿线"]
    with pytest.raises(UnreadableFile, match="红线"):
        read_features(path)
    assert len(read_features(path, layer_name="绿线")) == 1


def test_holes_and_parts_of_a_kml(tmp_path):
    outer, inner = shapely.box(109, 40, 110, 41), shapely.box(109.4, 40.4, 109.6, 40.6)

    def ring(shape):
        points = " ".join(f"{x},{y},7" for x, y in shapely.get_coordinates(shape))
        return f"<LinearRing><coordinates>\n{points}\n</coordinates></LinearRing>"

    polygon = (
        f"<Polygon><outerBoundaryIs>{ring(outer)}</outerBoundaryIs>"
        f"<innerBoundaryIs>{ring(inner)}</innerBoundaryIs></Polygon>"
    )
    other = shapely.box(111, 40, 112, 41)
    single = f"<Polygon><outerBoundaryIs>{ring(other)}</outerBoundaryIs></Polygon>"
    both = f"<MultiGeometry>{polygon}{single}</MultiGeometry>"
    path = good.file(tmp_path, documents.KML.format(f"<Placemark>{both}</Placemark>"))
    [found] = read_features(path).geometries
    assert shapely.area(found) == pytest.approx(1 - 0.04 + 1)


def test_layers_of_a_drawing_are_its_cad_layers(tmp_path):
    content = documents.drawing(
        documents.line("红线") + documents.line("图斑") + documents.line("路", closed=0)
    ).replace("AC1015\n", "AC1015\n9\n$DWGCODEPAGE\n3\nANSI_936\n")
    path = good.file(tmp_path, content.encode("gbk"))
    told = inspect(path, region=shapely.box(109, 40, 113, 41))
    assert [(layer.name, layer.feature_count) for layer in told.layers] == [
        ("红线", 1),
        ("图斑", 1),
        ("*", 2),
    ]
    assert told.layers[0].crs is None
    assert told.layers[0].crs_candidates[0].epsg == 4525
    assert [notice.code for notice in told.notices] == ["cad-left-out"]
    table = read_features(path, layer_name="*", epsg=4525)
    assert set(table.attributes["Layer"]) == {"红线", "图斑"}
    declared = read_features(path, layer_name="图斑", keep_crs=True)
    assert declared.crs is None
    assert shapely.area(declared.geometries[0]) == pytest.approx(10_000)


def test_arcs_of_a_drawing_are_followed_closely(tmp_path):
    """Four half circles around a square of 100 m."""
    path = good.file(tmp_path, documents.drawing(documents.line(bulge=1)))
    [found] = read_features(path, keep_crs=True).geometries
    assert shapely.area(found) == pytest.approx(10_000 + 2 * np.pi * 50**2, rel=1e-4)


def test_closed_lines_in_blocks_are_found(tmp_path):
    corners = [(0, 0), (10, 0), (10, 10), (0, 10)]
    blocks = documents.block("A", documents.line(corners=corners))
    path = good.file(tmp_path, documents.drawing(documents.insert("A") + documents.line("K"), blocks))
    table = read_features(path, layer_name="*", keep_crs=True)
    assert sorted(np.round(shapely.area(table.geometries))) == [100, 10_000]


@pytest.mark.parametrize(("header", "epsg"), [("经度,纬度", 4490), ("lon;lat", 4490), ("X\tY", 4525)])
def test_points_from_two_columns(tmp_path, header, epsg):
    mark = next(mark for mark in ",;\t" if mark in header)
    x, y = (109.9, 40.6) if epsg == 4490 else (37_400_000.25, 4_500_000.5)
    path = good.file(tmp_path, f"名称{mark}{header}\n甲{mark}{x}{mark}{y}\n")
    [layer] = inspect(path, region=shapely.box(109, 40, 113, 41)).layers
    assert (layer.crs, layer.crs_candidates[0].epsg) == (None, epsg)
    found = read_features(path, keep_crs=True)
    assert shapely.get_coordinates(found.geometries).tolist() == [[x, y]]


def test_swapped_axes_are_turned_when_a_person_says_so(tmp_path):
    path = good.file(tmp_path, good.collection(good.feature([[p[::-1] for p in good.RING]])))
    [layer] = inspect(path).layers
    assert [notice.code for notice in layer.problems] == ["axes-swapped"]
    with pytest.raises(UnreadableFile, match="对调"):
        read_features(path)
    assert read_features(path, swap_axes=True).geometries[0].equals(shapely.Polygon(good.RING))


def test_another_datum_is_told_when_inspecting(tmp_path):
    path = good.file(tmp_path, good.zipped({f"a{s}": d for s, d in good.shapefile("EPSG:2364").items()}))
    [layer] = inspect(path).layers
    assert layer.crs == "EPSG:2364"
    assert [notice.code for notice in layer.problems] == ["crs-other-datum"]


def test_damaged_characters_are_counted_by_field(tmp_path):
    members = good.shapefile()
    dbf = members[".dbf"].replace("耕地".encode("gbk"), b"\xff\xffab", 1)
    path = good.file(tmp_path, good.zipped({f"a{s}": d for s, d in (members | {".dbf": dbf}).items()}))
    table = read_features(path)
    [notice] = table.notices
    assert (notice.code, notice.field, notice.params["count"]) == ("text-damaged", "名称", 1)
    assert "\N{REPLACEMENT CHARACTER}" in table.attributes["名称"][0]


def test_curves_stay_within_a_millimetre(tmp_path):
    from layers.reading.confined import curves
    from tests.integration.layers.hostile import binaries

    circle = shapely.from_wkb(curves.straight(binaries.arc()))
    distance = np.hypot(*(shapely.get_coordinates(circle) - [109.905, 40.605]).T)
    assert distance == pytest.approx(0.005, abs=1e-12)
    chord = shapely.distance(circle.exterior, shapely.Point(109.905, 40.605))
    assert 0.005 - chord < 0.001 / 111_320


def test_a_zip_may_not_be_read_for_its_name(tmp_path):
    path = tmp_path / "a.shp"
    with zipfile.ZipFile(path, "w") as archive:
        for suffix, content in good.shapefile().items():
            archive.writestr(f"数据/图斑{suffix}", content)
    assert inspect(path).layers[0].name == "图斑"


def test_names_of_a_zip_made_by_windows_are_read_in_gbk(tmp_path):
    """Names in GBK without the mark of UTF-8."""
    packed = good.zipped({f"data/layer{suffix}": content for suffix, content in good.shapefile().items()})
    packed = packed.replace(b"data/layer", "地类/图斑".encode("gbk") + b"1")
    path = good.file(tmp_path, packed)
    assert [layer.name for layer in inspect(path).layers] == ["图斑1"]
    assert len(read_features(path, layer_name="图斑1")) == 2


def test_shapefiles_of_one_name_in_two_folders_are_told_apart(tmp_path):
    members = {f"{folder}/a{suffix}": data for folder in "甲乙" for suffix, data in good.shapefile().items()}
    path = good.file(tmp_path, good.zipped(members))
    assert [layer.name for layer in inspect(path).layers] == ["乙/a", "甲/a"]
    assert len(read_features(path, layer_name="甲/a")) == 2


def test_more_layers_than_are_listed_are_counted(tmp_path):
    folders = "".join(f"<Folder><name>f{n}</name>{documents.PLACE}</Folder>" for n in range(101))
    told = inspect(good.file(tmp_path, documents.KML.format(folders)))
    assert len(told.layers) == 100
    assert [(notice.code, notice.params["count"]) for notice in told.notices] == [("many-layers", 101)]
