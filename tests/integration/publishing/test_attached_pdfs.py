"""A PDF beside an article: its pages stay, its makers go, and what only its author can decide is refused."""

from __future__ import annotations

import io
import zlib

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText, Text
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)
from weasyprint import HTML

from siting.engine.notices import UnusableInput
from tests.factories.attached import MAKER, bare, drawn, everything, paper, photo, written


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
    ("made", "why"),
    [(marked, "批注"), (holding, "其他文件"), (locked, "已加密"), (lambda: b"%PDF-1.4\n%%EOF\n", "已损坏")],
    ids=["notes", "files", "password", "broken"],
)
def test_what_only_its_author_can_decide_is_refused_with_the_reason(made, why):
    with pytest.raises(UnusableInput, match=why):
        bare("a.pdf", made())


@pytest.mark.parametrize("packed", [False, True])
def test_a_picture_in_a_pdf_keeps_its_pixels(packed):
    writer = PdfWriter(clone_from=io.BytesIO(drawn(photo())))
    if packed:
        image = writer.pages[0]["/Resources"]["/XObject"]["/Im0"]
        image._data = zlib.compress(image._data)
        image[NameObject("/Filter")] = ArrayObject([NameObject("/FlateDecode"), NameObject("/DCTDecode")])
    clean = bare("图.pdf", written(writer))
    assert PdfReader(io.BytesIO(clean)).pages[0].images[0].image.size == (40, 20)
    image = PdfReader(io.BytesIO(clean)).pages[0]["/Resources"]["/XObject"]["/Im0"]
    assert image["/Filter"] in ("/DCTDecode", ["/DCTDecode"])  # so what it says is there to be read
    assert MAKER.encode() not in clean


def jpeg_2000(*, comment=b"", boxed=True) -> bytes:
    """A JPEG 2000 picture with the name of its maker in a comment of the code stream and in a box of its own."""
    out = io.BytesIO()
    Image.new("RGB", (40, 20), (10, 200, 30)).save(out, "JPEG2000", comment=comment, no_jp2=not boxed)
    content = out.getvalue()
    if not (comment and boxed):
        return content
    at = content.index(b"jp2c") - 4
    note = b"xml " + comment
    return content[:at] + (len(note) + 4).to_bytes(4, "big") + note + content[at:]


def with_jpeg_2000(content: bytes) -> PdfWriter:
    writer = PdfWriter(clone_from=io.BytesIO(drawn(photo())))
    image = writer.pages[0]["/Resources"]["/XObject"]["/Im0"]
    image._data = content
    image[NameObject("/Filter")] = NameObject("/JPXDecode")
    return writer


@pytest.mark.parametrize("boxed", [True, False])
def test_a_jpeg_2000_in_a_pdf_keeps_its_pixels_and_nothing_else(boxed):
    content = jpeg_2000(comment=MAKER.encode(), boxed=boxed)
    assert MAKER.encode() in content
    clean = bare("图.pdf", written(with_jpeg_2000(content)))
    assert MAKER.encode() not in clean
    picture = PdfReader(io.BytesIO(clean)).pages[0].images[0].image
    assert picture.convert("RGB").getpixel((3, 3)) == (10, 200, 30)


def nested(content: bytes, name: bytes) -> bytes:
    """The same with its maker in a box within the header's, before the first that is there."""
    at = content.index(b"jp2h") - 4
    note = (len(MAKER.encode()) + 8).to_bytes(4, "big") + name + MAKER.encode()
    length = int.from_bytes(content[at : at + 4], "big") + len(note)
    return content[:at] + length.to_bytes(4, "big") + b"jp2h" + note + content[at + 8 :]


@pytest.mark.parametrize(
    "made",
    [
        lambda: jpeg_2000(boxed=False) + MAKER.encode(),
        lambda: until_the_end(jpeg_2000()) + MAKER.encode(),
        lambda: nested(jpeg_2000(), b"xml "),
        lambda: nested(jpeg_2000(), b"uuid"),
        lambda: nested(jpeg_2000(), b"lbl "),
        lambda: nested(jpeg_2000(), b"jp2c"),
    ],
    ids=["behind a stream", "behind a box to the end", "xml", "uuid", "label", "a stream in the header"],
)
def test_a_jpeg_2000_ends_with_its_picture_and_its_header_says_nothing_else(made):
    content = made()
    assert MAKER.encode() in content
    clean = bare("图.pdf", written(with_jpeg_2000(content)))
    assert MAKER.encode() not in clean
    picture = PdfReader(io.BytesIO(clean)).pages[0].images[0].image
    assert picture.convert("RGB").getpixel((3, 3)) == (10, 200, 30)


def until_the_end(content: bytes) -> bytes:
    """Its code stream's box says no length, nor does its one tile: up to the end."""
    at, tile = content.index(b"jp2c") - 4, content.index(b"\xff\x90") + 6
    return content[:at] + bytes(4) + content[at + 4 : tile] + bytes(4) + content[tile + 4 :]


def test_a_seal_carries_no_jpeg_2000_through_that_names_its_maker():
    clean = PdfWriter(clone_from=io.BytesIO(bare("图.pdf", written(with_jpeg_2000(jpeg_2000())))))
    plain = written(sealed(clean))
    assert bare("批复.pdf", plain) == plain
    named = with_jpeg_2000(jpeg_2000(comment=MAKER.encode()))
    with pytest.raises(UnusableInput, match="在签名前清除"):
        bare("批复.pdf", written(sealed(named)))


def sealed(writer: PdfWriter | None = None) -> PdfWriter:
    """As far as anybody can tell without looking into the seal."""
    if writer is None:
        writer = PdfWriter(clone_from=io.BytesIO(HTML(string="<p>批复").write_pdf()))
        writer.metadata = None
    form = DictionaryObject({NameObject("/Fields"): ArrayObject(), NameObject("/SigFlags"): NumberObject(3)})
    writer.root_object[NameObject("/AcroForm")] = form
    return writer


def noted(key: str) -> PdfWriter:
    """A sealed PDF where a picture's own dictionary has notes."""
    writer = sealed()
    notes = DecodedStreamObject()
    notes.set_data(MAKER.encode())
    inner = DictionaryObject({NameObject(key): writer._add_object(notes)})
    writer.pages[0]["/Resources"][NameObject("/Properties")] = DictionaryObject({NameObject("/MC0"): inner})
    return writer


def authored() -> PdfWriter:
    writer = sealed()
    writer.add_metadata({"/Author": MAKER})
    return writer


def annotated(mark) -> PdfWriter:
    writer = sealed()
    mark[NameObject("/T")] = TextStringObject(MAKER)
    writer.add_annotation(0, mark)
    return writer


def sealed_with_file() -> PdfWriter:
    writer = sealed()
    writer.add_attachment("底稿.txt", b"x")
    return writer


def revised() -> bytes:
    """Its author's name is only in the revision before the last."""
    whole = io.BytesIO(written(authored()))
    last = PdfWriter(whole, incremental=True)
    last.add_metadata({"/Author": ""})
    return written(last)


BOX = (50, 50, 100, 100)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (authored, "在签名前清除"),
        (lambda: noted("/Metadata"), "在签名前清除"),
        (lambda: noted("/PieceInfo"), "在签名前清除"),
        (lambda: sealed(PdfWriter(clone_from=io.BytesIO(drawn(photo())))), "在签名前清除"),
        (lambda: annotated(FreeText(rect=BOX, text="同意")), "在签名前清除"),
        (lambda: annotated(Text(rect=BOX, text="请改")), "批注"),
        (sealed_with_file, "其他文件"),
        (revised, "在签名前清除"),
    ],
    ids=["author", "xmp", "private", "camera", "drawn by", "notes", "files", "revision"],
)
def test_a_seal_does_not_carry_through_what_any_other_pdf_is_refused_for(made, why):
    content = made()
    with pytest.raises(UnusableInput, match=why):
        bare("批复.pdf", content if isinstance(content, bytes) else written(content))


def test_a_sealed_pdf_that_names_nobody_keeps_its_seal():
    plain = written(sealed())
    assert bare("批复.pdf", plain) == plain
    clean = PdfWriter(clone_from=io.BytesIO(bare("图.pdf", drawn(photo()))))
    pictured = written(sealed(clean))
    assert bare("批复.pdf", pictured) == pictured
