"""From a file to a version that waits: cancelled, failed, repeated, interrupted."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.core.management import call_command

from gis_projects.atlas import jobs, upload_files
from gis_projects.atlas.actions import staging
from gis_projects.atlas.models import Publication, Upload
from gis_projects.people.models import User
from gis_projects.trail.models import Job, Step
from layers.loading import stage
from layers.models import LayerVersion
from layers.progress import Phase
from tests.api.atlas.uploading import ANSWERS, answer, begin, meanwhile, part, told, whole, work
from tests.factories.files import zipped_shapefile
from tests.factories.layers import REGION

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_right_that_went_before_the_work_began_stages_nothing(layer, surveyor, tmp_path):
    upload = whole(surveyor, zipped_shapefile(tmp_path / "a.zip"), layer="GRID", answers=ANSWERS)
    User.objects.update(is_active=False)
    work()
    assert Upload.objects.get(pk=upload["uuid"]).state == "refused"
    assert not LayerVersion.objects.filter(number=2).exists()


def test_what_failed_is_staged_anew_by_the_new_answers(layer, surveyor, tmp_path, monkeypatch):
    upload = whole(surveyor, zipped_shapefile(tmp_path / "a.zip"), layer="GRID", answers=ANSWERS)
    with monkeypatch.context() as broken:
        broken.setattr(staging, "staged", lambda *args, **more: 1 / 0)
        work()
    assert told(surveyor, upload)["state"] == "failed"
    assert not LayerVersion.objects.filter(number=2).exists()
    answer(surveyor, upload, source_date="2024-02-03")
    work()
    assert told(surveyor, upload)["state"] == "staged"
    assert str(LayerVersion.objects.get(number=2).source_date) == "2024-02-03"


def test_another_uploads_unsaid_version_is_not_taken_over(layer, surveyor, tmp_path):
    """Of the same file, staged by a process that was killed, with who knows which answers."""
    path = zipped_shapefile(tmp_path / "a.zip")
    stage(layer, path, coverage=REGION)
    LayerVersion.objects.filter(number=2).update(source_sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    upload = whole(surveyor, path, layer="GRID", answers=ANSWERS)
    work()
    assert told(surveyor, upload)["state"] == "refused"
    assert not Publication.objects.filter(number=2).exists()


def test_a_second_file_for_the_layer_is_told_of_the_first(staged, surveyor, tmp_path):
    second = whole(surveyor, zipped_shapefile(tmp_path / "b.zip"), layer="GRID", answers=ANSWERS)
    work()
    second = told(surveyor, second)
    assert second["state"] == "refused"
    assert "待发布" in second["messages"][0]
    surveyor.delete(staged["url"])
    assert surveyor.post(f"{second['url']}retry/").json()["state"] == "staging"
    work()
    assert told(surveyor, second)["state"] == "staged"


def test_cancelling_a_staged_one_takes_the_version_out(staged, surveyor):
    assert surveyor.delete(staged["url"]).json()["state"] == "cancelled"
    assert list(LayerVersion.objects.values_list("number", flat=True)) == [1]
    assert not Publication.objects.filter(number=2).exists()
    assert Step.objects.filter(verb="atlas.cancel_layer").exists()


def test_cancelling_while_it_is_staged_leaves_nothing(surveyor, layer, tmp_path, monkeypatch):
    upload = whole(surveyor, zipped_shapefile(tmp_path / "GRID.zip"), layer="GRID", answers=ANSWERS)
    watched = jobs.Watch.__call__

    def cancel_on_the_way(self, phase, done, total):
        if phase == Phase.QUALITY:
            meanwhile(lambda: surveyor.delete(upload["url"]))
        watched(self, phase, done, total)

    monkeypatch.setattr(jobs.Watch, "__call__", cancel_on_the_way)
    work()
    assert told(surveyor, upload)["state"] == "cancelled"
    assert list(LayerVersion.objects.values_list("number", flat=True)) == [1]
    assert not upload_files.folders()
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}


def test_cancelling_just_after_it_was_staged_leaves_nothing(surveyor, layer, tmp_path, monkeypatch):
    upload = whole(surveyor, zipped_shapefile(tmp_path / "GRID.zip"), layer="GRID", answers=ANSWERS)
    said = staging.staged

    def too_late(key, version, **more):
        meanwhile(lambda: surveyor.delete(upload["url"]))
        return said(key, version, **more)

    monkeypatch.setattr(staging, "staged", too_late)
    work()
    assert told(surveyor, upload)["state"] == "cancelled"
    assert list(LayerVersion.objects.values_list("number", flat=True)) == [1]


def test_a_file_that_is_none_is_refused_with_its_reason(surveyor, layer, tmp_path):
    path = tmp_path / "GRID.zip"
    path.write_bytes(b"%PDF-1.7 nothing here")
    upload = whole(surveyor, path, layer="GRID")
    work()
    upload = told(surveyor, upload)
    assert upload["state"] == "refused"
    assert "PDF" in upload["messages"][0]
    page = surveyor.get(upload["page"])
    assert (page.status_code, "PDF" in page.content.decode()) == (200, True)


def test_other_bytes_than_were_announced_are_refused(surveyor, layer, tmp_path):
    path = zipped_shapefile(tmp_path / "GRID.zip")
    upload = whole(surveyor, path, layer="GRID", sha256="0" * 64)
    work()
    assert "SHA-256" in told(surveyor, upload)["messages"][0]


def test_a_failure_says_what_to_do_and_may_be_tried_again(surveyor, layer, tmp_path, monkeypatch):
    upload = whole(surveyor, zipped_shapefile(tmp_path / "GRID.zip"), layer="GRID", answers=ANSWERS)
    with monkeypatch.context() as patch:
        patch.setattr(jobs.loading, "stage", lambda *_, **__: 1 / 0)
        work()
    failed = told(surveyor, upload)
    assert (failed["state"], "重试" in failed["messages"][0]) == ("failed", True)
    with monkeypatch.context() as patch:

        def no_room(*_, **__):
            raise OSError(28, "No space left on device")

        patch.setattr(jobs.loading, "stage", no_room)
        surveyor.post(f"{upload['url']}retry/")
        work()
    assert "磁盘空间不足" in told(surveyor, upload)["messages"][0]
    assert surveyor.post(f"{upload['url']}retry/").status_code == 200
    work()
    assert told(surveyor, upload)["state"] == "staged"


def test_progress_shows_while_it_works(surveyor, layer, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(jobs, "EVERY", 0.0)
    watched = staging.progressed

    def noted(key, **how):
        watched(key, **how)
        row, job = Upload.objects.get(pk=key), Job.objects.get(state="running")
        seen.append((row.phase, row.percent, job.progress))

    monkeypatch.setattr(staging, "progressed", noted)
    whole(surveyor, zipped_shapefile(tmp_path / "GRID.zip"), layer="GRID", answers=ANSWERS)
    work()
    assert seen[0][0] == "inspecting"
    assert "reading" in [phase for phase, _, _ in seen]
    (rows,) = {len(surveyor.get("/api/v1/jobs/").json())}
    assert rows == Job.objects.count() >= 2
    assert "GRID.zip" in surveyor.get("/jobs/").content.decode()


def test_tidying_gives_up_what_nobody_went_on_with(surveyor, layer, tmp_path, settings, capsys):
    path = zipped_shapefile(tmp_path / "GRID.zip")
    old = begin(surveyor, path).json()
    part(surveyor, old["url"], 0, path.read_bytes()[:100])
    fresh = begin(surveyor, path).json()
    part(surveyor, fresh["url"], 0, path.read_bytes()[:100])
    stray = upload_files.folder("00000000-0000-0000-0000-000000000000")
    stray.mkdir(parents=True)
    lost = whole(surveyor, path, layer="GRID")
    Job.objects.update(state="failed", finished_at=Job.objects.get().created_at)
    Upload.objects.filter(pk=old["uuid"]).update(changed_at="2026-01-01T00:00Z")
    call_command("tidy", "--json")
    counts = json.loads(capsys.readouterr().out)
    assert counts["uploads"] == {"expired": 1, "stranded": 1, "folders": 2, "bytes": 100}
    assert told(surveyor, old)["state"] == "cancelled"
    assert told(surveyor, lost)["state"] == "failed"
    assert not stray.exists()
    assert {str(key) for key in upload_files.folders()} == {fresh["uuid"], lost["uuid"]}
    call_command("tidy")
    assert "0 份过期" in capsys.readouterr().out
