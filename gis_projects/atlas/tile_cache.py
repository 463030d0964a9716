"""Compressed tiles on disk, bounded in size. Whether the reader may have one is asked before, elsewhere.

A tile's place is made of its version's root hash, not of its number: a version with other content can't be given
out for it, not even after the database was made anew beside an old folder, or after a staged version was discarded.
"""

from __future__ import annotations

import fcntl
import gzip
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

from django.conf import settings

logger = logging.getLogger(__name__)

# Counts up whenever the same features would be drawn into other bytes.
ENCODING = 2
DEFAULT_BYTES = 2 * 1024**3
NOTHING = gzip.compress(b"", compresslevel=5, mtime=0)  # what an empty tile is kept as
_LOCKS = 256
# A sweep looks at every file, so it comes once per so much of the bound written by this process.
_SWEEP_SHARE = 20
_KEEP_SHARE = 0.8

_written = 0
_counting = threading.Lock()


def folder() -> Path:
    return Path(settings.LOCAL_DIR) / "tiles"


def limit() -> int:
    """Bytes that the folder may grow to: ``TILE_CACHE_BYTES`` of the settings."""
    return int(getattr(settings, "TILE_CACHE_BYTES", DEFAULT_BYTES))


def vectors(layer: str, root_hash: str) -> str:
    """The folder of a version's vector tiles, below `folder()`."""
    return f"{layer}-{root_hash[:20]}-{ENCODING}"


def vector_path(layer: str, root_hash: str, z: int, x: int, y: int) -> str:
    """Where a vector tile is kept, below `folder()`."""
    return f"{vectors(layer, root_hash)}/{z}/{x}/{y}.mvt.gz"


def picture_path(layer: str, root_hash: str, style: str, colours: str, z: int, x: int, y: int) -> str:
    """Where a raster tile is kept, below `folder()`; `colours` names those it is drawn in."""
    return f"{vectors(layer, root_hash)}-{style}-{colours}/{z}/{x}/{y}.png"


def tile(layer: str, root_hash: str, z: int, x: int, y: int, make: Callable[[], bytes]) -> bytes:
    """The vector tile compressed by gzip, empty bytes for an empty one; made once, however many ask at a time."""
    # mtime 0: the same tile is the same bytes, wherever it was made.
    packed = kept(
        vector_path(layer, root_hash, z, x, y), lambda: gzip.compress(make(), compresslevel=5, mtime=0)
    )
    return b"" if packed == NOTHING else packed


def kept(relative: str, make: Callable[[], bytes]) -> bytes:
    """The file of this name below `folder()`; made once, however many ask at a time. What `make` raises is raised."""
    path = folder() / relative
    content = _read(path)
    if content is not None:
        return content
    with _alone(crc32(str(path).encode()) % _LOCKS):
        content = _read(path)
        if content is not None:
            return content
        content = make()
        try:
            _write(path, content)
        except OSError:
            # A full disk makes the map slower; it need not make it blank.
            logger.exception("a tile could not be kept")
            return content
    _count(len(content))
    return content


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: readers take no lock."""
    # Of its maker's own: nobody else makes the same file in the same thread.
    name = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        handle = _new(name)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = _new(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _new(name: Path) -> int:
    return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)


@contextmanager
def _alone(number: int) -> Iterator[None]:
    """One maker at a time among all processes and threads; the lock goes with whoever held it."""
    lock = folder() / "locks" / str(number)
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _count(size: int) -> None:
    global _written
    with _counting:
        _written += size
        due = _written >= limit() / _SWEEP_SHARE
        if due:
            _written = 0
    if due:
        sweep()


def sweep() -> int:
    """Delete the tiles written first until the folder is well below its bound; returns how many went."""
    locks = folder() / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with open(locks / "sweep", "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0  # another process is at it
        return _sweep()


def _sweep() -> int:
    kept = []
    for path in folder().glob("*/*/*/*"):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue  # its writer has just given it its name
        # A whole block is what a small file takes from the disk.
        kept.append((status.st_mtime_ns, max(status.st_blocks * 512, status.st_size), path))
    total = sum(size for _, size, _ in kept)
    if total <= limit():
        return 0
    gone = 0
    for _, size, path in sorted(kept):
        path.unlink(missing_ok=True)
        gone += 1
        total -= size
        if total <= limit() * _KEEP_SHARE:
            break
    return gone
