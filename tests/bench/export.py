"""A million parcels as files of each format: seconds, bytes, memory; and how soon a cancelled one has left nothing.

Each is a process of its own, as a worker's is, on the city's parcels. The memory is its most, of which an idle worker
has the part that stands above the table.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.land import ROOT, WORK, Land, environment
from tests.bench.report import Report, Row

LAYER = "DLTB"
FORMATS = (("gpkg", "utf-8"), ("parquet", "utf-8"), ("shp", "gbk"), ("csv", "gbk"))
_CHILD = """
import sys, django
django.setup()
from tests.bench import export
export.written(*sys.argv[1:])
"""


class _Enough(Exception):
    """Whoever waited has gone."""


def written(kind: str, encoding: str, folder: str, stop_after: str) -> None:
    """Write one file, or stop after so many features (0: never); prints what it took."""
    import resource
    import time

    from layers.exporting import FORMATS as KNOWN
    from layers.exporting import write
    from layers.models import LayerVersion, Status
    from layers.notices import Refused

    def memory() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    version = LayerVersion.objects.select_related("layer").get(layer__code=LAYER, status=Status.PUBLISHED)
    told: list[int] = []
    began, idle = time.perf_counter(), memory()
    stopped = 0.0

    def counting(done: int) -> None:
        nonlocal stopped
        told.append(done)
        if int(stop_after) and done >= int(stop_after):
            stopped = time.perf_counter()
            raise _Enough

    path = Path(folder) / f"{LAYER}{KNOWN[kind].ending}"
    answer: dict[str, Any] = {"refused": "", "features": 0, "size": 0, "notices": []}
    try:
        made = write(version, path, kind, encoding=encoding, counting=counting)
        answer |= {
            "features": made.features, "size": made.size, "notices": [notice.code for notice in made.notices]
        }  # fmt: skip
    except Refused as refusal:
        answer["refused"] = refusal.notices[0].code
    except _Enough:
        answer["stopped_in"] = time.perf_counter() - stopped
    usage = resource.getrusage(resource.RUSAGE_SELF)
    answer |= {
        "seconds": time.perf_counter() - began, "processor": usage.ru_utime + usage.ru_stime, "idle": idle,
        "memory": memory(), "told": len(told), "left": len(list(Path(folder).iterdir())),
    }  # fmt: skip
    print(json.dumps(answer))


def _run(land: Land, kind: str, encoding: str, stop_after: int = 0) -> dict[str, Any]:
    with TemporaryDirectory(dir=WORK) as folder:
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, kind, encoding, folder, str(stop_after)], cwd=ROOT, check=True,
            env={**os.environ, **environment(land)}, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def run(land: Land) -> bool:
    report = Report("export", f"Exports of {LAYER}", "–")
    for kind, encoding in FORMATS:
        made = _run(land, kind, encoding)
        name = f"{kind} ({encoding})"
        if made["refused"]:
            report.notes.append(f"{name}: refused with {made['refused']} after {made['seconds']:.1f} s")
        report.add(
            Row(f"{name}: {made['features']:,} features", made["seconds"], "s"),
            Row("… processor seconds", made["processor"], "s"),
            Row("… file", made["size"] / 2**20, "MB"),
            Row("… memory beyond an idle process", (made["memory"] - made["idle"]) / 2**20, "MB", target=400),
            Row("… progress told", made["told"], "times"),
        )
        if made["notices"]:
            report.notes.append(f"{name}: {', '.join(made['notices'])}")
        stopped = _run(land, kind, encoding, 50_000)
        if "stopped_in" in stopped:
            report.add(
                Row("… cancelled after 50,000 features: gone after", stopped["stopped_in"], "s", target=1),
                Row("… files left then", stopped["left"], "", target=0),
            )
    return report.finish()
