"""The demo's public stories, on projects of a test's own."""

import pytest

from fixtures import publications
from gis_projects.disclosure.models import DisclosedEvent, DisclosedMedia, DisclosedProject, DisclosedResult
from gis_projects.library.models import Project
from gis_projects.people.permissions import Role
from gis_projects.publishing.models import Proposal
from tests.factories.disclosed import project_with_site, shown
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db


def test_the_demo_shows_every_state_once(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    admin, reviewer = user_of(Role.ADMINISTRATOR), user_of(Role.REVIEWER)
    for number in range(5):
        shown(project_with_site(name=f"公开 {number}"), (admin, reviewer))
    for number in range(3):
        project_with_site(name=f"未公开 {number}")
    for _time in range(2):
        publications.make(admin, reviewer)
    assert DisclosedProject.objects.count() == 4
    assert DisclosedMedia.objects.count() == 2
    assert DisclosedEvent.objects.count() == 4
    assert not DisclosedEvent.objects.filter(text__contains="内部").exists()
    assert sorted(DisclosedResult.objects.values_list("grade", flat=True)) == ["", "", "良", "良"]
    assert sorted(Proposal.objects.values_list("decision", flat=True)) == ["approved", "open"]
    assert Project.objects.filter(sensitive=True).count() == 1
