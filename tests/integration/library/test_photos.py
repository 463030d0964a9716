"""Where diary photos were taken: for who may read the project, at the place that stands."""

from datetime import date

import pytest
from django.contrib.gis.geos import Point

from gis_projects.library.actions.diary import write_diary
from gis_projects.library.queries.photos import photo_positions
from gis_projects.people.permissions import Role
from tests.factories import media
from tests.factories.library import ProjectFactory
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db
HERE, THERE = Point(109.85, 40.61, srid=4490), Point(109.9, 40.6, srid=4490)


def test_a_photo_stands_where_its_entry_says_it_was_taken(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    planner = user_of(Role.PLANNER)
    project = ProjectFactory()
    photos = [("a.jpg", media.jpeg(40, 30))]
    write_diary(by=planner, project=project, text="甲", on=date(2026, 3, 1), location=HERE, photos=photos)
    entry = write_diary(
        by=planner, project=project, text="乙", on=date(2026, 3, 2), location=HERE, photos=photos
    )
    write_diary(
        by=planner, project=project, text="乙，更正", on=date(2026, 3, 2), location=THERE, corrects=entry
    )
    write_diary(by=planner, project=project, text="没有照片", location=HERE)
    write_diary(by=planner, project=project, text="没有位置", photos=photos)
    found = [(one.text, one.lon, one.lat) for one in photo_positions(planner)]
    assert found == [("乙，更正", 109.9, 40.6), ("甲", 109.85, 40.61)]


def test_what_a_reader_may_not_know_of_has_no_photos(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    reviewer = user_of(Role.REVIEWER)
    project = ProjectFactory(secrecy="confidential")
    administrator = user_of(Role.ADMINISTRATOR)
    write_diary(
        by=administrator, project=project, text="x", location=HERE, photos=[("a.jpg", media.jpeg(40, 30))]
    )
    assert len(list(photo_positions(reviewer))) == 1
    assert not list(photo_positions(user_of(Role.PLANNER)))
    assert not list(photo_positions(user_of(Role.REVIEWER, region="150202", username="elsewhere")))
