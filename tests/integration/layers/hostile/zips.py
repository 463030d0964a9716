"""Archives: cut, lying, climbing out, exploding."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

from tests.integration.layers.hostile import read, refused
from tests.integration.layers.hostile.good import file, geodatabase, shapefile, zipped, zipped_shapefile

for _share in (10, 30, 50, 70, 90, 99):

    @refused("zip-broken", name=f"shapefile_zip_cut_at_{_share}_percent")
    def _(folder: Path, share: int = _share) -> Path:
        data = zipped_shapefile()
        return file(folder, data[: len(data) * share // 100])


for _name in ("../a.shp", "x/../../a.shp", "/etc/a.shp", "..\\a.shp", "C:\\a.shp", "\\\\host\\a.shp"):

    @refused("zip-path", name=f"zip_path_{_name.replace('/', '|')}")
    def _(folder: Path, name: str = _name) -> Path:
        return file(folder, zipped({name: b"x", "a.shx": b"x", "a.dbf": b"x"}))


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    return entry


@refused("zip-link")
def zip_with_a_link_to_passwd(folder):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(_entry("a.shp", stat.S_IFLNK | 0o777), "/etc/passwd")
    return file(folder, out.getvalue())


@refused("zip-link")
def zip_with_a_link_as_folder(folder):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(_entry("a.gdb", stat.S_IFLNK | 0o777), "/etc")
        archive.writestr("a.gdb/a00000001.gdbtable", b"x")
    return file(folder, out.getvalue())


@refused("zip-nested")
def zip_in_a_zip(folder):
    return file(folder, zipped({"a.zip": zipped_shapefile()}))


@refused("zip-nested")
def kmz_in_a_zip(folder):
    return file(folder, zipped({"a.kmz": zipped({"doc.kml": b"<kml/>"}), "a.kml": b"<kml/>"}))


@refused("zip-bomb")
def zip_bomb_flat(folder):
    return file(folder, zipped({"a.shp": bytes(60 << 20), "a.shx": b"", "a.dbf": b""}))


@refused("zip-bomb")
def zip_bomb_of_overlapping_members(folder):
    """Many entries of the directory that point to the same compressed bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.shp", bytes(4 << 20))
        archive.filelist += [_same(archive.filelist[0], f"{n}.shp") for n in range(1500)]
    return file(folder, out.getvalue())


def _same(entry: zipfile.ZipInfo, name: str) -> zipfile.ZipInfo:
    other = zipfile.ZipInfo(name)
    for key in ("CRC", "compress_size", "file_size", "header_offset", "compress_type"):
        setattr(other, key, getattr(entry, key))
    return other


@refused("zip-bomb")
def kmz_bomb(folder):
    return file(folder, zipped({"doc.kml": b"<kml>" + b" " * (60 << 20)}))


@refused("zip-directory-large")
def zip_of_very_many_members(folder):
    return file(folder, zipped({f"图斑/{n:060d}": b"" for n in range(40_000)}))


@refused("zip-too-many")
def zip_of_many_members(folder):
    return file(folder, zipped({f"{n}.shp": b"" for n in range(2001)}))


def _patched(data: bytes, mark: bytes, at: int, new: bytes) -> bytes:
    start = data.index(mark) + at
    return data[:start] + new + data[start + len(new) :]


@refused("zip-encrypted")
def zip_with_a_password(folder):
    return file(folder, _patched(zipped_shapefile(), b"PK\x01\x02", 8, b"\x01\x00"))


@refused("not-readable", "zip-broken")
def zip_with_an_unknown_method(folder):
    data = _patched(zipped_shapefile(), b"PK\x01\x02", 10, struct.pack("<H", 99))
    return file(folder, _patched(data, b"PK\x03\x04", 8, struct.pack("<H", 99)))


@refused("not-readable", "zip-broken", "reader-died")
def zip_whose_sizes_lie(folder):
    data = zipped_shapefile()
    at = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    return file(folder, data[: at + 24] + struct.pack("<I", 10) + data[at + 28 :])


@refused("not-readable", "zip-broken")
def zip_with_damaged_bytes_in_the_dbf(folder):
    data = bytearray(zipped({f"a{suffix}": content for suffix, content in sorted(shapefile().items())}))
    start = data.index(b"a.dbf") + 5
    data[start : start + 60] = b"\xff" * 60
    return file(folder, bytes(data))


@refused("zip-bomb", "zip-broken")
def zip_of_64_bits_that_claims_everything(folder):
    extra = struct.pack("<HHQQ", 1, 16, 1 << 62, 1 << 40)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.shp", b"x")
        entry = archive.filelist[0]
        entry.file_size = 1 << 62
        entry.extra = extra
    return file(folder, out.getvalue())


@refused("zip-no-shapefile")
def zip_with_nothing(folder):
    return file(folder, zipped({}))


@refused("zip-no-shapefile")
def zip_that_is_a_workbook(folder):
    return file(folder, zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}))


@refused("zip-several")
def zip_of_two_geodatabases(folder):
    members = geodatabase()
    return file(
        folder, zipped(members | {name.replace("a.gdb", "b.gdb"): data for name, data in members.items()})
    )


@refused("zip-mixed")
def zip_of_a_geodatabase_and_a_shapefile(folder):
    return file(folder, zipped(geodatabase() | {f"b{suffix}": data for suffix, data in shapefile().items()}))


@refused("gdb-folder")
def zip_of_a_geodatabase_without_its_folder(folder):
    return file(folder, zipped({name.removeprefix("a.gdb/"): data for name, data in geodatabase().items()}))


@refused("not-readable", "no-layer")
def geodatabase_of_rubbish(folder):
    return file(folder, zipped(dict.fromkeys(geodatabase(), b"\x00\xff" * 400)))


@refused("not-readable", "no-layer")
def geodatabase_without_its_catalogue(folder):
    members = {name: data for name, data in geodatabase().items() if "a00000001" not in name}
    return file(folder, zipped(members))


@refused("not-readable", "no-layer", "reader-died", name="geodatabase_whose_tables_are_cut")
def _(folder):
    return file(folder, zipped({name: data[: len(data) // 2] for name, data in geodatabase().items()}))


@read(2, name="geodatabase_without_its_row_index")
def _(folder):
    return file(folder, zipped({n: d for n, d in geodatabase().items() if not n.endswith(".spx")}))


@refused("not-readable")
def zip_with_a_folder_named_as_a_shapefile(folder):
    return file(folder, zipped({"a.shp/": b"", "b.shp": b"", "b.shx": b"", "b.dbf": b""}))


@refused("not-readable", "zip-broken")
def zip_with_one_name_twice(folder):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for suffix, content in shapefile().items():
            archive.writestr(f"a{suffix}", content)
        archive.filelist += [_same(archive.filelist[0], "a.shp")]
    return file(folder, out.getvalue())
