"""What is refused, what ends a reading, and what the confinement lets nobody do."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from layers.reading import Limits, UnreadableFile, read_features
from tests.factories.readable import geojson, refusal, shapefile

VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>'
    "</OGRVRTDataSource>"
)


def test_a_vrt_by_another_name_is_named(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text(VRT)
    code, text = refusal(path)
    assert code == "file-not-recognised"
    assert "VRT" in text


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"%PDF-1.7 ...", "PDF"), (b"Rar!\x1a\x07", "RAR"), (b"\x00\x00\x27\x0a" + bytes(100), ".shp"),
     (b"<gpx version='1.1'>", "XML"), (b"just words", "文本"), (b"\x89PNG\r\n", "PNG")],
)  # fmt: skip
def test_what_it_looks_like_is_said(tmp_path, content, word):
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    code, text = refusal(path)
    assert code == "file-not-recognised"
    assert word in text


def test_an_empty_file(tmp_path):
    path = tmp_path / "a.geojson"
    path.touch()
    assert refusal(path)[0] == "file-empty"


def test_a_missing_file_and_a_symbolic_link(tmp_path):
    assert refusal(tmp_path / "none.zip")[0] == "file-missing"
    (tmp_path / "link.geojson").symlink_to(geojson(tmp_path))
    assert refusal(tmp_path / "link.geojson")[0] == "file-not-plain"


def test_a_truncated_zip(tmp_path):
    path = shapefile(tmp_path)
    path.write_bytes(path.read_bytes()[:400])
    assert refusal(path)[0] == "zip-broken"


def packed(tmp_path, entries) -> Path:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    path = packed(tmp_path, [("a.shp", bytes(300 << 20)), ("a.shx", b""), ("a.dbf", b"")])
    assert path.stat().st_size < 1 << 20
    assert refusal(path)[0] == "zip-bomb"


@pytest.mark.parametrize("name", ["../a.shp", "a/../../b.shp", "/etc/a.shp", "..\\a.shp", "C:\\a.shp"])
def test_paths_out_of_a_zip(tmp_path, name):
    assert refusal(packed(tmp_path, [(name, b"x")]))[0] == "zip-path"


def test_links_nested_archives_and_plain_zips(tmp_path):
    link = zipfile.ZipInfo("a.shp")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert refusal(packed(tmp_path, [(link, "/etc/passwd")]))[0] == "zip-link"
    assert refusal(packed(tmp_path, [("b.zip", b"PK")]))[0] == "zip-nested"
    assert refusal(packed(tmp_path, [("readme.txt", b"x")]))[0] == "zip-no-shapefile"
    assert refusal(packed(tmp_path, [("a.shp", b"x")]))[0] == "shapefile-incomplete"


def test_a_zip_whose_shapefile_is_rubbish(tmp_path):
    code, text = refusal(packed(tmp_path, [("a.shp", b"x"), ("a.shx", b"x"), ("a.dbf", b"x" * 40)]))
    assert code == "not-readable"
    assert "/in/" not in text


def test_broken_geojson(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text('{"type":"FeatureCollection","features":[{"type"')
    assert refusal(path)[0] == "not-readable"


def test_geojson_with_coordinates_that_are_no_numbers(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text(geojson(tmp_path).read_text().replace("109.91", "NaN"))
    try:
        table = read_features(path)
    except UnreadableFile:
        return
    assert not np.isfinite(shapely.get_coordinates(table.geometries)).all()  # for the loader to reject


def shape_of(vertices: int) -> bytes:
    """The bytes of a .shp with one polygon of that many vertices."""
    angle = np.linspace(0, 2 * np.pi, vertices)
    xy = np.column_stack((37_600_000 + 1000 * np.cos(-angle), 4_500_000 + 1000 * np.sin(-angle)))
    xy[-1] = xy[0]
    box = struct.pack("<4d", *xy.min(axis=0), *xy.max(axis=0))
    content = struct.pack("<i", 5) + box + struct.pack("<3i", 1, vertices, 0) + xy.astype("<f8").tobytes()
    words = len(content) // 2
    record = struct.pack(">2i", 1, words) + content
    return (
        struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 50 + 4 + words)
        + struct.pack("<2i", 1000, 5)
        + box
        + bytes(32)
        + record
    )


def test_a_polygon_of_ten_million_vertices(tmp_path):
    small = shapefile(tmp_path)
    data = shape_of(10_000_000)
    index = (
        struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 54)
        + data[28:100]
        + struct.pack(">2i", 50, (len(data) - 108) // 2)
    )
    path = tmp_path / "big.zip"
    with zipfile.ZipFile(small) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as new:
        for entry in old.infolist():
            content = {".shp": data, ".shx": index}.get(Path(entry.filename).suffix, old.read(entry))
            new.writestr(entry.filename, content)
    code, text = refusal(path)
    assert code == "too-many-vertices"
    assert "顶点" in text


def test_a_geojson_feature_that_is_too_large(tmp_path):
    path = tmp_path / "big.geojson"
    points = ",".join(f"[110.{n:07d},40.{n:07d}]" for n in range(3_500_000))
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":'
        f'{{"type":"Polygon","coordinates":[[{points}]]}}}}]}}'
    )
    code, text = refusal(path)
    assert code == "feature-too-large"
    assert "OGR" not in text


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(wall=0.05), "too-slow"),
        (Limits(output=100), "too-much-output"),
        (Limits(features=1), "too-many-features"),
        (Limits(vertices=3), "too-many-vertices"),
    ],
)
def test_limits_end_a_reading(tmp_path, limits, code):
    path = shapefile(tmp_path, texts=("耕地", "林地"))
    assert refusal(path, limits=limits)[0] == code


def test_too_little_memory_is_a_refusal_too(tmp_path):
    assert refusal(geojson(tmp_path), limits=Limits(memory=150 << 20))[0] in (
        "too-much-memory",
        "reader-died",
    )


def test_without_confinement_nothing_is_read(tmp_path):
    code, text = refusal(geojson(tmp_path), bwrap="no-such-program")
    assert code == "no-confinement"
    assert "bubblewrap" in text


def test_confinement_that_fails_is_no_reason_to_read_without(tmp_path):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    code, text = refusal(geojson(tmp_path), bwrap=str(broken))
    assert code == "no-confinement"
    assert "No permissions" in text


def test_inside_there_is_no_other_file_no_network_and_no_other_driver(tmp_path):
    from layers.reading.sandbox import Confined

    secret = tmp_path / "secret"
    secret.write_text("x")
    script = tmp_path / "probe.py"
    library = os.path.join(os.path.dirname(pyogrio.__file__), "new-file")
    script.write_text(
        f"""
import json, os, socket, sys
def can(f):
    try:
        f()
        return True
    except Exception:
        return False
import pyogrio
print(json.dumps({{
    "secret": os.path.exists({str(secret)!r}), "passwd": os.path.exists("/etc/passwd"),
    "network": can(lambda: socket.create_connection(("127.0.0.1", 80), 1)) or len(socket.if_nameindex()) > 1,
    "write": can(lambda: open("/in/a.geojson", "a")) or can(lambda: open({library!r}, "w")),
    "environment": "DJANGO_SETTINGS_MODULE" in os.environ or "HOME" in os.environ,
    "drivers": sorted(pyogrio.list_drivers()),
}}), file=sys.stderr)
"""
    )
    with Confined(script, {}, geojson(tmp_path), "a.geojson", ["GeoJSON"], limits=Limits()) as run:
        run.output.read()
        answer = run.finish()
    assert answer == {
        "secret": False, "passwd": False, "network": False, "write": False, "environment": False,
        "drivers": ["GeoJSON"],
    }  # fmt: skip


@pytest.mark.parametrize("comment", [b"", b"made on a Monday", b"\0" * 60_000])
@pytest.mark.parametrize("members", [50_000, 70_000])  # from 65,536 the end is written in another form too
def test_a_zip_of_very_many_members_is_not_even_listed(tmp_path, monkeypatch, members, comment):
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.comment = comment
        for number in range(members):
            archive.writestr(zipfile.ZipInfo(f"图斑/{number:048d}"), b"")

    def opened(*_, **__):
        raise AssertionError("the directory was read")

    monkeypatch.setattr("layers.reading.archives.zipfile.ZipFile", opened)
    with pytest.raises(UnreadableFile) as refused:
        read_features(path)
    assert refused.value.notices[0].code == "zip-directory-large"
