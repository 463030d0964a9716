"""Something changed: what it can touch is checked again, and the rest is proved to hold."""

from __future__ import annotations

import pytest
import shapely

from siting import revalidation
from siting.models import Check, CurrentAnswer, Proof, RevalidatedSite, Revalidation
from tests.factories import land
from tests.factories.answers import answers_hold, live_site, revalidate, row_of_sites

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SIGNING_KEY_PATH = tmp_path / "key.pem"


@pytest.fixture
def sites(tmp_path):
    """Four sites side by side on land where nothing is the matter, each with its answer."""
    land.publish_land(tmp_path)
    made = row_of_sites(4)
    revalidate()
    return made


def outline(site):
    return shapely.from_wkb(bytes(site.current.geometry.wkb))


def how(report):
    rows = RevalidatedSite.objects.filter(revalidation=report.run).order_by("site_version__site")
    return [row.how for row in rows]


def test_from_nothing_every_live_site_gets_an_answer(tmp_path):
    land.publish_land(tmp_path)
    row_of_sites(3)
    gone = live_site(shapely.box(109.87, 40.62, 109.872, 40.622))
    gone.is_live = False
    gone.save()
    report = revalidate()
    assert (report.sites, report.affected, report.rechecked, report.failed) == (3, 3, 3, 0)
    assert (report.changed, report.proved_unchanged, report.changes["first"]) == (0, 0, 3)
    assert report.seconds > 0
    answers_hold()
    assert Check.objects.count() == CurrentAnswer.objects.count() == 3


def test_where_nothing_changed_nothing_is_done(sites):
    again = revalidate()
    assert (again.sites, again.affected, again.rechecked, again.proved_unchanged) == (4, 0, 0, 4)
    assert not RevalidatedSite.objects.filter(revalidation=again.run).exists()
    assert Check.objects.count() == 4


def test_a_change_on_one_site_rechecks_it_and_proves_the_others(sites):
    land.publish_layer("STBHHX", [("R1", "", shapely.buffer(outline(sites[1]).centroid, 0.0005))])
    report = revalidate()
    assert how(report) == ["proved", "checked", "proved", "proved"]
    assert (report.affected, report.rechecked, report.changed, report.proved_unchanged) == (1, 1, 1, 3)
    assert report.changes["worse"] == 1
    answers_hold()
    proof = Proof.objects.get()
    (statement,) = proof.statements
    assert (statement["layer"], statement["features"], statement["coverage"]) == ("STBHHX", 1, "same")
    assert (statement["from"]["version"], statement["to"]["version"]) == (1, 2)
    assert proof.sites == 3


def test_a_change_beside_a_site_whose_box_it_meets_does_not_touch_it(sites):
    corner = shapely.box(*outline(sites[1]).bounds)
    bent = live_site(
        shapely.difference(
            shapely.box(109.87, 40.62, 109.876, 40.626), shapely.box(109.871, 40.621, 109.877, 40.627)
        )
    )
    revalidate()
    assert corner.area > 0
    land.publish_layer("STBHHX", [("R1", "", shapely.box(109.8725, 40.6225, 109.8745, 40.6245))])
    assert outline(bent).envelope.contains(shapely.box(109.8725, 40.6225, 109.8745, 40.6245))
    report = revalidate()
    assert (report.affected, report.proved_unchanged) == (0, 5)
    answers_hold()


def test_runs_are_kept_as_they_ended(sites):
    run = Revalidation.objects.get()
    assert run.state == "done"
    assert run.digest == revalidation.report(run).digest != ""
