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
    everything_in,
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
    assert MAKER.encode() in everything_in(content)
    assert MAKER.encode() not in unpacked(clean)
    again = docx.Document(io.BytesIO(clean))
    assert again.paragraphs[0].text == "关于申报项目的通知"
    assert len(again.inline_shapes) == 1
    assert bare("通知.docx", content) == clean
    assert bare("通知.docx", clean) == clean


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
    assert everything_in(content).count(MAKER.encode()) >= 4
    clean = bare("清单.xlsx", content)
    assert MAKER.encode() not in unpacked(clean)
    sheet = openpyxl.load_workbook(io.BytesIO(clean)).active
    assert (sheet["A1"].value, sheet["B1"].value) == ("项目名称", "=SUM(1,2)")


TRANSITIONAL = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
VML = b"""<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">
<v:shape o:href="file:///home/ZhangSanAtHome/a.xlsx" alt="/Users/ZhangSanAtHome/a.png"><v:imagedata o:relid="rId1"
o:title="C:\\Users\\ZhangSanAtHome\\a"/><v:textbox><div>one<br>two</div></v:textbox></v:shape></xml>"""


def changed(content: bytes, part: str, *replaced: tuple[bytes, bytes]) -> bytes:
    """A document where one part says something else; each old text must be there."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        body = archive.read(part)
    for old, new in replaced:
        assert old in body, old
        body = body.replace(old, new)
    return with_parts(content, **{part.replace("/", "__"): body})


@pytest.mark.parametrize("space", [TRANSITIONAL, STRICT], ids=["transitional", "strict"])
def test_a_letter_loses_addresses_on_its_makers_machine(space):
    path = (
        f'name="D:\\{MAKER}\\a.jpg" descr="/Users/{MAKER}/a.jpg" title="\\\\server\\{MAKER}\\a.jpg"'.encode()
    )
    content = changed(
        saved(letter()),
        "word/document.xml",
        (b'<wp:docPr id="1" name="Picture 1"', b'<wp:docPr id="1" ' + path),
        (b'<pic:cNvPr id="0" name="image.jpg"', b'<pic:cNvPr id="0" ' + path),
        (b"<w:body>", f'<w:body><w:p><w:permStart w:id="7" w:ed="{MAKER}" w:rsidR="0A"/></w:p>'.encode()),
        (TRANSITIONAL, space),
    )
    content = changed(
        content,
        "word/settings.xml",
        (b"<w:rsids>", f'<w:docVars a="{MAKER}"/><w:rsids>'.encode()),
        (TRANSITIONAL, space),
    )
    assert everything_in(content).count(MAKER.encode()) >= 8
    clean = unpacked(bare("通知.docx", content))
    assert MAKER.encode() not in clean
    assert clean.count(b'name="a.jpg"') == 2
    assert b"w:rsid" not in clean
    assert "关于申报项目的通知".encode() in clean


def test_a_workbook_loses_peoples_own_views_and_the_addresses_in_its_drawings():
    view = f'<customWorkbookView name="{MAKER} - Personal View" guid="{{0}}"/>'
    content = changed(
        saved(workbook()),
        "xl/workbook.xml",
        (b"</workbook>", f"<customWorkbookViews>{view}</customWorkbookViews></workbook>".encode()),
    )
    views = f'<customSheetViews><customSheetView guid="{{0}}" x="{MAKER}"/></customSheetViews>'
    content = changed(
        content, "xl/worksheets/sheet1.xml", (b"</sheetData>", b"</sheetData>" + views.encode())
    )
    content = with_parts(content, **{"xl__drawings__vmlDrawing1.vml": VML})
    content = with_parts(
        content,
        **{"xl__comments1_0": f"<comments><authors><author>{MAKER}</author></authors></comments>".encode()},
    )
    assert everything_in(content).count(MAKER.encode()) >= 6
    clean = bare("清单.xlsx", content)
    assert MAKER.encode() not in unpacked(clean)
    assert b"two" in unpacked(clean)
    assert openpyxl.load_workbook(io.BytesIO(clean)).active["A1"].value == "项目名称"


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


def strict() -> bytes:
    return changed(revised(), "word/document.xml", (TRANSITIONAL, STRICT))


def nobodys() -> bytes:
    """A change whose author's name was taken out."""
    return changed(revised(), "word/document.xml", (f'w:author="{MAKER}"'.encode(), b""))


def at_home() -> bytes:
    made = letter()
    made.part.relate_to(f"/Users/{MAKER}/底稿.xlsx", "http://x/hyperlink", is_external=True)
    return saved(made)


def included() -> bytes:
    field = f'<w:p><w:r><w:instrText>INCLUDEPICTURE "C:\\\\{MAKER}\\\\底稿.xlsx"</w:instrText></w:r></w:p>'
    return changed(saved(letter()), "word/document.xml", (b"<w:body>", b"<w:body>" + field.encode()))


@pytest.mark.parametrize(
    ("name", "made", "why"),
    [
        ("a.xlsx", commented, "批注"),
        ("a.docx", revised, "修订"),
        ("a.docx", strict, "修订"),
        ("a.docx", nobodys, "修订"),
        ("a.docx", linked, "底稿.xlsx"),
        ("a.docx", at_home, "底稿.xlsx"),
        ("a.docx", included, "底稿.xlsx"),
        ("a.docx", lambda: with_parts(saved(letter()), word__embeddings__oleObject1_0=b"<x/>"), None),
        ("a.docx", lambda: with_parts(saved(letter()), _xmlsignatures__origin_0=b"<x/>"), "签名"),
        ("a.docx", lambda: with_parts(saved(letter()), word__document_0=ENTITIES), "已损坏"),
    ],
    ids=[
        "comments", "revisions", "strict", "nobody's", "links", "at home", "fields", "objects", "signature",
        "entities",
    ],
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
