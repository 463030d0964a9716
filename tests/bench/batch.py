"""Many sites: the whole rulebook by every engine of a batch; and areas of the parcels against `geopandas.overlay`."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import shapely
from django.utils import timezone

from layers import queries
from siting import batch, checks
from siting.checks import PRESENT_LAND_LAYER
from siting.engine.area import exact_area
from siting.engine.batch import SiteTask
from siting.engine.many import SiteAreas
from siting.rulebook import in_force
from tests.bench.check import FACTS, outline_of_the_city
from tests.bench.land import WORK, Land
from tests.bench.overlay import PEERS, SITES, agree, write_sites
from tests.bench.report import Report, Row
from tests.bench.sites import random_sites

ROUNDS = int(os.environ.get("BENCH_BATCH_ROUNDS", 3))
CHECKED = int(os.environ.get("BENCH_CHECKED_SITES", 1000))
PROCESSES = 2
RELATIVE = 1e-6


def peer(sites: Path, layer: Path, result: Path) -> dict[str, Any]:
    if not PEERS.exists():
        raise SystemExit("the peers' environment is missing: run scripts/bench (make bench PART=batch)")
    script = Path(__file__).parent / "peers/overlay.py"
    done = subprocess.run(
        [PEERS, script, sites, layer, result], check=True, stdout=subprocess.PIPE, text=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def largest_difference(ours: SiteAreas, result: Path, count: int) -> float:
    """Relative, over the sites: the peer's geometries are measured with our area, its pairs are added up per site."""
    table = pq.read_table(result, columns=["site", "geometry"])
    areas = exact_area(shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False)))
    theirs = np.bincount(table["site"].to_numpy(), weights=areas, minlength=count)
    mine = np.bincount(ours.sites, weights=ours.areas, minlength=count)
    return float(np.max(np.abs(mine - theirs) / np.maximum(theirs, 1.0)))


def whole_checks(report: Report, land: Land, outline: shapely.Geometry) -> None:
    """Every rule for every site: one by one, many at once, and as a batch from files by each engine."""
    rulebook = in_force(checks.DEFAULT_RULEBOOK, timezone.localdate())
    versions = queries.current(checks.codes(rulebook))
    boundaries = random_sites(CHECKED, outline, seed=29)
    asked = [(boundary, FACTS) for boundary in boundaries]
    tasks = tuple(
        SiteTask(
            f"{number:06d}", number, boundary.declared, checks.known_facts(rulebook, boundary.declared, FACTS)
        )
        for number, boundary in enumerate(boundaries, start=1)
    )
    file = batch.SitesFile(tasks, (), None, ())
    folder = WORK / f"snapshot-{land.parcels}"
    batch.snapshot(rulebook, versions, folder)  # written once, kept for the next batch
    times: dict[str, float] = {}

    def timed(name: str, way: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        answer = way()
        times[name] = time.perf_counter() - began
        return answer

    timed(
        "one by one",
        lambda: [checks.run(b, facts=FACTS, rulebook=rulebook, versions=versions) for b in boundaries],
    )
    for count in (1, PROCESSES):
        timed(
            f"run_many, {count}",
            lambda count=count: list(
                checks.run_many(asked, rulebook=rulebook, versions=versions, processes=count)
            ),
        )
    given: dict[str, Any] = {"rulebook": rulebook, "versions": versions, "folder": folder}
    digests = {
        timed("serial", lambda: batch.run(file, **given)).digest,
        timed(
            "processes", lambda: batch.run(file, **given, engine=batch.Engine.PROCESSES, workers=PROCESSES)
        ).digest,
        timed("dask", lambda: batch.run(file, **given, engine=batch.Engine.DASK, workers=PROCESSES)).digest,
    }
    if len(digests) != 1:
        raise SystemExit("the engines gave different digests")
    report.add(
        Row("whole rulebook, live checks one by one", times["one by one"], "s"),
        Row("whole rulebook, many at once, 1 process", times["run_many, 1"], "s", times["one by one"], 1.0),
        Row(f"whole rulebook, many at once, {PROCESSES} processes", times[f"run_many, {PROCESSES}"], "s"),
        Row("whole rulebook from files, serial", times["serial"], "s"),
        Row(
            f"whole rulebook from files, {PROCESSES} processes: times as fast",
            times["serial"] / times["processes"], "×", target=1.7, at_most=False,
        ),
        Row(f"whole rulebook from files, dask with {PROCESSES} workers", times["dask"], "s", times["processes"]),
    )  # fmt: skip
    report.notes.append(
        f"whole rulebook: {len(boundaries):,} sites, {len(rulebook.rules)} rules on {len(versions)} layers, the same "
        "digest from all three engines; starting processes is included, writing the layers' files is not"
    )


def run(land: Land) -> bool:
    version = queries.current([PRESENT_LAND_LAYER])[PRESENT_LAND_LAYER]
    layer = batch.export(version, WORK / f"layers-{land.parcels}")
    outline = outline_of_the_city()
    boundaries = random_sites(SITES, outline, seed=23)
    sites = np.array([site.geometry for site in boundaries], dtype=object)
    sites_file, result = WORK / "sites.parquet", WORK / "overlay.parquet"
    write_sites(sites_file, sites)
    processes = os.cpu_count() or 1

    report = Report(
        "batch", f"Batch: {len(sites):,} sites of 0.01–10 km² × {land.parcels:,} parcels", "geopandas.overlay"
    )
    ways: dict[str, Callable[[], SiteAreas]] = {
        "serial": lambda: batch.overlap(sites, layer),
        "threads": lambda: batch.overlap(sites, layer, threads=processes),
        "parallel": lambda: batch.overlap(sites, layer, processes=processes),
    }
    answers: dict[str, SiteAreas] = {}
    times: dict[str, list[float]] = {name: [] for name in (*ways, "serial cpu")}
    theirs: list[dict[str, Any]] = []
    for _ in range(ROUNDS):  # they take turns, as the machine may not be as busy all the time
        theirs.append(peer(sites_file, layer, result))
        for name, way in ways.items():
            worked, began = time.process_time(), time.perf_counter()
            answers[name] = way()
            times[name].append(time.perf_counter() - began)
            if name == "serial":
                times["serial cpu"].append(time.process_time() - worked)
    ours = {name: float(np.median(values)) for name, values in times.items()}
    reading, overlay, cpu = (
        float(np.median([one[name] for one in theirs])) for name in ("reading", "overlay", "cpu")
    )
    whole = reading + overlay
    report.add(
        Row("file to areas, 1 process", ours["serial"], "s", whole, 1 / 5),
        Row(f"file to areas, {processes} threads", ours["threads"], "s", whole, 1 / 5),
        Row(f"file to areas, {processes} processes", ours["parallel"], "s", whole, 1 / 5),
        Row("the processor's seconds, 1 process", ours["serial cpu"], "s", cpu),
        Row("sites per second, 1 process", len(sites) / ours["serial"], "", len(sites) / whole),
    )
    difference = largest_difference(answers["serial"], result, len(sites))
    report.add(Row("largest relative difference of a site's area", difference / RELATIVE, "e-6", target=1.0))
    for other in ("threads", "parallel"):
        agree(answers["serial"], answers[other])
    report.notes += [
        f"{len(answers['serial'].sites):,} pairs of site and parcel, the same with {processes} threads and "
        f"with {processes} processes",
        "both read the same GeoParquet files; ours reads and decodes only what lies near the sites (boxes are "
        "columns), geopandas all of it; starting our processes is included, importing geopandas is not",
        "ours gives exact ellipsoidal areas per site and parcel, geopandas the geometries (measured afterwards with "
        "our area, outside its time); geopandas tests the validity of all parcels, ours were tested at publication",
        f"geopandas {theirs[0]['version']}: reading {reading:.1f} s, overlay {overlay:.1f} s; medians of {ROUNDS}",
    ]
    whole_checks(report, land, outline)
    return report.finish()
