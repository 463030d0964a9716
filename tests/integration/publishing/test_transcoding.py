"""Videos that browsers can't play: a job encodes them anew, says how far it is, and leaves nothing when called off."""

import av
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from PIL import Image

from gis_projects.publishing import cleaning, media_store
from gis_projects.publishing.actions import progress, transcoding
from gis_projects.publishing.models import ProgressMedia
from gis_projects.publishing.queries import transcoding as queries
from gis_projects.trail.jobs import Cancelled, Progress, cancel
from gis_projects.trail.models import Job, Step
from siting.engine.notices import UnusableInput
from tests.factories import media
from tests.factories.disclosed import project_with_site, two_people

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def people():
    return two_people()


@pytest.fixture
def project():
    return project_with_site(name="三环路改造")


@pytest.fixture(scope="module")
def hevc(tmp_path_factory):
    """As a phone films it: HEVC, on its side, with a voice, a place and a device."""
    return media.video(tmp_path_factory.mktemp("phone") / "IMG_1.MOV", codec="libx265", upright=True)


def run(job):
    """As a worker would."""
    (arguments,) = [task.args_kwargs["kwargs"] for task in tasks() if str(task.id) == str(job.task_id)]
    transcoding.transcode_video.func(**arguments)
    job.refresh_from_db()
    return job


def tasks():
    from django_tasks_db.models import DBTaskResult

    return DBTaskResult.objects.all()


def requested(project, people, path, **how):
    return transcoding.request(by=people[0], project=project, name=path.name, path=path, **how)


def test_a_phones_film_becomes_one_that_browsers_play_upright_and_bare(hevc):
    told = []
    original = hevc.read_bytes()
    assert media.SERIAL.encode() in original
    with cleaning.cleaned(hevc.name, hevc, transcoding=told.append) as clean:
        content = clean.copy.read_bytes()
        assert [trace for trace in media.traces() if trace in content] == []
        assert content.index(b"moov") < content.index(b"mdat")  # plays before all of it has come
        assert clean.position == pytest.approx((media.LON, media.LAT), abs=1e-4)
        assert f"{clean.taken_at:%Y:%m:%d %H:%M:%S}" == media.TAKEN
        assert (clean.width, clean.height) == (240, 320)
        with av.open(str(clean.copy)) as again:
            (stream,) = again.streams  # no voice
            frames = list(again.decode(stream))
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert len(frames) == 12
        assert {frame.rotation for frame in frames} == {0}
        # the red edge was on the left; turned a quarter clockwise it is on top
        red, green, _blue = frames[0].to_image().getpixel((120, 20))
        assert red > 150 > green
        with Image.open(clean.small) as small:
            assert small.size == (240, 320)
    assert told == sorted(told)  # the same again, where it takes longer than a second
    assert 3 < len(set(told)) <= 100


@pytest.mark.parametrize(("name", "codec"), [("v.avi", "mpeg4"), ("v.webm", "libvpx-vp9")])
def test_other_films_become_ones_that_browsers_play(tmp_path, name, codec):
    path = tmp_path / name
    with av.open(str(path), "w") as target:
        stream = target.add_stream(codec, rate=60)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for at in range(30):
            frame = av.VideoFrame.from_image(media.picture(160, 120))
            frame.pts = at
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    with pytest.raises(cleaning.OtherCodec), cleaning.cleaned(name, path):
        pass
    with (
        cleaning.cleaned(name, path, transcoding=lambda percent: None) as clean,
        av.open(str(clean.copy)) as again,
    ):
        assert again.streams.video[0].codec_context.name == "h264"
        assert sum(1 for _frame in again.decode(video=0)) == 15  # half a second at 30 a second


def test_an_upright_film_that_is_copied_is_seen_upright(tmp_path):
    path = media.video(tmp_path / "v.mov", upright=True)
    with cleaning.cleaned("v.mov", path) as clean:
        assert (clean.width, clean.height) == (240, 320)
        with Image.open(clean.small) as small:
            red, green, _blue = small.convert("RGB").getpixel((120, 20))
            assert small.size == (240, 320)
            assert red > 150 > green


def test_the_page_takes_a_phones_film_and_shows_it_when_its_job_is_done(project, people, hevc):
    client = Client()
    client.force_login(people[0])
    address = f"/projects/{project.pk}/progress/"
    with hevc.open("rb") as file:
        answer = client.post(address, {"step": "upload", "files": file, "caption": "吊装"}, follow=True)
    page = answer.content.decode()
    assert "1 个视频浏览器不能直接播放，正在转码" in page
    assert "取消转码" in page
    assert not ProgressMedia.objects.exists()
    job = run(Job.objects.get(kind=queries.KIND))
    row = ProgressMedia.objects.get()
    assert (job.state, job.progress, job.result["media"]) == ("done", 100, row.pk)
    assert (row.caption, row.name, row.kind, row.by) == ("吊装", "IMG_1.MOV", "video", people[0])
    assert row.location.coords == pytest.approx((media.LON, media.LAT), abs=1e-4)
    assert media_store.path_of(row).is_file()
    assert not media_store.draft_of(job.pk).exists()
    assert Step.objects.filter(verb="disclosure.add_media", actor=people[0].username).count() == 1
    page = client.get(address).content.decode()
    assert "取消转码" not in page
    assert "吊装" in page
    with pytest.raises(ValidationError, match="已经采集"):
        requested(project, people, hevc)


def test_a_film_whose_job_runs_twice_is_taken_in_once(project, people, hevc):
    job = requested(project, people, hevc)
    run(job)
    Job.objects.filter(pk=job.pk).update(state="running", finished_at=None)
    assert run(job).result["media"] == ProgressMedia.objects.get().pk


def test_a_film_that_is_called_off_leaves_nothing(project, people, hevc, django_capture_on_commit_callbacks):
    job = requested(project, people, hevc)
    with pytest.raises(PermissionDenied):
        transcoding.call_off(by=people[1], project=project, job=job)
    with django_capture_on_commit_callbacks(execute=True):
        assert transcoding.call_off(by=people[0], project=project, job=job)
    assert not media_store.draft_of(job.pk).exists()
    assert run(job).state == "cancelled"
    # … and one that was under way ends where it next looks
    job = requested(project, people, hevc)
    Job.objects.filter(pk=job.pk).update(state="running")
    cancel(job)
    with pytest.raises(Cancelled):
        transcoding.transcode_video.func.__wrapped__(
            Progress(job), project=project.pk, user=people[0].pk, name="a.mov", caption="", location=None,
            language="zh-hans",
        )  # fmt: skip
    assert not ProgressMedia.objects.exists()


def test_a_film_that_can_not_be_decoded_says_why_on_the_page(project, people, hevc, tmp_path):
    broken = tmp_path / "b.mov"
    content = hevc.read_bytes()
    at = content.index(b"mdat") + 4
    end = content.index(b"moov") - 4
    broken.write_bytes(content[:at] + b"\xff" * (end - at) + content[end:])
    job = run(requested(project, people, broken))
    assert job.state == "done"
    assert not ProgressMedia.objects.exists()
    assert not media_store.draft_of(job.pk).exists()
    client = Client()
    client.force_login(people[0])
    assert "损坏" in client.get(f"/projects/{project.pk}/progress/").content.decode()


def test_only_so_many_films_of_a_project_wait(project, people, hevc, monkeypatch):
    monkeypatch.setattr(transcoding, "MOST_OPEN", 1)
    requested(project, people, hevc)
    with pytest.raises(ValidationError, match="已有 1 个视频在转码"):
        requested(project, people, hevc)
    with pytest.raises(PermissionDenied):
        requested(project, (people[1], people[0]), hevc)


def test_a_photo_is_never_a_job(project, people, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(media.jpeg())
    assert progress.add_media(by=people[0], project=project, name="a.jpg", path=path).kind == "photo"
    path.write_bytes(b"\xff\xd8\xff nothing")
    with pytest.raises(UnusableInput, match="损坏"):
        progress.add_media(by=people[0], project=project, name="a.jpg", path=path)
    assert not Job.objects.exists()
