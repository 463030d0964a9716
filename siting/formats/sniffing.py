"""What a file is, told by its content; its name is only repeated in messages."""

from __future__ import annotations

import io
import re
import zipfile
from enum import StrEnum

from siting.engine.notices import Notice, UnusableInput
from siting.formats.limits import MAX_BYTES


class Format(StrEnum):
    """The formats that can be read."""

    COORDINATE_TEXT = "coordinate_text"
    GEOJSON = "geojson"
    SHAPEFILE = "shapefile"
    KML = "kml"
    KMZ = "kmz"
    DXF = "dxf"
    GEOPACKAGE = "geopackage"
    WORKBOOK = "workbook"


# beginnings of the files that people bring instead, with names that are the same in every language
_STRANGERS = (
    (rb"%PDF", "PDF"),
    (rb"AC10\d\d", "AutoCAD DWG"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Microsoft Office (xls, doc)"),
    (rb"\x00\x00\x27\x0a", "shapefile (.shp)"),
    (rb"\x89PNG", "PNG"),
    (rb"\xff\xd8\xff", "JPEG"),
    (rb"GIF8", "GIF"),
    (rb"BM.{4}\x00\x00\x00\x00", "BMP"),
    (rb"II\*\x00|MM\x00\*|II\+\x00|MM\x00\+", "TIFF"),
    (rb"Rar!", "RAR"),
    (rb"7z\xbc\xaf\x27\x1c", "7z"),
    (rb"\x1f\x8b", "gzip"),
    (rb"\x7fELF|MZ", "EXE / ELF"),
    (rb"\{\\rtf", "RTF"),
)
_KNOWN = (
    (rb"AutoCAD Binary DXF\r\n\x1a\x00|(\s*999[ \t]*\r?\n[^\n]*\n)*\s*0[ \t]*\r?\n\s*SECTION\s", Format.DXF),
    (rb"SQLite format 3\x00", Format.GEOPACKAGE),
)
_KML = rb"\s*(<!DOCTYPE[^\[>]*(\[.*?\]\s*)?>\s*)?<(\w+:)?kml[\s>]"
_XML_HEAD = 65_536
# members by which a zip shows what it is
_ZIPPED_KNOWN = (
    (r".*\.shp", Format.SHAPEFILE),
    (r"xl/workbook\.xml", Format.WORKBOOK),
    (r".*\.kml", Format.KMZ),
)
_ZIPPED_STRANGERS = (
    (r"xl/workbook\.bin", "Microsoft Excel (xlsb)"),
    (r"word/document\.xml", "Microsoft Word (docx)"),
    (r"ppt/presentation\.xml", "Microsoft PowerPoint (pptx)"),
    (r".*\.gdb/.*|.*\.gdbtable", "File Geodatabase (GDB)"),
    (r".*\.gpkg", "GeoPackage"),
    (r".*\.pdf", "ZIP (PDF)"),
    (r".*\.dwg", "ZIP (DWG)"),
    (r".*\.txt", "ZIP (TXT)"),
)
_MOST_MEMBERS = 200


def sniff(content: bytes, filename: str) -> Format:
    """Tell which format a file has.

    Parameters
    ----------
    content
        The whole file.
    filename
        For messages only; its extension decides nothing.

    Raises
    ------
    UnusableInput
        For an empty file, one past the size limit, and every other kind of file, by the name of what it
        looks like.
    """
    if not content.strip():
        raise UnusableInput(Notice("file-empty", "文件“%(file)s”是空的", {"file": _short(filename)}))
    if len(content) > MAX_BYTES:
        raise UnusableInput(
            Notice("file-too-large", "文件超过 %(limit)s MB", {"limit": MAX_BYTES // 1024 // 1024})
        )
    if content.startswith(b"PK"):
        return _sniff_zip(content, filename)
    for beginning, known in _KNOWN:
        if re.match(beginning, content, re.DOTALL):
            return known
    for beginning, name in _STRANGERS:
        if re.match(beginning, content, re.DOTALL):
            raise _stranger(filename, name)
    start = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        # comments, the declaration and a document type (which the reader refuses by name) may stand before it
        plain = re.sub(
            rb"<!--.*?-->|<\?.*?\?>", b"", content[:_XML_HEAD].removeprefix(b"\xef\xbb\xbf"), flags=re.DOTALL
        )
        if re.match(_KML, plain, re.DOTALL):
            return Format.KML
        raise _stranger(filename, _xml_name(start))
    if start.startswith(b"{") or re.match(rb"\[\s*[\[{\"\d]", start):
        return Format.GEOJSON
    return Format.COORDINATE_TEXT


def _xml_name(start: bytes) -> str:
    head = start.lower()
    for mark, name in (
        (b"<ogrvrtdatasource", "OGR VRT"),
        (b"<vrtdataset", "GDAL VRT"),
        (b"<gml", "GML"),
        (b"<svg", "SVG"),
        (b"<!doctype html", "HTML"),
        (b"<html", "HTML"),
    ):
        if mark in head:
            return name
    return "XML"


def _sniff_zip(content: bytes, filename: str) -> Format:
    # counted before opening: the directory of a hostile zip may hold a million members
    if content.count(b"PK\x01\x02") > _MOST_MEMBERS:
        raise UnusableInput(
            Notice("zip-too-many-members", "压缩包中的文件超过 %(limit)s 个", {"limit": _MOST_MEMBERS})
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise UnusableInput(
            Notice("zip-broken", "压缩包“%(file)s”已损坏，无法打开", {"file": _short(filename)})
        ) from error
    lowered = [name.lower() for name in names]
    for member, known in _ZIPPED_KNOWN:
        if any(re.fullmatch(member, inside) for inside in lowered):
            return known
    for member, name in _ZIPPED_STRANGERS:
        if any(re.fullmatch(member, inside) for inside in lowered):
            raise _stranger(filename, name)
    raise _stranger(filename, "ZIP (without .shp)")


def _short(filename: str) -> str:
    return filename[-80:]


def _stranger(filename: str, name: str) -> UnusableInput:
    return UnusableInput(
        Notice(
            "format-unsupported",
            "文件“%(file)s”看起来是 %(looks_like)s，不能作为边界读取："
            "请上传界址点坐标文本（TXT）、坐标成果表（xlsx）、GeoJSON、KML、KMZ、DXF、GeoPackage，"
            "或 shapefile 的 zip 压缩包",
            {"file": _short(filename), "looks_like": name},
        )
    )
