"""Rules about attributes, neighbours, numbers and means, from published layers to the answer; PostGIS as witness."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
import shapely
from django.db import connection

from layers.loading import load
from layers.models import Layer
from layers.table import Table
from siting import checks
from siting.engine.rules import RuleSpec
from siting.rulebook import PinnedRulebook
from tests.factories import land

pytestmark = pytest.mark.django_db
RNG = np.random.default_rng(11)


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def rulebook(*rules) -> PinnedRulebook:
    specs = tuple(
        RuleSpec.from_json(
            {
                "code": f"r{n}",
                "name": "规则",
                "layer": "T",
                "severity": "P",
                "basis": "",
                "authority": "",
                **rule,
            }
        )
        for n, rule in enumerate(rules)
    )
    return PinnedRulebook(0, "t", 1, "测试", "0" * 64, dt.date(2026, 1, 1), specs, ())


def published(geometries, *, classes=None, attributes=None, coverage=land.EXTENT, code="T"):
    layer, _ = Layer.objects.get_or_create(code=code, defaults={"name": "测试图层"})
    count = len(geometries)
    load(
        layer,
        Table(
            geometries=np.array(geometries, dtype=object),
            keys=[f"K{n:03d}" for n in range(count)],
            class_codes=classes or [""] * count,
            attributes=attributes or [{} for _ in range(count)],
            source_name="t.gpkg",
        ),
        coverage=coverage,
    )


def outcomes(*rules, site=land.SITE):
    found = checks.run(land.boundary(site), rulebook=rulebook(*rules))
    return [str(item.outcome) for item in found.results], found.results


NEAR = {"relation": "nearest_distance", "nearest_at_most_m": 1000.0}
MANY = {"relation": "count", "count_at_least": 1, "within_m": 1000.0}
SHARE = {"relation": "share_at_least", "share": 0.5}
MEAN = {"layer": "PD", "relation": "raster_mean", "raster_threshold": 10.0}


def test_a_layer_without_a_version_leaves_every_relation_unanswered():
    found, results = outcomes(NEAR, MANY, SHARE, MEAN)
    assert found == ["not_checked"] * 4
    assert {item.reason.code for item in results} == {"layer-missing"}


def test_ground_that_the_layer_does_not_cover_is_not_clear():
    inside = shapely.box(109.84, 40.61, 109.86, 40.63)  # the site, but not what lies a kilometre around it
    published([shapely.Point(109.8475, 40.617)], coverage=inside)
    found, _ = outcomes(
        NEAR,
        {"relation": "nearest_distance", "nearest_at_least_m": 5000.0},
        {"relation": "count", "count_at_most": 5, "within_m": 5000.0},
        {"relation": "count", "count_at_most": 0, "within_m": 5000.0},
        {"relation": "nearest_distance", "nearest_at_most_m": 0.0, "nearest_at_least_m": 0.0},
    )
    assert found == ["clear", "hit", "not_checked", "hit", "clear"]
    published([shapely.Point(109.8415, 40.6115)], coverage=inside)
    assert outcomes({"relation": "nearest_distance", "nearest_at_most_m": 3000.0})[0] == ["clear"]
    assert outcomes({"relation": "nearest_distance", "nearest_at_least_m": 100.0})[0] == ["clear"]
    assert outcomes({"relation": "nearest_distance", "nearest_at_least_m": 3000.0, "layer": "T"})[0] == [
        "hit"
    ]
    published([], coverage=inside)
    assert outcomes({"relation": "nearest_distance", "nearest_at_most_m": 3000.0})[0] == ["not_checked"]


def test_attributes_come_with_the_candidates():
    west, east = shapely.box(109.845, 40.615, 109.847, 40.619), shapely.box(109.848, 40.615, 109.85, 40.619)
    published([west, east], attributes=[{"等级": "一级", "面积": 3.5}, {"等级": "二级", "面积": None}])

    def where(field, op, *values):
        return {"relation": "overlaps", "where": [{"field": field, "op": op, "values": list(values)}]}

    found, results = outcomes(
        where("等级", "is", "一级"),
        where("等级", "is_not", "一级", "二级"),
        where("面积", "gt", "3"),
        where("面积", "lt", "3"),
        where("级别", "is", "一级"),
    )
    assert found == ["hit", "clear", "hit", "not_checked", "not_checked"]
    assert results[0].keys == ("K000",)
    assert "K001" in str(results[3].reason)
    assert results[4].reason.code == "features-unknown"


def test_a_big_feature_in_pieces_says_the_same_of_each():
    angles = np.linspace(0, 2 * np.pi, 700)
    ring = np.column_stack((109.8475 + 0.01 * np.cos(angles), 40.617 + 0.008 * np.sin(angles)))
    published([shapely.Polygon(ring)], attributes=[{"等级": "一级"}])
    where = [{"field": "等级", "op": "is", "values": ["一级"]}]
    found, results = outcomes(
        {"relation": "overlaps", "where": where}, {"relation": "count", "count_at_most": 0}
    )
    assert found == ["hit", "hit"]
    assert results[0].share == pytest.approx(1, rel=1e-9)
    assert results[1].measure.value == 1


@pytest.mark.parametrize(("degrees", "outcome"), [(5.0, "clear"), (10.0, "clear"), (10.5, "hit")])
def test_the_mean_of_a_raster(tmp_path, degrees, outcome):
    land.publish_slope(tmp_path, degrees)
    found, results = outcomes(MEAN)
    assert found == [outcome]
    assert results[0].measure.value == pytest.approx(degrees)


def test_a_raster_without_data_is_not_checked(tmp_path):
    land.publish_slope(tmp_path, -9999.0)
    assert outcomes(MEAN)[0] == ["not_checked"]


_WITNESS = """
SELECT min(d), count(*) FILTER (WHERE d <= %(within)s) FROM (
    SELECT ST_Distance(geom::geography, ST_GeomFromText(%(site)s, 4490)::geography) AS d
    FROM layers_feature f JOIN layers_layer l ON l.id = f.layer_id WHERE l.code = 'T') AS x
"""


def test_distances_and_numbers_agree_with_postgis_on_the_ellipsoid():
    xs, ys = RNG.uniform(109.805, 109.895, 60), RNG.uniform(40.585, 40.655, 60)
    features = [
        [
            shapely.Point(x, y),
            shapely.LineString([(x, y), (x + 0.002, y + 0.001)]),
            shapely.box(x, y, x + 0.0012, y + 0.0007),
        ][n % 3]
        for n, (x, y) in enumerate(zip(xs, ys, strict=True))
    ]
    published(features)
    seen = set()
    for _ in range(25):
        x, y = RNG.uniform(109.82, 109.88), RNG.uniform(40.60, 40.64)
        site = shapely.box(x, y, x + RNG.uniform(0.0005, 0.003), y + RNG.uniform(0.0005, 0.003))
        within = float(RNG.uniform(50, 900))
        with connection.cursor() as cursor:
            cursor.execute(_WITNESS, {"site": site.wkt, "within": within})
            nearest, number = cursor.fetchone()
        found, (near, many) = outcomes(
            {"relation": "nearest_distance", "nearest_at_most_m": 900.0},
            {"relation": "count", "count_at_most": 0, "within_m": within},
            site=site,
        )
        assert near.outcome == ("hit" if nearest > 900 else "clear")
        if nearest <= 900:
            assert near.measure.value == pytest.approx(nearest, rel=1e-3, abs=0.02)
        assert many.measure.value == number
        seen.update(found)
    assert seen == {"clear", "hit"}
