"""Rewrites one attached file so that it says nothing of who made it, where and with what. Runs alone, confined.

Documents of Word and Excel (ECMA-376) lose the parts and attributes that name people, firms, paths and printers; a PDF
(ISO 32000) its information, XMP and private data of programs; pictures, in documents too, all but their picture. What
can't be left out without changing what the file says is refused. The last line of stderr says how it went.
"""

from __future__ import annotations

import io
import json
import posixpath
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

OUT = Path("/out") / "bare"
MOST_UNPACKED = 256 << 20
DEEPEST = 2  # a chart in a document has its figures as a workbook

#: Chunks of a PNG that are needed to draw it (W3C PNG, 11); text, time, EXIF and what else there may be is left out.
_PNG = {
    b"IHDR",
    b"PLTE",
    b"IDAT",
    b"IEND",
    b"tRNS",
    b"gAMA",
    b"cHRM",
    b"sRGB",
    b"iCCP",
    b"sBIT",
    b"pHYs",
    b"bKGD",
}


def say(message: dict[str, Any]) -> NoReturn:
    print(json.dumps(message), file=sys.stderr, flush=True)
    raise SystemExit(0)


def refuse(code: str, **more: str) -> NoReturn:
    say({"refused": code, **more})


def png(content: bytes) -> bytes:
    """The chunks that draw it, up to the end and nothing after."""
    kept, at = [content[:8]], 8
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        name, end = content[at + 4 : at + 8], at + 12 + length
        if end > len(content):
            break
        if name in _PNG:
            kept.append(content[at:end])
        if name == b"IEND":
            return b"".join(kept)
        at = end
    refuse("unreadable")


def jpeg(content: bytes) -> bytes:
    """Tables and scans, JFIF, the colour profile and Adobe's colour transform; of EXIF only which way is up.

    Ends with the picture: telephones append others, and films.
    """
    kept, at, turned = [b"\xff\xd8"], 2, 1
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            refuse("unreadable")
        mark = content[at + 1]
        if mark == 0xFF:  # fill
            at += 1
            continue
        if mark == 0xD9:
            break
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if end > len(content) or end < at + 4:
            refuse("unreadable")
        body = content[at + 4 : end]
        if mark == 0xE1 and body.startswith(b"Exif\0\0"):
            turned = _orientation(body[6:])
        if _wanted(mark, body):
            kept.append(content[at:end])
        at = end
        if mark == 0xDA:
            end = _scan_end(content, at)
            kept.append(content[at:end])
            at = end
    kept.append(b"\xff\xd9")
    if turned != 1:
        kept.insert(1, _turned(turned))
    return b"".join(kept)


def _wanted(mark: int, body: bytes) -> bool:
    if mark == 0xFE:  # comment
        return False
    told = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}.get(mark)
    return body.startswith(told) if told else not 0xE0 <= mark <= 0xEF


def _scan_end(content: bytes, at: int) -> int:
    """Where the coded picture from ``at`` ends: before a mark that is neither a stuffed byte nor a restart."""
    for found in re.finditer(b"\xff[^\x00\xff\xd0-\xd7]", content[at:], re.DOTALL):
        return at + found.start()
    return len(content)


def _orientation(tiff: bytes) -> int:
    """EXIF's tag 0x0112 of the first directory: 1 to 8; 1 where it isn't said."""
    order = {b"II": "little", b"MM": "big"}.get(tiff[:2])
    if order is None:
        return 1

    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], order)  # type: ignore[arg-type]

    start = number(4, 4)
    for entry in range(min(number(start, 2), 200)):
        at = start + 2 + 12 * entry
        if number(at, 2) == 0x0112:
            value = number(at + 8, 2)
            return value if 1 <= value <= 8 else 1
    return 1


def _turned(value: int) -> bytes:
    """An EXIF segment that holds the orientation alone."""
    tiff = b"MM\0*" + (8).to_bytes(4, "big") + (1).to_bytes(2, "big")
    tiff += b"\x01\x12\0\x03\0\0\0\x01" + value.to_bytes(2, "big") + b"\0\0" + b"\0\0\0\0"
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body


def picture(content: bytes, name: str) -> bytes:
    """A picture in a document. Those of drawing programs have no place for names, but for a title of their own."""
    if content.startswith(b"\xff\xd8\xff"):
        return jpeg(content)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return png(content)
    # GIF, BMP, EMF, WMF with and without a header of its own
    if content.startswith((b"GIF8", b"BM", b"\x01\0\0\0", b"\xd7\xcd\xc6\x9a", b"\x01\0\x09\0")):
        return content
    refuse("picture", what=posixpath.basename(name))


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
    if lower.endswith((".vml", ".odttf", ".fntdata")):  # drawings of form fields, and fonts
        return body
    refuse("embedded", what=posixpath.basename(name))


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
        for each in list(writer._objects):
            if isinstance(each, DictionaryObject):
                _bare_object(each)
        writer.metadata = None
        for key in ("/Metadata", "/PieceInfo", "/SpiderInfo"):
            writer.root_object.pop(key, None)
        writer.compress_identical_objects(remove_duplicates=False, remove_unreferenced=True)
        whole = io.BytesIO()
        writer.write(whole)
    except (PyPdfError, RecursionError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        refuse("unreadable")
    return whole.getvalue()


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


def _bare_object(each: Any) -> None:
    for key in _NOTES:
        each.pop(key, None)
    data, coded = getattr(each, "_data", None), each.get("/Filter") in ("/DCTDecode", ["/DCTDecode"])
    if isinstance(data, bytes) and coded and each.get("/Subtype") == "/Image":
        each._data = jpeg(data)


_KINDS: dict[str, Callable[[bytes], bytes]] = {
    "pdf": pdf, "png": png, "jpeg": jpeg, "docx": office, "xlsx": office,
}  # fmt: skip


def main() -> None:
    task = json.loads(sys.argv[1])
    limits = task["limits"]
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"], limits["cpu"]))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["output"], limits["output"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        bare = _KINDS[task["kind"]](Path(task["path"]).read_bytes())
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError):
        refuse("unreadable")
    OUT.write_bytes(bare)
    say({"size": len(bare)})


if __name__ == "__main__":
    main()
