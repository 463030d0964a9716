"""Parts done by one process or several; a process that dies costs the part it was at, which is done again."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from siting.conflicts.blocks import Part, do

ATTEMPTS = 3  # a part that kills every process it is given to is not given to a fourth


def run(parts: Sequence[Part], processes: int, done: Callable[[int, int], None]) -> None:
    """Do all parts that aren't done; `done` is told how many of how many are, and may raise to stop.

    Raises
    ------
    BrokenProcessPool
        Processes died again and again.
    """
    total = len(parts)
    if processes <= 1 or total < 2:
        for count, part in enumerate(parts, 1):
            do(part)
            done(count, total)
        return
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _all(parts, processes, done)
            return
        except BrokenProcessPool:
            if attempt == ATTEMPTS:
                raise


def _all(parts: Sequence[Part], processes: int, done: Callable[[int, int], None]) -> None:
    waiting = [part for part in parts if not part.result.exists()]
    finished = len(parts) - len(waiting)
    if not waiting:
        return
    # a forked child would share the parent's database connection; these are born without one
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(waiting)), mp_context=context) as pool:
        futures = [pool.submit(do, part) for part in waiting]
        try:
            for future in as_completed(futures):
                future.result()
                finished += 1
                done(finished, len(parts))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
