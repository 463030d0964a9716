"""Pictures without all that is not their picture."""

from __future__ import annotations

import posixpath
import re

from .saying import refuse

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


def png(content: bytes) -> bytes:
    """The chunks that draw it, up to the end and nothing after."""
    kept, at = [content[:8]], 8
    name = b""
    while name != b"IEND":
        length = int.from_bytes(content[at : at + 4], "big")
        name, end = content[at + 4 : at + 8], at + 12 + length
        if end > len(content):
            refuse("unreadable")
        if name in _PNG:
            kept.append(content[at:end])
        at = end
    return b"".join(kept)


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


#: Boxes of a JP2 file (ISO/IEC 15444-1, annex I) that draw its picture, by the box that they are in: signature, type,
#: header, code stream; of the header size, bits, colours, palette, channels and resolution.
_JP2 = {
    b"": {b"jP  ", b"ftyp", b"rreq", b"jp2h", b"jp2c"},
    b"jp2h": {b"ihdr", b"bpcc", b"colr", b"pclr", b"cmap", b"cdef", b"res "},
    b"res ": {b"resc", b"resd"},
}
_PADDING = b"\0\r\n "  # what a PDF's writer may leave behind a picture


def jpx(content: bytes) -> bytes:
    """A JPEG 2000 picture, as a file or as its code stream alone, without comments, XML and what programs add."""
    return _stream(content) if content.startswith(b"\xff\x4f") else _boxes(content, b"")


def _boxes(content: bytes, inside: bytes) -> bytes:
    """The boxes of ``content``, which are ``inside`` another, that may be there."""
    kept, at = [], 0
    while content[at : at + 8].strip(_PADDING):
        length, name, head = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8], 8
        if length == 1:
            length, head = int.from_bytes(content[at + 8 : at + 16], "big"), 16
        end = len(content) if length == 0 else at + length
        if end > len(content) or end < at + head:
            refuse("unreadable")
        if name in _JP2[inside]:
            body = content[at + head : end]
            if name == b"jp2c":
                body = _stream(body)
            elif name in _JP2:
                body = _boxes(body, name)
            kept.append((len(body) + 8).to_bytes(4, "big") + name + body)
        at = end
    return b"".join(kept)


def _stream(content: bytes) -> bytes:
    """A code stream (ISO/IEC 15444-1, annex A) up to its end, without the comments of its main header; one with others
    is refused.
    """
    kept, at = [content[:2]], 2
    while content[at : at + 2] != b"\xff\x90":  # the first tile
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if content[at : at + 1] != b"\xff" or end > len(content) or end < at + 4:
            refuse("unreadable")
        if content[at : at + 2] != b"\xff\x64":
            kept.append(content[at:end])
        at = end
    start = at
    while content[at : at + 2] == b"\xff\x90":
        at = _tile_end(content, at)
    if content[at : at + 2] not in (b"\xff\xd9", b""):  # some leave the mark of the end away
        refuse("unreadable")
    kept.append(content[start : at + 2])
    return b"".join(kept)


def _tile_end(content: bytes, at: int) -> int:
    """Where the part of a tile from ``at`` ends; one with a comment is refused."""
    length, head = int.from_bytes(content[at + 6 : at + 10], "big"), at + 12
    while content[head : head + 2] != b"\xff\x93":  # where its data begins
        size = int.from_bytes(content[head + 2 : head + 4], "big")
        if head + 2 + size > len(content) or size < 2:
            refuse("unreadable")
        if content[head : head + 2] == b"\xff\x64":
            refuse("picture", what="JPEG 2000")
        head += 2 + size
    # The last may go up to the end: coded data has no such two bytes.
    end = at + length if length else content.find(b"\xff\xd9", head)
    if not head + 2 <= end <= len(content):
        refuse("unreadable")
    return end


def picture(content: bytes, name: str) -> bytes:
    """A picture in a document. Those of drawing programs have no place for names, but for a title of their own."""
    if content.startswith(b"\xff\xd8\xff"):
        return jpeg(content)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return png(content)
    # GIF, BMP, EMF, WMF with and without a header of its own
    if not content.startswith((b"GIF8", b"BM", b"\x01\0\0\0", b"\xd7\xcd\xc6\x9a", b"\x01\0\x09\0")):
        refuse("picture", what=posixpath.basename(name))
    return content
