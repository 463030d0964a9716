"""The map's photos: the diary's and those that were brought, each once, for who may read its project."""

from __future__ import annotations

import io
from datetime import date

import pytest
from django.contrib.gis.geos import Point
from django.db.models.signals import post_init
from django.test import Client
from django.urls import reverse
from PIL import Image

from gis_projects.library.actions.diary import write_diary
from gis_projects.library.models import Attachment, DiaryEntry
from gis_projects.people.permissions import Role
from gis_projects.publishing.actions.progress import add_media
from gis_projects.publishing.models import ProgressMedia
from gis_projects.publishing.queries.photos import Wanted, photos
from tests.factories import media
from tests.factories.library import ProjectFactory
from tests.factories.people import UserFactory, user_of

pytestmark = pytest.mark.django_db
HERE = Point(109.9, 40.6, srid=4490)
API = reverse("publishing-api:photos")


@pytest.fixture(autouse=True)
def kept(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def planner():
    return user_of(Role.PLANNER)


def diary(by, project, on, content, location=HERE):
    write_diary(
        by=by, project=project, text=f"{on} 施工", on=on, location=location, photos=[("现场.jpg", content)]
    )
    return Attachment.objects.order_by("-pk")[0]


def brought(by, project, tmp_path, content, **more):
    path = tmp_path / "brought.jpg"
    path.write_bytes(content)
    return add_media(by=by, project=project, name="brought.jpg", path=path, **more)


def test_the_diary_and_what_was_brought_stand_together_newest_first(planner, tmp_path):
    project = ProjectFactory(name="绿道")
    first = diary(planner, project, date(2026, 3, 1), media.jpeg(40, 30))
    drone = brought(planner, project, tmp_path, media.jpeg(64, 48), caption="航拍")
    nowhere = Image.new("RGB", (40, 30))
    plain = io.BytesIO()
    nowhere.save(plain, "JPEG")
    brought(planner, project, tmp_path, plain.getvalue(), caption="没有位置")
    found = photos(planner)
    assert [(one.key, one.on, one.position_by) for one in found] == [
        (f"media:{drone.pk}", date(2026, 3, 12), "file"),
        (f"diary:{first.pk}", date(2026, 3, 1), "entered"),
    ]
    assert (found[0].lon, found[0].lat) == pytest.approx((media.LON, media.LAT), abs=1e-6)
    assert (found[1].lon, found[1].lat) == (109.9, 40.6)
    assert (found[0].caption, found[0].project_name) == ("航拍", "绿道")


def test_a_photo_that_was_taken_over_from_the_diary_is_told_once(planner, tmp_path):
    project = ProjectFactory()
    plain = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(plain, "JPEG")
    source = diary(planner, project, date(2026, 3, 1), plain.getvalue())
    row = brought(planner, project, tmp_path, plain.getvalue(), source=source)
    [one] = photos(planner)
    assert (one.key, one.lon, one.position_by, one.on) == (
        f"media:{row.pk}", 109.9, "entered", date(2026, 3, 1),
    )  # fmt: skip
    exact = diary(planner, project, date(2026, 3, 2), media.jpeg(40, 30))
    brought(planner, project, tmp_path, media.jpeg(40, 30), source=exact)
    newest = photos(planner)[0]
    assert (newest.position_by, round(newest.lon, 5)) == ("file", round(media.LON, 5))


def test_filters_narrow_by_project_words_and_days(planner):
    one, other = ProjectFactory(name="泵站"), ProjectFactory(name="水厂")
    for project, day in ((one, 1), (one, 5), (other, 9)):
        diary(planner, project, date(2026, 3, day), media.jpeg(40, 30))
    shown = [
        (Wanted(project=one.pk), [5, 1]),
        (Wanted(q="水厂"), [9]),
        (Wanted(q=one.code), [5, 1]),
        (Wanted(since=date(2026, 3, 5)), [9, 5]),
        (Wanted(until=date(2026, 3, 5)), [5, 1]),
        (Wanted(project=one.pk, since=date(2026, 3, 2), until=date(2026, 3, 4)), []),
    ]
    for wanted, days in shown:
        assert [photo.on.day for photo in photos(planner, wanted)] == days
    page = Client()
    page.force_login(planner)
    answer = page.get(API, {"q": "泵站", "since": "2026-03-02", "until": ""}).json()
    assert (answer["total"], [photo["on"] for photo in answer["photos"]]) == (1, ["2026-03-05"])
    assert page.get(API, {"since": "2026-13-01"}).status_code == 400


def test_a_project_that_is_not_known_has_no_photos_and_no_small_picture(planner):
    secret = ProjectFactory(secrecy="confidential")
    keeper = user_of(Role.ADMINISTRATOR)
    photo = diary(keeper, secret, date(2026, 3, 1), media.jpeg(40, 30))
    small = reverse("publishing:diary-photo", args=[photo.pk])
    page = Client()
    for reader, number, status in (
        (keeper, 1, 200),
        (user_of(Role.REVIEWER), 1, 200),
        (planner, 0, 404),
        (user_of(Role.REVIEWER, "150202", username="elsewhere"), 0, 404),
    ):
        page.force_login(reader)
        assert page.get(API).json()["total"] == number
        answer = page.get(small)
        assert answer.status_code == status
        assert bool(answer.streaming and b"".join(answer.streaming_content)) == (status == 200)
    page.force_login(UserFactory(username="nobody", roles=[]))
    assert page.get(API).status_code == 403


def test_the_small_picture_is_drawn_once_and_says_nothing_of_its_camera(planner, monkeypatch):
    photo = diary(planner, ProjectFactory(), date(2026, 3, 1), media.jpeg(1600, 1200))
    page = Client()
    page.force_login(planner)
    address = reverse("publishing:diary-photo", args=[photo.pk])
    content = b"".join(page.get(address).streaming_content)
    assert max(Image.open(io.BytesIO(content)).size) == 480
    assert media.SERIAL.encode() not in content
    assert not Image.open(io.BytesIO(content)).getexif()

    def drawn_again(*_given):
        raise AssertionError("drawn again")

    monkeypatch.setattr("gis_projects.publishing.cleaning.cleaned", drawn_again)
    assert b"".join(page.get(address).streaming_content) == content


def test_a_paper_beside_the_diary_is_no_photo(planner):
    project = ProjectFactory()
    diary(planner, project, date(2026, 3, 1), media.jpeg(40, 30))
    page = Client()
    page.force_login(planner)
    other = Attachment.objects.create(
        project=project,
        subject="library.project:1",
        name="x.jpg",
        kind="jpeg",
        sha256="0" * 64,
        size=1,
        by=planner,
    )
    assert page.get(reverse("publishing:diary-photo", args=[other.pk])).status_code == 404
    assert len(photos(planner)) == 1


def test_the_questions_do_not_grow_with_the_photos(planner, django_assert_max_num_queries):
    for day in range(1, 6):
        diary(planner, ProjectFactory(), date(2026, 3, day), media.jpeg(40, 30))
    with django_assert_max_num_queries(6):
        assert len(photos(planner, Wanted(since=date(2026, 3, 1)))) == 5
    with django_assert_max_num_queries(6):
        assert len(photos(planner, Wanted(q="2019"))) == 5


def test_a_search_reads_the_rows_of_the_projects_that_it_names(planner, tmp_path):
    one, other = ProjectFactory(name="泵站"), ProjectFactory(name="水厂")
    for project in (one, other):
        diary(planner, project, date(2026, 3, 1), media.jpeg(40, 30))
        brought(planner, project, tmp_path, media.jpeg(64, 48))
    read: list[tuple[str, int]] = []

    def note(sender, instance, **_more):
        read.append((sender.__name__, instance.project_id))

    models = (DiaryEntry, ProgressMedia)
    for model in models:
        post_init.connect(note, sender=model)
    try:
        for wanted in (Wanted(q="泵站"), Wanted(project=one.pk), Wanted(project=one.pk, q=one.code)):
            read.clear()
            assert {photo.project for photo in photos(planner, wanted)} == {one.pk}
            assert sorted(read) == [("DiaryEntry", one.pk), ("ProgressMedia", one.pk)]
    finally:
        for model in models:
            post_init.disconnect(note, sender=model)
    assert photos(planner, Wanted(project=one.pk, q="水厂")) == []
