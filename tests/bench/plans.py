"""Plan against plan: 300,000 × 50,000 polygons against geopandas, and what the cost grows with."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import shapely

from siting.conflicts import overlaying, plans
from siting.conflicts.crosswalk import Crosswalk, Entry
from siting.conflicts.overlaying import Way
from siting.engine.area import exact_area
from tests.bench import plan_land
from tests.bench.land import ROOT, WORK, Land
from tests.bench.report import Report, Row

FOLDER = WORK / "plans"
A, B = (600, 500), (250, 200)  # polygons in columns and rows
PARTS = 3  # vertices of an edge between two polygons' corners
CHANGED = 0.05
SLIVER_M = 1.0
MEMORY_MB = 4 * 1024
RELATIVE = 1e-6
_BATCH = 50_000
_CHILD = "import sys; from tests.bench import plans; plans.measured(*sys.argv[1:])"


def crosswalk() -> Crosswalk:
    codes = [f"{number:02d}" for number in range(1, plan_land.CLASSES + 1)]
    entries = tuple(Entry((code,), (code,)) for code in codes)
    return Crosswalk("bench", 1, "bench", "bench", "bench", date(2020, 1, 1), "bench", entries)


def _batches(path: str) -> Iterator[plans.Batch]:
    """A plan as the platform has it: with the areas that it stores at publication (that isn't timed)."""
    keys, codes, shapes = plan_land.read(Path(path))
    areas = np.load(path + ".areas.npy")
    for begin in range(0, len(keys), _BATCH):
        span = slice(begin, begin + _BATCH)
        yield keys[span], codes[span], areas[span], shapes[span]


def measured(a: str, b: str, processes: str, answer: str) -> None:
    """In a process of its own: files → comparison; prints JSON, writes the matrix."""
    work = Path(answer).with_suffix(".work")
    shutil.rmtree(work, ignore_errors=True)
    worked, began = time.process_time(), time.perf_counter()
    one, other = (plans.write(_made(work) / name, _batches(path)) for name, path in (("a", a), ("b", b)))
    reading = time.perf_counter()
    found = overlaying.overlay(
        one, other, crosswalk(), Way(work / "parts", int(processes)), sliver_width_m=SLIVER_M
    )
    done, worked = time.perf_counter(), time.process_time() - worked
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    # children's figure is the largest of them
    memory = (own.ru_maxrss + int(processes) * children.ru_maxrss * (int(processes) > 1)) / 1024
    np.savez(answer, m2=found.m2, only=found.a.only)
    total = float(found.a.ground.sum())
    shutil.rmtree(work)
    print(
        json.dumps(
            {
                "reading": reading - began, "overlay": done - reading, "memory": memory,
                "cpu": worked + (children.ru_utime + children.ru_stime) * (int(processes) > 1),
                "patches": len(found.patches), "slivers": int(found.patches.slivers.sum()), "total": total,
                "residual": float(np.abs(found.residual_a).sum() + np.abs(found.residual_b).sum()) / total,
            }
        )
    )  # fmt: skip


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def ours(a: Path, b: Path, processes: int) -> dict[str, Any]:
    answer = FOLDER / f"answer-{processes}.npz"
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(a), str(b), str(processes), str(answer)], cwd=ROOT, check=True,
        stdout=subprocess.PIPE, text=True, env={**os.environ, "DJANGO_SETTINGS_MODULE": "gis_projects.settings"},
    )  # fmt: skip
    return {**json.loads(done.stdout.splitlines()[-1]), "answer": answer}


def peer(a: Path, b: Path) -> dict[str, Any]:
    result = FOLDER / "identity.parquet"
    done = subprocess.run(
        [
            str(ROOT / ".local/bench-venv/bin/python"), str(ROOT / "tests/bench/peers/identity.py"),
            str(a), str(b), str(result),
        ],
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return {**json.loads(done.stdout.splitlines()[-1]), "result": result}


def largest_difference(answer: Path, result: Path) -> float:
    """How far the class matrices lie apart at most, as a share of the largest cell."""
    table = pq.read_table(result)
    matrix = np.zeros((plan_land.CLASSES + 1, plan_land.CLASSES + 1))
    for batch in table.to_batches(max_chunksize=_BATCH):
        areas = exact_area(shapely.from_wkb(batch["geometry"].to_numpy(zero_copy_only=False)))
        a, b = (
            np.array([int(code or 0) for code in batch[name].to_pylist()]) for name in ("class_a", "class_b")
        )
        np.add.at(matrix, (a, b), areas)
    with np.load(answer) as file:
        return float(np.abs(file["m2"] - matrix[1:, 1:]).max() / matrix.max())


def _pair(
    name: str, a: tuple[int, int], b: tuple[int, int], parts: int, scale: float = 1.0
) -> tuple[Path, Path]:
    """Two plans as files, made unless they are there, with their stored areas beside them."""
    made = []
    for side, (columns, rows), seed in (("a", a, 11), ("b", b, 12)):
        path = FOLDER / f"{name}-{side}.parquet"
        if not Path(f"{path}.areas.npy").exists():
            shapes = plan_land.tiling(columns, rows, parts, seed, scale)
            codes = plan_land.classes(shapes, seed, scale, CHANGED if side == "b" else 0.0)
            plan_land.write(path, shapes, codes)
            np.save(f"{path}.areas.npy", exact_area(plan_land.read(path)[2]))
        made.append(path)
    return made[0], made[1]


def run(land: Land) -> bool:
    processes = os.cpu_count() or 1
    a, b = _pair("full", A, B, PARTS)
    report = Report(
        "plans",
        f"Plan against plan: {A[0] * A[1]:,} × {B[0] * B[1]:,} polygons",
        'geopandas.overlay("identity")',
    )
    theirs = peer(a, b)
    serial = ours(a, b, 1)
    parallel = ours(a, b, processes)
    whole = theirs["reading"] + theirs["overlay"]
    report.add(
        Row("files to comparison, 1 process", serial["reading"] + serial["overlay"], "s", whole, 1.0),
        Row(
            f"files to comparison, {processes} processes",
            parallel["reading"] + parallel["overlay"],
            "s",
            whole,
            1.0,
        ),
        Row("the processor's seconds, 1 process", serial["cpu"], "s", theirs["cpu"], 1.0),
        Row("most memory, 1 process", serial["memory"], "MB", theirs["memory"]),
        Row(f"most memory, {processes} processes together", parallel["memory"], "MB", target=MEMORY_MB),
        Row(
            "largest difference of the class matrix",
            largest_difference(serial["answer"], theirs["result"]) / RELATIVE,
            "e-6",
            target=1.0,
        ),
        Row("what no sum accounts for", serial["residual"] / RELATIVE, "e-6 of the ground", target=1.0),
    )
    with np.load(serial["answer"]) as one, np.load(parallel["answer"]) as other:
        if not np.array_equal(one["m2"], other["m2"]):
            raise SystemExit("another number of processes gave another matrix")
    _series(report)
    report.notes += [
        f"{serial['patches']:,} patches of conflict, {serial['slivers']:,} of them slivers; geopandas gives "
        f"{theirs['pieces']:,} pieces, neither joined to patches nor measured nor told by class",
        "ours starts from the same files and includes writing its own, starting its processes, exact ellipsoidal "
        "areas, joining patches and telling slivers; areas of whole features are stored at publication, as in the "
        "platform",
        f"geopandas {theirs['version']}: reading {theirs['reading']:.1f} s, overlay {theirs['overlay']:.1f} s; "
        "one run each",
        "memory of several processes is the parent's most plus as many times the largest child's",
    ]
    return report.finish()


def _series(report: Report) -> None:
    """The same plans on ever more land, then ever more boundary on the same land; seconds of one process."""
    first: float | None = None
    for scale in (0.5, 1.0, 2.0):
        pair = _pair(f"scale-{scale}", (120, 100), (50, 40), PARTS, scale)
        took = ours(*pair, 1)["overlay"]
        area = plan_land.EXTENT[0] * plan_land.EXTENT[1] * scale * scale * 84.5 * 111
        report.add(
            Row(
                f"12,000 × 2,000 polygons on {area:,.0f} km²", took, "s", first, 1.3 if scale == 2.0 else None
            )
        )
        first = took if first is None else first
    first = None
    for times in (1, 2, 4):
        pair = _pair(f"edges-{times}", (120, 100), (50, 40), PARTS * times)
        took = ours(*pair, 1)["overlay"]
        edges = 2 * PARTS * times * (120 * 100 + 50 * 40)
        report.add(
            Row(
                f"the same land, {edges:,} edges of boundary",
                took,
                "s",
                first,
                1.3 * times if times == 4 else None,
            )
        )
        first = took if first is None else first


if __name__ == "__main__":
    sys.exit(0 if run(Land(0, "", "", "", "")) else 1)
