"""Comparisons in the background: a run that was killed goes on with the parts that it hadn't finished."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop

from gis_projects.sites.actions import comparisons as actions
from gis_projects.sites.models import ComparisonRun
from gis_projects.trail.jobs import OPEN, Progress, job
from layers.notices import Refused
from siting.conflicts import run as running
from siting.conflicts.overlaying import Stage

EVERY = 0.5  # seconds between two reports
#: Which part of the whole each stage is, in per cent from and to.
SPANS = {
    Stage.READING: (0, 10),
    Stage.FLATTENING: (10, 20),
    Stage.OVERLAYING: (20, 65),
    Stage.MEASURING: (65, 75),
    Stage.JOINING: (75, 95),
    Stage.KEEPING: (95, 100),
}
WORDS = {
    Stage.READING: gettext_noop("读取图层"),
    Stage.FLATTENING: gettext_noop("消除图层内部重叠"),
    Stage.OVERLAYING: gettext_noop("分块叠加"),
    Stage.MEASURING: gettext_noop("量算单方独有面积"),
    Stage.JOINING: gettext_noop("合并差异图斑"),
    Stage.KEEPING: gettext_noop("写入结果"),
}


def folder(key: int) -> Path:
    """Where the parts of a run are kept until it is done."""
    return Path(settings.MEDIA_ROOT) / "comparisons" / str(key)


class Watch:
    """Tells how far a comparison is, at most twice a second; the percentage only grows."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._next, self._percent = progress, 0.0, 0

    def __call__(self, stage: Stage, done: int, total: int) -> None:
        low, high = SPANS[stage]
        self._percent = max(self._percent, int(low + (high - low) * (done / total if total else 1)))
        now = time.monotonic()
        if now >= self._next:
            self._next = now + EVERY
            self._progress.report(self._percent, WORDS[stage])


@job
def compare_plans(progress: Progress, *, run: int) -> dict[str, Any]:
    """Make the comparison that somebody asked for. What can't be compared is told as the job's result."""
    row = ComparisonRun.objects.select_related("crosswalk", "by", "version_a__layer", "version_b__layer").get(
        pk=run
    )
    if row.comparison_id is not None:
        return {"comparison": row.comparison_id}
    watch = Watch(progress)
    place = folder(row.pk)
    try:
        answer = _answer(row, place, watch)
    except Refused as refusal:
        shutil.rmtree(place, ignore_errors=True)
        return {"refused": [{"template": n.template, "params": dict(n.params)} for n in refusal.notices]}
    watch(Stage.KEEPING, 0, 1)

    def kept() -> int:
        return actions.keep(by=row.by, answer=answer, run=row).pk

    comparison = progress.once("keep", kept)
    shutil.rmtree(place, ignore_errors=True)
    return {"comparison": comparison}


def _answer(row: ComparisonRun, place: Path, watch: Watch) -> running.Answer:
    asked = running.question(row.version_a, row.version_b, row.crosswalk, row.sliver_width_m)
    return running.compare(asked, folder=place, progress=watch)


def tidy() -> int:
    """Take away the parts of comparisons that nobody works on any more; how many comparisons that were."""
    root = folder(0).parent
    if not root.exists():
        return 0
    going_on = {
        str(key) for key in ComparisonRun.objects.filter(job__state__in=OPEN).values_list("pk", flat=True)
    }
    left = [path for path in root.iterdir() if path.name not in going_on]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)
