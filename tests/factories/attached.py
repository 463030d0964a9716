"""Files as people attach them: full of who made them, where and with what."""

from __future__ import annotations

import io
import zipfile

import docx
import openpyxl
from docx.shared import Inches
from PIL import ExifTags, Image, PngImagePlugin
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
)
from weasyprint import HTML

from gis_projects import files
from gis_projects.publishing import attachments

MAKER = "ZhangSanAtHome"


def bare(name: str, content: bytes) -> bytes:
    """As the public would get a file of this name."""
    return attachments.bare(files.refuse_unknown(name, content).code, content)


def unpacked(content: bytes) -> bytes:
    """All that a document's parts say, and the archive's own notes."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        return b"\n".join(
            [content, *(entry.filename.encode() + archive.read(entry) for entry in archive.infolist())]
        )


def everything_in(content: bytes) -> bytes:
    """All that a document's parts say."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"\n".join(archive.read(entry) for entry in archive.infolist())


def with_parts(content: bytes, **parts: bytes) -> bytes:
    """A document with other or more parts; ``__`` stands for a slash and ``_0`` for the ending."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        whole = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    whole |= {name.replace("__", "/").replace("_0", ".xml"): body for name, body in parts.items()}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, body in whole.items():
            archive.writestr(name, body)
    return made.getvalue()


def photo() -> bytes:
    """A JPEG that lies on its side, with who, where and when, and a second file behind it."""
    image = Image.new("RGB", (40, 20), "red")
    exif = image.getexif()
    exif[ExifTags.Base.Artist] = MAKER
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.GPSInfo)[2] = (40.0, 39.0, 12.3)
    made = io.BytesIO()
    image.save(made, "JPEG", exif=exif, comment=MAKER.encode(), quality=90, progressive=True)
    return made.getvalue() + MAKER.encode()


def picture() -> bytes:
    said = PngImagePlugin.PngInfo()
    said.add_text("Author", MAKER)
    said.add_itxt("XML:com.adobe.xmp", MAKER, zip=True)
    made = io.BytesIO()
    Image.new("RGBA", (12, 8), (1, 2, 3, 128)).save(made, "PNG", pnginfo=said)
    return made.getvalue() + MAKER.encode()


def letter() -> docx.document.Document:
    made = docx.Document()
    made.core_properties.author = made.core_properties.last_modified_by = made.core_properties.title = MAKER
    made.add_paragraph("关于申报项目的通知")
    made.add_picture(io.BytesIO(photo()), width=Inches(1))
    return made


def saved(made: object) -> bytes:
    whole = io.BytesIO()
    made.save(whole)
    return whole.getvalue()


def workbook() -> openpyxl.Workbook:
    made = openpyxl.Workbook()
    made.properties.creator = made.properties.lastModifiedBy = MAKER
    made.active["A1"] = "项目名称"
    made.active["B1"] = "=SUM(1,2)"
    return made


def paper() -> PdfWriter:
    writer = PdfWriter(clone_from=io.BytesIO(HTML(string="<p>申请表").write_pdf()))
    writer.add_metadata({"/Author": MAKER, "/Company": MAKER})
    xmp = DecodedStreamObject()
    xmp.set_data(f"<x:xmpmeta>{MAKER}</x:xmpmeta>".encode())
    writer.root_object[NameObject("/Metadata")] = writer._add_object(xmp)
    return writer


def written(writer: PdfWriter) -> bytes:
    whole = io.BytesIO()
    writer.write(whole)
    return whole.getvalue()


def everything(content: bytes) -> bytes:
    """The file and each of its objects, whether anything leads there or not, streams unpacked."""
    reader = PdfReader(io.BytesIO(content))
    told = [content]
    for number in range(1, reader.trailer["/Size"]):
        each = reader.get_object(number)
        told.append(repr(each).encode())
        if isinstance(each, StreamObject) and "/Subtype" not in each:
            told.append(each.get_data())
    return b"\n".join(told)


def drawn(picture: bytes) -> bytes:
    """A page with a photo as a camera wrote it, byte for byte."""
    writer = PdfWriter()
    page = writer.add_blank_page(100, 100)
    image = StreamObject()
    image._data = picture
    told = {"/Type": "/XObject", "/Subtype": "/Image", "/Filter": "/DCTDecode", "/ColorSpace": "/DeviceRGB"}
    image.update({NameObject(key): NameObject(value) for key, value in told.items()})
    size = {"/Width": 40, "/Height": 20, "/BitsPerComponent": 8}
    image.update({NameObject(key): NumberObject(value) for key, value in size.items()})
    objects = DictionaryObject({NameObject("/Im0"): writer._add_object(image)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): objects})
    return written(writer)
