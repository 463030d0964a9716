"""Pairs of plans for tests, in files as a comparison reads them, and their crosswalk."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from gis_projects.sites.actions import comparisons as actions
from gis_projects.sites.actions.comparisons import keep
from gis_projects.sites.comparing.workflow import Change
from layers.models import LayerVersion, Status
from layers.table import Table
from siting.conflicts import overlaying, plans, publishing, run
from siting.conflicts.comparison import Comparison
from siting.conflicts.crosswalk import Crosswalk, Entry
from siting.conflicts.overlaying import Way
from siting.engine.area import exact_area
from siting.models import PlanComparison
from tests.factories.layers import square

CODES = ("01", "02", "03")


def same_codes(codes=CODES) -> Crosswalk:
    """A crosswalk in which each class goes with itself."""
    entries = tuple(Entry((code,), (code,)) for code in codes)
    return Crosswalk("same", 1, "同名对照", "test", "test", date(2020, 1, 1), "测试", entries)


def plan(folder: Path, shapes: Any, classes: Any, keys: Any = None) -> plans.Plan:
    geometries = np.empty(len(shapes), dtype=object)
    geometries[:] = shapes
    keys = [f"K{n:04d}" for n in range(len(shapes))] if keys is None else keys
    columns = np.array(keys, dtype=object), np.array(classes, dtype=object)
    return plans.write(folder, [(*columns, exact_area(geometries), geometries)])


def compared(
    folder: Path, a: tuple[Any, Any], b: tuple[Any, Any], *, processes: int = 1, block: int = 7,
    crosswalk: Crosswalk | None = None, sliver_width_m: float = 0.5, **more: Any,
) -> Comparison:  # fmt: skip
    """Two plans of (shapes, classes) held against each other in an empty folder."""
    return overlaying.overlay(
        plan(folder / "a", *a), plan(folder / "b", *b), crosswalk or same_codes(),
        Way(folder / "work", processes, block), sliver_width_m=sliver_width_m, **more,
    )  # fmt: skip


def kept(a: str, b: str, by: Any, **more: Any) -> PlanComparison:
    """A comparison of two published layers, kept in a person's name."""
    row = publishing.publish(same_codes())
    answer = run.compare(run.question(current(a), current(b), row), processes=1)
    return keep(by=by, answer=answer, **more)


def plan_table(shift: float = 0.4, classes: tuple[str, ...] = ("01", "02"), count: int = 3) -> Table:
    """Cells beside those of `grid_table`, so that each meets several of them."""
    cells = [square(i + shift, j + shift) for j in range(count) for i in range(count)]
    return Table(
        geometries=np.array(cells, dtype=object), keys=[f"P{n:03d}" for n in range(len(cells))],
        class_codes=[classes[n % len(classes)] for n in range(len(cells))], names=[""] * len(cells),
    )  # fmt: skip


def current(code: str, number: int | None = None) -> LayerVersion:
    """A version of a layer, by default the one in force."""
    rows = LayerVersion.objects.select_related("layer").filter(layer__code=code)
    return rows.get(number=number) if number else rows.get(status=Status.PUBLISHED)


def settle(user: Any, comparison: PlanComparison, numbers: list[int], seen: int = 0, **change: Any) -> Any:
    """Deal with patches by their numbers, having seen so many changes of each."""
    return actions.settle(
        by=user, comparison=comparison, seen=dict.fromkeys(numbers, seen), change=Change(**change)
    )
