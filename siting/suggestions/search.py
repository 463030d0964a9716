"""The search: a region window by window, the best patches of all of it, each explained and checked as a boundary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

import layers.coverages
from layers.queries import PinnedVersion
from siting import checks
from siting.checks import PRESENT_LAND_LAYER, CheckResult
from siting.engine.area import exact_area
from siting.engine.boundary import Boundary, build
from siting.engine.notices import Notice, UnusableInput
from siting.engine.suitability import (
    TOP,
    Grid,
    Patch,
    Places,
    Window,
    choose,
    declared,
    grid_over,
    joined,
    merged,
    outline,
    rectangles,
    shapes,
    square_side,
    squares,
)
from siting.rulebook import PinnedRulebook
from siting.suggestions.exclusions import Exclusion, State, plan
from siting.suggestions.ground import Ground
from siting.suggestions.parameters import MAX_CELLS, Parameters

BLOCK = 1024
"""Cells a side of a window: some hundred megabytes at a time, however large the region."""

Tell = Callable[[float], None]
"""Called with the part of the work that is done, 0 to 1; raises to stop it."""


@dataclass(frozen=True)
class CriterionShare:
    """What one preference gave a patch.

    ``weight`` is its part of all weights, ``score`` the mean over the patch's cells (0 to 1), ``contribution`` their
    product: all contributions add up to the patch's score. ``mean``, ``least`` and ``most`` are of what was scored
    (°, m), over the cells where it is known; ``unknown`` is the part of the patch where it isn't, which scores 0.
    """

    code: str
    weight: float
    score: float
    contribution: float
    mean: float | None
    least: float | None
    most: float | None
    unknown: float


@dataclass(frozen=True)
class Explanation:
    """Why a patch scored as it did, and its shape: perimeter and box in m of the grid's plane."""

    criteria: tuple[CriterionShare, ...]
    compactness: float
    aspect: float
    length_m: float
    width_m: float
    perimeter_m: float
    corners: int


@dataclass(frozen=True)
class Found:
    """One patch, as a boundary with its own check."""

    boundary: Boundary
    score: float
    explanation: Explanation
    check: CheckResult


@dataclass(frozen=True)
class Ruling:
    """What a rule did to the region: m² that it rules out, and m² of which its layer says nothing."""

    exclusion: Exclusion
    area_m2: float
    unchecked_m2: float


@dataclass(frozen=True)
class Answer:
    """A search's end: patches, best first; what every rule did; what has to be told; how large it all was."""

    patches: tuple[Found, ...]
    rulings: tuple[Ruling, ...]
    told: tuple[Notice, ...]
    figures: Mapping[str, Any]


def layers_read(rulebook: PinnedRulebook, parameters: Parameters) -> list[str]:
    """Codes of all layers that a search and its checks read."""
    preferred = {preference.layer for preference in parameters.preferences}
    return sorted({*rulebook.layers, *preferred, PRESENT_LAND_LAYER})


def search(
    parameters: Parameters,
    region: BaseGeometry,
    *,
    rulebook: PinnedRulebook,
    facts: Mapping[str, str],
    versions: Mapping[str, PinnedVersion],
    tell: Tell = lambda share: None,
    block: int = BLOCK,
) -> Answer:
    """Look for sites.

    Parameters
    ----------
    parameters
        What is looked for.
    region
        (Multi)polygon, EPSG:4490.
    rulebook, facts, versions
        Pinned: the same ones give the same answer. ``versions`` are of `layers_read`; what is missing is told.
    tell
        Hears of the progress and may raise to end it.
    block
        Cells a side of a window. The answer doesn't depend on it.

    Raises
    ------
    UnusableInput
        The region is empty, or too large for the cell.
    """
    grid = laid(parameters, region)
    exclusions = plan(rulebook.rules, facts, parameters.optional, versions)
    told = _told(exclusions, parameters, versions)
    asked = [preference for preference in parameters.preferences if preference.layer in versions]
    coverages = layers.coverages.outlines(versions)
    ground = Ground(
        grid, region, exclusions=exclusions, facts=facts, preferences=asked, versions=versions,
        coverages=coverages, past_unchecked=parameters.past_unchecked,
    )  # fmt: skip
    stopped = not parameters.past_unchecked and any(item.state is State.UNASKED for item in exclusions)
    if stopped:
        told.append(
            Notice(
                "suggest-unasked", "有禁止或所选规则无法检查，全部范围视为不可选；可选择“越过未检查的规则”"
            )
        )
        rulings = tuple(Ruling(exclusion, 0.0, 0.0) for exclusion in exclusions)
        return Answer((), rulings, tuple(told), {"cells": grid.rows * grid.columns, "cell_m": grid.cell_m})
    survey = _Survey(ground, parameters, block)
    survey.read(lambda share: tell(0.85 * share))
    told += _uncovered(survey.rulings(exclusions), past=parameters.past_unchecked)
    patches = survey.patches()
    if len(patches) < parameters.demand.count:
        told.insert(
            0,
            Notice(
                "suggest-fewer",
                "只找到 %(found)s 个符合条件的方案（要求 %(count)s 个）",
                {"found": len(patches), "count": parameters.demand.count},
            ),
        )
    rules = {code: versions[code] for code in {*rulebook.layers, PRESENT_LAND_LAYER} if code in versions}
    found = []
    for number, patch in enumerate(patches):
        boundary = build(declared(grid, patch))
        check = checks.run(boundary, facts=facts, rulebook=rulebook, versions=rules)
        found.append(Found(boundary, patch.score / TOP, explained(ground, patch), check))
        tell(0.85 + 0.15 * (number + 1) / len(patches))
    return Answer(tuple(found), survey.rulings(exclusions), tuple(told), survey.figures())


def laid(parameters: Parameters, region: BaseGeometry) -> Grid:
    """Lay the grid of a search.

    Raises
    ------
    UnusableInput
        There is no region, or too many cells in it.
    """
    if shapely.is_empty(region) or shapely.area(region) == 0:
        raise UnusableInput(Notice("suggest-region-empty", "没有可以搜索的范围", field="region"))
    grid = grid_over(region, parameters.cell_m, parameters.azimuth_deg)
    if grid.rows * grid.columns > MAX_CELLS:
        raise UnusableInput(
            Notice(
                "suggest-too-large",
                "搜索范围有 %(cells)s 万个像元，超过上限 %(limit)s 万个；请缩小范围或增大像元",
                {"cells": grid.rows * grid.columns // 10_000, "limit": MAX_CELLS // 10_000},
                field="cell_m",
            )
        )
    return grid


def _told(
    exclusions: Sequence[Exclusion], parameters: Parameters, versions: Mapping[str, PinnedVersion]
) -> list[Notice]:
    """What couldn't be asked at all, and what is left to the check."""
    told = [
        Notice(
            "suggest-rule-unasked",
            "规则“%(rule)s”未检查：%(reason)s",
            {"rule": item.rule.name, "reason": str(item.reason)},
            field=item.rule.layer,
        )
        for item in exclusions
        if item.state is State.UNASKED
    ]
    told += [
        Notice(
            "suggest-by-check", "规则“%(rule)s”不能逐像元判断，只在方案的检查中判断", {"rule": item.rule.name}
        )
        for item in exclusions
        if item.state is State.BY_CHECK
    ]
    told += [
        Notice(
            "suggest-preference-unasked",
            "偏好条件“%(name)s”未检查：图层“%(layer)s”没有已发布的版本，未计入得分",
            {"name": preference.name, "layer": preference.layer},
            field=preference.layer,
        )
        for preference in parameters.preferences
        if preference.layer not in versions
    ]
    return told


def _uncovered(rulings: Sequence[Ruling], *, past: bool) -> list[Notice]:
    """Rules whose layer says nothing of some of the region, and what that ground was taken for."""
    sentence = (
        "规则“%(rule)s”的图层有 %(area)s 公顷没有覆盖，未检查，仍作为可选范围"
        if past
        else "规则“%(rule)s”的图层有 %(area)s 公顷没有覆盖，未检查，视为不可选"
    )
    return [
        Notice(
            "suggest-uncovered",
            sentence,
            {"rule": ruling.exclusion.rule.name, "area": f"{ruling.unchecked_m2 / 1e4:.2f}"},
            field=ruling.exclusion.rule.layer,
        )
        for ruling in rulings
        if ruling.unchecked_m2 > 0
    ]


class _Survey:
    """What a search keeps of the windows it has read: places for patches, not the ground itself."""

    def __init__(self, ground: Ground, parameters: Parameters, block: int) -> None:
        self._ground, self._grid, self._demand = ground, ground.grid, parameters.demand
        self._block = block
        self._cell_area = cell_area(self._grid)
        self._sizes = shapes(self._demand, self._grid.cell_m, self._cell_area)
        self._square = (
            square_side(self._demand, self._grid.cell_m, self._cell_area) if self._demand.irregular else None
        )
        self._parts: list[Places] = []
        self._sums = self._no_squares()
        self._inside = self._free = self._windows = 0
        self._counted: dict[str, int] = {}
        self._unchecked: dict[str, int] = {}

    def _no_squares(self) -> npt.NDArray[np.int64]:
        side = self._square[0] if self._square else max(self._grid.rows, self._grid.columns) + 1
        return np.full((self._grid.rows // side, self._grid.columns // side), -1, dtype=np.int64)

    def read(self, tell: Tell) -> None:
        """Read every window of the grid."""
        windows = list(self._grid.windows(self._block))
        longest = max((max(size) for size in self._sizes), default=0)
        longest = max(longest, self._square[0] if self._square else 0)
        for number, core in enumerate(windows):
            window = Window(
                core.row, core.column, min(core.rows + longest, self._grid.rows - core.row),
                min(core.columns + longest, self._grid.columns - core.column),
            )  # fmt: skip
            self._take(window, core)
            tell((number + 1) / len(windows))
        self._windows = len(windows)

    def _take(self, window: Window, core: Window) -> None:
        cells = self._ground.cells(window, core)
        self._inside += cells.inside
        self._free += cells.free
        for tally, more in ((self._counted, cells.ruled_out), (self._unchecked, cells.unchecked)):
            for code, count in more.items():
                tally[code] = tally.get(code, 0) + count
        if not cells.allowed.any():
            return
        if self._sizes:
            self._parts.append(rectangles(cells.allowed, cells.score, window, core, self._sizes))
        if self._square:
            rows, columns, sums = squares(cells.allowed, cells.score, window, core, self._square[0])
            self._sums[rows, columns] = sums

    def patches(self) -> list[Patch]:
        """Choose: rectangles first, other right-angled patches where these are too few; the best first."""
        apart = self._demand.apart_m / self._grid.cell_m
        chosen = choose(merged(self._parts), self._demand.count, apart)
        if self._square:
            chosen += joined(self._sums, *self._square, self._demand, apart, chosen)
        return sorted(chosen, key=lambda patch: (-patch.score, patch.boxes))

    def rulings(self, exclusions: Sequence[Exclusion]) -> tuple[Ruling, ...]:
        return tuple(
            Ruling(
                exclusion,
                self._counted.get(exclusion.rule.code, 0) * self._cell_area,
                self._unchecked.get(exclusion.rule.code, 0) * self._cell_area,
            )
            for exclusion in exclusions
        )

    def figures(self) -> dict[str, Any]:
        return {
            "cells": self._grid.rows * self._grid.columns,
            "cell_m": self._grid.cell_m,
            "windows": self._windows,
            "region_m2": round(self._inside * self._cell_area, 2),
            "allowed_m2": round(self._free * self._cell_area, 2),
            "crs": self._grid.crs.epsg,
        }


def cell_area(grid: Grid) -> float:
    """Ellipsoidal area of the cell in the grid's middle, m²."""
    row, column = grid.rows // 2, grid.columns // 2
    corners = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]) + np.array([column, row])
    return exact_area(shapely.Polygon(grid.degrees(corners)))


def explained(ground: Ground, patch: Patch) -> Explanation:
    """Read a patch's ground once more and say what each preference gave it."""
    row, column, height, width = patch.bounds
    window = Window(row, column, height, width)
    mask = np.zeros(window.shape, dtype=bool)
    for box in patch.boxes:
        mask[Window(*box).within(window)] = True
    criteria = ground.criteria(window)
    total = sum(entry.preference.weight for entry in criteria)
    shares = []
    for entry in criteria:
        known = None if entry.value is None else entry.value[mask & ~entry.unknown]
        known = None if known is None or len(known) == 0 else known
        weight, score = entry.preference.weight / total, float(entry.score[mask].mean())
        shares.append(
            CriterionShare(
                entry.preference.code, weight, score, weight * score,
                None if known is None else float(known.mean()),
                None if known is None else float(known.min()),
                None if known is None else float(known.max()),
                float(entry.unknown[mask].mean()),
            )
        )  # fmt: skip
    shape = outline(patch)
    cell = ground.grid.cell_m
    return Explanation(
        criteria=tuple(shares),
        compactness=4 * pi * shape.area / shape.length**2,
        aspect=max(height, width) / min(height, width),
        length_m=max(height, width) * cell,
        width_m=min(height, width) * cell,
        perimeter_m=shape.length * cell,
        corners=len(shape.exterior.coords) - 1,
    )
