"""What a measured program uses: processor seconds and memory, of it and its children and of the database behind it."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.land import Land

_TICK = os.sysconf("SC_CLK_TCK")
_EVERY = 0.3  # seconds


@dataclass
class Usage:
    """Processor seconds of our processes and of the database's, and the most memory that ours had together (bytes).

    Memory is proportional (PSS): what processes share is counted once.
    """

    own: dict[int, float] = field(default_factory=dict)
    server: dict[int, float] = field(default_factory=dict)
    memory: int = 0
    history: list[tuple[float, float, float]] = field(default_factory=list)

    def seconds(self, until: float = math.inf) -> tuple[float, float]:
        """Ours and the database's, up to a moment (`time.time()`)."""
        known = [entry for entry in self.history if entry[0] <= until] or self.history[:1]
        return known[-1][1:]


def _stat(pid: int) -> tuple[int, float] | None:
    """Parent and processor seconds of a process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / _TICK


def _family(ancestor: int) -> dict[int, float]:
    """The descendants of a process, without itself, and their processor seconds."""
    found = {int(path.name): _stat(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit()}
    known = {pid: stat for pid, stat in found.items() if stat is not None}
    family: dict[int, float] = {}
    more = {ancestor}
    while more:
        more = {pid for pid, (parent, _) in known.items() if parent in more and pid not in family}
        family |= {pid: known[pid][1] for pid in more}
    return family


def _memory(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


@contextmanager
def watched(land: Land) -> Iterator[Usage]:
    """Look, some times a second, at all children of this process and at the database's sessions."""
    usage, done = Usage(), threading.Event()
    connection = land.connect("postgres")
    connection.autocommit = True

    def look() -> None:
        while True:
            ended = done.is_set()
            family = _family(os.getpid())
            usage.own |= family
            usage.memory = max(usage.memory, sum(map(_memory, family)))
            with connection.cursor() as cursor:
                cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", [land.database])
                for (pid,) in cursor.fetchall():
                    if (stat := _stat(pid)) is not None:
                        usage.server[pid] = stat[1]
            usage.history.append((time.time(), sum(usage.own.values()), sum(usage.server.values())))
            if ended:
                return
            done.wait(_EVERY)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield usage
    finally:
        done.set()
        thread.join()
        connection.close()
