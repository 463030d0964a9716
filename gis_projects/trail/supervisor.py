"""Worker processes, each marked alive by an advisory lock, and what becomes of the tasks of dead ones.

django-tasks-db's own worker leaves a task RUNNING for ever when it is killed. Here each worker holds a
session lock named after its id and dies within a second of losing that connection. So liveness needs no
time-out: a task that runs for twenty minutes is never taken for dead, and a killed worker's task is ready
again after a few seconds. Delivery is at least once. The connection must reach PostgreSQL itself: a pooler
that shares sessions would share the locks.
"""

from __future__ import annotations

import ctypes
import logging
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from django.core.management import call_command
from django.db import Error, connections
from django.utils import timezone
from django.utils.translation import gettext_noop
from django_tasks_db.models import DBTaskResult

from gis_projects.trail.jobs import FAILED_MESSAGE, OPEN, fail
from gis_projects.trail.models import Job

logger = logging.getLogger(__name__)

LOCKS = 7041  # first half of every worker's lock
MAX_ATTEMPTS = 3
LOST_AFTER = 3.0  # seconds a lock must have been free: its owner notices within one
LOST_MESSAGE = gettext_noop("任务进程多次异常退出，已停止重试。")
CONNECTION_LOST = 75  # a worker's exit code: EX_TEMPFAIL


def _session() -> Any:
    """A database session of its own, outside Django's handling of connections."""
    wrapper = connections["default"].copy()
    wrapper.ensure_connection()
    wrapper.connection.autocommit = True
    return wrapper.connection


# --- the worker's side ----------------------------------------------------------------------------


def work(worker_id: str, parent: int) -> None:
    """Be one worker until told to stop, or until the parent or the lock is gone."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: die with the supervisor
    if os.getppid() != parent:
        return  # it died before we asked for its signal
    session = _session()
    with session.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [LOCKS, worker_id])

    def watch() -> None:
        while True:
            time.sleep(1)
            try:
                with session.cursor() as cursor:
                    cursor.execute("SELECT 1")
            except Exception:
                # The lock is gone, another worker may take our task: stop now, whatever is under way.
                logger.exception("worker %s lost its lock", worker_id)
                os._exit(CONNECTION_LOST)

    threading.Thread(target=watch, daemon=True, name="lock").start()
    call_command(
        "db_worker",
        worker_id=worker_id,
        queue_name="*",
        interval=0.2,
        startup_delay=False,
        reload=False,
        verbosity=0,
    )


# --- the supervisor's side ------------------------------------------------------------------------


class Reaper:
    """Finds tasks whose worker is dead, and jobs that live too long."""

    def __init__(self) -> None:
        self._session: Any = None
        self._free_since: dict[tuple[Any, str], float] = {}

    def reap(self) -> int:
        """Put dead workers' tasks back (or end them after three attempts); returns how many.

        Two supervisors may do this at once: whoever holds the dead worker's lock decides.
        """
        if self._session is None or self._session.closed:
            self._session = _session()
        count = 0
        running = list(DBTaskResult.objects.running().values_list("pk", "worker_ids"))
        seen = set()
        for key, workers in running:
            worker = workers[-1]
            seen.add((key, worker))
            with self._session.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [LOCKS, worker])
                if not cursor.fetchone()[0]:
                    self._free_since.pop((key, worker), None)
                    continue
                try:
                    since = self._free_since.setdefault((key, worker), time.monotonic())
                    if time.monotonic() - since >= LOST_AFTER:
                        count += self._take(key, worker, attempts=len(workers))
                finally:
                    cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [LOCKS, worker])
        self._free_since = {pair: at for pair, at in self._free_since.items() if pair in seen}
        self._end_stuck()
        self._settle()
        return count

    def _take(self, key: Any, worker: str, *, attempts: int) -> int:
        lost = DBTaskResult.objects.running().filter(pk=key, **{f"worker_ids__{attempts - 1}": worker})
        if attempts < MAX_ATTEMPTS:
            logger.warning("worker %s died; its task %s is ready again", worker, key)
            return lost.update(status="READY")
        logger.error("worker %s died; its task %s has failed after %s attempts", worker, key, attempts)
        return lost.update(status="FAILED", finished_at=timezone.now(), traceback=LOST_MESSAGE)

    def _end_stuck(self) -> None:
        """Cut the lock of a worker whose job is past its limit: the worker dies, and the task is as any
        dead one's.
        """
        limits = dict(
            Job.objects.filter(state__in=OPEN, task_id__isnull=False).values_list("task_id", "limit_seconds")
        )
        if not limits:
            return
        now = timezone.now()
        for key, workers, started in (
            DBTaskResult.objects.running()
            .filter(pk__in=list(limits))
            .values_list("pk", "worker_ids", "started_at")
        ):
            if started is None or (now - started).total_seconds() <= limits[key]:
                continue
            logger.error("task %s is past its limit of %s s", key, limits[key])
            with self._session.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
                    " AND classid = %s AND objid::bigint = (hashtext(%s)::bigint & 4294967295)"
                    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                    [LOCKS, workers[-1]],
                )

    def _settle(self) -> None:
        """A job whose task failed without telling it (it could not be imported, or was given up) has failed
        too.
        """
        open_jobs = dict(
            Job.objects.filter(state__in=OPEN, task_id__isnull=False).values_list("task_id", "pk")
        )
        for key, trace in (
            DBTaskResult.objects.failed().filter(pk__in=list(open_jobs)).values_list("pk", "traceback")
        ):
            fail([open_jobs[key]], LOST_MESSAGE if trace == LOST_MESSAGE else FAILED_MESSAGE)


class Worker:
    """One place for a worker process; a process that dies young is replaced later and later."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pause = 0.5

    def keep_alive(self) -> None:
        if self.process is not None and self.process.poll() is None:
            return
        lived = time.monotonic() - self._started
        if self.process is not None and lived < self._pause:
            return
        self._pause = min(30.0, self._pause * 2) if lived < 5 else 0.5
        self._started = time.monotonic()
        # A session of its own: Ctrl-C reaches the supervisor only, which then stops its workers once. A
        # second SIGTERM would make a worker mark its running task as failed.
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "django",
                "run_jobs",
                "--child",
                secrets.token_hex(8),
                "--parent",
                str(os.getpid()),
            ],
            start_new_session=True,
        )


def follow(follower: Callable[[], object]) -> None:
    """Let one reader of the trail read on. Its failure stops neither the others nor the workers; it tries
    again at its next turn, from the same step.
    """
    try:
        follower()
    except Exception:
        logger.exception("%s.%s failed; trying again", follower.__module__, follower.__qualname__)
        connections.close_all()


def supervise(
    *, workers: int, every: float, grace: float, followers: Sequence[Callable[[], object]] = ()
) -> None:
    """Keep ``workers`` processes at work until SIGTERM or SIGINT, then give them ``grace`` seconds to finish.

    A task that is still running after that is killed; it runs again when workers are next started. Every
    ``every`` seconds each of the ``followers`` reads on in the trail from where it stopped.
    """
    stop = threading.Event()

    def ask_to_stop(signum: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    reaper, places, next_reap = Reaper(), [Worker() for _ in range(workers)], 0.0
    while not stop.is_set():
        for place in places:
            place.keep_alive()
        if time.monotonic() >= next_reap:
            try:
                reaper.reap()
            except Error:
                logger.exception("the database can't be asked for dead workers' tasks; trying again")
                connections.close_all()
                reaper = Reaper()
            for follower in followers:
                follow(follower)
            next_reap = time.monotonic() + every
        stop.wait(0.2)
    running = [
        place.process for place in places if place.process is not None and place.process.poll() is None
    ]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + grace
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
