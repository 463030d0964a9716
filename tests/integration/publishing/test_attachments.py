"""What an attached file says of its makers is gone before the public may have it; what it says itself stays."""

from __future__ import annotations

import io
import zipfile

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn
from docx.shared import Inches
from openpyxl.comments import Comment
from PIL import ExifTags, Image, PngImagePlugin
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Text
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
)
from weasyprint import HTML

from gis_projects import files
from gis_projects.publishing import attachments
from siting.engine.notices import UnusableInput

MAKER = "ZhangSanAtHome"
ENTITIES = b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"


def bare(name: str, content: bytes) -> bytes:
    return attachments.bare(files.refuse_unknown(name, content).code, content)


def unpacked(content: bytes) -> bytes:
    """All that a document's parts say, and the archive's own notes."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        return b"\n".join(
            [content, *(entry.filename.encode() + archive.read(entry) for entry in archive.infolist())]
        )


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


def test_a_photo_keeps_its_pixels_and_which_way_is_up():
    content = photo()
    clean = bare("现场.jpg", content)
    assert MAKER.encode() not in clean
    with Image.open(io.BytesIO(content)) as before, Image.open(io.BytesIO(clean)) as after:
        assert after.tobytes() == before.tobytes()
        assert dict(after.getexif()) == {ExifTags.Base.Orientation: 6}
        assert "comment" not in after.info
    with pytest.raises(UnusableInput, match="已损坏"):
        bare("断.jpg", content[:60])


def test_a_picture_keeps_its_pixels():
    clean = bare("示意图.png", picture())
    assert MAKER.encode() not in clean
    with Image.open(io.BytesIO(clean)) as after:
        assert (after.size, after.getpixel((3, 3)), after.info) == ((12, 8), (1, 2, 3, 128), {})


def test_a_letter_says_the_same_and_nothing_of_who_wrote_it():
    content = with_parts(
        saved(letter()),
        customXml__item1_0=f"<x>{MAKER}</x>".encode(),
        word__people_0=f"<x>{MAKER}</x>".encode(),
    )
    clean = bare("通知.docx", content)
    assert MAKER.encode() in unpacked_any(content)
    assert MAKER.encode() not in unpacked(clean)
    again = docx.Document(io.BytesIO(clean))
    assert again.paragraphs[0].text == "关于申报项目的通知"
    assert len(again.inline_shapes) == 1
    assert bare("通知.docx", content) == clean
    assert bare("通知.docx", clean) == clean


def unpacked_any(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"\n".join(archive.read(entry) for entry in archive.infolist())


def test_a_workbook_keeps_its_cells_and_loses_paths_printers_and_names():
    content = saved(workbook())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        book = archive.read("xl/workbook.xml")
    path = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice '
        'xmlns:x15ac="http://schemas.microsoft.com/office/spreadsheetml/2010/11/ac" Requires="x15">'
        f'<x15ac:absPath url="C:\\\\Users\\\\{MAKER}\\\\"/></mc:Choice></mc:AlternateContent>'
        f'<fileSharing userName="{MAKER}"/>'
    ).encode()
    content = with_parts(
        content,
        xl__workbook_0=book.replace(b"<workbookPr", path + b"<workbookPr", 1),
        docProps__app_0=f"<Properties><Company>{MAKER}</Company></Properties>".encode(),
    )
    assert unpacked_any(content).count(MAKER.encode()) >= 4
    clean = bare("清单.xlsx", content)
    assert MAKER.encode() not in unpacked(clean)
    sheet = openpyxl.load_workbook(io.BytesIO(clean)).active
    assert (sheet["A1"].value, sheet["B1"].value) == ("项目名称", "=SUM(1,2)")


def test_a_pdf_keeps_its_pages():
    content = written(paper())
    clean = bare("申请表.pdf", content)
    reader = PdfReader(io.BytesIO(clean))
    assert "申请表" in reader.pages[0].extract_text()
    assert MAKER not in str(reader.metadata)
    assert "/Metadata" not in reader.root_object
    assert MAKER.encode() not in everything(clean)
    assert bare("申请表.pdf", content) == clean


def test_what_programs_keep_to_themselves_in_a_pdf_goes_to_the_end_of_its_chain():
    writer = paper()
    page = writer.pages[0]
    last = DecodedStreamObject()
    last.set_data(MAKER.encode())
    chain = last.flate_encode()
    for name in ("/AIPrivateData1", "/Private", "/Illustrator"):
        chain = DictionaryObject({NameObject(name): writer._add_object(chain)})
    page[NameObject("/PieceInfo")] = writer._add_object(chain)
    properties = DictionaryObject({NameObject("/Metadata"): writer.root_object.raw_get("/Metadata")})
    page["/Resources"][NameObject("/Properties")] = DictionaryObject({NameObject("/MC0"): properties})
    clean = bare("图.pdf", written(writer))
    told = everything(clean)
    assert "申请表" in PdfReader(io.BytesIO(clean)).pages[0].extract_text()
    for word in (MAKER, "AIPrivateData", "/Private", "/Illustrator", "/PieceInfo", "xmpmeta"):
        assert word.encode() not in told, word
    assert bare("图.pdf", clean) == clean


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


def commented() -> bytes:
    made = workbook()
    made.active["A1"].comment = Comment("请改", MAKER)
    return saved(made)


def revised() -> bytes:
    made = letter()
    run = made.paragraphs[0].runs[0]._element
    change = run.makeelement(qn("w:ins"), {qn("w:author"): MAKER, qn("w:id"): "1"})
    run.addprevious(change)
    change.append(run)
    return saved(made)


def linked() -> bytes:
    made = letter()
    made.part.relate_to(f"file:///C:/Users/{MAKER}/底稿.xlsx", "http://x/oleObject", is_external=True)
    return saved(made)


def marked() -> bytes:
    writer = paper()
    writer.add_annotation(0, Text(rect=(50, 50, 100, 100), text="请改"))
    return written(writer)


def holding() -> bytes:
    writer = paper()
    writer.add_attachment("底稿.txt", b"x")
    return written(writer)


def locked() -> bytes:
    writer = paper()
    writer.encrypt("secret")
    return written(writer)


@pytest.mark.parametrize(
    ("name", "made", "why"),
    [
        ("a.xlsx", commented, "批注"),
        ("a.docx", revised, "修订"),
        ("a.docx", linked, "底稿.xlsx"),
        ("a.pdf", marked, "批注"),
        ("a.pdf", holding, "其他文件"),
        ("a.pdf", locked, "已加密"),
        ("a.pdf", lambda: b"%PDF-1.4\n%%EOF\n", "已损坏"),
        ("a.docx", lambda: with_parts(saved(letter()), word__embeddings__oleObject1_0=b"<x/>"), None),
        ("a.docx", lambda: with_parts(saved(letter()), _xmlsignatures__origin_0=b"<x/>"), "签名"),
        ("a.docx", lambda: with_parts(saved(letter()), word__document_0=ENTITIES), "已损坏"),
    ],
    ids=["comments", "revisions", "links", "notes", "files", "password", "broken", "objects", "signature", "entities"],
)  # fmt: skip
def test_what_only_its_author_can_decide_is_refused_with_the_reason(name, made, why):
    content = made()
    if why is None:
        content = content.replace(b"oleObject1.xml", b"oleObject1.bin")
        why = "oleObject1.bin"
    with pytest.raises(UnusableInput, match=why):
        bare(name, content)


def test_plain_text_has_no_properties():
    assert bare("说明.txt", "说明".encode()) == "说明".encode()


def test_a_picture_in_a_pdf_keeps_its_pixels_and_a_sealed_pdf_its_seal():
    writer = PdfWriter(clone_from=io.BytesIO(_drawn(photo())))
    content = written(writer)
    assert MAKER.encode() in content
    clean = bare("图.pdf", content)
    assert MAKER.encode() not in clean
    assert PdfReader(io.BytesIO(clean)).pages[0].images[0].image.size == (40, 20)
    sealed = PdfWriter(clone_from=io.BytesIO(HTML(string="<p>批复").write_pdf()))
    sealed.metadata = None
    form = DictionaryObject({NameObject("/Fields"): ArrayObject(), NameObject("/SigFlags"): NumberObject(3)})
    sealed.root_object[NameObject("/AcroForm")] = form
    plain = written(sealed)
    assert bare("批复.pdf", plain) == plain
    sealed.add_metadata({"/Author": MAKER})
    with pytest.raises(UnusableInput, match="数字签名"):
        bare("批复.pdf", written(sealed))


def _drawn(picture: bytes) -> bytes:
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
