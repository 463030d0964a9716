"""What a machine does to a staging: killed, cut off from its database, out of disk. Nothing is half-published."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psycopg2
import pytest
import rasterio
from django.db import DatabaseError, InterfaceError, connection
from rasterio.transform import from_bounds

from layers import queries
from layers.loading import load, stage, stage_raster, tidy, vector
from layers.loading.workers import WorkerDied
from layers.locks import Lock
from layers.models import Feature, FeaturePiece, Layer, LayerVersion, QualityFinding
from layers.notices import UnreadableFile
from layers.progress import Phase
from tests.factories.layers import REGION, LayerFactory, grid_table

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]

# Tells each step of its progress and waits for a line before it goes on.
_STAGER = """
import json, sys
import django
django.setup()
from django.db import connection
connection.settings_dict.update(json.loads(sys.argv[1]))
from layers.loading import load, vector
from layers.models import Layer
from tests.factories.layers import REGION, grid_table
vector.SEVERAL_FROM, vector.BATCH = 100, 100

def progress(phase, done, total):
    print(phase, done, flush=True)
    sys.stdin.readline()

load(Layer.objects.get(code="A"), grid_table(40, 40), coverage=REGION, progress=progress)
"""


@pytest.fixture
def layer() -> Layer:
    layer = LayerFactory(code="A")
    load(layer, grid_table(), coverage=REGION)
    return layer


def as_before(layer: Layer) -> None:
    """The version in force, and nothing else."""
    assert list(LayerVersion.objects.filter(layer=layer).values_list("number", "status")) == [
        (1, "published")
    ]
    assert not Feature.objects.exclude(first_version=1).exists()
    assert not Feature.objects.filter(last_version__isnull=False).exists()
    assert not FeaturePiece.objects.exclude(feature__first_version=1).exists()
    assert not QualityFinding.objects.exclude(version__number=1).exists()
    assert queries.verify(queries.current(["A"])["A"]).intact


def database() -> str:
    return json.dumps(
        {name: connection.settings_dict[name] for name in ("NAME", "HOST", "PORT", "USER", "PASSWORD")}
    )


def workers_of(pid: int) -> list[int]:
    found = subprocess.run(["ps", "--ppid", str(pid), "-o", "pid="], capture_output=True, text=True)
    return [int(line) for line in found.stdout.split()]


@pytest.mark.parametrize(
    ("phase", "steps"),
    [(Phase.READING, 0), (Phase.WRITING, 1), (Phase.QUALITY, 0)],
    ids=["begun", "rows", "report"],
)
def test_a_staging_that_is_killed_is_taken_away_and_can_be_done_again(layer, phase, steps):
    process = subprocess.Popen(
        [sys.executable, "-c", _STAGER, database()], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "gis_projects.settings"},
    )  # fmt: skip
    with process:
        while True:
            now, done = process.stdout.readline().split()
            if now == phase and int(done) >= steps:
                break
            process.stdin.write("\n")
            process.stdin.flush()
        orphans = workers_of(process.pid)
        assert queries.current(["A"])["A"].number == 1
        assert tidy()["versions"] == 0  # it lives
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdin.close()
    until_let_go(Lock.STAGING)
    tidied = tidy()
    assert tidied["versions"] == (phase != Phase.READING)
    as_before(layer)
    for pid in orphans:  # nobody writes on for a dead one
        for _ in range(100):
            if not Path(f"/proc/{pid}").exists():
                break
            time.sleep(0.1)
        assert not Path(f"/proc/{pid}").exists()
    as_before(layer)
    assert load(layer, grid_table(5, 5), coverage=REGION).version == 2
    assert queries.verify(queries.current(["A"])["A"]).intact


def until_let_go(lock: Lock) -> None:
    """Wait until the database has noticed that whoever held it is dead: on a busy machine that takes a while."""
    for _ in range(300):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                " WHERE l.locktype = 'advisory' AND l.classid = %s AND d.datname = current_database()",
                [int(lock)],
            )
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.1)
    raise AssertionError(f"{lock.name} is still held")


def terminate(lock: Lock) -> None:
    """Cut off one of the sessions that hold a lock of this kind in this database."""
    database = connection.settings_dict
    other = psycopg2.connect(host=database["HOST"], user=database["USER"], dbname=database["NAME"])
    with other, other.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE l.locktype = 'advisory' AND l.classid = %s AND d.datname = current_database() LIMIT 1",
            [int(lock)],
        )
        assert cursor.rowcount == 1
    other.close()


@pytest.mark.parametrize(
    ("phase", "lock", "error"),
    [
        (Phase.WRITING, Lock.WRITING, WorkerDied),
        (Phase.WRITING, Lock.STAGING, (DatabaseError, InterfaceError, psycopg2.Error)),
        (Phase.QUALITY, Lock.STAGING, (DatabaseError, InterfaceError, psycopg2.Error)),
    ],
    ids=["writer", "while-writing", "while-inspecting"],
)
def test_a_connection_that_is_cut_leaves_nothing(monkeypatch, layer, phase, lock, error):
    monkeypatch.setattr(vector, "SEVERAL_FROM", 100)
    monkeypatch.setattr(vector, "BATCH", 50)
    cut = []

    def progress(now, done, total):
        if now == phase and not cut and (done or phase != Phase.WRITING):
            cut.append(True)
            terminate(lock)

    with pytest.raises(error):
        load(layer, grid_table(40, 40), coverage=REGION, progress=progress)
    assert cut
    as_before(layer)
    assert stage(layer, grid_table(20, 20), coverage=REGION).number == 2


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no small disk here: {mounted.stderr.decode()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_refuses_a_raster_and_nothing_stays(settings, tmp_path, small_disk):
    settings.MEDIA_ROOT = small_disk
    path = tmp_path / "noise.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=1200, height=1200, count=1, dtype="float32", crs="EPSG:4490",
        transform=from_bounds(109, 40, 110, 41, 1200, 1200),
    ) as raster:  # fmt: skip
        raster.write(np.random.default_rng(1).random((1200, 1200), dtype=np.float32), 1)
    layer = LayerFactory(code="R", kind="raster")
    with pytest.raises((UnreadableFile, OSError)):
        stage_raster(layer, path)
    assert not LayerVersion.objects.filter(layer=layer).exists()
    assert list((small_disk / "rasters").iterdir()) == []
    assert tidy() == {"versions": 0, "files": 0}


def test_tidy_takes_files_of_rasters_that_nobody_names(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    folder = tmp_path / "rasters"
    (folder / ".new-abc").mkdir(parents=True)
    (folder / ".new-abc" / "out.tif").touch()
    (folder / ("0" * 64 + ".tif")).touch()
    (folder / "readme").touch()
    assert tidy() == {"versions": 0, "files": 2}
    assert [path.name for path in folder.iterdir()] == ["readme"]
