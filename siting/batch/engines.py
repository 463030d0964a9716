"""Who does the work of a batch: this process, several on this machine, or a Dask cluster of any machines."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

from siting.engine.batch import BlockAnswer, BlockTask, judge_block
from siting.engine.document import engine_versions
from siting.engine.pools import WorkersDied, answered
from siting.engine.snapshots import DamagedSnapshot

_PATIENCE_S = 30


class Engine(StrEnum):
    """Who does the work."""

    SERIAL = "serial"
    PROCESSES = "processes"
    DASK = "dask"


class EngineFailed(RuntimeError):
    """The work could not be done: no cluster, workers that die or compute by other libraries, damaged files."""


def judged(
    tasks: Sequence[BlockTask], engine: Engine, *, workers: int, scheduler: str | None = None
) -> Iterator[BlockAnswer]:
    """Judge blocks of sites; answers come in whatever order they are ready.

    Parameters
    ----------
    tasks
        What there is to do.
    engine
        By whom.
    workers
        How many processes; a cluster that exists already has its own number.
    scheduler
        Address of a Dask scheduler, for example ``tcp://10.0.0.5:8786``; without one a cluster is started here.

    Raises
    ------
    EngineFailed
        With one line that says why.
    """
    expected = engine_versions()
    try:
        for answer in _answers(tasks, engine, workers, scheduler):
            if dict(answer.versions) != expected:
                other = sorted(
                    f"{name} {answer.versions.get(name)} ≠ {version}"
                    for name, version in expected.items()
                    if answer.versions.get(name) != version
                )
                raise EngineFailed(f"a worker computes by other versions: {', '.join(other)}")
            yield answer
    except (DamagedSnapshot, WorkersDied) as error:
        raise EngineFailed(str(error)) from error


def _answers(
    tasks: Sequence[BlockTask], engine: Engine, workers: int, scheduler: str | None
) -> Iterator[BlockAnswer]:
    match engine:
        case Engine.SERIAL:
            yield from map(judge_block, tasks)
        case Engine.PROCESSES:
            yield from (answer for _, answer in answered(judge_block, tasks, workers))
        case Engine.DASK:
            yield from _on_a_cluster(tasks, workers, scheduler)


def _on_a_cluster(tasks: Sequence[BlockTask], workers: int, scheduler: str | None) -> Iterator[BlockAnswer]:
    import distributed

    # What a cluster tells of its comings and goings is for its own logs; what matters is raised.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    cluster: Any = None
    try:
        if scheduler is None:
            cluster = distributed.LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
            )
        client = distributed.Client(
            cluster or scheduler, timeout=_PATIENCE_S, set_as_default=False, direct_to_workers=False
        )
    except (OSError, ValueError) as error:
        if cluster is not None:
            cluster.close()
        raise EngineFailed(f"no Dask scheduler at {scheduler}: {error}") from error
    try:
        yield from _gathered(client, tasks)
    finally:
        client.close()
        if cluster is not None:
            cluster.close()


def _gathered(client: Any, tasks: Sequence[BlockTask]) -> Iterator[BlockAnswer]:
    import distributed

    try:
        client.wait_for_workers(1, timeout=_PATIENCE_S)
    except TimeoutError as error:
        raise EngineFailed(f"no worker came to the scheduler within {_PATIENCE_S} s") from error
    # A block whose worker dies is given to another; what it had found and not yet handed over is found again.
    futures = client.map(judge_block, tasks, pure=False)
    open_ = set(futures)
    try:
        for future in distributed.as_completed(futures, loop=client.loop):
            try:
                answer: BlockAnswer = future.result()
            except distributed.KilledWorker as error:
                raise EngineFailed("workers died again and again over the same sites") from error
            except (ModuleNotFoundError, AttributeError) as error:
                raise EngineFailed(f"the workers have another version of this program: {error}") from error
            open_.discard(future)
            yield answer
            future.release()
    finally:
        if open_:  # what nobody waits for any more isn't done
            client.cancel(list(open_))
