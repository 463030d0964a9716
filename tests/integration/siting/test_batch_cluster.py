"""A batch on a Dask cluster: scheduler and workers are programs of their own, one of them behind its own network."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.utils import timezone

import layers.queries
from siting import batch, checks
from siting.engine.batch import FOLDER_VARIABLE
from siting.rulebook import in_force
from tests.factories.many_sites import shapes, varied_ground, write_sites

pytestmark = [
    pytest.mark.django_db,
    # Dask's event loop leaves its sockets to the collector when a worker was killed.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
ROOT = Path(__file__).resolve().parents[3]
HERE, THERE = "10.233.71.1", "10.233.71.2"


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def work(tmp_path):
    """A batch to run, and what one process finds."""
    varied_ground(tmp_path)
    rulebook = in_force("default", timezone.localdate())
    versions = layers.queries.current(checks.codes(rulebook))
    columns = {"site_id": [f"S{number:03d}" for number in range(130)]}
    file = write_sites(tmp_path / "sites.gpkg", shapes(130), columns)
    sites = batch.read_sites(file, rulebook, facts={})
    given = {"sites": sites, "rulebook": rulebook, "versions": versions, "folder": tmp_path / "files"}
    return given, batch.run(**given)


@pytest.fixture
def cluster(tmp_path):
    """Starts a scheduler and workers; ends all of them afterwards."""
    with contextlib.ExitStack() as stack:
        yield _Cluster(tmp_path, stack)


class _Cluster:
    def __init__(self, folder, stack):
        self._folder, self._stack = folder, stack

    def program(self, *arguments, before=(), **environment):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        log = self._stack.enter_context(
            (self._folder / f"{arguments[0]}-{time.monotonic_ns()}.log").open("w")
        )
        running = subprocess.Popen(
            [*before, sys.executable, "-m", "dask", *arguments, "--no-dashboard"],
            cwd=self._folder, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
        self._stack.callback(_ended, running)
        return running

    def scheduler(self, host="127.0.0.1"):
        """Start one; its address."""
        told = self._folder / "scheduler.json"
        self.program("scheduler", "--host", host, "--port", "0", "--scheduler-file", str(told))
        import json

        deadline = time.monotonic() + 60
        while True:
            assert time.monotonic() < deadline, "the scheduler did not start"
            with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
                return json.loads(told.read_text())["address"]
            time.sleep(0.1)

    def worker(self, address, *more, before=(), **environment):
        options = ["--nthreads", "1", "--no-nanny", "--death-timeout", "60", *more]
        return self.program("worker", address, *options, before=before, **environment)


def _ended(running):
    running.terminate()
    try:
        running.wait(10)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()


def test_a_cluster_gives_the_digest_of_one_process(work, cluster):
    given, expected = work
    address = cluster.scheduler()
    for _ in range(2):
        cluster.worker(address)
    found = batch.run(**given, engine=batch.Engine.DASK, scheduler=address)
    assert found.digest == expected.digest
    assert found.answers == expected.answers


def test_a_cluster_is_started_where_none_is_named(work):
    given, expected = work
    assert batch.run(**given, engine=batch.Engine.DASK, workers=2).digest == expected.digest


def test_a_worker_that_is_killed_costs_no_answer(work, cluster):
    given, expected = work
    address = cluster.scheduler()
    first, _ = cluster.worker(address), cluster.worker(address)

    def kill_once(done, of):
        if 0 < done < of and first.poll() is None:
            first.send_signal(signal.SIGKILL)
            first.wait()

    found = batch.run(**given, engine=batch.Engine.DASK, scheduler=address, told=kill_once)
    assert first.returncode == -signal.SIGKILL
    assert found.digest == expected.digest


def test_no_scheduler_is_said_in_one_line(work, monkeypatch):
    given, _ = work
    monkeypatch.setattr("siting.batch.engines._PATIENCE_S", 2)
    with pytest.raises(batch.EngineFailed, match="no Dask scheduler"):
        batch.run(**given, engine=batch.Engine.DASK, scheduler="tcp://127.0.0.1:1")


def test_a_scheduler_without_workers_is_said_in_one_line(work, cluster, monkeypatch):
    given, _ = work
    address = cluster.scheduler()
    monkeypatch.setattr("siting.batch.engines._PATIENCE_S", 2)
    with pytest.raises(batch.EngineFailed, match="no worker came"):
        batch.run(**given, engine=batch.Engine.DASK, scheduler=address)


def test_a_worker_that_has_other_files_is_refused(work, cluster, tmp_path):
    given, _ = work
    other = tmp_path / "elsewhere"
    shutil.copytree(given["folder"], other)
    altered = next(other.glob("DLTB-*.parquet"))
    altered.write_bytes(altered.read_bytes() + b"\0")
    address = cluster.scheduler()
    cluster.worker(address, **{FOLDER_VARIABLE: str(other)})
    with pytest.raises(batch.EngineFailed, match="altered"):
        batch.run(**given, engine=batch.Engine.DASK, scheduler=address)


@pytest.fixture
def other_machine():
    """A network of its own, one cable away, as another machine has; without leave to make one, there is no test."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("making a network namespace needs root and iproute2")
    name = f"batch{os.getpid()}"
    cable, end = f"bt{os.getpid() % 100000}a", f"bt{os.getpid() % 100000}b"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no network namespace here: {made.stderr.strip()}")
    inside = ["ip", "netns", "exec", name]
    try:
        for command in (
            ["ip", "link", "add", cable, "type", "veth", "peer", "name", end],
            ["ip", "link", "set", end, "netns", name],
            ["ip", "addr", "add", f"{HERE}/30", "dev", cable],
            ["ip", "link", "set", cable, "up"],
            [*inside, "ip", "addr", "add", f"{THERE}/30", "dev", end],
            [*inside, "ip", "link", "set", end, "up"],
            [*inside, "ip", "link", "set", "lo", "up"],
        ):
            subprocess.run(command, check=True, capture_output=True)
        yield inside
    finally:
        subprocess.run(["ip", "link", "del", cable], capture_output=True)
        subprocess.run(["ip", "netns", "del", name], check=True, capture_output=True)


def test_a_worker_on_another_machine_with_its_own_copy_of_the_files(work, cluster, other_machine, tmp_path):
    given, expected = work
    copied = tmp_path / "copied"
    shutil.copytree(given["folder"], copied)
    address = cluster.scheduler(HERE)
    assert HERE in address
    # It alone does the work, and all that connects it is the cable.
    cluster.worker(address, "--host", THERE, before=other_machine, **{FOLDER_VARIABLE: str(copied)})
    found = batch.run(**given, engine=batch.Engine.DASK, scheduler=address)
    assert found.digest == expected.digest
