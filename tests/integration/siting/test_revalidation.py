"""Something changed: what it can touch is checked again, and the rest is proved to hold."""

from __future__ import annotations

import copy
import datetime as dt

import pytest
import shapely
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone

import layers.queries
from layers.models import Layer
from siting import revalidation, versions
from siting.engine.notices import Notice, UnusableInput
from siting.models import Check, CurrentAnswer, Proof, RevalidatedSite, Revalidation, RuleBook, Site
from siting.rulebook import DEFAULT_PATH, publish, read
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
    bent = live_site(
        shapely.difference(
            shapely.box(109.87, 40.62, 109.876, 40.626), shapely.box(109.871, 40.621, 109.877, 40.627)
        )
    )
    revalidate()
    land.publish_layer("STBHHX", [("R1", "", shapely.box(109.8725, 40.6225, 109.8745, 40.6245))])
    assert outline(bent).envelope.contains(shapely.box(109.8725, 40.6225, 109.8745, 40.6245))
    report = revalidate()
    assert (report.affected, report.proved_unchanged) == (0, 5)
    answers_hold()


def test_runs_are_kept_as_they_ended(sites):
    run = Revalidation.objects.get()
    assert run.state == "done"
    assert run.digest == revalidation.report(run).digest != ""


# --- what else an answer stands on ----------------------------------------------------------------


def test_a_feature_beyond_a_rules_distance_is_apart_and_one_within_it_is_not(sites):
    """The rules look 3 km from the Yellow River's bank line, and 30 m from an expressway at most."""
    south = outline(sites[0]).bounds[1]
    land.publish_layer(
        "GLYD", [("G1", "expressway", shapely.box(109.80, south - 0.0010, 109.842, south - 0.0009))]
    )
    far = revalidate()
    assert (far.affected, far.proved_unchanged) == (0, 4)
    assert Proof.objects.get().statements[0]["reach_m"] == 30.0
    land.publish_layer(
        "GLYD", [("G1", "expressway", shapely.box(109.80, south - 0.0002, 109.842, south - 0.0001))]
    )
    assert how(revalidate()) == ["checked", "proved", "proved", "proved"]
    answers_hold()


def test_where_the_coverage_ends_otherwise_the_answer_is_asked_for_again(sites):
    east = outline(sites[2]).bounds[2] - 0.0005
    land.publish_layer("STBHHX", [], coverage=shapely.box(land.WEST, land.SOUTH, east, land.NORTH))
    report = revalidate()
    assert how(report) == ["proved", "proved", "checked", "checked"]
    assert report.changes["unanswerable"] == 2
    answers_hold()
    land.publish_layer("STBHHX", [])
    back = revalidate()
    assert (back.affected, back.changes["answered"]) == (2, 2)
    answers_hold()


def test_what_a_version_left_open_is_asked_again_of_the_next(tmp_path):
    land.publish_land(tmp_path, without=["STBHHX"])
    row_of_sites(2)
    assert revalidate().changes["first"] == 2
    assert set(CurrentAnswer.objects.values_list("verdict", flat=True)) == {"incomplete"}
    land.publish_layer("STBHHX", [])
    assert revalidate().changes["answered"] == 2
    answers_hold()


def test_other_names_of_classes_concern_whoever_has_a_finding_on_the_layer(sites):
    land.publish_layer("STBHHX", [("R1", "", outline(sites[1]))])
    revalidate()
    Layer.objects.filter(code="STBHHX").update(class_names={"9": "新的类"})
    land.publish_layer("STBHHX", [("R1", "", outline(sites[1]))])
    report = revalidate()
    assert how(report) == ["proved", "checked", "proved", "proved"]
    answers_hold()


def test_a_rasters_other_values_concern_whoever_stands_on_them(sites, tmp_path):
    land.publish_slope(tmp_path, 2.0)
    same = revalidate()
    assert (same.affected, same.proved_unchanged) == (0, 4)
    land.publish_slope(tmp_path, 40.0)
    steep = revalidate()
    assert (steep.affected, steep.changes["worse"]) == (4, 4)
    answers_hold()


def test_a_saved_boundary_and_stated_facts_make_an_answer_stale(sites):
    versions.save(sites[0], land.boundary(shapely.box(109.87, 40.62, 109.872, 40.622)))
    Site.objects.filter(pk=sites[3].pk).update(facts={**land.FACTS, "blocks_flood": "yes"})
    assert how(revalidate()) == ["checked", "checked"]
    answers_hold()


def rulebook(change):
    """Publish the default rulebook's next version, changed."""
    data = copy.deepcopy(read(DEFAULT_PATH.read_bytes()))
    data["version"] += RuleBook.objects.filter(code="default").count()
    change(data)
    return publish(data)


def test_a_removed_rule_concerns_those_whom_it_concerned(sites):
    land.publish_layer("STBHHX", [("R1", "", outline(sites[1]))])
    revalidate()
    rulebook(lambda data: data.update(rule=[rule for rule in data["rule"] if rule["layer"] != "STBHHX"]))
    report = revalidate()
    assert how(report) == ["proved", "checked", "proved", "proved"]
    assert report.changes["better"] == 1
    assert Proof.objects.order_by("pk").last().statements[0]["removed"]
    answers_hold()


def test_an_added_rule_is_evaluated_alone(sites):
    def own(data):
        rule = next(rule for rule in data["rule"] if rule["layer"] == "STBHHX")
        data["rule"].append({**rule, "code": "own", "layer": "GHFQ", "classes": ["07"], "clauses": []})

    def nowhere(data):
        own(data)
        data["rule"][-1]["classes"] = ["99"]

    rulebook(nowhere)
    report = revalidate()
    assert (report.affected, report.proved_unchanged) == (0, 4)
    (statement,) = Proof.objects.get().statements
    assert (statement["added"], statement["evaluated"]) == (["own"], ["own"])
    answers_hold()
    rulebook(own)
    assert revalidate().changes["worse"] == 4
    answers_hold()


def test_a_rule_that_ends_today_is_another_footing(sites, monkeypatch):
    today = timezone.localdate()

    def ends(data):
        for rule in data["rule"]:
            if rule["layer"] == "STBHHX":
                rule["valid_to"] = (today + dt.timedelta(days=1)).isoformat()

    land.publish_layer("STBHHX", [("R1", "", outline(sites[1]))])
    rulebook(ends)
    revalidate()
    assert revalidate().already_current == 4
    monkeypatch.setattr(timezone, "localdate", lambda: today + dt.timedelta(days=1))
    report = revalidate()
    assert how(report) == ["proved", "checked", "proved", "proved"]
    assert report.changes["better"] == 1
    answers_hold()


def test_one_site_that_cannot_be_checked_fails_no_other(sites, monkeypatch):
    broken = sites[1].current_id
    stored = versions.stored

    def refusing(version):
        if version.pk == broken:
            raise UnusableInput(Notice("refused", "不再接受"))
        return stored(version)

    monkeypatch.setattr(versions, "stored", refusing)
    report = revalidate(everything=True)
    assert (report.rechecked, report.failed) == (3, 1)
    assert how(report) == ["checked", "failed", "checked", "checked"]


def test_what_a_busy_database_left_open_is_asked_again_by_the_next_run(tmp_path, monkeypatch, settings):
    land.publish_land(tmp_path)
    site = live_site()
    settings.CHECK_STATEMENT_TIMEOUT_MS = 2_000
    asked = layers.queries.candidates

    def slow(versions, *more):
        if "STBHHX" in versions:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(600)")
        return asked(versions, *more)

    with monkeypatch.context() as busy:
        busy.setattr(layers.queries, "candidates", slow)
        revalidate()
    assert CurrentAnswer.objects.get(site=site).passing
    settings.CHECK_STATEMENT_TIMEOUT_MS = 600_000
    report = revalidate()
    assert (report.affected, report.rechecked) == (1, 1)
    assert not CurrentAnswer.objects.get(site=site).passing
    assert revalidate().affected == 0


def test_a_run_that_ended_and_what_it_recorded_cannot_be_changed(sites):
    land.publish_layer("STBHHX", [("R1", "", outline(sites[1]))])
    revalidate()
    for rows in (Revalidation.objects.all(), Proof.objects.all(), RevalidatedSite.objects.all()):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(id=F("id"))
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.all()._raw_delete("default")
