"""Documents of Word and Excel (ECMA-376) without what names people, firms, paths and printers."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterable
from typing import Any

from .pictures import picture
from .saying import refuse

MOST_UNPACKED = 256 << 20
DEEPEST = 2  # a chart in a document has its figures as a workbook

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
#: Parts about the file and its makers, which no page is made of; their relationships go with them.
_ABOUT = re.compile(
    r"^(docprops|docmetadata|customxml)/|^word/people\.xml$|^xl/persons/|/printersettings/", re.I
)
_COMMENTS = re.compile(r"^(word/comments|xl/comments|xl/threadedcomments/)", re.I)
_HERE = re.compile(r"^(file:|[a-z]:[\\/]|\\\\)", re.I)
#: Elements of the settings that name templates, sources of letters, and whoever wrote which paragraph.
_UNWANTED = {
    "word/settings.xml": {"rsids", "attachedTemplate", "docVars", "mailMerge", "docId"},
    "xl/workbook.xml": {"fileSharing", "revisionPtr"},
}


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
    if lower.endswith((".xml", ".rels")):
        return _xml(name, body, gone)
    if "/media/" in lower:
        return picture(body, name)
    if "/embeddings/" in lower and lower.endswith((".xlsx", ".docx")) and depth < DEEPEST:
        return office(body, depth + 1)
    if not lower.endswith((".vml", ".odttf", ".fntdata")):  # drawings of form fields, and fonts
        refuse("embedded", what=posixpath.basename(name))
    return body


def _xml(name: str, body: bytes, gone: set[str]) -> bytes:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        refuse("unreadable")
    if root.getroottree().docinfo.doctype:
        refuse("unreadable")
    if _COMMENTS.match(name) and any(_local(each) in ("comment", "threadedComment") for each in root.iter()):
        refuse("comments")
    if name == "[Content_Types].xml":
        _drop(each for each in root if (each.get("PartName") or "").lstrip("/") in gone)
    elif name.endswith(".rels"):
        _relations(name, root, gone)
    else:
        _elements(name, root)
    return bytes(etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8", standalone=True))


def _relations(name: str, root: Any, gone: set[str]) -> None:
    folder = posixpath.dirname(posixpath.dirname(name))
    for each in root.findall(_RELATION):
        target = each.get("Target") or ""
        if each.get("TargetMode") == "External":
            if (each.get("Type") or "").endswith("/attachedTemplate"):
                root.remove(each)
            elif _HERE.match(target):
                refuse("elsewhere", what=re.split(r"[\\/]", target)[-1])
        elif posixpath.normpath(posixpath.join(f"/{folder}", target)).lstrip("/") in gone:
            root.remove(each)


def _elements(name: str, root: Any) -> None:
    if any(each.get(f"{_W}author") for each in root.iter(f"{_W}*")):
        refuse("revisions")
    unwanted = []
    for each in root.iter():
        if not isinstance(each.tag, str):  # processing instructions
            continue
        local = _local(each)
        if local in _UNWANTED.get(name, ()):
            unwanted.append(each)
        elif local == "absPath":  # the folder it was saved in
            above = each.getparent()
            while above is not None and _local(above) != "AlternateContent":
                above = above.getparent()
            unwanted.append(each if above is None else above)
        elif local == "pageSetup":  # its printer, whose settings are gone
            _unset(each, lambda key: key.endswith("}id"))
        elif local == "pivotCacheDefinition":
            _unset(each, lambda key: key in ("refreshedBy", "refreshedDate", "refreshedDateIso"))
        _unset(each, lambda key: key.startswith(f"{_W}rsid"))
    _drop(unwanted)


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
