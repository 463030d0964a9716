"""What an uploaded file is, from its first bytes; and whether a zip may be opened, from its directory alone.

Nothing is unpacked here.
"""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath

from layers.notices import Notice, UnreadableFile

MAX_FILE = 1 << 30
MAX_UNPACKED = 2 << 30
MAX_ENTRIES = 2000
MAX_DIRECTORY = 4 << 20  # bytes of a zip's list of contents
MAX_RATIO = 200  # real geodata packs 2 to 20 to one
_RATIO_FROM = 20 << 20  # a small file may be very regular
_ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst")

SHAPEFILE_ZIP, GEOPACKAGE, GEOJSON, GEOTIFF = "shapefile-zip", "geopackage", "geojson", "geotiff"

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
    (b"AC10", "DWG 图纸"),
    (b"\x7fELF", "可执行程序"),
    (b"MZ", "可执行程序"),
)


def _refuse(code: str, template: str, **params: object) -> UnreadableFile:
    return UnreadableFile(Notice(code, template, params))


def sniff(path: Path) -> str:
    """What the file is, by its content; a refusal names what it looks like instead.

    Raises
    ------
    UnreadableFile
        It is none of the formats read here, is empty, too large, or not a plain file.
    """
    try:
        state = path.lstat()
    except OSError as error:
        raise _refuse("file-missing", "文件不存在或无法访问。") from error
    if not stat.S_ISREG(state.st_mode):
        raise _refuse("file-not-plain", "不是普通文件（符号链接、目录或设备一律不打开）。")
    if state.st_size == 0:
        raise _refuse("file-empty", "文件是空的。")
    if state.st_size > MAX_FILE:
        raise _refuse("file-too-large", "文件有 %(size)d MB，上限为 %(limit)d MB。",
                      size=state.st_size >> 20, limit=MAX_FILE >> 20)  # fmt: skip
    with path.open("rb") as file:
        head = file.read(4096)
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        check_zip(path)
        return SHAPEFILE_ZIP
    if head.startswith(b"SQLite format 3\x00"):
        return GEOPACKAGE
    if head[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
        return GEOTIFF
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        return GEOJSON
    raise _refuse(
        "file-not-recognised",
        "不能识别的文件，看起来是%(kind)s；可接受 GeoJSON、压缩的 shapefile（zip）和 GeoPackage。",
        kind=_kind(head, text),
    )


def _kind(head: bytes, text: bytes) -> str:
    for magic, kind in _LOOKS:
        if head.startswith(magic):
            return kind
    lower = text[:600].lower()
    if b"<ogrvrtdatasource" in lower or b"<vrtdataset" in lower:
        return "GDAL 虚拟数据集（VRT，会引用别的文件）"
    if b"<kml" in lower or b"opengis.net/kml" in lower:
        return " KML 文件"
    if b"<html" in lower or b"<!doctype html" in lower:
        return "网页"
    if text.startswith(b"<"):
        return " XML 文件"
    if b"\x00" not in head:
        return "文本文件"
    return "未知的二进制文件"


def check_zip(path: Path) -> list[str]:
    """Judge a zip by its directory: sizes, ratios, paths, links, nesting. Returns the stems of its shapefiles."""
    # Measured before it is opened: a list of a million files takes seconds and gigabytes to read.
    if _directory_size(path) > MAX_DIRECTORY:
        raise _refuse("zip-directory-large", "zip 的文件目录过大，未打开。")
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _refuse("zip-broken", "zip 文件不完整或已损坏。") from error
    if len(entries) > MAX_ENTRIES:
        raise _refuse("zip-too-many", "zip 中有 %(count)d 个文件，上限为 %(limit)d 个。",
                      count=len(entries), limit=MAX_ENTRIES)  # fmt: skip
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(path.stat().st_size, 1)
    if unpacked > MAX_UNPACKED or (unpacked > _RATIO_FROM and unpacked / packed > MAX_RATIO):
        raise _refuse("zip-bomb", "zip 解压后有 %(size)d MB（压缩比 %(ratio)d），超过限制，未打开。",
                      size=unpacked >> 20, ratio=unpacked // packed)  # fmt: skip
    names: list[str] = []
    for entry in entries:
        name = entry.filename
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if ".." in parts or name.startswith(("/", "\\")) or ":" in name[:3]:
            raise _refuse("zip-path", "zip 中的路径 %(name)s 指向压缩包之外，未打开。", name=name[:80])
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise _refuse("zip-link", "zip 中的 %(name)s 是符号链接，未打开。", name=name[:80])
        if entry.flag_bits & 1:
            raise _refuse("zip-encrypted", "zip 有密码保护，请去掉密码后再上传。")
        if name.lower().endswith(_ARCHIVES):
            raise _refuse("zip-nested", "zip 中还有压缩包 %(name)s，请只压缩一层。", name=name[:80])
        if not name.startswith("__MACOSX/"):
            names.append(name)
    lower = {name.lower() for name in names}
    stems = [name[:-4] for name in names if name.lower().endswith(".shp")]
    if not stems:
        what = "一个 Office 文档" if "[content_types].xml" in lower else "一般的压缩包"
        raise _refuse("zip-no-shapefile", "zip 中没有 .shp 文件，看起来是%(kind)s。", kind=what)
    for stem in stems:
        missing = [suffix for suffix in (".shx", ".dbf") if stem.lower() + suffix not in lower]
        if missing:
            raise _refuse("shapefile-incomplete", "shapefile %(name)s 缺少 %(missing)s 文件。",
                          name=PurePosixPath(stem).name, missing="、".join(missing))  # fmt: skip
    return stems


_END, _END_LENGTH = b"PK\x05\x06", 22
_LOCATOR, _LOCATOR_LENGTH, _LARGE_END_LENGTH = b"PK\x06\x07", 20, 56


def _directory_size(path: Path) -> int:
    """The size of a zip's directory as its end states it, which is how much `zipfile` reads; 0 without an end."""
    length = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, length - _END_LENGTH - 0xFFFF - _LOCATOR_LENGTH - _LARGE_END_LENGTH))
        tail = file.read()
    # First where it is without a comment, as `zipfile` looks: its own bytes may hold the mark again.
    at = len(tail) - _END_LENGTH
    if tail[at : at + 4] != _END:
        at = tail.rfind(_END)
    if at < 0:
        return 0
    stated = int.from_bytes(tail[at + 12 : at + 16], "little")
    locator = at - _LOCATOR_LENGTH
    if locator >= _LARGE_END_LENGTH and tail[locator : locator + 4] == _LOCATOR:
        large = tail[locator - _LARGE_END_LENGTH : locator]
        stated = max(stated, int.from_bytes(large[40:48], "little"))
    return stated
