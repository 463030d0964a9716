"""Two versions of the parcels against each other: how many, which, where, and from which class to which."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from django.db import connection
from shapely import box

from layers import changes
from layers.models import LayerVersion
from siting.checks import PRESENT_LAND_LAYER
from tests.bench.land import Land
from tests.bench.report import Report, Row, seconds
from tests.bench.tiles import random_tiles

ROUNDS = 3
ZOOMS = (8, 11, 14)
TILES = 12

# What one would write without lifespans and hashes: every feature of the one beside every feature of the other.
_PLAIN_COUNT = """
SELECT count(*) FILTER (WHERE a.key IS NULL), count(*) FILTER (WHERE b.key IS NULL),
       count(*) FILTER (WHERE a.key = b.key AND a.geom::bytea <> b.geom::bytea),
       count(*) FILTER (WHERE a.key = b.key AND (a.class_code, a.name, a.attributes)
                              IS DISTINCT FROM (b.class_code, b.name, b.attributes))
FROM (SELECT * FROM layers_feature f WHERE {window}) a FULL JOIN (SELECT * FROM layers_feature f WHERE {window}) b
     ON b.key = a.key
"""
# The same changed features, overlaid and measured by PostGIS.
_PLAIN_FLOW = """
WITH gone AS MATERIALIZED (SELECT class_code, geom FROM layers_feature
         WHERE layer_id = %(layer)s AND first_version <= %(a)s AND last_version >= %(a)s AND last_version < %(b)s)
SELECT a.class_code, f.class_code, sum(ST_Area(ST_Intersection(a.geom, f.geom)::geography))
FROM gone a JOIN layers_feature f ON f.layer_id + 0 = %(layer)s AND f.geom && a.geom AND f.first_version > %(a)s
     AND f.first_version <= %(b)s AND (f.last_version IS NULL OR f.last_version >= %(b)s)
     AND ST_Intersects(f.geom, a.geom)
GROUP BY 1, 2
"""


def _plainly(sql: str, a: LayerVersion, b: LayerVersion) -> Callable[[], object]:
    def window(number: int) -> str:
        return (
            f"f.layer_id = {a.layer_id} AND f.first_version <= {number} "
            f"AND (f.last_version IS NULL OR f.last_version >= {number})"
        )

    def ask() -> object:
        with connection.cursor() as cursor:
            filled = sql.replace("{window}", window(a.number), 1).replace("{window}", window(b.number), 1)
            cursor.execute(filled, {"layer": a.layer_id, "a": a.number, "b": b.number})
            return cursor.fetchall()

    return ask


def _best(operation: Callable[[], object], rounds: int = ROUNDS) -> float:
    return min(seconds(operation) for _ in range(rounds))


def run(land: Land) -> bool:
    versions = LayerVersion.objects.filter(layer__code=PRESENT_LAND_LAYER).select_related("layer")
    versions = versions.defer("coverage").order_by("-number")[:2]
    if len(versions) < 2:
        raise SystemExit(
            f"{land.database} has one version of the parcels: it is older than the demo's update; drop it"
        )
    b, a = versions
    summary = changes.summary(a, b)
    report = Report(
        "differences",
        f"Versions {a.number} and {b.number} of {b.feature_count:,} parcels, {summary.total:,} of them different",
        "plain SQL",
    )
    report.add(
        Row("counts by kind and class", _best(lambda: changes.summary(a, b)), "s", target=2.0),
        Row("… against a join of every feature", _best(lambda: changes.summary(a, b)), "s",
            _best(_plainly(_PLAIN_COUNT, a, b), 1)),
        Row("a page of 50, by change of area", _best(lambda: changes.rows(a, b, order="-difference", limit=50)), "s",
            target=2.0),
        Row("every row, with its fields", _best(lambda: list(changes.every(a, b)), 1), "s"),
        Row("area flow matrix", _best(lambda: changes.flow(a, b)), "s", target=10.0),
        Row("… its overlay alone, by PostGIS", _best(_plainly(_PLAIN_FLOW, a, b), 1), "s"),
    )  # fmt: skip
    flow = changes.flow(a, b)
    if flow.residual_before is not None and flow.residual_after is not None:
        largest = float(np.abs([*flow.residual_before, *flow.residual_after]).max())
        report.add(Row("largest residual of a class", largest, "m²", target=1.0))
    west, south, east, north = summary.bounds or (0.0, 0.0, 0.0, 0.0)
    for zoom in ZOOMS:
        took = []
        for tile in random_tiles(zoom, TILES, box(west, south, east, north)):
            began = time.perf_counter()
            changes.tile(a, b, *tile)
            took.append(time.perf_counter() - began)
        report.add(Row(f"tile of the differences, z{zoom}, p95", float(np.percentile(took, 95)) * 1000, "ms"))
    report.notes += [
        f"best of {ROUNDS} rounds; plain SQL and the whole list once",
        "the flow reads every feature's stored area for the classes' totals and overlays what changed",
    ]
    return report.finish()
