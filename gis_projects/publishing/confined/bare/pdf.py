"""PDF (ISO 32000) without its information, XMP and private data of programs."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

from .pictures import jpeg
from .saying import refuse

#: Annotations of readers (ISO 32000-1, 12.5.6); the others are part of the page.
_MARKS = {"/Text", "/Popup", "/Highlight", "/Underline", "/StrikeOut", "/Squiggly", "/Caret"}
_FILES = {"/FileAttachment", "/Sound", "/Movie", "/RichMedia", "/Screen", "/3D"}
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
            if _says(reader):
                refuse("signed")
            return content  # it names nobody, and another byte would break its seal
        writer = PdfWriter(clone_from=reader)
        for page in writer.pages:
            for mark in page.get("/Annots", []) or []:
                _annotation(mark.get_object())
        for each in _dictionaries(writer._objects):
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


def _says(reader: Any) -> bool:
    """Whether a PDF names somebody or something that made it."""
    said = reader.metadata or {}
    telling = set(said) - {"/Producer", "/Creator", "/CreationDate", "/ModDate", "/Trapped"}
    return "/Metadata" in reader.root_object or any(str(said[key]).strip() for key in telling)


def _annotation(mark: Any) -> None:
    kind = mark.get("/Subtype")
    if kind in _MARKS:
        refuse("comments")
    if kind in _FILES:
        refuse("embedded", what="")
    if kind != "/Widget":  # of a field, /T is its name
        for key in ("/T", "/CreationDate", "/M", "/NM"):
            mark.pop(key, None)


def _bare(each: Any) -> None:
    for key in _NOTES:
        each.pop(key, None)
    data, coded = getattr(each, "_data", None), each.get("/Filter") in ("/DCTDecode", ["/DCTDecode"])
    if isinstance(data, bytes) and coded and each.get("/Subtype") == "/Image":
        each._data = jpeg(data)
