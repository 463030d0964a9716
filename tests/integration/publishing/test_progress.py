"""Photos and videos: what a camera wrote is read and gone, what is shown has an address, what isn't shown has none."""

import io

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from PIL import Image

from gis_projects.disclosure import media_files
from gis_projects.disclosure.models import DisclosedMedia
from gis_projects.library.actions.diary import write_diary
from gis_projects.library.models import Attachment
from gis_projects.publishing import cleaning, media_store
from gis_projects.publishing.actions import progress
from gis_projects.publishing.actions import projects as actions
from gis_projects.publishing.models import PerformanceResult, ProgressMedia
from siting.engine.notices import UnusableInput
from tests.factories import media
from tests.factories.disclosed import project_with_site, shown, two_people

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


def brought(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def taken(project, people, tmp_path, name="a.jpg", content=None, **how):
    path = brought(tmp_path, name, media.jpeg() if content is None else content)
    return progress.add_media(by=people[0], project=project, name=name, path=path, **how)


def segments(content):
    """The marker segments of a JPEG before its picture: an own reading, not Pillow's."""
    at, found = 2, []
    while content[at] == 0xFF and content[at + 1] != 0xDA:
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        found.append((content[at + 1], content[at + 4 : at + 2 + length]))
        at += 2 + length
    return found


@pytest.mark.parametrize(
    ("name", "make"), [("a.jpg", media.jpeg), ("b.heic", media.heic), ("c.png", media.png)]
)
def test_a_photo_is_read_and_then_holds_only_its_picture(tmp_path, name, make):
    with cleaning.cleaned(name, brought(tmp_path, name, make())) as clean:
        assert clean.position == pytest.approx((media.LON, media.LAT), abs=1e-6)
        assert f"{clean.taken_at:%Y:%m:%d %H:%M:%S}" == media.TAKEN
        for path in (clean.copy, clean.small):
            content = path.read_bytes()
            assert [trace for trace in media.traces() if trace in content] == []
            # APP0 (JFIF), tables and frame headers; nothing else, and nothing behind the end of the picture
            assert {marker for marker, _ in segments(content)} <= {0xE0, 0xDB, 0xC0, 0xC2, 0xC4}
            assert content.endswith(b"\xff\xd9")
            assert content.count(b"\xff\xd9") == 1
            with Image.open(io.BytesIO(content)) as again:
                assert not again.getexif()
                assert set(again.info) <= {
                    "jfif",
                    "jfif_version",
                    "jfif_unit",
                    "jfif_density",
                    "progressive",
                    "progression",
                }


def test_a_large_photo_is_made_smaller_and_stands_upright(tmp_path):
    content = media.jpeg(3200, 2400, orientation=6)  # the camera lay on its side
    with cleaning.cleaned("a.jpg", brought(tmp_path, "a.jpg", content)) as clean:
        assert (clean.width, clean.height) == (1200, 1600)
        with Image.open(clean.copy) as copy, Image.open(clean.small) as small:
            assert copy.size == (1200, 1600)
            assert max(small.size) == 480
            # the red edge was on the left; turned by 90° it is on top
            red, green, _blue = copy.getpixel((600, 20))
            assert red > 150 > green


def boxes(content, path=()):
    """The boxes of an MP4 by their path: an own reading, not the library's."""
    at = 0
    while at + 8 <= len(content):
        size, name = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        head = 8
        if size == 1:
            size, head = int.from_bytes(content[at + 8 : at + 16], "big"), 16
        if size < head:
            return
        yield (*path, name.decode("latin-1")), content[at + head : at + size]
        if name in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
            yield from boxes(content[at + head : at + size], (*path, name.decode("latin-1")))
        at += size


def test_a_video_keeps_its_picture_and_nothing_else(tmp_path):
    path = media.video(tmp_path / "v.mov")
    original = path.read_bytes()
    assert media.SERIAL.encode() in original
    assert b"x264" in original
    with cleaning.cleaned("v.mov", path) as clean:
        assert clean.position == pytest.approx((media.LON, media.LAT), abs=1e-4)
        assert (clean.width, clean.height) == (320, 240)
        content = clean.copy.read_bytes()
        assert [trace for trace in media.traces() if trace in content] == []
        found = list(boxes(content))
        names = [name for name, _body in found]
        assert names.count(("moov", "trak")) == 1
        assert not any(name[-1] in ("udta", "meta", "uuid") for name in names)
        for name, body in found:
            if name[-1] in ("mvhd", "tkhd", "mdhd"):
                times = body[4:12] if body[0] == 0 else body[4:20]
                assert not any(times), name  # made and changed: never
        import av

        with av.open(str(clean.copy)) as again:
            assert sum(1 for _frame in again.decode(video=0)) == 12
            assert [stream.type for stream in again.streams] == ["video"]


def nal_types(content):
    """Kinds of the units in the samples of an MP4 (each behind its length of four bytes)."""
    (body,) = [body for name, body in boxes(content) if name == ("mdat",)]
    at = 0
    while at + 5 <= len(body):
        yield body[at + 4] & 31
        at += 4 + int.from_bytes(body[at : at + 4], "big")


def test_nothing_stands_between_the_frames(tmp_path):
    with cleaning.cleaned("v.mov", media.video(tmp_path / "v.mov")) as clean:
        kinds = set(nal_types(clean.copy.read_bytes()))
    assert kinds <= {1, 5, 7, 8}  # slices and what decodes them; 6 would be what cameras add


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.jpg", b"", "空"),
        ("a.jpg", b"MZ\x90 not a picture", "不接受"),
        ("a.exe", media.jpeg(), "不接受"),
        ("a.mp4", media.jpeg(), "不符"),
        ("a.jpg", media.jpeg()[:400], "损坏"),
        ("a.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 4000, "损坏"),
        ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\xff" * 4000, "损坏"),
    ],
)
def test_hostile_and_broken_files_are_refused_with_words(tmp_path, name, content, words):
    with pytest.raises(UnusableInput) as refused, cleaning.cleaned(name, brought(tmp_path, name, content)):
        pass
    (notice,) = refused.value.notices
    assert words in notice.template % notice.params


def bomb():
    """A PNG of 40,000 × 40,000 pixels in a few kilobytes."""
    import struct
    import zlib

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


def test_a_picture_bomb_is_refused_before_it_unfolds(tmp_path):
    with (
        pytest.raises(UnusableInput, match="像素"),
        cleaning.cleaned("a.png", brought(tmp_path, "a.png", bomb())),
    ):
        pass


def test_a_codec_that_browsers_do_not_show_is_refused(tmp_path):
    path = media.video(tmp_path / "v.mp4", codec="mpeg4", sound=False)
    with pytest.raises(UnusableInput, match="编码"), cleaning.cleaned("v.mp4", path):
        pass


# --- from taking to showing -----------------------------------------------------------------------


def test_the_public_gets_the_grid_and_the_day(project, people, tmp_path):
    row = taken(project, people, tmp_path, caption="路基")
    assert (row.location.x, row.location.y) == pytest.approx((media.LON, media.LAT), abs=1e-6)
    shown(project, people, media=(row.pk,), precision_m=100)
    public = DisclosedMedia.objects.get()
    assert (public.caption, str(public.taken_on)) == ("路基", "2026-03-12")
    away = max(abs(public.position.x - media.LON), abs(public.position.y - media.LAT))
    assert 1e-6 < away < 0.002
    assert row.token not in public.name
    for name in (public.name, media_files.preview_of(public.name)):
        assert (media_files.folder() / name).is_file()


def test_where_the_place_is_kept_back_so_is_the_photos(project, people, tmp_path):
    row = taken(project, people, tmp_path)
    shown(project, people, media=(row.pk,), form="none")
    assert DisclosedMedia.objects.get().position is None


def test_what_is_not_chosen_is_not_shown(project, people, tmp_path):
    taken(project, people, tmp_path)
    shown(project, people)
    assert not DisclosedMedia.objects.exists()
    assert not list(media_files.folder().glob("*"))


def test_a_withdrawal_takes_the_files_for_good(project, people, tmp_path, django_capture_on_commit_callbacks):
    row = taken(project, people, tmp_path)
    shown(project, people, media=(row.pk,))
    first = DisclosedMedia.objects.get().name
    with django_capture_on_commit_callbacks(execute=True):
        actions.withdraw_project(by=people[1], project=project, reason="x")
    assert not DisclosedMedia.objects.exists()
    assert not list(media_files.folder().glob("*"))
    row.refresh_from_db()
    assert row.shown_as == ""
    shown(project, people, media=(row.pk,))
    assert DisclosedMedia.objects.get().name != first


def test_a_photo_that_stays_keeps_its_address(project, people, tmp_path, django_capture_on_commit_callbacks):
    one = taken(project, people, tmp_path)
    two = taken(project, people, tmp_path, name="b.png", content=media.png())
    shown(project, people, media=(one.pk, two.pk))
    one.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        actions.correct_project(
            by=people[0], approved_by=people[1], project=project, reason="x", media=(one.pk,)
        )
    assert [row.name for row in DisclosedMedia.objects.all()] == [one.shown_as]
    assert len(list(media_files.folder().glob("*"))) == 2  # the photo and its preview


def test_what_nothing_names_is_swept_once_it_is_old(project, people, tmp_path, monkeypatch):
    row = taken(project, people, tmp_path)
    shown(project, people, media=(row.pk,))
    (media_files.folder() / "left.jpg").write_bytes(b"x")
    assert media_store.sweep() == 0
    monkeypatch.setattr(media_store, "_YOUNG_SECONDS", -1)
    assert media_store.sweep() == 1
    assert len(list(media_files.folder().glob("*"))) == 2


def test_the_same_file_is_taken_once(project, people, tmp_path):
    taken(project, people, tmp_path)
    with pytest.raises(ValidationError, match="已经采集"):
        taken(project, people, tmp_path)


def test_only_who_edits_the_project_brings_and_drops(project, people, tmp_path):
    with pytest.raises(PermissionDenied):
        taken(project, (people[1], people[0]), tmp_path)
    row = taken(project, people, tmp_path)
    with pytest.raises(PermissionDenied):
        progress.drop_media(by=people[1], media=row)


def test_what_is_shown_is_not_dropped(project, people, tmp_path, django_capture_on_commit_callbacks):
    row = taken(project, people, tmp_path)
    shown(project, people, media=(row.pk,))
    with pytest.raises(ValidationError, match="已公开"):
        progress.drop_media(by=people[0], media=row)
    actions.withdraw_project(by=people[1], project=project, reason="x")
    path = media_store.path_of(row)
    with django_capture_on_commit_callbacks(execute=True):
        progress.drop_media(by=people[0], media=row)
    assert not path.exists()
    assert not ProgressMedia.objects.exists()


def test_the_page_takes_files_and_diary_photos(project, people, tmp_path):
    client = Client()
    client.force_login(people[0])
    write_diary(by=people[0], project=project, text="到场", photos=[("d.jpg", media.jpeg(200, 100))])
    address = f"/projects/{project.pk}/progress/"
    answer = client.post(
        address,
        {"step": "upload", "files": io.BytesIO(media.png()), "caption": "", "lon": "", "lat": ""},
    )
    assert answer.status_code == 400  # a file without a name that says what it is
    upload = io.BytesIO(media.png())
    upload.name = "p.png"
    assert (
        client.post(address, {"step": "upload", "files": upload, "lon": "110.1", "lat": "40.5"}).status_code
        == 302
    )
    source = Attachment.objects.get(kind="jpeg")
    assert (
        client.post(address, {"step": "from-diary", "attachment": source.pk, "caption": "日志"}).status_code
        == 302
    )
    one, two = sorted(ProgressMedia.objects.all(), key=lambda row: row.name)
    assert (one.source, one.caption) == (source, "日志")
    assert (two.location.coords, two.position_source) == ((110.1, 40.5), "typed")
    page = client.get(address).content.decode()
    for row in (one, two):
        assert f"/projects/{project.pk}/progress/{row.pk}/" in page
        small = client.get(f"/projects/{project.pk}/progress/{row.pk}/?small=1")
        assert small["Content-Type"] == "image/jpeg"
        assert "no-store" in small["Cache-Control"]
        assert b"".join(
            small.streaming_content
        )  # read to the end, which closes the file and not the connection


def test_a_result_is_written_and_released_by_two(project, people):
    clients = []
    for person in people:
        clients.append(Client())
        clients[-1].force_login(person)
    address = f"/projects/{project.pk}/progress/"
    said = {"step": "write", "year": "2026", "target": "通车", "result": "已通车", "grade": "优"}
    assert clients[0].post(address, said).status_code == 302
    row = PerformanceResult.objects.get()
    assert clients[0].post(address, {"step": "release", "result": row.pk}).status_code == 403
    assert clients[1].post(address, {"step": "release", "result": row.pk}).status_code == 302
    assert clients[0].post(address, said).status_code == 400  # what is released stays
    row.refresh_from_db()
    assert row.released_by == people[1]
    assert row.grade == "优"
