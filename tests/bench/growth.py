"""What a check asks of a layer of ten thousand, a hundred thousand and a million parcels, equally dense."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace

from tests.bench import parcels
from tests.bench.land import ROOT, WORK, Land, create, drop, environment
from tests.bench.report import Report, Row, percentiles

SIZES = (10_000, 100_000, 1_000_000)
SITES, ROUNDS = 200, 5
LARGEST_M2 = 1e6
_CHILD = """
import sys, django
django.setup()
from tests.bench import growth
growth.measure(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
"""


def measure(file: str, east: float, north: float) -> None:
    """In a process of its own: publish, then check sites; prints milliseconds, each site's median."""
    from pathlib import Path

    import numpy as np
    import shapely
    from django.db import connection

    from layers import loading
    from layers.models import Layer
    from siting import checks
    from siting.rulebook import publish_defaults
    from tests.bench.check import FACTS
    from tests.bench.sites import random_sites

    publish_defaults()
    layer = Layer.objects.create(code=checks.PRESENT_LAND_LAYER, name="BENCH", class_system="survey")
    ground = shapely.box(parcels.WEST, parcels.SOUTH, east, north)
    loading.load(layer, Path(file), coverage=shapely.buffer(ground, 0.02))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) layers_feature")
    sites = random_sites(SITES, shapely.buffer(ground, -0.002), largest_m2=LARGEST_M2)
    took = np.empty((ROUNDS, SITES))
    for at, site in enumerate(sites):
        checks.run(site, facts=FACTS)
        for turn in range(ROUNDS):
            began = time.perf_counter()
            checks.run(site, facts=FACTS)
            took[turn, at] = (time.perf_counter() - began) * 1000
    print(json.dumps(np.median(took, axis=0).tolist()))


def run(land: Land) -> bool:
    report = Report("growth", "A check against ever more parcels, equally dense", "10,000")
    first: float | None = None
    sizes = [size for size in SIZES if size <= max(land.parcels, SIZES[0])]
    for size in sizes:
        file = WORK / f"parcels-{size}.gpkg"
        if not file.exists():
            parcels.write(file, size)
        east, north = parcels.corner(size)
        own = replace(land, database=f"{land.database}_growth", url=f"{land.url}_growth")
        create(own)
        try:
            surroundings = {**os.environ, **environment(own)}
            subprocess.run(
                [sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=surroundings, check=True
            )
            done = subprocess.run(
                [sys.executable, "-c", _CHILD, str(file), str(east), str(north)], cwd=ROOT, env=surroundings,
                check=True, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
        finally:
            drop(own)
        p50, p95 = percentiles(json.loads(done.stdout.splitlines()[-1]))
        target = 1.5 if size == sizes[-1] and first is not None else None
        report.add(Row(f"{size:,} parcels, p50", p50, "ms", first, target), Row("… p95", p95, "ms"))
        first = p50 if first is None else first
    report.notes.append(
        f"{SITES} sites of 0.01 to {LARGEST_M2 / 1e6:g} km², the default rulebook with no layer but the parcels"
    )
    return report.finish()
