"""Several processes write one version: two decode, check, hash and encode at once, as Python alone would not.

Each is a program of its own (`layers.loading.worker`) with its own connection to the database, and ends
when the process that started it does. They talk over a socket that both inherit: the worker claims keys, asks for
batches where it isn't told a range of the file, tells what it wrote; whoever started it answers.
"""

from __future__ import annotations

import errno
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.db import connection

from layers.full_disk import is_full
from layers.loading.claims import Claims
from layers.loading.predecessor import Predecessor
from layers.loading.sources import FileRange, Source
from layers.loading.writing import Rules, Written
from layers.models import LayerVersion
from layers.notices import Notice, Refused, UnreadableFile, UnusableLayer
from layers.table import Table

PROCESSES = 2
# a module of this room can't be the program itself: its models need Django set up first
_PROGRAM = (
    "from layers.alone import set_up; set_up('layers'); from layers.loading import worker; worker.main()"
)
_ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 0.5  # seconds between two looks at whether a worker still lives, and at whether we are to stop
_GRACE = 5.0
_FULL = "disk-full"


class WorkerDied(RuntimeError):
    """A process that wrote rows ended before its work did."""


@dataclass(frozen=True)
class Errand:
    """What a worker has to know."""

    name: str
    database: dict[str, Any]
    version: int
    predecessor: tuple[bytes, bytes]
    batch: int
    source: FileRange | None  # None: batches are asked for
    rules: Rules


def packed(table: Table) -> dict[str, Any]:
    """A table as what travels quickly between processes."""
    return {
        "geometries": shapely.to_wkb(table.geometries), "keys": table.keys, "class_codes": table.class_codes,
        "names": table.names, "attributes": table.attributes,
    }  # fmt: skip


def unpacked(columns: dict[str, Any]) -> Table:
    return Table(**{**columns, "geometries": shapely.from_wkb(columns["geometries"], on_invalid="fix")})


def told(error: Exception) -> tuple[str, Any]:
    """An error as what another process can raise again."""
    if isinstance(error, UnreadableFile | UnusableLayer):
        return type(error).__name__, [
            (n.code, n.template, dict(n.params), n.line, n.field, n.place) for n in error.notices
        ]
    return _FULL if is_full(error) else "", f"{type(error).__name__}: {error}"


def _raised(kind: str, said: Any) -> Exception:
    refusals: dict[str, type[Refused]] = {c.__name__: c for c in (UnreadableFile, UnusableLayer)}
    if kind in refusals:
        return refusals[kind](*(Notice(*notice) for notice in said))
    died = WorkerDied(f"a process that wrote rows failed: {said}")
    if kind == _FULL:
        died.__cause__ = OSError(errno.ENOSPC, said)
    return died


class _Worker:
    def __init__(self, errand: Errand) -> None:
        ours, theirs = socket.socketpair()
        with theirs, ours:
            # its environment is ours, which names the settings
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, str(theirs.fileno())],
                cwd=_ROOT, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()],
            )  # fmt: skip
            self.talk = Connection(ours.detach())
        self.written: Written | None = None
        try:
            self.talk.send(errand)
        except OSError as error:
            self.stop()
            raise WorkerDied("a process that writes rows did not start") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    def listen(self) -> tuple[str, Any]:
        try:
            message: tuple[str, Any] = self.talk.recv()
        except (EOFError, OSError) as error:
            raise WorkerDied(f"a process that wrote rows ended with {self._process.wait(_GRACE)}") from error
        return message

    def answer(self, message: Any) -> None:
        try:
            self.talk.send(message)
        except OSError as error:
            raise WorkerDied(f"a process that wrote rows ended with {self._process.wait(_GRACE)}") from error

    def stop(self) -> None:
        self.talk.close()
        if self.written is None:
            self._process.kill()
        self._process.wait()


def write(
    version: LayerVersion,
    predecessor: Predecessor,
    rules: Rules,
    source: Source,
    *,
    batch: int,
    progress: Callable[[int], None],
) -> Written:
    """Have a version's rows written: each range of the source by a process, or its batches by whichever is free.

    `progress` is called with how many features are written, now and then also when there is no news; what it raises
    ends everything.
    """
    claims = Claims()
    packed_predecessor = predecessor.packed()
    workers: list[_Worker] = []
    offset = total = 0
    result = Written(shared=np.zeros(len(predecessor), dtype=bool))
    try:
        for i in range(len(source.ranges) or PROCESSES):
            reads = source.ranges[i] if source.ranges else None
            errand = Errand(
                str(i), dict(connection.settings_dict), version.pk, packed_predecessor, batch, reads, rules
            )
            workers.append(_Worker(errand))
        while any(worker.written is None for worker in workers):
            by_talk = {worker.talk: worker for worker in workers if worker.written is None}
            ready = wait(list(by_talk), timeout=_PATIENCE)
            if not ready:
                progress(total)
            for talk in ready:
                worker = by_talk[talk]  # type: ignore[index]
                kind, content = worker.listen()
                if kind == "claim":
                    worker.answer(claims.claim(content))
                elif kind == "next":
                    table = next(source.batches, None)
                    worker.answer(None if table is None else (offset, packed(table)))
                    offset += 0 if table is None else len(table)
                elif kind == "wrote":
                    total += content
                    progress(total)
                elif kind == "done":
                    worker.written = content
                    result.add(content)
                else:
                    raise _raised(*content)
    finally:
        for worker in workers:
            worker.stop()
    return result
