"""Documents of Word and Excel (ECMA-376) without what names people, firms, paths and printers."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

from .pictures import picture
from .saying import refuse

MOST_UNPACKED = 256 << 20
DEEPEST = 2  # a chart in a document has its figures as a workbook

_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
#: Parts about the file and its makers, which no page is made of; their relationships go with them.
_ABOUT = re.compile(
    r"^(docprops|docmetadata|customxml)/|^word/people\.xml$|^xl/persons/|/printersettings/", re.I
)
#: Addresses on the machine or the network where it was made, which often name who sat there.
_HERE = re.compile(
    r"^(file:|[a-z]:[\\/]|[\\/]{2}|~[\\/])|(^|[\\/])(users|home|documents and settings)[\\/]", re.I
)
#: The same within a field's instructions (INCLUDEPICTURE "C:\\\\Users\\\\…").
_HERE_IN_FIELD = re.compile(r'(?<![a-z0-9])(?:file:|[a-z]:[\\/])[^"]*|(?<=")\\\\[^"]*', re.I)
_WEB = re.compile(r"^(https?|ftps?|mailto|tel):", re.I)
#: Attributes where programs leave the address of a picture or a link (of DrawingML, VML and hyperlinks).
_TELLING = {"descr", "title", "alt", "href", "src", "tooltip"}
#: What is left out of a part, by its root: what names templates, sources of letters and people with their own views.
_UNWANTED = {
    "settings": {"rsids", "attachedTemplate", "docVars", "mailMerge", "docId"},
    "styles": {"rsid"},
    "workbook": {"fileSharing", "revisionPtr", "customWorkbookViews"},
    "worksheet": {"customSheetViews"},
    "chartsheet": {"customSheetViews"},
    "dialogsheet": {"customSheetViews"},
    "comments": {"author"},  # of comments that are gone
}
#: Attributes that name people, by their element.
_NAMING = {
    "permStart": {"ed"},
    "protectedRange": {"securityDescriptor"},
    "pivotCacheDefinition": {"refreshedBy", "refreshedDate", "refreshedDateIso"},
}
#: Tracked changes of Word (ECMA-376-1, 17.13.5), as the strict and the transitional form of it name them.
_CHANGES = {
    "ins", "del", "moveFrom", "moveTo", "cellIns", "cellDel", "cellMerge", "numberingChange", "rPrChange", "pPrChange",
    "sectPrChange", "tblPrChange", "tblPrExChange", "tblGridChange", "trPrChange", "tcPrChange",
}  # fmt: skip


def office(content: bytes, depth: int = 1) -> bytes:
    """The document without what its makers left in it.

    Refuses comments and tracked changes: whether they stay is for its author to say.
    """
    parts = _unpacked(content)
    for name in parts:
        if name.lower().startswith("_xmlsignatures/"):
            refuse("signed")
        if name.lower() == "xl/connections.xml":
            refuse("connections")
        if name.lower().startswith("xl/revisions/"):
            refuse("revisions")
    gone = {name for name in parts if _ABOUT.search(name)}
    gone |= {name for name in parts if _owner(name) in gone}
    kept = {name: _part(name, body, gone, depth) for name, body in parts.items() if name not in gone}
    return _packed(kept)


def _part(name: str, body: bytes, gone: set[str], depth: int) -> bytes:
    lower = name.lower()
    if lower.endswith((".xml", ".rels", ".vml")):
        return _xml(name, body, gone)
    if "/media/" in lower:
        return picture(body, name)
    if "/embeddings/" in lower and lower.endswith((".xlsx", ".docx")) and depth < DEEPEST:
        return office(body, depth + 1)
    if not lower.endswith((".odttf", ".fntdata")):  # fonts
        refuse("embedded", what=posixpath.basename(name))
    return body


def _xml(name: str, body: bytes, gone: set[str]) -> bytes:
    from lxml import etree

    # drawings of form fields (VML) are written like HTML, with line breaks that aren't closed
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        recover=name.lower().endswith(".vml"),
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        refuse("unreadable")
    if root is None or root.getroottree().docinfo.doctype:
        refuse("unreadable")
    if any(_local(each) in ("comment", "threadedComment") for each in root.iter()):
        refuse("comments")
    if name == "[Content_Types].xml":
        _drop(each for each in root if (each.get("PartName") or "").lstrip("/") in gone)
    elif name.endswith(".rels"):
        _relations(name, root, gone)
    else:
        _elements(root)
    return bytes(etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8", standalone=True))


def _relations(name: str, root: Any, gone: set[str]) -> None:
    folder = posixpath.dirname(posixpath.dirname(name))
    for each in root.findall(_RELATION):
        target = each.get("Target") or ""
        if each.get("TargetMode") == "External":
            if (each.get("Type") or "").endswith("/attachedTemplate"):
                root.remove(each)
            elif _here(target):
                refuse("elsewhere", what=_last(target))
        elif posixpath.normpath(posixpath.join(f"/{folder}", target)).lstrip("/") in gone:
            root.remove(each)


def _here(text: str) -> bool:
    plain = unquote(text).strip()
    return not _WEB.match(plain) and bool(_HERE.search(plain))


def _last(path: str) -> str:
    return re.split(r"[\\/]", unquote(path).strip())[-1]


def _elements(root: Any) -> None:
    if any(_is_change(each) for each in root.iter("*")):
        refuse("revisions")
    fields = "".join(each.text or "" for each in root.iter("*") if _local(each) == "instrText")
    for link in _HERE_IN_FIELD.findall(fields):
        refuse("elsewhere", what=_last(link))
    unwanted = []
    about = _local(root)
    for each in root.iter("*"):
        local = _local(each)
        if local in _UNWANTED.get(about, ()):
            unwanted.append(each)
        elif local == "absPath":  # the folder it was saved in
            above = each.getparent()
            while above is not None and _local(above) != "AlternateContent":
                above = above.getparent()
            unwanted.append(each if above is None else above)
        elif local == "pageSetup":  # its printer, whose settings are gone
            _unset(each, lambda key: key.endswith("}id"))
        elif local in ("docPr", "cNvPr") and _here(each.get("name") or ""):  # which must have one
            each.set("name", _last(each.get("name")))
        _attributes(each, _NAMING.get(local, set()))
    _drop(unwanted)


def _is_change(element: Any) -> bool:
    if _of_word(element.tag) and _local(element) in _CHANGES:
        return True
    return any(_of_word(key) and key.endswith("}author") for key in element.attrib)


def _of_word(name: str) -> bool:
    return "wordprocessingml" in name.partition("}")[0]


def _attributes(element: Any, naming: set[str]) -> None:
    for key, value in element.attrib.items():
        own = key.rpartition("}")[2]
        if own in naming or (own in _TELLING and _here(value)) or (_of_word(key) and own.startswith("rsid")):
            del element.attrib[key]


def _unset(element: Any, unwanted: Callable[[str], bool]) -> None:
    for key in [key for key in element.attrib if unwanted(key)]:
        del element.attrib[key]


def _drop(elements: Iterable[Any]) -> None:
    for each in list(elements):
        if each.getparent() is not None:
            each.getparent().remove(each)


def _local(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _owner(name: str) -> str:
    """The part that a part of relationships belongs to."""
    folder, own = posixpath.split(name)
    above, last = posixpath.split(folder)
    return posixpath.join(above, own.removesuffix(".rels")) if last == "_rels" else ""


def _unpacked(content: bytes) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
            refuse("too-large")
        for entry in entries:
            if entry.flag_bits & 1:
                refuse("encrypted")
            if entry.filename in parts:
                refuse("unreadable")
            with archive.open(entry) as file:
                parts[entry.filename] = file.read(MOST_UNPACKED + 1)
    return parts


def _packed(parts: dict[str, bytes]) -> bytes:
    """The parts as an archive without days or notes of its own."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(parts, key=lambda one: (one != "[Content_Types].xml", one)):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), parts[name], zipfile.ZIP_DEFLATED)
    return whole.getvalue()
