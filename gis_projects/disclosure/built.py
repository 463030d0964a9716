"""The front end as it was built last: its manifest and the worker's script, read again when a build has replaced them.

A build empties its folder before it fills it anew, under other names. So both are read together and kept; while the
folder is half empty, what was read last stays.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORKER = "src/public/worker.ts"


class NotBuilt(Exception):
    """There is no whole build to read, and none was read before."""


@dataclass(frozen=True)
class Build:
    """One build; ``stamps`` are its two files as they stood when they were read."""

    stamps: dict[Path, tuple[int, ...]]
    chunks: dict[str, Any]
    worker: str

    def files(self, *entries: str) -> list[str]:
        """The files of these entries with what they import, by name."""
        found: set[str] = set()
        waiting = list(entries)
        while waiting:
            chunk = self.chunks[waiting.pop()]
            if chunk["file"] not in found:
                found.update([chunk["file"], *chunk.get("css", [])])
                waiting += chunk.get("imports", [])
        return sorted(found)


class Builds:
    """The build that ``manifest`` tells of. Threads share it."""

    def __init__(self, manifest: Path) -> None:
        self._manifest = manifest
        self._lock = threading.Lock()
        self._last: Build | None = None

    def current(self) -> Build:
        """The newest whole build.

        Raises
        ------
        NotBuilt
            There is none, and there was none since this process began.
        """
        with self._lock:
            try:
                if self._last is None or any(_stamp(path) != old for path, old in self._last.stamps.items()):
                    self._last = self._read()
            except (FileNotFoundError, json.JSONDecodeError, KeyError) as missing:
                if self._last is None:
                    raise NotBuilt(str(missing)) from missing
            return self._last

    def _read(self) -> Build:
        # Looked at before they are read: what is half written then is read again.
        stamps = {self._manifest: _stamp(self._manifest)}
        chunks = json.loads(self._manifest.read_text())
        worker = self._manifest.parent / chunks[WORKER]["file"]
        stamps[worker] = _stamp(worker)
        return Build(stamps, chunks, worker.read_text())


def _stamp(path: Path) -> tuple[int, ...]:
    told = path.stat()
    return told.st_mtime_ns, told.st_size, told.st_ino
