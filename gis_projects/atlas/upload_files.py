"""The bytes of uploads: each in a folder of its own below UPLOAD_ROOT, named after the upload's id.

The database knows how many bytes count; what a broken write left behind them is cut off by the next one.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from django.conf import settings

from layers.full_disk import is_full

#: Left free beside everything announced: the database and the tiles may live on the same disk.
RESERVE = 1024**3
_BLOCK = 4 * 1024 * 1024
_MAX_NAME = 180  # bytes; file systems end at 255
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class DiskFull(OSError):
    """There is no room for these bytes; what was there before still is."""


def safe_name(name: str) -> str:
    """A file name as people gave it, without folders, control characters or more bytes than a file system takes."""
    name = _UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip().lstrip(".") or "file"
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix.encode()) > 12:
        stem, suffix = name, ""
    room = _MAX_NAME - len((dot + suffix).encode()) if suffix else _MAX_NAME
    cut = stem.encode()[:room].decode(errors="ignore")
    return f"{cut}.{suffix}" if suffix else cut


def folder(key: UUID) -> Path:
    return Path(settings.UPLOAD_ROOT) / str(key)


def path(key: UUID, filename: str) -> Path:
    """Where the upload's file is."""
    return folder(key) / filename


def free() -> int:
    """Bytes that may still be announced on this disk."""
    root = Path(settings.UPLOAD_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    return max(0, shutil.disk_usage(root).free - RESERVE)


def write(key: UUID, filename: str, offset: int, content: bytes) -> None:
    """Put bytes at an offset and nothing after them; they are on the disk when this returns.

    Raises
    ------
    DiskFull
        There is no room; the file is as long as the offset again.
    """
    target = path(key, filename)
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.ftruncate(descriptor, offset)
            try:
                rest, at = memoryview(content), offset
                while rest:
                    written = os.pwrite(descriptor, rest, at)
                    rest, at = rest[written:], at + written
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, offset)
                raise
        finally:
            os.close(descriptor)
    except OSError as error:
        if is_full(error):
            raise DiskFull(error.errno, os.strerror(error.errno or 0)) from error
        raise


def sha256(file: Path, told: Callable[[int], None]) -> str:
    """The file's SHA-256 (hex), telling how many bytes are done."""
    digest, done = hashlib.sha256(), 0
    with file.open("rb") as source:
        while block := source.read(_BLOCK):
            digest.update(block)
            done += len(block)
            told(done)
    return digest.hexdigest()


def remove(key: UUID) -> int:
    """Take an upload's folder away; returns its bytes."""
    where = folder(key)
    if not where.is_dir():
        return 0
    size = sum(file.stat().st_size for file in where.rglob("*") if file.is_file())
    shutil.rmtree(where)
    return size


def folders() -> list[UUID]:
    """The uploads that have a folder below UPLOAD_ROOT; whatever else stands there is not ours to judge."""
    root = Path(settings.UPLOAD_ROOT)
    found = []
    for entry in root.iterdir() if root.is_dir() else ():
        try:
            key = UUID(entry.name)
        except ValueError:
            continue
        if entry.is_dir() and str(key) == entry.name:
            found.append(key)
    return found
