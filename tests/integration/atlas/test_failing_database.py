"""The database is restarted under an upload, and its disk is full. Nothing is half-published, and it goes on."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from django.core.management import call_command
from django.db import connection
from django_tasks_db.models import DBTaskResult

from gis_projects.atlas.actions import uploads
from gis_projects.atlas.models import Upload
from layers import queries
from layers.loading import tidy, vector
from layers.models import Feature, LayerVersion
from tests.factories.files import zipped_shapefile
from tests.factories.layers import grid_table, published, square
from tests.factories.people import user_of
from tests.integration.atlas.bringing import bring, ended, open_jobs, whole_and_alone
from tests.integration.atlas.cluster import Cluster
from tests.integration.trail.test_supervisor import until
from tests.thorough import many

pytestmark = pytest.mark.django_db(transaction=True)

#: One layer's upload for each: a job that dies three times is not tried again.
PLACES = many(["writing"], ["inspecting", "reading", "writing", "quality", "staged", "drawn"])


@pytest.fixture(scope="module")
def made(django_db_setup):
    cluster = Cluster()
    yield cluster
    cluster.destroy()


@pytest.fixture
def cluster(made, transactional_db):
    with made.fresh():
        yield made


def test_a_database_restarted_at_every_stage_ends_in_whole_versions(cluster, start_workers, tmp_path):
    surveyor = user_of("surveyor")
    path = zipped_shapefile(tmp_path / "new.zip", [square(i, j) for j in range(4) for i in range(4)])
    codes = "ABCDEF"[: len(PLACES)]
    for code in codes:
        published(code, grid_table(2, 2))
    halts = start_workers([f"{place}@{code}" for place, code in zip(PLACES, codes, strict=True)], workers=1)
    for place, code in zip(PLACES, codes, strict=True):
        bring(code, path, surveyor)
        halt = halts / f"{place}@{code}"
        until(lambda halt=halt: halt.exists() and halt.read_text(), 110)
        cluster.restart()
        assert queries.current()[code].number == 1
        until(lambda code=code: ended(code) and not open_jobs(), 110)
    assert set(Upload.objects.values_list("state", flat=True)) == {"staged"}
    assert not DBTaskResult.objects.filter(status="FAILED").exists()
    assert len(set(LayerVersion.objects.filter(number=2).values_list("root_hash", flat=True))) == 1
    for code in codes:
        whole_and_alone(code, 2)


@pytest.fixture
def small_disk(cluster):
    """A file system of two megabytes, which the database's features lie on; gives its folder."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk")
    folder = cluster.folder / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no small disk here: {mounted.stderr.decode()}")
    shutil.chown(folder, "postgres", "postgres")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
        cursor.execute("ALTER TABLE layers_feature SET TABLESPACE small")
    yield folder
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE layers_feature SET TABLESPACE pg_default")
        cursor.execute("DROP TABLESPACE small")
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


@pytest.mark.parametrize("several_from", many([20_000], [20_000, 100]))
def test_a_database_whose_disk_is_full_says_so_and_the_same_file_goes_in_once_there_is_room(
    cluster, small_disk, tmp_path, settings, monkeypatch, several_from
):
    settings.UPLOAD_ROOT = tmp_path / "uploads"
    monkeypatch.setattr(vector, "SEVERAL_FROM", several_from)
    surveyor = user_of("surveyor")
    published("A", grid_table(2, 2))
    shapes = [square(i / 4, j / 4, 0.0004) for j in range(80) for i in range(80)]
    row = bring("A", zipped_shapefile(tmp_path / "new.zip", shapes), surveyor)
    work()
    row.refresh_from_db()
    assert (row.state, row.notices[0]["code"]) == ("failed", "disk-full")
    tidy()
    assert list(LayerVersion.objects.values_list("number", "status")) == [(1, "published")]
    assert not Feature.objects.filter(first_version__gt=1).exists()
    assert not Feature.objects.filter(last_version__isnull=False).exists()
    assert queries.verify(queries.current()["A"]).intact
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    uploads.retry(by=surveyor, key=row.pk)
    work()
    row.refresh_from_db()
    assert row.state == "staged"
    whole_and_alone("A", 2)


def work() -> None:
    """All that is queued, here and now."""
    call_command("db_worker", batch=True, interval=0, startup_delay=False, reload=False, verbosity=0)
