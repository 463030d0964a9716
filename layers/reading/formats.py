"""What an uploaded file is, from its first bytes; a name's extension is never believed."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layers.notices import Notice, UnreadableFile
from layers.reading import archives
from layers.reading.archives import refusal
from layers.reading.confined.table_head import delimiter_of, encoding_of, geometry_columns

MAX_FILE = 4 << 30
_HEAD = 64 << 10

SHAPEFILE_ZIP, GEOPACKAGE, GEOJSON, GEOTIFF = "shapefile-zip", "geopackage", "geojson", "geotiff"
FILE_GEODATABASE, KML, KMZ, DXF = "filegdb-zip", "kml", "kmz", "dxf"
FLATGEOBUF, GEOPARQUET, CSV = "flatgeobuf", "geoparquet", "csv"

#: The one GDAL driver of each format; none for what pyarrow and Python read.
DRIVERS: dict[str, tuple[str, ...]] = {
    SHAPEFILE_ZIP: ("ESRI Shapefile",),
    GEOPACKAGE: ("GPKG",),
    GEOJSON: ("GeoJSON",),
    FILE_GEODATABASE: ("OpenFileGDB",),
    KML: (),
    KMZ: (),
    DXF: ("DXF",),
    FLATGEOBUF: ("FlatGeobuf",),
    GEOPARQUET: (),
    CSV: (),
    GEOTIFF: ("GTiff", "COG", "MEM"),
}
#: The name that a file has inside the sandbox: drivers look at it too.
INSIDE = {
    SHAPEFILE_ZIP: "data.zip", GEOPACKAGE: "data.gpkg", GEOJSON: "data.geojson", FILE_GEODATABASE: "data.zip",
    KML: "data.kml", KMZ: "data.zip", DXF: "data.dxf", FLATGEOBUF: "data.fgb", GEOPARQUET: "data.parquet",
    CSV: "data.csv", GEOTIFF: "data.tif",
}  # fmt: skip

_MAGIC = (
    (b"SQLite format 3\x00", GEOPACKAGE),
    (b"II*\x00", GEOTIFF),
    (b"MM\x00*", GEOTIFF),
    (b"II+\x00", GEOTIFF),
    (b"MM\x00+", GEOTIFF),
    (b"fgb\x03fgb", FLATGEOBUF),
    (b"PAR1", GEOPARQUET),
    (b"AutoCAD Binary DXF\r\n\x1a\x00", DXF),
)
_DXF = re.compile(rb"(\s*999[ \t]*\r?\n[^\n]*\n)*\s*0[ \t]*\r?\n\s*SECTION\s", re.ASCII)
_LOOKS = (
    (b"%PDF", "PDF 文档"),
    (b"Rar!", "RAR 压缩包，请改用 zip"),
    (b"7z\xbc\xaf", "7z 压缩包，请改用 zip"),
    (b"\x1f\x8b", "gzip 压缩包，请改用 zip"),
    (b"BZh", "bzip2 压缩包，请改用 zip"),
    (b"\x00\x00\x27\x0a", "单独的 .shp 文件，请把 .shp、.shx、.dbf、.prj 一起压缩成 zip"),
    (b"\x89PNG", "PNG 图片"),
    (b"\xff\xd8\xff", "JPEG 图片"),
    (b"GIF8", "GIF 图片"),
    (b"\xd0\xcf\x11\xe0", "旧版 Office 文档"),
    (b"AC10", "DWG 图纸，请另存为 DXF"),
    (b"\x7fELF", "可执行程序"),
    (b"MZ", "可执行程序"),
)


@dataclass(frozen=True)
class Sniffed:
    """A file's format and what its zip directory says that the reader needs."""

    kind: str
    task: dict[str, Any] = field(default_factory=dict)

    @property
    def inside(self) -> str:
        return INSIDE[self.kind]

    @property
    def drivers(self) -> tuple[str, ...]:
        return DRIVERS[self.kind]


def sniff(path: Path) -> Sniffed:
    """What the file is, by its content; a refusal names what it looks like instead.

    Raises
    ------
    UnreadableFile
        It is none of the formats read here, is empty, too large, or not a plain file.
    """
    try:
        state = path.lstat()
    except OSError as error:
        raise refusal("file-missing", "文件不存在或无法访问。") from error
    if not stat.S_ISREG(state.st_mode):
        raise refusal("file-not-plain", "不是普通文件（符号链接、目录或设备一律不打开）。")
    if state.st_size == 0:
        raise refusal("file-empty", "文件是空的。")
    if state.st_size > MAX_FILE:
        raise refusal("file-too-large", "文件有 %(size)d MB，上限为 %(limit)d MB。",
                      size=state.st_size >> 20, limit=MAX_FILE >> 20)  # fmt: skip
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zipped(archives.check(path))
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return Sniffed(kind)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        return Sniffed(GEOJSON)
    if _DXF.match(text):
        return Sniffed(DXF)
    if text.startswith(b"<") and _is_kml(text):
        return Sniffed(KML)
    if not text.startswith(b"<") and _is_table(head):
        return Sniffed(CSV)
    raise UnreadableFile(
        Notice(
            "file-not-recognised",
            "不能识别的文件，看起来是%(kind)s；可接受 GeoJSON、GeoPackage、KML/KMZ、DXF、FlatGeobuf、GeoParquet、"
            "CSV（带 WKT 或坐标列）、GeoTIFF，以及压缩成 zip 的 shapefile 或 FileGDB（.gdb）。",
            {"kind": _looks_like(head, text)},
        )
    )


def _zipped(contents: archives.Contents) -> Sniffed:
    if contents.geodatabase is not None:
        return Sniffed(FILE_GEODATABASE, {"member": contents.geodatabase})
    if contents.markup is not None:
        return Sniffed(KMZ, {"member": contents.markup})
    return Sniffed(SHAPEFILE_ZIP, {"stems": [(archives.shown(stem), stem) for stem in contents.stems]})


def _is_kml(text: bytes) -> bool:
    """Whether the first element is `kml`: comments, the declaration and a document type may stand before it."""
    plain = re.sub(rb"<!--.*?-->|<\?.*?\?>", b"", text, flags=re.DOTALL)
    return re.match(rb"\s*(<!DOCTYPE[^\[>]*(\[.*?\]\s*)?>\s*)?<(\w+:)?kml[\s>]", plain, re.DOTALL) is not None


def _is_table(head: bytes) -> bool:
    sample = head[:16_384]
    encoding = encoding_of(sample)
    if b"\x00" in sample and encoding != "utf-16":
        return False
    first = sample.decode(encoding, "replace").partition("\n")[0].strip("\r")
    names = [name.strip('" ') for name in first.split(delimiter_of(first))]
    return geometry_columns(names) is not None


def _looks_like(head: bytes, text: bytes) -> str:
    for magic, kind in _LOOKS:
        if head.startswith(magic):
            return kind
    lower = text[:600].lower()
    if b"<ogrvrtdatasource" in lower or b"<vrtdataset" in lower:
        return "GDAL 虚拟数据集（VRT，会引用别的文件）"
    if b"<html" in lower or b"<!doctype html" in lower:
        return "网页"
    if text.startswith(b"<"):
        return " XML 文件"
    if b"\x00" not in head:
        return "文本文件"
    return "未知的二进制文件"
