"""The check against real layers: what is clear, what is not, and what could not be asked."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest
import shapely
from django.conf import settings
from django.db import DatabaseError

import layers.loading
import layers.queries
from layers.models import Layer
from siting import boundaries, checks
from siting.engine import judging
from siting.engine.crs import DeclaredCrs, from_degrees
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
    # The second version of the default rulebook begins on that day, with one rule more.
    new = {"water-source-1", "water-source-2", "water-source-3", "groundwater-underground-works"}
    assert after - before == new


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


@pytest.mark.parametrize("question", ["covers", "candidates"])
def test_a_layer_republished_while_a_check_runs_is_not_seen_by_it(tmp_path, monkeypatch, question):
    land.publish_land(tmp_path)
    asked = getattr(layers.queries, question)

    def republished_first(*arguments):
        land.publish_layer("STBHHX", [("R", "", land.EXTENT)])
        land.publish_layer("DLTB", [("P2", "0101", land.EXTENT)])
        return asked(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(layers.queries, question, republished_first)
        during = checks.run(land.boundary(), facts=land.FACTS)
    assert during.verdict is Verdict.CLEAR
    assert (during.versions["STBHHX"].number, during.versions["DLTB"].number) == (1, 1)
    assert [row.code for row in during.land] == ["0701"]
    assert checks.run(land.boundary(), facts=land.FACTS).verdict is Verdict.PROHIBITED


@pytest.mark.parametrize("question", ["covers", "candidates"])
@pytest.mark.parametrize("error", [DatabaseError, shapely.errors.GEOSException, ValueError])
def test_a_layer_that_fails_is_not_checked_and_fails_nothing_else(
    tmp_path, monkeypatch, caplog, question, error
):
    land.publish_land(tmp_path)
    asked = getattr(layers.queries, question)

    def fails_for_wetland(versions, *more):
        if "SD" in versions:
            raise error("cannot be read")
        return asked(versions, *more)

    monkeypatch.setattr(layers.queries, question, fails_for_wetland)
    found = checks.run(land.boundary(), facts=land.FACTS)
    silent = {
        item.rule.layer: item.reason.code for item in found.results if item.outcome is Outcome.NOT_CHECKED
    }
    assert silent == {"SD": "layer-failed"}
    assert found.verdict is Verdict.INCOMPLETE
    assert "cannot be read" in caplog.text


def test_a_present_land_that_fails_fails_nothing_else(tmp_path, monkeypatch, caplog):
    land.publish_land(tmp_path, {"STBHHX": [("R", "", land.EXTENT)]})

    def broken(*arguments):
        raise shapely.errors.GEOSException("TopologyException")

    monkeypatch.setattr(judging, "present_land", broken)
    found = checks.run(land.boundary(), facts=land.FACTS)
    assert found.land is None
    assert found.verdict is Verdict.PROHIBITED
    assert "TopologyException" in caplog.text


def test_no_part_of_a_site_is_too_small_to_need_cover(tmp_path):
    """A strip 1.5 cm wide and 800 m long, all of it beyond the layer's coverage, beside a part within."""
    land.publish_land(tmp_path)
    west_half = shapely.box(land.WEST, land.SOUTH, 109.86, land.NORTH)
    land.publish_layer("WWBH", [], coverage=west_half)
    strip = shapely.box(109.87, 40.62, 109.87 + 1.8e-7, 40.628)
    found = checks.run(land.boundary(shapely.multipolygons([land.SITE, strip])), facts=land.FACTS)
    assert _result(found, "heritage-protection").outcome is Outcome.NOT_CHECKED
    along = shapely.box(109.855, 40.62, 109.86 + 5e-8, 40.628)  # 4 mm over the edge: drawn along it
    found = checks.run(land.boundary(along), facts=land.FACTS)
    assert _result(found, "heritage-protection").outcome is Outcome.CLEAR


def _text(ring) -> bytes:
    """Coordinate text of one ring (easting with the zone, northing; metres) in zone 37."""
    points = "".join(
        f"J{i},1,{north:.3f},{east:.3f}\n" for i, (east, north) in enumerate([*ring, ring[0]], 1)
    )
    return f"[属性描述]\n几度分带=3\n带号=37\n[地块坐标]\n{len(ring)},0,1,甲,面,,,,@\n{points}".encode()


@pytest.mark.parametrize("suffix", ["zip", "geojson"])
def test_a_neighbour_with_a_midpoint_on_a_5_km_edge_shares_no_area_through_the_whole_check(tmp_path, suffix):
    """The layer comes as a projected file, the site as coordinate text: both meet the same densification."""
    land.publish_land(tmp_path)
    ((east, north),) = from_degrees(np.array([[109.82, 40.61]]), DeclaredCrs(4525)).round(3)
    slant = np.array([4800.0, 1400.0])
    start, end = np.array([east, north]), np.array([east, north]) + slant
    middle = np.round(start + slant * 0.4137, 3)
    up = np.array([0.0, 1500.0])
    site = [start, end, end + up, start + up]
    neighbour = np.array([start, start - up, end - up, end, middle])
    same = np.array([start, middle, end, end + up, start + up])
    for code, ring in (("STBHHX", neighbour), ("YJJBNT", neighbour), ("CZKFBJ", same)):
        path = tmp_path / f"{code}.{suffix}"
        polygon = shapely.Polygon(ring)
        if suffix == "zip":
            folder = tmp_path / code
            folder.mkdir()
            _write_shapefile(folder / f"{code}.shp", polygon)
            with zipfile.ZipFile(path, "w") as archive:
                for part in folder.iterdir():
                    archive.write(part, part.name)
        else:
            crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4525"}}
            feature = {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(polygon)}
            path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": [feature]}))
        layers.loading.load(Layer.objects.get(code=code), path, coverage=land.EXTENT)
    found = checks.run(boundaries.read(_text(site), "site.txt"), facts=land.FACTS)
    assert found.boundary.area_m2 > 7e6
    for code in ("ecological-red-line", "permanent-basic-farmland", "development-boundary"):
        result = _result(found, code)
        assert (result.outcome, result.raw_area_m2, result.count) == (Outcome.CLEAR, 0.0, 0), code


def _write_shapefile(path: Path, polygon: shapely.Polygon) -> None:
    pyogrio.raw.write(
        path, shapely.to_wkb(np.array([polygon])), [], np.array([], dtype=object), driver="ESRI Shapefile",
        geometry_type="Polygon", crs="EPSG:4525",
    )  # fmt: skip


def test_queries_do_not_grow_with_the_rules(tmp_path, django_assert_max_num_queries):
    land.publish_land(tmp_path)
    checks.run(land.boundary(), facts=land.FACTS)  # coverages and rules are kept by the process from now on
    # rulebook, versions, and candidates with the bound of their time between two savepoints
    with django_assert_max_num_queries(7):
        checks.run(land.boundary(), facts=land.FACTS)
