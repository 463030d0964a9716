"""What encoding a film anew may take, whatever the film says of itself, and what becomes of rights meanwhile."""

import itertools
from types import SimpleNamespace

import av
import numpy as np
import pytest
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from gis_projects.people.models import User
from gis_projects.publishing import cleaning
from gis_projects.publishing.actions import transcoding
from gis_projects.publishing.confined.clean import transcoding as encoding
from gis_projects.publishing.models import ProgressMedia
from gis_projects.trail.jobs import Progress
from tests.factories import media
from tests.factories.disclosed import project_with_site, two_people
from tests.integration.publishing.test_transcoding import requested, run


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return media.video(tmp_path_factory.mktemp("phone") / "IMG_1.MOV", codec="libx265", sound=False)


@pytest.fixture
def people():
    return two_people()


@pytest.fixture
def project(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return project_with_site(name="三环路改造")


# --- inside the confinement -------------------------------------------------------------------------


def endless(film):
    """The film's first frame again and again, at the same time."""
    with av.open(str(film)) as source:
        frame = next(source.decode(video=0))
    packet = SimpleNamespace(decode=lambda: [frame])
    return SimpleNamespace(demux=lambda stream: itertools.repeat(packet))


def test_frames_that_stand_still_come_to_an_end(film, tmp_path, capsys):
    with av.open(str(film)) as source, pytest.raises(SystemExit):
        encoding.filmed_off(endless(film), source.streams.video[0], tmp_path / "a.mp4", 0.01)
    assert "too-long" in capsys.readouterr().err


def test_what_takes_too_long_for_its_length_comes_to_an_end(film, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(encoding, "SETTLING_SECONDS", -1)
    with av.open(str(film)) as source, pytest.raises(SystemExit):
        encoding.filmed_off(endless(film), source.streams.video[0], tmp_path / "a.mp4", 0.01)
    assert "too-slow" in capsys.readouterr().err
    assert "too-slow" in cleaning._WORDS


def test_how_far_it_is_is_told_each_second_too(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(encoding, "time", SimpleNamespace(monotonic=lambda: now[0]))
    teller = encoding._Teller(100)
    for now[0], done in ((0.0, 3), (0.5, 3), (1.0, 0), (1.5, 4), (2.4, 4), (2.6, 0)):
        teller.tell(done)
    assert capsys.readouterr().out == "  3\n  3\n  4\n  4\n"


@pytest.mark.parametrize(("transfer", "brighter"), [("smpte2084", True), ("bt709", False)])
def test_what_was_filmed_in_high_dynamic_range_is_brought_to_what_screens_show(tmp_path, transfer, brighter):
    """Half of the signal is 92 cd/m² by SMPTE ST 2084: as it stands it would look much too dark."""
    path = tmp_path / "v.mov"
    known = f"log-level=none:colorprim=bt2020:colormatrix=bt2020nc:transfer={transfer}"
    with av.open(str(path), "w", format="mov") as target:
        stream = target.add_stream("libx265", rate=12, options={"x265-params": known})
        stream.width, stream.height, stream.pix_fmt = 160, 128, "yuv420p10le"
        for at in range(3):
            frame = av.VideoFrame(160, 128, "yuv420p10le")
            for plane in frame.planes:
                plane.update(np.full(plane.buffer_size // 2, 512, np.uint16).tobytes())
            frame.pts = at
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    with (
        cleaning.cleaned("v.mov", path, transcoding=lambda percent: None) as clean,
        av.open(str(clean.copy)) as again,
    ):
        frame = next(again.decode(video=0))
    luma = float(frame.to_ndarray()[:128].mean())
    assert (luma > 160) is brighter


# --- the job ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_second_film_waits_and_holds_no_worker(film, project, people):
    job = requested(project, people, film)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", transcoding._LOCK)
        first = job.task_id
        job = run(job)
        assert (job.state, job.started_at, job.message) == ("queued", None, "IMG_1.MOV")
        task = DBTaskResult.objects.get(pk=job.task_id)
        assert task.pk != first
        assert task.run_after > timezone.now()
    finally:
        other.close()
    assert run(job).state == "done"
    assert ProgressMedia.objects.count() == 1


@pytest.mark.django_db
def test_a_film_that_waits_is_called_off_for_good(film, project, people):
    job = requested(project, people, film)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", transcoding._LOCK)
        job = run(job)
        transcoding.call_off(by=people[0], project=project, job=job)
    finally:
        other.close()
    assert run(job).state == "cancelled"
    assert not ProgressMedia.objects.exists()


@pytest.mark.django_db
def test_a_right_that_goes_while_a_film_is_encoded_counts(film, project, people, monkeypatch):
    hold = Progress.hold

    def after_hours(self):
        User.objects.filter(pk=people[0].pk).update(is_active=False)
        hold(self)

    monkeypatch.setattr(Progress, "hold", after_hours)
    job = run(requested(project, people, film))
    assert "无权" in job.result["refused"][0]
    assert not ProgressMedia.objects.exists()
