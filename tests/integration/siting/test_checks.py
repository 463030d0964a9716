"""The check against real layers: what is clear, what is not, and what could not be asked."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import shapely
from django.conf import settings

import layers.queries
from siting import checks
from siting.engine.notices import UnusableInput
from siting.engine.verdict import Outcome, Severity, Verdict
from siting.rulebook import DEFAULT_PATH, in_force, read
from tests.factories import land

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def _result(found: checks.CheckResult, rule: str):
    return next(item for item in found.results if item.rule.code == rule)


def test_a_site_that_meets_nothing_is_clear(tmp_path):
    land.publish_land(tmp_path)
    found = checks.run(land.boundary(), facts=land.FACTS)
    assert {item.rule.code: item.outcome for item in found.results if item.outcome is not Outcome.CLEAR} == {
        "environment-general": Outcome.HIT  # informative: it never moves the verdict
    }
    assert found.verdict is Verdict.CLEAR
    assert found.questions == ()


@pytest.mark.parametrize("code", sorted({rule["layer"] for rule in read(DEFAULT_PATH.read_bytes())["rule"]}))
def test_without_any_one_layer_the_answer_is_incomplete(tmp_path, code):
    land.publish_land(tmp_path, without=[code])
    found = checks.run(land.boundary(), facts=land.FACTS)
    assert found.verdict is Verdict.INCOMPLETE
    silent = {item.rule.layer for item in found.results if item.outcome is Outcome.NOT_CHECKED}
    assert silent == {code}
    assert all(
        item.reason is not None and item.reason.code == "layer-missing"
        for item in found.results
        if item.outcome is Outcome.NOT_CHECKED
    )


def test_a_layer_that_covers_only_half_of_the_site_does_not_answer_for_it(tmp_path):
    land.publish_land(tmp_path)
    west_half = shapely.box(land.WEST, land.SOUTH, 109.8475, land.NORTH)
    land.publish_layer("WWBH", [], coverage=west_half)
    found = checks.run(land.boundary(), facts=land.FACTS)
    heritage = _result(found, "heritage-protection")
    assert heritage.outcome is Outcome.NOT_CHECKED
    assert heritage.reason.code == "layer-not-covering"
    assert found.verdict is Verdict.INCOMPLETE


def test_a_hit_stands_though_the_layer_ends_inside_the_site(tmp_path):
    land.publish_land(tmp_path)
    west_half = shapely.box(land.WEST, land.SOUTH, 109.8475, land.NORTH)
    temple = shapely.box(109.846, 40.616, 109.847, 40.617)
    land.publish_layer("WWBH", [("T", "protection", temple)], coverage=west_half)
    found = checks.run(land.boundary(), facts=land.FACTS)
    assert _result(found, "heritage-protection").outcome is Outcome.HIT
    assert _result(found, "heritage-control").outcome is Outcome.NOT_CHECKED
    assert found.verdict is Verdict.PROHIBITED


def test_a_distance_rule_needs_the_ground_around_the_site_too(tmp_path):
    land.publish_land(tmp_path)
    land.publish_layer("HHAX", [], coverage=shapely.buffer(land.SITE, 0.012))  # some 1.0 to 1.3 km around
    found = checks.run(land.boundary(), facts=land.FACTS)
    assert _result(found, "yellow-river-3km").outcome is Outcome.NOT_CHECKED
    assert _result(found, "yellow-river-3km").reason.code == "layer-not-covering-reach"
    assert _result(found, "yellow-river-1km").outcome is Outcome.CLEAR, "it looks 1 km around only"


def test_a_raster_that_cannot_be_read_is_not_checked_and_fails_nothing_else(tmp_path, caplog):
    land.publish_land(tmp_path)
    land.publish_slope(tmp_path, degrees=3.25)  # a file that this process has never opened
    version = layers.queries.current(["PD"])["PD"]
    Path(settings.MEDIA_ROOT, version.raster_path).unlink()
    found = checks.run(land.boundary(), facts=land.FACTS)
    assert _result(found, "slope").outcome is Outcome.NOT_CHECKED
    assert _result(found, "slope").reason.code == "layer-failed"
    assert [item.rule.code for item in found.results if item.outcome is Outcome.NOT_CHECKED] == ["slope"]
    assert found.verdict is Verdict.INCOMPLETE
    assert "slope" in caplog.text, "the error itself is in the log"


def test_a_steep_site_needs_a_study(tmp_path):
    land.publish_land(tmp_path)
    land.publish_slope(tmp_path, degrees=31.0)
    found = checks.run(land.boundary(), facts=land.FACTS)
    assert _result(found, "slope").share == pytest.approx(1.0)
    assert found.verdict is Verdict.CONDITIONAL


def test_the_zone_is_not_judged_until_a_use_is_given(tmp_path):
    land.publish_land(tmp_path)
    found = checks.run(land.boundary())
    assert _result(found, "zoning").outcome is Outcome.NOT_CHECKED
    assert found.verdict is Verdict.INCOMPLETE
    assert found.questions == ("intended_use",)
    assert checks.run(land.boundary(), facts={"intended_use": "10"}).verdict is Verdict.RESTRICTED


def test_red_line_and_parcels_overlap_as_postgis_says(tmp_path):
    """The witness: PostGIS measures the same pieces on the spheroid."""
    red_line = shapely.box(109.848, 40.60, 109.87, 40.617)
    fields = [
        ("F1", "0102", shapely.box(land.WEST, land.SOUTH, 109.8462, land.NORTH)),
        ("F2", "0701", shapely.box(109.8462, land.SOUTH, land.EAST, land.NORTH)),
    ]
    land.publish_land(tmp_path, {"STBHHX": [("R", "", red_line)], "DLTB": fields})
    found = checks.run(land.boundary(), facts=land.FACTS)
    assert found.verdict is Verdict.PROHIBITED
    total = found.boundary.area_m2
    for rule, other in (("ecological-red-line", red_line), ("cropland-balance", fields[0][2])):
        share = _share_in_postgis(land.SITE, other)
        assert _result(found, rule).share == pytest.approx(share, rel=1e-6)
        assert _result(found, rule).area_m2 == pytest.approx(share * total, abs=0.02)
    assert sum(round(row.area_m2, 2) for row in found.land) == pytest.approx(round(total, 2), abs=1e-6)


def _share_in_postgis(site, other) -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_Area(ST_Segmentize(ST_Intersection(a, b), 0.0001)::geography)"
            " / ST_Area(ST_Segmentize(a, 0.0001)::geography)"
            " FROM (SELECT ST_GeomFromText(%s, 4326) AS a, ST_GeomFromText(%s, 4326) AS b) AS pair",
            [site.wkt, other.wkt],
        )
        return float(cursor.fetchone()[0])


def test_a_fact_turns_prohibited_into_restricted(tmp_path):
    land.publish_land(tmp_path, {"STBHHX": [("R", "", shapely.box(109.848, 40.60, 109.87, 40.617))]})
    asked = checks.run(land.boundary(), facts=land.FACTS)
    assert asked.verdict is Verdict.PROHIBITED
    assert "national_key_project" in asked.questions
    known = checks.run(land.boundary(), facts={**land.FACTS, "national_key_project": "是"})
    assert _result(known, "ecological-red-line").severity is Severity.RESTRICTED
    assert known.verdict is Verdict.RESTRICTED


@pytest.mark.parametrize(
    ("facts", "code"), [({"colour": "red"}, "fact-unknown"), ({"blocks_flood": "maybe"}, "fact-value")]
)
def test_a_fact_that_no_rule_asks_for_is_refused(tmp_path, facts, code):
    land.publish_land(tmp_path)
    with pytest.raises(UnusableInput) as refusal:
        checks.run(land.boundary(), facts=facts)
    assert [notice.code for notice in refusal.value.notices] == [code]
    assert refusal.value.notices[0].field == next(iter(facts))


def test_the_law_of_the_day_applies(tmp_path):
    land.publish_land(tmp_path)
    before = {rule.code for rule in in_force("default", dt.date(2026, 8, 14)).rules}
    after = {rule.code for rule in in_force("default", dt.date(2026, 8, 15)).rules}
    assert before - after == {"water-source-1-law", "water-source-2-law", "water-source-3-law"}
    assert after - before == {"water-source-1", "water-source-2", "water-source-3"}


def test_a_layer_republished_meanwhile_does_not_mix_into_pinned_versions(tmp_path):
    land.publish_land(tmp_path)
    rulebook = in_force("default", dt.date.today())
    before = layers.queries.current([*rulebook.layers, "DLTB"])
    land.publish_layer("STBHHX", [("R", "", land.EXTENT)])
    pinned = checks.run(land.boundary(), facts=land.FACTS, versions=before)
    assert pinned.verdict is Verdict.CLEAR
    assert pinned.versions["STBHHX"].number == 1
    now = checks.run(land.boundary(), facts=land.FACTS)
    assert now.verdict is Verdict.PROHIBITED
    assert now.versions["STBHHX"].number == 2


def test_queries_do_not_grow_with_the_rules(tmp_path, django_assert_max_num_queries):
    land.publish_land(tmp_path)
    checks.run(land.boundary(), facts=land.FACTS)  # coverages and rules are kept by the process from now on
    with django_assert_max_num_queries(5):  # rulebook, versions, candidates between two savepoints
        checks.run(land.boundary(), facts=land.FACTS)
