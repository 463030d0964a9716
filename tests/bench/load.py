"""Publishing the parcels, with everything that a version is checked for, against a bare COPY with its spatial index."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import shapely

from layers import queries
from siting import batch
from siting.checks import PRESENT_LAND_LAYER
from siting.engine import partitions
from siting.engine.overlap import LayerPieces
from tests.bench.check import outline_of_the_city
from tests.bench.land import ROOT, WORK, Land, create, drop, environment
from tests.bench.report import Report, Row, seconds

_CHILD = """
import sys, django
django.setup()
from tests.bench.load import publish
publish(sys.argv[1], sys.argv[2])
"""


def bare_copy(land: Land, pieces: LayerPieces) -> None:
    """What ogr2ogr does: the rows by COPY, then the spatial index."""
    with land.connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bare (key text, class_code text, area_m2 float8, geom geometry(Geometry, 4490))"
        )
        for start in range(0, len(pieces.keys), 50_000):
            span = slice(start, start + 50_000)
            wkb = shapely.to_wkb(shapely.set_srid(pieces.geometries[span], 4490), hex=True, include_srid=True)
            rows = zip(pieces.keys[span], pieces.classes[span], pieces.areas[span].tolist(), wkb, strict=True)
            text = io.StringIO(
                "".join(f"{key}\t{code}\t{area!r}\t{ewkb}\n" for key, code, area, ewkb in rows)
            )
            cursor.copy_expert("COPY bare FROM STDIN", text)
        cursor.execute("CREATE INDEX ON bare USING gist (geom)")
        cursor.execute("ANALYZE bare")
    connection.close()


def publish(parcels: str, outline: str) -> None:
    """In a process of its own, on the database that its environment names: prints the seconds it took."""
    from layers import loading
    from layers.models import Layer
    from layers.table import Table

    pieces = partitions.read(Path(parcels))
    layer = Layer.objects.create(code="BENCH", name="BENCH", theme="BENCH", kind="vector")
    table = Table(geometries=pieces.geometries, keys=pieces.keys, class_codes=pieces.classes)
    coverage = shapely.from_wkb(Path(outline).read_bytes())
    began = time.perf_counter()
    report = loading.load(layer, table, coverage=coverage)
    assert report.features == len(pieces.keys)
    print(time.perf_counter() - began)


def run(land: Land) -> bool:
    version = queries.current([PRESENT_LAND_LAYER])[PRESENT_LAND_LAYER]
    parcels = batch.export(version, WORK / f"layers-{land.parcels}")
    outline = WORK / "outline.wkb"
    outline.write_bytes(shapely.to_wkb(shapely.buffer(outline_of_the_city(), 0.02)))
    pieces = partitions.read(parcels)
    empty = replace(land, database=f"{land.database}_load", url=f"{land.url}_load")
    create(empty)
    try:
        surroundings = {**os.environ, **environment(empty)}
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=surroundings, check=True
        )
        bare = seconds(lambda: bare_copy(empty, pieces))
        count = len(pieces.keys)

        done = subprocess.run(
            [sys.executable, "-c", _CHILD, str(parcels), str(outline)], cwd=ROOT, env=surroundings, check=True,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        ours = float(done.stdout.split()[-1])
    finally:
        drop(empty)
    report = Report("load", f"Publication of {count:,} parcels from memory, once", "COPY + GiST")
    report.add(
        Row("publication", ours, "s", bare),
        Row("features per second", count / ours, "", count / bare),
    )
    report.notes += [
        "ours checks and repairs each geometry, measures, hashes and seals it, finds overlaps, makes the overview "
        "tiles and writes into the live table with its indexes, in one transaction",
        "the peer writes the same rows into a new table and indexes it afterwards, as ogr2ogr does: ogr2ogr itself "
        "isn't installed, and pyogrio's GDAL has no PostgreSQL driver",
    ]
    return report.finish()
