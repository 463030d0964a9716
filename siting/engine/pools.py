"""Work shared by several processes, any of which may die: that costs time, not an answer.

Processes are spawned, never forked: a forked child would share its parent's connections and locks.
"""

from __future__ import annotations

import copyreg
import logging
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from types import MappingProxyType
from typing import Any, TypeVar

logger = logging.getLogger(__name__)

Task = TypeVar("Task")
Answer = TypeVar("Answer")

_AHEAD = 2  # tasks that wait ready for each process: one that is done never waits for its parent


class WorkersDied(RuntimeError):
    """Processes died again and again over the same tasks: something is wrong with those, or with the machine."""


def _read_only(content: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(content)


# Read-only mappings are what rules, notices and versions hold; pickle knows none.
copyreg.pickle(MappingProxyType, lambda mapping: (_read_only, (dict(mapping),)))


def answered(
    function: Callable[[Task], Answer],
    tasks: Sequence[Task],
    processes: int,
    *,
    initializer: Callable[..., object] | None = None,
    initargs: tuple[Any, ...] = (),
    attempts: int = 4,
) -> Iterator[tuple[int, Answer]]:
    """Run a function over tasks in several spawned processes.

    Parameters
    ----------
    function, tasks
        Picklable; the function doesn't mind being run twice for a task, as it is where a process dies over it.
    processes
        How many.
    initializer, initargs
        Run once in each process before its first task.
    attempts
        How often a task may have been under way when a process died.

    Returns
    -------
    iterator of (int, answer)
        Position of the task and its answer, in the order in which they come. Whatever the function raises is
        raised here.

    Raises
    ------
    WorkersDied
        If processes died ``attempts`` times over the same task.
    """
    waiting = list(reversed(range(len(tasks))))
    deaths = [0] * len(tasks)
    context = multiprocessing.get_context("spawn")
    while waiting:
        pool = ProcessPoolExecutor(
            min(processes, len(waiting)), mp_context=context, initializer=initializer, initargs=initargs
        )
        under_way: dict[Future[Answer], int] = {}
        try:
            while waiting or under_way:
                while waiting and len(under_way) < processes * _AHEAD:
                    under_way[pool.submit(function, tasks[waiting[-1]])] = waiting[-1]
                    waiting.pop()
                done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    answer = future.result()
                    yield under_way.pop(future), answer
        except BrokenProcessPool as error:
            # What was finished before the death is kept; everything else is asked again of new processes.
            for future, number in under_way.items():
                if future.done() and future.exception() is None:
                    yield number, future.result()
                    continue
                deaths[number] += 1
                waiting.append(number)
            worst = max(deaths)
            if worst >= attempts:
                raise WorkersDied(f"processes died {worst} times over the same work") from error
            logger.warning("a process died; %d tasks are asked again", len(under_way))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
