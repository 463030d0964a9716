"""Suggested sites against independent witnesses: PostGIS for the ground, sums cell by cell for the scores."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection
from django.utils import timezone

import layers.queries
from siting import checks, suggestions
from siting.checks import DEFAULT_RULEBOOK
from siting.engine.notices import UnusableInput
from siting.engine.verdict import Verdict
from siting.rulebook import DEFAULT_PATH, in_force, publish, read
from siting.suggestions.ground import value_of
from siting.suggestions.search import cell_area
from tests.factories import land

pytestmark = pytest.mark.django_db
REGION = shapely.box(109.835, 40.608, 109.862, 40.626)
FACTS = {"intended_use": "07", "kind_of_work": "ordinary", "discharges_pollutants": "no"}


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def scattered(seed: int, count: int, size: float, prefix: str, class_code: str = "") -> list:
    random = np.random.default_rng(seed)
    west, south, east, north = REGION.bounds
    rows = []
    for number in range(count):
        x, y = random.uniform(west, east), random.uniform(south, north)
        angles = np.sort(random.uniform(0, 2 * np.pi, 7))
        ring = np.column_stack((x + np.cos(angles) * size * 1.3, y + np.sin(angles) * size))
        rows.append((f"{prefix}{number}", class_code, shapely.convex_hull(shapely.MultiPoint(ring))))
    return rows


@pytest.fixture
def ground(tmp_path):
    """Farmland, a red line, roads with a strip beside them where nobody may build, and a stream."""
    west, south, east, north = land.EXTENT.bounds
    road = shapely.box(109.8482, south, 109.8484, north)
    land.publish_land(
        tmp_path,
        {
            "YJJBNT": scattered(1, 12, 0.0016, "F"),
            "STBHHX": scattered(2, 5, 0.0022, "R"),
            "GLYD": [("G1", "national", road)],
            "LD": scattered(3, 6, 0.002, "L", "0301"),
            "DLTB": [
                ("P1", "0701", shapely.box(west, south, 109.846, north)),
                ("P2", "0101", shapely.box(109.846, south, 109.853, north)),
                ("P3", "1206", shapely.box(109.853, south, east, north)),
            ],
        },
    )
    land.publish_layer("DL", [("D1", "national", shapely.LineString([(109.8483, south), (109.8483, north)]))])
    land.publish_layer("SX", [("W1", "stream", shapely.LineString([(west, 40.612), (east, 40.616)]))])


@pytest.fixture
def rules(db):
    publish(read(DEFAULT_PATH.read_bytes()))


def asked(**changes):
    rulebook = in_force(DEFAULT_RULEBOOK, timezone.localdate())
    given = {"area_m2": 20_000, "least_width_m": 60, "cell_m": 10, "count": 6, "apart_m": 30, **changes}
    return suggestions.read(given, rulebook), rulebook


def searched(parameters, rulebook, region=REGION, **more) -> suggestions.Answer:
    versions = layers.queries.current(suggestions.layers_read(rulebook, parameters))
    return suggestions.search(parameters, region, rulebook=rulebook, facts=FACTS, versions=versions, **more)


def witnessed(measure: str, code: str, geometry) -> float:
    """PostGIS: a figure of a boundary and all features of a layer (``f.geom``)."""
    sql = f"""SELECT COALESCE({measure}, 0) FROM layers_feature f JOIN layers_layer l ON l.id = f.layer_id
              WHERE l.code = %(code)s"""
    site = GEOSGeometry(memoryview(geometry.wkb), srid=4490).hexewkb.decode()
    with connection.cursor() as cursor:
        cursor.execute(sql, {"code": code, "site": site})
        return cursor.fetchone()[0]


def shared_m2(code: str, geometry) -> float:
    return witnessed("sum(ST_Area(ST_Intersection(f.geom, %(site)s)::geography))", code, geometry)


def distance_m(code: str, geometry) -> float:
    return witnessed("min(ST_Distance(f.geom::geography, %(site)s::geometry::geography))", code, geometry)


@pytest.mark.parametrize("azimuth", [0.0, 20.0])
def test_patches_keep_off_forbidden_ground_and_are_as_wanted(ground, azimuth) -> None:
    parameters, rulebook = asked(azimuth_deg=azimuth, least_width_m=50, aspect=3)
    answer = searched(parameters, rulebook)
    assert len(answer.patches) == 6
    scores = [patch.score for patch in answer.patches]
    assert scores == sorted(scores, reverse=True)
    for patch in answer.patches:
        geometry = patch.boundary.geometry
        assert shapely.covers(REGION, geometry)
        assert shared_m2("YJJBNT", geometry) == 0
        assert shared_m2("STBHHX", geometry) == 0
        assert distance_m("GLYD", geometry) > 20.0
        assert abs(patch.boundary.area_m2 - 20_000) <= 2_000
        assert patch.check.verdict is not Verdict.PROHIBITED
        assert patch.check.boundary is patch.boundary
        assert patch.explanation.width_m >= 50
        assert patch.explanation.aspect <= 3
    shapes = [patch.boundary.geometry for patch in answer.patches]
    assert all(one.disjoint(other) for k, one in enumerate(shapes) for other in shapes[:k])


def test_restricted_ground_is_ruled_out_only_where_asked(ground) -> None:
    parameters, rulebook = asked(optional=["forest-land"])
    answer = searched(parameters, rulebook)
    assert answer.patches
    assert all(shared_m2("LD", patch.boundary.geometry) == 0 for patch in answer.patches)
    states = {ruling.exclusion.rule.code: ruling for ruling in answer.rulings}
    assert states["forest-land"].exclusion.state is suggestions.State.OUT
    assert states["forest-land"].area_m2 > 10_000
    plain = {r.exclusion.rule.code: r for r in searched(*asked()).rulings}
    assert plain["forest-land"].exclusion.state is suggestions.State.LEFT
    assert plain["permanent-basic-farmland"].exclusion.state is suggestions.State.OUT


def test_windows_of_any_size_find_the_same(ground) -> None:
    parameters, rulebook = asked(cell_m=20)
    whole = searched(parameters, rulebook, block=4096)
    for block in (31, 64):
        parts = searched(parameters, rulebook, block=block)
        assert [p.boundary.geometry.wkb for p in parts.patches] == [
            p.boundary.geometry.wkb for p in whole.patches
        ]
        assert [p.explanation for p in parts.patches] == [p.explanation for p in whole.patches]
        assert parts.rulings == whole.rulings


def test_scores_recomputed_cell_by_cell(ground) -> None:
    parameters, rulebook = asked(cell_m=20)
    answer = searched(parameters, rulebook)
    grid = suggestions.laid(parameters, REGION)
    versions = layers.queries.current(["DL", "SX", "DLTB"])
    found = layers.queries.candidates(versions, shapely.buffer(REGION, 0.05))
    placed = {code: grid.placed(some.geometries) for code, some in found.items()}
    for patch in answer.patches[:2]:
        shape = grid.placed(np.array([patch.boundary.geometry], dtype=object))[0]
        left, top, right, bottom = (round(v) for v in shape.bounds)
        centres = [
            shapely.Point(column + 0.5, row + 0.5)
            for row in range(top, bottom)
            for column in range(left, right)
            if shape.contains(shapely.Point(column + 0.5, row + 0.5))
        ]
        assert len(centres) == pytest.approx(shape.area, abs=0.01)
        shares = {share.code: share for share in patch.explanation.criteria}
        for code, layer in (("roads", "DL"), ("water", "SX")):
            preference = next(p for p in parameters.preferences if p.code == code)
            # To the nearest cell that the line runs through, from centre to centre: half a cell's diagonal at most
            # from the distance to the line itself.
            metres = shapely.distance(np.array(centres), placed[layer][0]) * grid.cell_m
            worst = 20 * 2**0.5
            assert shares[code].mean == pytest.approx(metres.mean(), abs=worst)
            slack = worst / abs(preference.best - preference.worst)
            score = np.clip((metres - preference.worst) / (preference.best - preference.worst), 0, 1).mean()
            assert shares[code].score == pytest.approx(score, abs=slack)
        assert shares["slope"].mean == 2.0
        assert shares["slope"].score == 1.0
        for code in ("land_class", "present_use"):
            values = next(p for p in parameters.preferences if p.code == code).values
            own = [
                value_of(str(class_code), values)
                for centre in centres
                for class_code, polygon in zip(found["DLTB"].classes, placed["DLTB"], strict=True)
                if polygon.contains(centre)
            ]
            assert shares[code].score == pytest.approx(np.mean(own))
        assert sum(share.contribution for share in shares.values()) == pytest.approx(patch.score, abs=1e-4)
        assert sum(share.weight for share in shares.values()) == pytest.approx(1)


def test_ground_that_a_rules_layer_does_not_cover_is_not_allowed(ground) -> None:
    half = shapely.box(land.WEST, land.SOUTH, 109.85, land.NORTH)
    land.publish_layer("YJJBNT", [], coverage=half)
    answer = searched(*asked())
    assert answer.patches
    assert all(shapely.covers(half, patch.boundary.geometry) for patch in answer.patches)
    ruling = next(r for r in answer.rulings if r.exclusion.rule.code == "permanent-basic-farmland")
    cells = cell_area(suggestions.laid(asked()[0], REGION))
    assert ruling.unchecked_m2 > 1000 * cells
    assert "suggest-uncovered" in {notice.code for notice in answer.told}
    past = searched(*asked(past_unchecked=True, apart_m=200))
    beyond = [patch for patch in past.patches if not shapely.covers(half, patch.boundary.geometry)]
    assert beyond, "the other half is searched too"
    assert all(patch.check.verdict in (Verdict.INCOMPLETE, Verdict.PROHIBITED) for patch in beyond)


def test_a_rule_without_its_layer_ends_the_search_unless_told_to_go_on(tmp_path) -> None:
    land.publish_land(tmp_path, without=["ZRBHQ"])
    answer = searched(*asked())
    assert answer.patches == ()
    assert {"suggest-unasked", "suggest-rule-unasked"} <= {notice.code for notice in answer.told}
    past = searched(*asked(past_unchecked=True))
    assert past.patches
    assert {patch.check.verdict for patch in past.patches} == {Verdict.INCOMPLETE}


def test_a_preference_that_can_not_be_asked_is_told_and_weighs_nothing(tmp_path) -> None:
    land.publish_land(tmp_path)  # no roads, no water
    answer = searched(*asked())
    told = [notice.params["layer"] for notice in answer.told if notice.code == "suggest-preference-unasked"]
    assert told == ["DL", "SX"]
    assert {share.code for share in answer.patches[0].explanation.criteria} == {
        "slope", "land_class", "present_use",
    }  # fmt: skip
    assert sum(share.weight for share in answer.patches[0].explanation.criteria) == pytest.approx(1)


def test_progress_is_told_and_may_stop_the_search(ground) -> None:
    heard: list[float] = []
    searched(*asked(cell_m=20), tell=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0

    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        searched(*asked(cell_m=20), tell=stop)


def test_a_patch_that_fails_its_check_is_kept_with_it(ground, monkeypatch) -> None:
    """Cells are told by the rules of now; a check that says something else is shown, not hidden."""
    parameters, rulebook = asked(cell_m=20)
    versions = layers.queries.current(suggestions.layers_read(rulebook, parameters))
    land.publish_layer("YJJBNT", [("ALL", "", land.EXTENT)])
    newer = layers.queries.current(["YJJBNT"])
    run = checks.run
    monkeypatch.setattr(
        checks,
        "run",
        lambda boundary, **more: run(boundary, **{**more, "versions": {**more["versions"], **newer}}),
    )
    answer = suggestions.search(parameters, REGION, rulebook=rulebook, facts=FACTS, versions=versions)
    assert answer.patches
    assert {found.check.verdict for found in answer.patches} == {Verdict.PROHIBITED}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"area_m2": 0}, "area_m2"),
        ({"area_m2": "x"}, "area_m2"),
        ({"area_m2": float("inf")}, "area_m2"),
        ({"tolerance": 0.9}, "tolerance"),
        ({"least_width_m": 500}, "least_width_m"),
        ({"count": 2.5}, "count"),
        ({"cell_m": 1}, "cell_m"),
        ({"optional": ["no-such-rule"]}, "optional"),
        ({"preferences": []}, "preferences"),
        ({"preferences": [{"code": "slope", "weight": 0}]}, "preferences"),
        ({"preferences": [{"code": "slope", "weight": -1}]}, "preferences"),
        ({"preferences": [{"code": "slope", "weight": 1, "best": 5, "worst": 5}]}, "preferences"),
        ({"preferences": [{"code": "gold", "weight": 1}]}, "preferences"),
        ({"preferences": ["slope"]}, "preferences"),
    ],
)  # fmt: skip
def test_bad_parameters_are_refused_with_their_field(rules, given, field) -> None:
    with pytest.raises(UnusableInput) as refusal:
        asked(**given)
    assert field in {notice.field for notice in refusal.value.notices}


def test_parameters_survive_being_stored(rules) -> None:
    parameters, _ = asked(optional=["forest-land"], azimuth_deg=12.5)
    assert suggestions.Parameters.from_json(json.loads(json.dumps(parameters.to_json()))) == parameters


def test_too_large_a_region_is_refused(rules) -> None:
    parameters, rulebook = asked()
    with pytest.raises(UnusableInput, match="像元"):
        searched(replace(parameters, cell_m=10.0), rulebook, shapely.box(109, 40, 112, 43))
    with pytest.raises(UnusableInput, match="范围"):
        searched(parameters, rulebook, shapely.Polygon())
