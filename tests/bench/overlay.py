"""Many sites × a million parcels, areas only, from files to areas: ours, geopandas, DuckDB spatial, SedonaDB.

It needs no database: the parcels are a made-up coverage, written as the file that a batch's workers read.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely

from siting.engine import partitions
from siting.engine.area import exact_area
from siting.engine.many import SiteAreas
from siting.engine.measuring import overlap
from siting.engine.neighbourhood import along_a_curve
from siting.engine.overlap import LayerPieces
from tests.bench import parcels
from tests.bench.land import WORK, Land
from tests.bench.report import Report, Row
from tests.bench.sites import random_sites

SITES = int(os.environ.get("BENCH_BATCH_SITES", 3000))
PEERS = WORK.parent / "bench-venv/bin/python"
ROUNDS = int(os.environ.get("BENCH_OVERLAY_ROUNDS", 1))
PROCESSES = 2
_SCRIPTS = {"geopandas": "overlay.py", "DuckDB spatial": "duckdb_areas.py", "SedonaDB": "sedona_areas.py"}


def layer_file(count: int) -> Path:
    """The parcels as a worker's file, written once."""
    path = WORK / f"parcels-{count}.parquet"
    if not path.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        columns = math.isqrt(count)
        geometries = np.asarray(shapely.polygons(parcels._rings(columns, count // columns)), dtype=object)
        geometries = geometries[along_a_curve(geometries)]
        keys = np.array([f"1502{number:014d}" for number in range(len(geometries))], dtype=object)
        classes = np.full(len(keys), "0101", dtype=object)
        pieces = LayerPieces(keys, classes, exact_area(geometries), geometries, True, known_valid=True)
        partitions.write(path, [pieces], non_overlapping=True, known_valid=True)
    return path


def write_sites(path: Path, sites: np.ndarray) -> None:
    geometry = {
        "encoding": "WKB",
        "geometry_types": ["MultiPolygon"],
        "crs": pyproj.CRS.from_epsg(4490).to_json_dict(),
    }
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": geometry}}
    table = pa.table(
        {"site": np.arange(len(sites)), "geometry": pa.array(shapely.to_wkb(sites), pa.binary())}
    )
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)


def peer(name: str, sites: Path, layer: Path, result: Path) -> dict[str, Any]:
    script = Path(__file__).parent / "peers" / _SCRIPTS[name]
    done = subprocess.run([PEERS, script, sites, layer, result], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        return {"error": f"{name} ended with {done.returncode}"}
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def pairs_of(result: Path) -> int:
    return int(pq.read_metadata(result).num_rows)


def agree(one: SiteAreas, other: SiteAreas) -> None:
    """The same pairs, and areas that differ by no more than the rounding of a double."""
    same = np.array_equal(one.sites, other.sites) and np.array_equal(one.keys, other.keys)
    if not same or one.failed or other.failed:
        raise SystemExit("the batch found other pairs of site and parcel in another number of processes")
    if not np.allclose(one.areas, other.areas, rtol=1e-9, atol=1e-9):
        raise SystemExit("the batch found other areas in another number of processes")


def run(land: Land) -> bool:
    layer = layer_file(land.parcels)
    east, north = parcels.corner(land.parcels)
    margin = 0.02
    within = shapely.box(parcels.WEST + margin, parcels.SOUTH + margin, east - margin, north - margin)
    sites = np.array([site.geometry for site in random_sites(SITES, within, seed=23)], dtype=object)
    file, result = WORK / "overlay-sites.parquet", WORK / "overlay-result.parquet"
    write_sites(file, sites)
    ways: dict[str, Callable[[], SiteAreas]] = {
        "1 process": lambda: overlap(sites, layer),
        f"{PROCESSES} threads": lambda: overlap(sites, layer, threads=PROCESSES),
        f"{PROCESSES} processes": lambda: overlap(sites, layer, processes=PROCESSES),
    }
    report = Report(
        "overlay", f"Overlay: {len(sites):,} sites of 0.01–10 km² × {land.parcels:,} parcels", "geopandas"
    )
    times: dict[str, list[float]] = {name: [] for name in (*ways, *_SCRIPTS)}
    cpu: dict[str, list[float]] = {name: [] for name in ("1 process", *_SCRIPTS)}
    answers: dict[str, SiteAreas] = {}
    for _ in range(ROUNDS):  # they take turns, as the machine may not be as busy all the time
        for name in _SCRIPTS:
            said = peer(name, file, layer, result)
            if "error" in said:
                report.notes.append(said["error"])
                continue
            times[name].append(said["reading"] + said["overlay"])
            cpu[name].append(said["cpu"])
            report.notes.append(f"{name} {said['version']}: {pairs_of(result):,} pairs")
        for name, way in ways.items():
            worked, began = time.process_time(), time.perf_counter()
            answers[name] = way()
            times[name].append(time.perf_counter() - began)
            if name in cpu:
                cpu[name].append(time.process_time() - worked)
    median = {name: float(np.median(values)) for name, values in times.items() if values}
    serial, several = median["1 process"], median[f"{PROCESSES} processes"]
    for other in ways:
        agree(answers["1 process"], answers[other])
    if "geopandas" in median:
        report.add(
            *(Row(f"file to areas, {name}", median[name], "s", median["geopandas"], 1 / 5) for name in ways)
        )
    for name in ("DuckDB spatial", "SedonaDB"):
        if name in median:
            report.add(
                Row(f"file to areas, {PROCESSES} threads, against {name}",
                    median[f"{PROCESSES} threads"], "s", median[name], 1.0)
            )  # fmt: skip
    # Time on a machine that others use says little; the processor's seconds are nobody else's.
    spent = {name: float(np.median(values)) for name, values in cpu.items() if values}
    for name in _SCRIPTS:
        if name in spent:
            report.add(Row(f"the processor's seconds, against {name}", spent["1 process"], "s", spent[name]))
    report.add(
        Row("one process against two: times as fast", serial / several, "×", target=1.7, at_most=False)
    )
    report.notes += [
        f"ours: {len(answers['1 process'].sites):,} pairs of site and parcel that share ground; peers also list what "
        "only touches",
        "all read the same GeoParquet files; DuckDB and SedonaDB use all cores, geopandas one; ours gives exact "
        "ellipsoidal areas, DuckDB and SedonaDB planar ones in square degrees, geopandas the geometries",
    ]
    return report.finish()
