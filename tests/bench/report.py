"""What every part prints and keeps: the machine, a table of ours against the peer, and a JSON file of it."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.land import ROOT, WORK


@dataclass(frozen=True)
class Row:
    """One line of a table: our figure, the peer's, and what was aimed at.

    ``target`` bounds ``ours / peer``, or ``ours`` itself where there is no peer; ``at_most`` says on which side. A
    line without a target only informs.
    """

    what: str
    ours: float
    unit: str
    peer: float | None = None
    target: float | None = None
    at_most: bool = True
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return None if self.peer is None else self.ours / self.peer

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        value = self.ours if self.ratio is None else self.ratio
        return value <= self.target if self.at_most else value >= self.target


@dataclass
class Report:
    """The results of one part."""

    part: str
    title: str
    peer: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    began: dict[str, Any] = field(default_factory=lambda: machine())

    def add(self, *rows: Row) -> None:
        self.rows.extend(rows)

    def finish(self) -> bool:
        """Print the table, write the JSON; whether every target was met."""
        ended = machine()
        print(f"\n{self.title}\n{'=' * min(len(self.title), 100)}")
        print(
            f"{self.began['cpu']}, {self.began['cores']} cores, {self.began['memory_gb']} GB; load average "
            f"{self.began['load_average']} at the start, {ended['load_average']} at the end; "
            f"commit {self.began['commit']}; {self.began['time']}"
        )
        heads = ["", "ours", self.peer, "ratio", "target", ""]
        lines = [heads, *(_cells(row) for row in self.rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
        for line in lines:
            print("  ".join(f"{cell:<{w}}" if c in (0, 5) else f"{cell:>{w}}" for c, (cell, w) in
                            enumerate(zip(line, widths, strict=True))).rstrip())  # fmt: skip
        for note in self.notes:
            print(f"- {note}")
        WORK.mkdir(parents=True, exist_ok=True)
        kept = {
            **asdict(self),
            "rows": [{**asdict(row), "ratio": row.ratio, "met": row.met} for row in self.rows],
            "ended": ended,
        }
        path = WORK / f"{self.part}.json"
        path.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n")
        return all(row.met is not False for row in self.rows)


def _cells(row: Row) -> list[str]:
    target = ""
    if row.target is not None:
        target = f"{'≤' if row.at_most else '≥'} {_number(row.target)}{'' if row.peer is None else ' ×'}"
    verdict = {True: "met", False: "MISSED", None: ""}[row.met]
    return [
        row.what,
        f"{_number(row.ours)} {row.unit}",
        "" if row.peer is None else f"{_number(row.peer)} {row.unit}",
        "" if row.ratio is None else f"{row.ratio:.2f} ×",
        target,
        " · ".join(filter(None, (verdict, row.note))),
    ]


def _number(value: float) -> str:
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 100 else f"{value:.2f}"


def machine() -> dict[str, Any]:
    """The machine, how busy it is, and which commit is measured."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    return {
        "time": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory),
        "load_average": " ".join(f"{value:.1f}" for value in os.getloadavg()),
        "python": platform.python_version(),
        "commit": commit,
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def percentiles(values: Sequence[float]) -> tuple[float, float]:
    """The median and the 95th percentile."""
    p50, p95 = np.percentile(values, [50, 95])
    return float(p50), float(p95)


def seconds(operation: Callable[..., object], *arguments: object) -> float:
    began = time.perf_counter()
    operation(*arguments)
    return time.perf_counter() - began
