"""Files that are made once for each state of what is public, compressed once, and given out until anything changes.

They stand in nameless files of this process: the system takes them away with it, however it ends, and what was
withdrawn can't be found lying about. A file belongs to one state (the `Revision` token, the day, its whole address);
whoever asks after a change asks for another state, so a file from before a withdrawal is given to nobody.
"""

from __future__ import annotations

import gzip
import os
import tempfile
import threading
import weakref
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

KEPT_BYTES = 512 * 1024 * 1024  # compressed, on the disk of one process
KEPT_FILES = 32  # each holds one of the process's descriptors, whoever asks for whatever
_PIECE = 64 * 1024


@dataclass(frozen=True)
class Made:
    """A whole file, compressed. Any number of readers at once; it is gone when the last one has done."""

    descriptor: int
    packed_size: int
    size: int

    def __post_init__(self) -> None:
        weakref.finalize(self, os.close, self.descriptor)

    def pieces(self, *, unpacked: bool) -> Iterator[bytes]:
        return self._unpacked() if unpacked else self._packed()

    def _packed(self) -> Iterator[bytes]:
        for start in range(0, self.packed_size, _PIECE):
            # by place: readers share the file, and with it the one position that reading on goes by
            yield os.pread(self.descriptor, min(_PIECE, self.packed_size - start), start)

    def _unpacked(self) -> Iterator[bytes]:
        reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
        for piece in self._packed():
            while piece:
                yield reader.decompress(piece, _PIECE)
                piece = reader.unconsumed_tail
        if rest := reader.flush():
            yield rest


@dataclass
class Folder:
    """The files of one state of what is public, those that nobody asked for the longest taken away first. Threads
    share it; who asks for a file that another thread is making waits for it.
    """

    most_bytes: int = KEPT_BYTES
    most_files: int = KEPT_FILES
    _token: str = ""
    _made: OrderedDict[str, Made] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _making: dict[tuple[str, str], threading.Lock] = field(default_factory=dict)

    def get(
        self, token: str, name: str, make: Callable[[], Iterable[str]], *, now: Callable[[], str]
    ) -> Made:
        """The file of that name in the state ``token``, made by ``make`` unless it is there. What is made in no state
        (nothing was ever public) isn't kept, nor is what was made so slowly that the state ``now`` is another one.
        """
        if not token:
            return write(make())
        with self._lock:
            if (found := self._found(token, name)) is not None:
                return found
            own = self._making.setdefault((token, name), threading.Lock())
        with own:
            with self._lock:
                if (found := self._found(token, name)) is not None:
                    return found
            try:
                made = write(make())
                self._keep(token, name, made, now)
            finally:
                with self._lock:
                    self._making.pop((token, name), None)
        return made

    def _found(self, token: str, name: str) -> Made | None:
        if token != self._token or (made := self._made.get(name)) is None:
            return None
        self._made.move_to_end(name)
        return made

    def _keep(self, token: str, name: str, made: Made, now: Callable[[], str]) -> None:
        with self._lock:
            # Asked while the folder is ours: a state that comes after this answer finds its folder as it is left here.
            if token != now():
                return
            if token != self._token:
                self._token = token
                self._made.clear()
            self._made[name] = made
            while len(self._made) > 1 and self._too_much():
                self._made.popitem(last=False)

    def _too_much(self) -> bool:
        held = sum(one.packed_size for one in self._made.values())
        return held > self.most_bytes or len(self._made) > self.most_files


def write(lines: Iterable[str]) -> Made:
    """A file of these lines. No time and no name in it: the same content is the same bytes."""
    size = 0
    with tempfile.TemporaryFile() as packed:
        with gzip.GzipFile(filename="", fileobj=packed, mode="wb", compresslevel=6, mtime=0) as writer:
            for piece in in_pieces(lines):
                writer.write(piece)
                size += len(piece)
        packed.flush()
        return Made(os.dup(packed.fileno()), packed.tell(), size)


def in_pieces(lines: Iterable[str]) -> Iterator[bytes]:
    """A few large pieces in the place of many small ones."""
    piece, size = [], 0
    for line in lines:
        encoded = line.encode()
        piece.append(encoded)
        size += len(encoded)
        if size >= _PIECE:
            yield b"".join(piece)
            piece, size = [], 0
    if piece:
        yield b"".join(piece)


folder = Folder()
