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
