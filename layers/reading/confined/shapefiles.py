"""A zipped shapefile's text encoding, told by its bytes, and whether a record is too large, told by its index."""

import zipfile
from typing import Any

import numpy as np

from .bounds import refuse
from .table_head import decodes

SAMPLE = 16 << 20
_VERTEX = 16


def named_encoding(cpg: str) -> str | None:
    """The Python codec that a .cpg names."""
    name = cpg.strip().upper().replace("_", "-")
    if not name:
        return None
    if "936" in name or name.startswith("GB"):
        return "gb18030"
    if name in ("UTF-8", "UTF8", "65001", "CP65001"):
        return "utf-8"
    try:
        "".encode(name)
    except LookupError:
        return None
    return name.lower()


def dbf_values(data: bytes) -> set[bytes]:
    """The non-ASCII byte strings of the fields and names of a dbf (or of its beginning)."""
    header = int.from_bytes(data[8:10], "little")
    width = int.from_bytes(data[10:12], "little")
    fields, at = [], 32
    while at + 32 <= min(header, len(data)) and data[at] != 0x0D:
        fields.append((data[at : at + 11].split(b"\0")[0], data[at + 11 : at + 12], data[at + 16]))
        at += 32
    values = {name for name, _, _ in fields if not name.isascii()}
    if width < 1 or not fields:
        return values
    for row in range(header, len(data) - width + 1, width):
        position = row + 1
        for _, kind, size in fields:
            if kind == b"C":
                value = data[position : position + size].rstrip(b" \0")
                if not value.isascii():
                    values.add(value)
            position += size
        if len(values) > 20000:
            break
    return values


def encoding_of(path: str, stem: str, notices: list[Any]) -> str:
    """The encoding of a dbf: what .cpg says if the bytes agree, else UTF-8 if they do, else GB18030."""
    with zipfile.ZipFile(path) as archive:
        members = {name.lower(): name for name in archive.namelist()}
        with archive.open(members[stem.lower() + ".dbf"]) as file:
            values = dbf_values(file.read(SAMPLE))
        cpg = members.get(stem.lower() + ".cpg")
        told = named_encoding(archive.open(cpg).read(64).decode("ascii", "ignore")) if cpg else None
    if told and all(decodes(value, told) for value in values):
        return told
    for guess in ("utf-8", "gb18030"):
        if all(decodes(value, guess) for value in values):
            if told:
                notices.append({"code": "cpg-wrong", "params": {"told": told, "used": guess}})
            return guess
    return told or "gb18030"


def check_records(path: str, stem: str, limit: int) -> None:
    """Refuse a shapefile whose index has a record of more vertices than the limit, before it is read."""
    with zipfile.ZipFile(path) as archive:
        members = {name.lower(): name for name in archive.namelist()}
        with archive.open(members[stem.lower() + ".shx"]) as file:
            file.read(100)
            while block := file.read(8 << 20):
                words = np.frombuffer(block[: len(block) // 8 * 8], ">i4")[1::2]
                if len(words) and int(words.max()) * 2 > limit * _VERTEX * 2:
                    refuse("too-many-vertices", count=int(words.max()) * 2 // _VERTEX, limit=limit)


def check_lengths(path: str, stem: str, notices: list[Any]) -> None:
    """Say which members are shorter than they state, or have other numbers of records than each other."""
    with zipfile.ZipFile(path) as archive:
        members = {name.lower(): name for name in archive.namelist()}
        sizes, heads = {}, {}
        for suffix in (".shp", ".shx", ".dbf"):
            name = members[stem.lower() + suffix]
            sizes[suffix] = archive.getinfo(name).file_size
            with archive.open(name) as file:
                heads[suffix] = file.read(32)
    wrong = [
        suffix
        for suffix in (".shp", ".shx")
        if sizes[suffix] < int.from_bytes(heads[suffix][24:28], "big") * 2
    ]
    rows, header, width = (
        int.from_bytes(heads[".dbf"][start:end], "little") for start, end in ((4, 8), (8, 10), (10, 12))
    )
    if sizes[".dbf"] < header + rows * width or rows != (sizes[".shx"] - 100) // 8 or not width:
        wrong.append(".dbf")
    if wrong:
        notices.append({"code": "shapefile-lengths", "params": {"what": "\u3001".join(wrong)}})
