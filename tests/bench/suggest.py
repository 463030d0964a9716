"""Sites suggested in a made-up city of 30 km by 30 km, and zonal figures of a raster against exactextract itself.

Runs in a database of its own: some 40,000 parcels, farmland, a red line, forest, roads with their land, streams, and a
slope raster of 10 m, under the default rulebook.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.land import ROOT, WORK, Land, create, drop, environment
from tests.bench.report import Report, Row

SIDE_M = 30_000.0
TARGET_S = 20.0
ZONAL_TARGET = 1.2
POLYGONS = 300
_CHILD = "import django; django.setup(); from tests.bench import suggest; suggest.measure()"
_ZONE = 4525  # 3° zone 37
_ORIGIN = (37_400_000.0, 4_480_000.0)
_FACTS = {"intended_use": "11", "kind_of_work": "ordinary", "discharges_pollutants": "no"}


def _degrees(shapes: Any) -> Any:
    """Shapes in metres of the city, in degrees."""
    import shapely

    from siting.engine.crs import DeclaredCrs, to_degrees

    crs = DeclaredCrs(_ZONE)
    return shapely.transform(shapes, lambda xy: to_degrees(xy + np.array(_ORIGIN), crs))


def _parcels(random: np.random.Generator) -> tuple[Any, list[str]]:
    """A gap-free mesh of 200 × 200 crooked parcels of 20 vertices, and a class of each."""
    import shapely

    count, fine = 200, 5
    at = np.linspace(0, SIDE_M, count * fine + 1)
    xs, ys = np.meshgrid(at, at)
    for axis in (xs, ys):
        axis[1:-1, 1:-1] += random.uniform(-8, 8, axis[1:-1, 1:-1].shape)
    rings = []
    for i in range(count):
        for j in range(count):
            top, left, bottom, right = i * fine, j * fine, (i + 1) * fine, (j + 1) * fine
            path = (
                [(top, c) for c in range(left, right)]
                + [(r, right) for r in range(top, bottom)]
                + [(bottom, c) for c in range(right, left, -1)]
                + [(r, left) for r in range(bottom, top, -1)]
            )
            rings.append([(xs[r, c], ys[r, c]) for r, c in path])
    kinds = np.array(["0101", "0103", "0201", "0301", "0404", "0601", "0701", "1206"])
    coarse = random.integers(0, len(kinds), (count // 10, count // 10)).repeat(10, 0).repeat(10, 1)
    own = np.where(
        random.random((count, count)) < 0.2, random.integers(0, len(kinds), (count, count)), coarse
    )
    return shapely.polygons(np.array(rings)), kinds[own.ravel()].tolist()


def _blobs(random: np.random.Generator, count: int, radius: float, corners: int) -> Any:
    import shapely

    centres = random.uniform(0, SIDE_M, (count, 1, 2))
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    radii = random.uniform(0.5, 1.0, (count, corners, 1)) * radius
    return shapely.polygons(centres + np.stack((np.cos(angles), np.sin(angles)), -1) * radii)


def _lines(random: np.random.Generator, count: int) -> Any:
    import shapely

    lines = []
    for number in range(count):
        along = np.linspace(0, SIDE_M, 60)
        across = random.uniform(0, SIDE_M) + np.cumsum(random.normal(0, 60, 60))
        lines.append(np.column_stack((along, across) if number % 2 else (across, along)))
    return shapely.linestrings(np.array(lines))


def _publish(folder: Path) -> None:
    """The city as layers in force."""
    import rasterio
    import shapely
    from rasterio.transform import from_origin

    from layers.loading import load, load_raster
    from layers.models import Layer
    from layers.table import Table
    from siting.models import Rule
    from siting.rulebook import publish_defaults

    random = np.random.default_rng(7)
    whole = _degrees(shapely.segmentize(shapely.box(-6_000, -6_000, SIDE_M + 6_000, SIDE_M + 6_000), 500))
    parcels, classes = _parcels(random)
    roads, streams = _lines(random, 40), _lines(random, 12)
    road_land = shapely.buffer(roads, 12)
    kinds = [["national", "provincial", "county", "township"][n % 4] for n in range(len(roads))]
    things: dict[str, tuple[Any, list[str]]] = {
        "DLTB": (parcels, classes),
        "YJJBNT": (_blobs(random, 1_500, 260, 24), [""] * 1_500),
        "STBHHX": (_blobs(random, 60, 1_200, 90), [""] * 60),
        "LD": (_blobs(random, 600, 300, 30), ["0301"] * 600),
        "DZZH": (_blobs(random, 150, 220, 16), ["danger"] * 150),
        "GLYD": (road_land, kinds),
        "DL": (roads, kinds),
        "SX": (streams, ["stream"] * len(streams)),
    }
    covering = np.array([shapely.box(-6_000, -6_000, SIDE_M + 6_000, SIDE_M + 6_000)])
    things |= {"CZKFBJ": (covering, [""]), "GHFQ": (covering, ["11"]), "HJGK": (covering, ["general"])}
    publish_defaults()
    read = {rule.spec["layer"] for rule in Rule.objects.all()}
    systems = {"DLTB": "survey", "GHFQ": "planning"}
    for code in sorted(read - {"PD"} | set(things)):
        shapes, codes = things.get(code, (np.empty(0, dtype=object), []))
        layer = Layer.objects.create(code=code, name=code, class_system=systems.get(code, code.lower()))
        table = Table(
            _degrees(shapes), [f"{code}{n}" for n in range(len(shapes))], codes, source_name="bench"
        )
        load(layer, table, coverage=whole)
    cells = int(SIDE_M / 10) + 400
    along = np.arange(cells) / 40
    slopes = (
        9 + 8 * np.sin(along / 11)[:, None] * np.cos(along / 7)[None, :] + random.normal(0, 1, (cells, cells))
    )
    path = folder / "slope.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=cells, height=cells, count=1, dtype="float32", crs=f"EPSG:{_ZONE}",
        transform=from_origin(_ORIGIN[0] - 2_000, _ORIGIN[1] + SIDE_M + 2_000, 10, 10), nodata=-9999,
    ) as raster:  # fmt: skip
        raster.write(np.clip(slopes, 0, 60).astype(np.float32), 1)
    load_raster(Layer.objects.create(code="PD", name="坡度", kind="raster"), path)


def measure() -> None:
    """In a process of its own, on the database that its environment names: prints what it took as JSON."""
    import resource

    import shapely
    from django.db import connection
    from django.utils import timezone

    import layers.queries
    from siting import suggestions
    from siting.checks import DEFAULT_RULEBOOK
    from siting.rulebook import in_force

    with tempfile.TemporaryDirectory() as folder:
        _publish(Path(folder))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    rulebook = in_force(DEFAULT_RULEBOOK, timezone.localdate())
    parameters = suggestions.read(
        {"area_m2": 60_000, "least_width_m": 120, "count": 10, "apart_m": 500, "cell_m": 10}, rulebook
    )
    versions = layers.queries.current(suggestions.layers_read(rulebook, parameters))
    region = _degrees(shapely.segmentize(shapely.box(0, 0, SIDE_M, SIDE_M), 500))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, busy = time.perf_counter(), time.process_time()
    answer = suggestions.search(parameters, region, rulebook=rulebook, facts=_FACTS, versions=versions)
    took, busy = time.perf_counter() - began, time.process_time() - busy
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps(
            {
                "seconds": took,
                "busy": busy,
                "patches": len(answer.patches),
                "verdicts": sorted({str(found.check.verdict) for found in answer.patches}),
                "told": [str(notice) for notice in answer.told],
                "memory_gb": memory / 1024**2,
                "before_gb": before / 1024**2,
                "figures": dict(answer.figures),
                "zonal": _zonal(versions["PD"]),
            }
        )
    )


def _zonal(version: Any) -> dict[str, float]:
    """Mean slope of polygons of 1 to 100 ha, in seconds of the processor.

    Ours a site at a time, as checks ask, from degrees; exactextract with the raster kept open and the polygons in its
    plane: a site at a time, all of them in one call, and a site at a time by the file's name, which it opens each time.
    """
    import rasterio
    import shapely

    from layers.rasters import media_path
    from siting.grounds import raster_of

    random = np.random.default_rng(3)
    plane = np.concatenate([_blobs(random, POLYGONS // 3, radius, 40) for radius in (80.0, 250.0, 800.0)])
    inside = shapely.intersects(plane, shapely.box(1_500, 1_500, SIDE_M - 1_500, SIDE_M - 1_500))
    plane = plane[inside]
    degrees = _degrees(plane)
    raster = raster_of(version)
    assert raster is not None
    path = str(media_path(version.raster_path))
    moved = shapely.transform(plane, lambda xy: xy + np.array(_ORIGIN))
    features = [
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shape)} for shape in moved
    ]

    with rasterio.open(path) as opened:
        works = {
            "ours": lambda: [raster.mean(shape) for shape in degrees],
            "peer": lambda: [_mean_of(opened, [entry])[0] for entry in features],
            "together": lambda: _mean_of(opened, features),
            "by_name": lambda: [_mean_of(path, [entry])[0] for entry in features],
        }
        means, times = {}, dict.fromkeys(works, float("inf"))
        for _ in range(5):  # in turn, so that each has the quiet moments that the others have
            for name, work in works.items():
                began = time.process_time()
                means[name] = work()
                times[name] = min(times[name], time.process_time() - began)
    differ = max(abs(a - b) for a, b in zip(means["ours"], means["peer"], strict=True))
    return {**times, "differ": differ, "polygons": float(len(features))}


def _mean_of(raster: Any, features: list[dict[str, Any]]) -> list[float]:
    from exactextract import exact_extract

    return [found["properties"]["mean"] for found in exact_extract(raster, features, ["mean"])]


def run(ground: Land) -> bool:
    """Both figures; whether both targets were met."""
    land = replace(ground, database="bench_suggest", url=ground.url.rpartition("/")[0] + "/bench_suggest")
    create(land)
    try:
        with tempfile.TemporaryDirectory(prefix="suggest-", dir=_made(WORK)) as media:
            settings = {**os.environ, **environment(land), "MEDIA_ROOT": media}
            subprocess.run(
                [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
                cwd=ROOT,
                env=settings,
                check=True,
            )
            done = subprocess.run(
                [sys.executable, "-c", _CHILD],
                cwd=ROOT,
                env=settings,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
    finally:
        drop(land)
    found = json.loads(done.stdout.splitlines()[-1])
    cells, zonal = found["figures"]["cells"], found["zonal"]
    report = Report(
        "suggest", f"Sites of 6 ha suggested in 30 km × 30 km at 10 m: {cells:,} cells", "exactextract"
    )
    report.add(
        Row("region → ten patches, explained and checked", found["seconds"], "s", target=TARGET_S),
        Row("… the processor's seconds, without the database's", found["busy"], "s"),
        Row("most memory of the process", found["memory_gb"], "GB"),
        Row("… before the search", found["before_gb"], "GB"),
        Row(f"mean of a raster in {zonal['polygons']:.0f} polygons, one by one", zonal["ours"], "s", zonal["peer"],
            target=ZONAL_TARGET, note="processor time"),
        Row("… against all of them in one call", zonal["ours"], "s", zonal["together"], target=ZONAL_TARGET),
        Row("… against one by one, by the file's name", zonal["ours"], "s", zonal["by_name"]),
    )  # fmt: skip
    report.notes += [
        f"{found['patches']} patches, {', '.join(found['verdicts'])}",
        f"allowed {found['figures']['allowed_m2'] / 1e6:.1f} "
        f"of {found['figures']['region_m2'] / 1e6:.1f} km²; {found['figures']['windows']} windows",
        f"largest difference of a mean: {zonal['differ']:.2g}°",
        *found["told"],
    ]
    return report.finish() and found["patches"] > 0


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
