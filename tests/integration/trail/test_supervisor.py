"""Workers are real processes here: killed, replaced, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django_tasks_db.models import DBTaskResult

from gis_projects.trail import jobs
from gis_projects.trail.models import JobState
from gis_projects.trail.supervisor import LOST_MESSAGE
from tests.integration.trail import jobs_to_run

pytestmark = pytest.mark.django_db(transaction=True)


def database_url() -> str:
    own = connection.settings_dict
    host = quote(own["HOST"], safe="")
    port = f":{own['PORT']}" if own["PORT"] else ""
    secret = f":{quote(own['PASSWORD'], safe='')}" if own["PASSWORD"] else ""
    return f"postgis://{own['USER']}{secret}@{host}{port}/{own['NAME']}"


@pytest.fixture
def start_workers():
    started = []

    def start(*options: str) -> subprocess.Popen:
        environment = os.environ | {
            "DATABASE_URL": database_url(),
            "DJANGO_SETTINGS_MODULE": "gis_projects.settings",
            "PYTHONPATH": str(settings.BASE_DIR),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "django", "run_jobs", "--every", "0.3", *options],
            env=environment,
            cwd=settings.BASE_DIR,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def until(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    pytest.fail("it did not happen in time")


def state(job):
    job.refresh_from_db()
    return job.state


def pids(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def test_a_killed_workers_job_is_run_again(start_workers, tmp_path):
    path = tmp_path / "pids"
    job = jobs.start(jobs_to_run.note_and_wait, by=None, kind="test.wait", path=str(path), seconds=60)
    start_workers()
    until(lambda: pids(path))
    assert state(job) == JobState.RUNNING
    os.kill(pids(path)[0], signal.SIGKILL)
    until(lambda: state(job) == JobState.DONE)
    assert job.result == {"runs": 2}
    assert len(set(pids(path))) == 2


def test_a_worker_that_loses_its_lock_dies_and_its_job_is_run_again(start_workers, tmp_path):
    path = tmp_path / "pids"
    job = jobs.start(jobs_to_run.note_and_wait, by=None, kind="test.wait", path=str(path), seconds=60)
    start_workers()
    until(lambda: pids(path))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7041 AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    until(lambda: state(job) == JobState.DONE)
    assert job.result == {"runs": 2}


def test_a_job_that_is_stuck_is_ended_and_tried_again(start_workers, tmp_path):
    path = tmp_path / "pids"
    job = jobs.start(
        jobs_to_run.note_and_wait, by=None, kind="test.wait", limit_seconds=1, path=str(path), seconds=60
    )
    start_workers()
    until(lambda: state(job) == JobState.DONE)
    assert job.result == {"runs": 2}


def test_a_task_whose_workers_died_three_times_has_failed_and_so_has_its_job(tmp_path):
    from gis_projects.trail import supervisor

    job = jobs.start(jobs_to_run.add, by=None, kind="test.add", a=1, b=2)
    DBTaskResult.objects.update(
        status="RUNNING", worker_ids=["dead1", "dead2", "dead3"], started_at=job.created_at
    )
    reaper = supervisor.Reaper()
    assert reaper.reap() == 0  # its owner gets time to notice
    until(reaper.reap, 10)
    task = DBTaskResult.objects.get()
    assert (task.status, task.finished_at is not None) == ("FAILED", True)
    job.refresh_from_db()
    assert (job.state, job.message) == (JobState.FAILED, LOST_MESSAGE)


def test_stopping_lets_a_short_job_finish(start_workers, tmp_path):
    path = tmp_path / "pids"
    job = jobs.start(jobs_to_run.note_and_wait, by=None, kind="test.wait", path=str(path), seconds=2)
    process = start_workers()
    until(lambda: pids(path))
    process.terminate()
    assert process.wait(15) == 0
    assert state(job) == JobState.DONE


def test_stopping_kills_a_long_job_without_failing_it(start_workers, tmp_path):
    path = tmp_path / "pids"
    job = jobs.start(jobs_to_run.note_and_wait, by=None, kind="test.wait", path=str(path), seconds=60)
    process = start_workers("--grace", "0.5")
    until(lambda: pids(path))
    process.terminate()
    assert process.wait(15) == 0
    # The workers may have taken up one of their own periodic tasks too: this job's is the one asked.
    task = DBTaskResult.objects.get(id=job.task_id)
    assert task.status == "RUNNING"  # and the next supervisor puts it back
    start_workers()
    until(lambda: state(job) == JobState.DONE)


def test_workers_die_with_their_supervisor(start_workers, tmp_path):
    path = tmp_path / "pids"
    jobs.start(jobs_to_run.note_and_wait, by=None, kind="test.wait", path=str(path), seconds=60)
    process = start_workers()
    worker = until(lambda: pids(path))[0]
    process.kill()
    process.wait()

    def gone():
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return True
        return Path(f"/proc/{worker}/stat").read_text().split()[2] == "Z"

    until(gone, 5)
