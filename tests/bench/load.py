"""Publishing a file of parcels with everything that a version is checked for, against ogr2ogr of the same file.

Runs in a database of its own. Besides the platform's environment it needs GDAL's programs (Debian: gdal-bin), as
the wheels' GDAL has no PostgreSQL driver.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.bench import parcels
from tests.bench.land import ROOT, WORK, Land, create, drop, environment
from tests.bench.processes import Usage, watched
from tests.bench.report import Report, Row

CHANGED = 0.01
_CHILD = """
import sys, django
django.setup()
from tests.bench import load
load.publish(sys.argv[1], sys.argv[2])
"""
_TABLES = ("layers_feature", "layers_featurepiece")


@dataclass(frozen=True)
class Taken:
    """Seconds since the beginning when a publication was checkable, inspected and drawn; and what it did."""

    began: float
    checkable: float
    inspected: float
    drawn: float
    report: dict[str, Any]
    usage: Usage

    @property
    def processor_seconds(self) -> tuple[float, float]:
        """Ours and the database's until it was checkable."""
        own, server = self.usage.seconds(self.began + self.checkable)
        own_before, server_before = self.usage.seconds(self.began)
        return own - own_before, server - server_before


def publish(code: str, file: str) -> None:
    """In a process of its own, on the database that its environment names: prints when it was how far."""
    import shapely

    from layers import loading, overviews, queries
    from layers.models import Layer
    from layers.progress import Phase
    from layers.publishing import publish as put_in_force

    layer, _ = Layer.objects.get_or_create(code=code, defaults={"name": code, "theme": "BENCH"})
    reached: dict[Phase, float] = {}
    began, at = time.perf_counter(), time.time()

    def progress(phase: Phase, done: int, total: int) -> None:
        reached.setdefault(phase, time.perf_counter() - began)

    coverage = shapely.box(109.0, 40.0, 111.5, 42.5)
    version = loading.stage(layer, Path(file), coverage=coverage, progress=progress)
    inspected = time.perf_counter() - began
    if not version.overviews_done:
        overviews.build(version)
    drawn = time.perf_counter() - began
    report = put_in_force(version).to_json()
    intact = queries.verify(queries.current([code])[code]).intact
    took = {"checkable": reached[Phase.QUALITY], "inspected": inspected, "drawn": drawn, "began": at}
    print(json.dumps({**took, "report": report, "intact": intact}))


def published(land: Land, code: str, file: Path) -> Taken:
    surroundings = {**os.environ, **environment(land)}
    with watched(land) as usage:
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, code, str(file)], cwd=ROOT, env=surroundings, check=True,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
    answer = json.loads(done.stdout.splitlines()[-1])
    if not answer.pop("intact"):
        raise SystemExit(f"what was published of {file.name} is not what was sealed")
    return Taken(**answer, usage=usage)


def ogr2ogr(land: Land, file: Path) -> tuple[float, Usage]:
    """Wall seconds of the peer: the rows by COPY into a table of its own, then the spatial index."""
    target = f"PG:host={land.host} dbname={land.database} user={land.user}"
    began = time.perf_counter()
    with watched(land) as usage:
        subprocess.run(
            ["ogr2ogr", "-q", "-f", "PostgreSQL", target, str(file), "-nln", "peer", "-overwrite"],
            env={**os.environ, "PG_USE_COPY": "YES"}, check=True, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    return time.perf_counter() - began, usage


def size(land: Land) -> int:
    """Bytes of the features' tables with their indexes."""
    with land.connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(t::regclass)) FROM unnest(%s) AS t", [list(_TABLES)]
        )
        found = int(cursor.fetchone()[0])
    connection.close()
    return found


def files(count: int) -> tuple[Path, Path, Path]:
    """The parcels, the same with a share changed, and the big polygon: made once."""
    first, second, big = (
        WORK / name for name in (f"parcels-{count}.gpkg", f"changed-{count}.gpkg", "big.gpkg")
    )
    if not first.exists():
        parcels.write(first, count)
    if not second.exists():
        parcels.write(second, count, changed=CHANGED)
    if not big.exists():
        parcels.write_big(big)
    return first, second, big


def run(land: Land) -> bool:
    if shutil.which("ogr2ogr") is None:
        raise SystemExit("this part needs ogr2ogr (Debian: gdal-bin)")
    first, second, big = files(land.parcels)
    empty = replace(land, database=f"{land.database}_load", url=f"{land.url}_load")
    create(empty)
    try:
        surroundings = {**os.environ, **environment(empty)}
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=surroundings, check=True
        )
        peer, peer_usage = ogr2ogr(empty, first)
        ours = published(empty, "BENCH", first)
        peer_again, peer_usage_again = ogr2ogr(empty, first)
        peer, peer_usage = min((peer, peer_usage), (peer_again, peer_usage_again), key=lambda pair: pair[0])
        before = size(empty)
        again = published(empty, "BENCH", second)
        growth = size(empty) / before - 1
        one = published(empty, "BIG", big)
    finally:
        drop(empty)
    return _told(land, ours, again, one, (peer, peer_usage), growth)


def _told(
    land: Land, ours: Taken, again: Taken, one: Taken, peer: tuple[float, Usage], growth: float
) -> bool:
    peer_seconds, peer_usage = peer
    report = Report(
        "load", f"Publication of {ours.report['features']:,} parcels from a GeoPackage", "ogr2ogr"
    )
    report.add(
        Row("published and checkable", ours.checkable, "s", peer_seconds, 1.3),
        Row("… with the quality report", ours.inspected, "s", peer_seconds),
        Row("the quality report alone", ours.inspected - ours.checkable, "s", peer_seconds, 4.0),
        Row("the overview tiles alone", ours.drawn - ours.inspected, "s", peer_seconds, 5.0),
        Row("processor seconds until checkable", sum(ours.processor_seconds), "s", sum(peer_usage.seconds())),
        Row("… of these in the database", ours.processor_seconds[1], "s", peer_usage.seconds()[1]),
        Row("memory of all our processes", ours.usage.memory / 2**30, "GB", target=1.5),
        Row(
            f"again with {CHANGED:.0%} changed: checkable",
            again.checkable,
            "s",
            ours.checkable,
            0.8,
            note="peer: first",
        ),
        Row(
            "… processor seconds until then",
            sum(again.processor_seconds),
            "s",
            sum(ours.processor_seconds),
            note="peer: first",
        ),
        Row("… with report and overview tiles", again.drawn, "s", ours.drawn, note="peer: first"),
        Row("… storage grows by", growth * 100, "%", target=2.5),
        Row("one polygon of 20,000 vertices: checkable", one.checkable, "s"),
    )
    report.notes += [
        "checkable: read in confinement, checked and repaired, measured, hashed, sealed, cut, written into the live "
        "tables with their indexes; the peer writes a new table and indexes it",
        f"again: {again.report['changed']:,} changed, {again.report['unchanged']:,} shared; every version was verified",
    ]
    return report.finish()
