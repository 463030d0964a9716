"""PDF (ISO 32000) without its information, XMP and private data of programs."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .pictures import jpeg, jpx
from .saying import refuse

#: Annotations of readers (ISO 32000-1, 12.5.6); the others are part of the page.
_MARKS = {"/Text", "/Popup", "/Highlight", "/Underline", "/StrikeOut", "/Squiggly", "/Caret"}
_FILES = {"/FileAttachment", "/Sound", "/Movie", "/RichMedia", "/Screen", "/3D"}
#: Names in what a later revision replaced, which stays in the file.
_EARLIER = re.compile(rb"/(?:Author|Company|Manager)\s*(?:\((?!\))|<(?![<>]))|<x:xmpmeta")
_NOTES = ("/Metadata", "/PieceInfo", "/LastModified")


def pdf(content: bytes) -> bytes:
    from pypdf import PdfReader, PdfWriter
    from pypdf.errors import PyPdfError
    from pypdf.generic import DictionaryObject

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            refuse("encrypted")
        root = reader.root_object
        names = root.get("/Names", DictionaryObject()).get_object()
        if "/EmbeddedFiles" in names or "/AF" in root or "/Collection" in root:
            refuse("embedded", what="")
        if _signed(root):
            _refuse_sealed(reader, content)
            return content  # it names nobody, and another byte would break its seal
        writer = PdfWriter(clone_from=reader)
        for each in _dictionaries(writer._objects):
            _refuse_added(each)
            _bare(each)
        writer.metadata = None
        for key in ("/Metadata", "/PieceInfo", "/SpiderInfo"):
            writer.root_object.pop(key, None)
        # what only those led to is still among the objects; a copy of the copy has what its root leads to
        last = PdfWriter(clone_from=PdfReader(io.BytesIO(_written(writer))))
    except (PyPdfError, RecursionError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        refuse("unreadable")
    return _written(last)


def _written(writer: Any) -> bytes:
    whole = io.BytesIO()
    writer.write(whole)
    return whole.getvalue()


def _dictionaries(objects: Iterable[Any]) -> Iterator[Any]:
    """The dictionaries among them and those that stand in these without a number of their own."""
    waiting = list(objects)
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)


def _signed(root: Any) -> bool:
    form = root.get("/AcroForm")
    flags = form.get_object().get("/SigFlags", 0) if form is not None else 0
    return bool(int(flags) & 1) or "/Perms" in root


def _refuse_sealed(reader: Any, content: bytes) -> None:
    """Refuse what a seal keeps us from taking out, wherever in the file it stands."""
    for each in _dictionaries(_numbered(reader)):
        _refuse_added(each)
        if _tells(each):
            refuse("signed")
    said = reader.metadata or {}
    telling = set(said) - {"/Producer", "/Creator", "/CreationDate", "/ModDate", "/Trapped"}
    if any(str(said[key]).strip() for key in telling) or _EARLIER.search(content):
        refuse("signed")


def _numbered(reader: Any) -> Iterator[Any]:
    """Every object of the file, whether anything leads there or not."""
    from pypdf.generic import IndirectObject

    for generation, places in list(reader.xref.items()):
        for number in list(places):
            yield reader.get_object(IndirectObject(number, generation, reader))
    for number in list(reader.xref_objStm):
        yield reader.get_object(number)


def _tells(each: Any) -> bool:
    """Whether this names somebody, or may: notes of programs, the author of a drawing on the page, a camera's."""
    if any(key in each for key in ("/Metadata", "/PieceInfo")):
        return True
    if "/Rect" in each and each.get("/Subtype") != "/Widget" and "/T" in each:
        return True
    photo = _photo(each)
    return photo is not None and photo.bare != photo.content.rstrip(b"\r\n\0 ")


def _refuse_added(each: Any) -> None:
    """Refuse what readers wrote on the page, and files that were put in."""
    kind = each.get("/Subtype") if "/Rect" in each else None  # an annotation has a place on its page
    if kind in _MARKS:
        refuse("comments")
    if kind in _FILES or "/EF" in each:
        refuse("embedded", what="")


def _bare(each: Any) -> None:
    from pypdf.generic import ArrayObject, NameObject

    for key in _NOTES:
        each.pop(key, None)
    if "/Rect" in each and each.get("/Subtype") != "/Widget":  # of a field, /T is its name
        for key in ("/T", "/CreationDate", "/M", "/NM"):
            each.pop(key, None)
    photo = _photo(each)
    if photo is not None:
        each._data = photo.bare
        if isinstance(each["/Filter"], list):  # packed once more
            each[NameObject("/Filter")] = ArrayObject(each["/Filter"][-1:])
            if isinstance(each.get("/DecodeParms"), list):
                each[NameObject("/DecodeParms")] = ArrayObject(each["/DecodeParms"][-1:])


#: Filters whose content is a picture file of its own, which has room for notes.
_PICTURES = {"/DCTDecode": jpeg, "/JPXDecode": jpx}


@dataclass(frozen=True)
class _Photo:
    content: bytes
    bare: bytes


def _photo(each: Any) -> _Photo | None:
    """The JPEG or JPEG 2000 file that a picture is, also where it is packed once more."""
    from pypdf.filters import decode_stream_data
    from pypdf.generic import ArrayObject, NameObject, StreamObject

    if each.get("/Subtype") != "/Image" or "/Filter" not in each:
        return None
    names = each["/Filter"]
    chain = [one.get_object() for one in names] if isinstance(names, list) else [names]
    if not chain or chain[-1] not in _PICTURES:
        return None
    bare = _PICTURES[chain[-1]]
    if not chain[:-1]:
        return _Photo(bytes(each._data), bare(bytes(each._data)))
    outer = StreamObject()
    outer._data = each._data
    outer[NameObject("/Filter")] = ArrayObject(chain[:-1])
    if isinstance(each.get("/DecodeParms"), list):
        outer[NameObject("/DecodeParms")] = ArrayObject(each["/DecodeParms"][:-1])
    content = bytes(decode_stream_data(outer))
    return _Photo(content, bare(content))
