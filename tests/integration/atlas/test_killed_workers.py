"""Workers are killed at every stage of an upload, and the database loses its connections: nothing is half-published."""

from __future__ import annotations

import os
import signal

import pytest
from django.core.management import call_command
from django.db import connection
from django_tasks_db.models import DBTaskResult

from gis_projects.atlas import upload_files
from gis_projects.atlas.actions import uploads, versions
from gis_projects.atlas.models import Publication, Upload
from layers import queries
from layers.models import Feature, Layer, LayerVersion, OverviewTile, Status
from tests.factories.files import zipped_shapefile
from tests.factories.layers import grid_table, published, square
from tests.factories.people import user_of
from tests.integration.atlas.bringing import bring, ended, open_jobs, whole_and_alone
from tests.integration.trail.test_supervisor import until

pytestmark = pytest.mark.django_db(transaction=True)

#: Where each layer's upload is killed: of one job no more than twice, as the third death ends it.
PLACES = {
    "A": ["inspecting", "reading", "quality"],
    "B": ["writing", "staged", "drawn"],
}


def test_killed_at_every_stage_it_goes_on_and_ends_the_same(start_workers, tmp_path):
    surveyor, reviewer = user_of("surveyor"), user_of("reviewer")
    shapes = [square(i, j) for j in range(4) for i in range(4)]
    path = zipped_shapefile(tmp_path / "new.zip", shapes)
    for code in ("A", "B", "C"):
        published(code, grid_table(2, 2))
    places = [f"{place}@{code}" for code, found in PLACES.items() for place in found]
    for code in ("A", "B", "C"):
        bring(code, path, surveyor)
    halts = start_workers(places, workers=2)
    killed = set()

    def kill_the_halted() -> bool:
        for place in places:
            if place not in killed and (halts / place).exists() and (halts / place).read_text():
                assert queries.current()[place[-1]].number == 1
                os.kill(int((halts / place).read_text()), signal.SIGKILL)
                killed.add(place)
        return killed == set(places) and ended("A", "B", "C") and not open_jobs()

    until(kill_the_halted, 110)
    assert set(Upload.objects.values_list("state", flat=True)) == {"staged"}
    roots = set(LayerVersion.objects.filter(number=2).values_list("root_hash", flat=True))
    assert len(roots) == 1  # A and B were killed three times each, C never
    tiles = {
        code: list(
            OverviewTile.objects.filter(layer__code=code).order_by("z", "x", "y").values_list("z", "x", "y")
        )
        for code in "ABC"
    }
    assert tiles["A"] == tiles["B"] == tiles["C"]
    for code in "ABC":
        version = LayerVersion.objects.get(layer__code=code, number=2)
        assert version.overviews_done
        versions.publish_version(by=reviewer, version=version)
        whole_and_alone(code, 2)
    assert Publication.objects.filter(approver=reviewer).count() == 3
    assert not upload_files.folders()


def test_connections_that_the_database_cuts_end_in_a_whole_version_or_none(start_workers, tmp_path):
    surveyor = user_of("surveyor")
    published("A", grid_table(2, 2))
    bring("A", zipped_shapefile(tmp_path / "new.zip"), surveyor)
    halts = start_workers(["writing@A"], workers=1)
    until(lambda: (halts / "writing@A").exists())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    until(lambda: ended("A") and not open_jobs(), 60)
    assert Upload.objects.get().state == "staged"
    assert DBTaskResult.objects.filter(status="FAILED").count() == 0
    whole_and_alone("A", 2)


def test_a_file_system_that_is_full_says_so_and_tidying_leaves_nothing(start_workers, tmp_path, monkeypatch):
    from gis_projects.atlas import jobs

    surveyor = user_of("surveyor")
    published("A", grid_table(2, 2))
    row = bring("A", zipped_shapefile(tmp_path / "new.zip"), surveyor)
    call = jobs.Watch.__call__

    def full(self, phase, done, total):
        call(self, phase, done, total)
        if phase == "writing":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(jobs.Watch, "__call__", full)
    call_command("db_worker", batch=True, interval=0, startup_delay=False, reload=False, verbosity=0)
    row.refresh_from_db()
    assert (row.state, row.notices[0]["code"]) == ("failed", "disk-full")
    assert not LayerVersion.objects.exclude(number=1).exists()
    uploads.cancel(by=surveyor, key=row.pk)
    call_command("tidy")
    assert not upload_files.folders()
    assert not Feature.objects.filter(first_version__gt=1).exists()
    assert Layer.objects.get().versions.get().status == Status.PUBLISHED
