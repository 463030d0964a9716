"""The check in process, against the least that any check must do, and against plain SQL."""

from __future__ import annotations

import os
from binascii import unhexlify
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.db import connection

from layers import queries
from layers.pieces import MAX_VERTICES
from layers.queries import PinnedVersion
from siting import checks
from siting.engine.area import exact_area
from siting.engine.boundary import Boundary
from siting.engine.proximity import reach
from siting.engine.rules import Relation
from siting.rulebook import PinnedRulebook
from tests.bench.land import Land
from tests.bench.report import Report, Row, percentiles, seconds
from tests.bench.sites import random_sites

SITES = int(os.environ.get("BENCH_SITES", 240))
LARGE_SITES = 5
REPETITIONS = 5
FACTS = {"intended_use": "07"}

# What lies near in the current versions, small features whole and big ones as their pieces: one statement, one scan
# of each index per box. Layers with a distance are asked in a box of their own, like the check must.
_NEAR = f"""
SELECT f.layer_id, f.class_code, f.geom::text
FROM layers_feature f
WHERE f.geom && ST_MakeEnvelope(%s, %s, %s, %s, 4490) AND f.layer_id + 0 = ANY(%s)
  AND f.last_version IS NULL AND f.vertices <= {MAX_VERTICES}
UNION ALL
SELECT f.layer_id, f.class_code, p.geom::text
FROM layers_featurepiece p JOIN layers_feature f ON f.id = p.feature_id
WHERE p.geom && ST_MakeEnvelope(%s, %s, %s, %s, 4490) AND p.layer_id + 0 = ANY(%s) AND f.last_version IS NULL
"""
_FAR = _NEAR.replace("f.layer_id + 0 =", "f.layer_id =")

_PLAIN = """
SELECT f.layer_id, f.class_code, sum(ST_Area(ST_Intersection(f.geom, site.geom)::geography))
FROM (SELECT ST_GeomFromWKB(%(site)s, 4490) AS geom) AS site
     JOIN layers_feature f ON ST_Intersects(f.geom, site.geom)
WHERE f.layer_id + 0 = ANY(%(layers)s) AND f.last_version IS NULL
GROUP BY f.layer_id, f.class_code
"""


@dataclass(frozen=True)
class Ground:
    """What all three ways are asked about: the layers of the rulebook, and how far each reaches."""

    rulebook: PinnedRulebook
    versions: Mapping[str, PinnedVersion]
    near: tuple[int, ...]
    far: Mapping[int, float]

    @classmethod
    def of_today(cls) -> Ground:
        versions = queries.current()
        rulebook = checks.in_force(checks.DEFAULT_RULEBOOK, checks.timezone.localdate())
        asked = {*rulebook.layers, checks.PRESENT_LAND_LAYER}
        far: dict[int, float] = {}
        for rule in rulebook.rules:
            if rule.relation is Relation.WITHIN_DISTANCE and rule.layer in versions:
                layer = versions[rule.layer].layer_id
                far[layer] = max(far.get(layer, 0.0), *rule.distances_m.values())
        near = tuple(
            v.layer_id
            for code, v in versions.items()
            if code in asked and v.kind == "vector" and v.layer_id not in far
        )
        return cls(rulebook, versions, near, far)


def outline_of_the_city() -> shapely.Geometry:
    """Where the parcels' layer can be asked, a kilometre inside: neighbours and distances lie in it too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT v.coverage::text FROM layers_layerversion v JOIN layers_layer l ON l.id = v.layer_id"
            " WHERE l.code = %s AND v.status = 'published'",
            [checks.PRESENT_LAND_LAYER],
        )
        coverage = shapely.from_wkb(cursor.fetchone()[0])
    return shapely.buffer(coverage, -0.01)


def bound(site: Boundary, ground: Ground) -> dict[int, float]:
    """The least a check must do: fetch what lies near, intersect it with the site, measure. No rules, no facts,
    no raster, no coverage, no evidence; areas in m² by layer."""
    parameters: list[Any] = [*site.geometry.bounds, list(ground.near)] * 2
    for layer, distance in ground.far.items():
        parameters += [*reach(site, distance).bounds, [layer]] * 2
    with connection.cursor() as cursor:
        cursor.execute("UNION ALL".join([_NEAR, *[_FAR] * len(ground.far)]), parameters)
        rows = cursor.fetchall()
    layers = np.array([row[0] for row in rows])
    geometries = shapely.from_wkb(np.array([unhexlify(row[2]) for row in rows], dtype=object))
    found = {}
    for layer in np.unique(layers).tolist():
        cut = shapely.intersection(site.geometry, geometries[layers == layer])
        found[layer] = float(exact_area(cut).sum())
    return found


def plain_sql(site: Boundary, ground: Ground) -> dict[int, float]:
    """Everything in one SQL on uncut polygons; distances are left out."""
    found: dict[int, float] = {}
    with connection.cursor() as cursor:
        cursor.execute(_PLAIN, {"site": shapely.to_wkb(site.geometry), "layers": list(ground.near)})
        for layer, _, area in cursor.fetchall():
            found[layer] = found.get(layer, 0.0) + area
    return found


def agreement(site: Boundary, ground: Ground) -> None:
    """All three ways must speak of the same ground."""
    result = checks.run(site, facts=FACTS)
    least, plain = bound(site, ground), plain_sql(site, ground)
    land = ground.versions[checks.PRESENT_LAND_LAYER].layer_id
    ours = sum(row.area_m2 for row in result.land or () if row.code)
    for name, theirs in (("the bound", least[land]), ("SQL", plain[land])):
        scaled = theirs * site.area_m2 / site.exact_area_m2
        if abs(ours - scaled) > 2e-6 * scaled + 0.1:
            raise SystemExit(
                f"the check finds {ours:.2f} m² of parcels, {name} {scaled:.2f} m²: nothing is compared"
            )


def measured(sites: list[Boundary], ways: list[Callable[[Boundary], object]], repetitions: int) -> np.ndarray:
    """Seconds, rounds × ways × sites; in each round the ways take turns site by site."""
    for site in sites[:5]:
        for way in ways:
            way(site)
    times = np.empty((repetitions, len(ways), len(sites)))
    for turn in range(repetitions):
        for number, site in enumerate(sites):
            for which, way in enumerate(ways):
                times[turn, which, number] = seconds(way, site)
    return times


def run(land: Land) -> bool:
    ground = Ground.of_today()
    sites = random_sites(SITES, outline_of_the_city())
    for site in sites[:: max(1, len(sites) // 20)]:
        agreement(site, ground)
    rounds = measured(sites, [lambda s: checks.run(s, facts=FACTS), lambda s: bound(s, ground)], REPETITIONS)
    ours, least = np.median(rounds, axis=0)
    quickest, quickest_least = rounds.min(axis=0)
    plain = measured(sites[::3], [lambda s: plain_sql(s, ground)], 1)[0, 0]
    report = Report(
        "check",
        f"Check in process: {len(sites)} sites of 0.01–10 km², {land.parcels:,} parcels, "
        f"{len(ground.rulebook.rules)} rules on {len(ground.versions)} layers",
        "lower bound",
    )
    report.notes += _of_the_sites(sites, ground)
    for name, position in (("p50", 0), ("p95", 1)):
        mine, theirs = percentiles(ours * 1000)[position], percentiles(least * 1000)[position]
        report.add(Row(f"check {name}", mine, "ms", theirs, 1.5))
    for name, position in (("p50", 0), ("p95", 1)):
        mine, theirs = percentiles(quickest * 1000)[position], percentiles(quickest_least * 1000)[position]
        report.add(Row(f"each site's best round, {name}", mine, "ms", theirs))
    report.add(
        Row(
            "check / bound per site, median",
            float(np.median(ours / least)),
            "×",
            note="each site with itself",
        )
    )
    for name, position in (("p50", 0), ("p95", 1)):
        mine, theirs = percentiles(ours[::3] * 1000)[position], percentiles(plain * 1000)[position]
        report.add(Row(f"against ST_Intersection in SQL, {name}", mine, "ms", theirs))
    for low, high in ((0.01, 0.1), (0.1, 1), (1, 10)):
        some = np.array([low * 1e6 <= site.area_m2 < high * 1e6 for site in sites])
        report.add(
            Row(f"{low:g}–{high:g} km², p50", float(np.median(ours[some]) * 1000), "ms",
                float(np.median(least[some]) * 1000))
        )  # fmt: skip
    large = random_sites(LARGE_SITES, outline_of_the_city(), smallest_m2=100e6, largest_m2=100e6)
    times = measured(large, [lambda s: checks.run(s, facts=FACTS)], 1)[0, 0]
    report.add(Row("100 km², slowest", float(times.max()), "s", target=1.5))
    report.notes += [
        "lower bound: one indexed SQL fetch, shapely.intersection with every candidate, exact areas; no rules, "
        "distances, slope, coverage, dissolving or geometry of the findings",
        "the SQL peer asks the rules' layers uncut, ST_Area(geography); without distances and slope",
        f"each figure is the median of {REPETITIONS} rounds (SQL: one); the best rounds leave out most of what else "
        "the machine was doing; building the boundary is outside",
    ]
    return report.finish()


def _of_the_sites(sites: list[Boundary], ground: Ground) -> list[str]:
    results = [checks.run(site, facts=FACTS) for site in sites]
    verdicts = [str(result.verdict) for result in results]
    counted = ", ".join(f"{verdicts.count(name)} {name}" for name in sorted(set(verdicts)))
    near = [
        sum(len(found.keys) for found in queries.candidates(result.versions, site.geometry).values())
        for site, result in zip(sites, results, strict=True)
    ]
    p50, p95 = percentiles(near)
    return [f"verdicts: {counted}; candidates per site p50 {p50:.0f}, p95 {p95:.0f}"]
