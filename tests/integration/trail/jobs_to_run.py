"""Jobs that the tests queue; workers import them by their path."""

from __future__ import annotations

import os
import time
from pathlib import Path

from gis_projects.trail.jobs import Progress, job
from gis_projects.trail.models import Job


@job
def add(progress: Progress, *, a: int, b: int) -> dict:
    return {"sum": a + b}


@job
def break_down(progress: Progress) -> None:
    raise RuntimeError("broken on purpose")


@job
def tell(progress: Progress) -> list:
    seen = []
    for percent, message in ((40, "四成"), (140, "满")):
        progress.report(percent, message)
        seen.append(list(Job.objects.values_list("progress", "message").get(pk=progress.job.pk)))
    return seen


@job
def in_two_steps(progress: Progress) -> dict:
    def count() -> int:
        Job.objects.create(kind="test.counted")
        return Job.objects.filter(kind="test.counted").count()

    first = progress.once("first", count)
    if not progress.job.steps.filter(name="tried").exists():
        progress.once("tried", lambda: None)
        raise RuntimeError("fails the first time")
    return {"first": first, "second": progress.once("second", lambda: "done")}


@job
def note_and_wait(progress: Progress, *, path: str, seconds: float) -> dict:
    """Write the worker's process id, then stay busy; the second run ends at once."""
    first = not Path(path).exists()
    with Path(path).open("a") as out:
        out.write(f"{os.getpid()}\n")
    if first:
        time.sleep(seconds)
    return {"runs": len(Path(path).read_text().split())}
