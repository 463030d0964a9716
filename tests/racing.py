"""Two at once: threads with a database connection each, that begin each trial at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

from gis_projects.argument.refusals import NotNow


class Pair:
    """Two threads with a connection each, that begin each trial at the same moment."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(max_workers=2)
        self.barrier = Barrier(2, timeout=30)

    def __enter__(self) -> Pair:
        return self

    def __exit__(self, *_error: object) -> None:
        gate = Barrier(2, timeout=30)

        def end() -> None:
            gate.wait()
            connections.close_all()

        for done in [self.pool.submit(end) for _ in range(2)]:
            done.result()
        self.pool.shutdown()

    def __call__(self, *works: Callable[[], object]) -> list[bool]:
        """Whether each was done; only `NotNow` counts as having lost."""

        def run(work: Callable[[], object]) -> bool:
            self.barrier.wait()
            try:
                work()
            except NotNow:
                return False
            return True

        return [done.result() for done in [self.pool.submit(run, work) for work in works]]
