"""What an attached file says of its makers is gone before the public may have it; what it says itself stays."""

from __future__ import annotations

import io
import zipfile

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn
from openpyxl.comments import Comment
from PIL import ExifTags, Image

from siting.engine.notices import UnusableInput
from tests.factories.attached import (
    MAKER,
    bare,
    letter,
    photo,
    picture,
    saved,
    unpacked,
    with_parts,
    workbook,
)

ENTITIES = b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"


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


@pytest.mark.parametrize(
    ("name", "made", "why"),
    [
        ("a.xlsx", commented, "批注"),
        ("a.docx", revised, "修订"),
        ("a.docx", linked, "底稿.xlsx"),
        ("a.docx", lambda: with_parts(saved(letter()), word__embeddings__oleObject1_0=b"<x/>"), None),
        ("a.docx", lambda: with_parts(saved(letter()), _xmlsignatures__origin_0=b"<x/>"), "签名"),
        ("a.docx", lambda: with_parts(saved(letter()), word__document_0=ENTITIES), "已损坏"),
    ],
    ids=["comments", "revisions", "links", "objects", "signature", "entities"],
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
