"""A window of ground as a search sees it: which cells are ruled out by what, and how well the others suit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

import layers.queries
import layers.rasters
from layers.queries import Candidates, PinnedVersion
from siting.engine.judging import asked_fields
from siting.engine.selecting import of_classes
from siting.engine.slivers import ObjectArray
from siting.engine.suitability import (
    Grid,
    Window,
    cells_within,
    class_cells,
    combined,
    nearness,
    ramp,
    touched,
)
from siting.suggestions.exclusions import Exclusion, State, over_threshold, ruled_out
from siting.suggestions.parameters import Preference

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Criterion:
    """One preference over a window: its score from 0 to 1, what it was scored by, and where that isn't known (0)."""

    preference: Preference
    score: FloatArray
    value: FloatArray | None
    unknown: BoolArray


@dataclass(frozen=True)
class Cells:
    """A window: cells that may be built on, their whole-number score, and how many each rule concerns in the core."""

    allowed: BoolArray
    score: IntArray
    inside: int
    free: int
    ruled_out: Mapping[str, int]
    unchecked: Mapping[str, int]


class Ground:
    """Asks the layers window by window.

    Parameters
    ----------
    grid, region
        Where; the region in EPSG:4490.
    exclusions, facts
        From `exclusions.plan`, and the facts they were planned with.
    preferences
        Those whose layer has a version.
    versions, coverages
        By layer code: all that any of them reads, and the ground they cover (EPSG:4490).
    past_unchecked
        Whether ground that a rule's layer doesn't cover may be built on.
    """

    def __init__(
        self,
        grid: Grid,
        region: BaseGeometry,
        *,
        exclusions: Sequence[Exclusion],
        facts: Mapping[str, str],
        preferences: Sequence[Preference],
        versions: Mapping[str, PinnedVersion],
        coverages: Mapping[str, BaseGeometry],
        past_unchecked: bool,
    ) -> None:
        self.grid = grid
        self.preferences = tuple(preferences)
        self._region = np.array([region], dtype=object)
        self._placed_region: ObjectArray = grid.placed(shapely.get_parts(self._region))
        self._out = [exclusion for exclusion in exclusions if exclusion.state is State.OUT]
        self._facts = facts
        self._versions = versions
        self._coverages = coverages
        self._past_unchecked = past_unchecked
        self._fields = asked_fields(exclusion.rule for exclusion in self._out)

    def cells(self, window: Window, core: Window) -> Cells:
        """Read a window; ``core`` lies in it, and only its cells are counted."""
        inside = cells_within(self.grid, window, self._placed_region)
        if not inside.any():
            nothing = dict.fromkeys((exclusion.rule.code for exclusion in self._out), 0)
            return Cells(inside, np.zeros(window.shape, dtype=np.int64), 0, 0, nothing, nothing)
        found, placed = self._features(window)
        part = core.within(window)
        blocked, counted, unchecked = ~inside, {}, {}
        for exclusion in self._out:
            out, unknown = self._ruled_out(exclusion, window, found, placed)
            code = exclusion.rule.code
            counted[code] = int((out & inside)[part].sum())
            unchecked[code] = int((unknown & inside & ~out)[part].sum())
            blocked |= out if self._past_unchecked else out | unknown
        score = self.score(self._criteria(window, found, placed), window)
        free = int((~blocked)[part].sum())
        return Cells(~blocked, score, int(inside[part].sum()), free, counted, unchecked)

    def criteria(self, window: Window) -> tuple[Criterion, ...]:
        """Every preference over a window."""
        found, placed = self._features(window, {preference.layer for preference in self.preferences})
        return self._criteria(window, found, placed)

    def score(self, criteria: Sequence[Criterion], window: Window) -> IntArray:
        """All preferences as one number a cell; 0 everywhere where none could be asked."""
        if not criteria:
            return np.zeros(window.shape, dtype=np.int64)
        return combined([entry.score for entry in criteria], [entry.preference.weight for entry in criteria])

    # --- what the layers have -----------------------------------------------------------------------

    def _features(
        self, window: Window, only: Collection[str] | None = None
    ) -> tuple[Mapping[str, Candidates], dict[str, ObjectArray]]:
        """Features of each vector layer as far around the window as anything looks, and their shapes in cells."""
        reaches: dict[str, float] = {}
        for exclusion in self._out:
            layer = exclusion.rule.layer
            reaches[layer] = max(reaches.get(layer, 0.0), exclusion.rule.reach_m)
        for preference in self.preferences:
            reaches[preference.layer] = max(reaches.get(preference.layer, 0.0), preference.reach_m)
        asked = {
            code: self._versions[code]
            for code in reaches
            if self._versions[code].kind == "vector" and (only is None or code in only)
        }
        boxes: dict[int, BaseGeometry] = {}
        margins = {}
        for code in asked:
            more = self._cells_of(reaches[code])
            if more:
                margins[code] = boxes.setdefault(more, self.grid.box(window.grown(more, more)))
        fields = {code: self._fields[code] for code in asked if code in self._fields}
        found = layers.queries.candidates(asked, self.grid.box(window), margins, attributes=fields)
        return found, {code: self.grid.placed(some.geometries) for code, some in found.items()}

    def _cells_of(self, metres: float) -> int:
        return ceil(metres * 1.002 / self.grid.cell_m) + 1 if metres > 0 else 0

    def _uncovered(self, code: str, window: Window, reach_m: float = 0.0) -> BoolArray:
        """Cells that a layer does not cover, or that have such ground within a distance."""
        more = self._cells_of(reach_m)
        around = window.grown(more, more)
        box = self.grid.box(around)
        beyond = shapely.difference(box, self._coverages[code])
        if shapely.is_empty(beyond):
            return np.zeros(window.shape, dtype=bool)
        parts = self.grid.placed(shapely.get_parts(np.array([beyond], dtype=object)))
        return touched(self.grid, window, parts, np.full(len(parts), reach_m))

    # --- rules --------------------------------------------------------------------------------------

    def _ruled_out(
        self,
        exclusion: Exclusion,
        window: Window,
        found: Mapping[str, Candidates],
        placed: Mapping[str, ObjectArray],
    ) -> tuple[BoolArray, BoolArray]:
        """Cells that a rule rules out, and cells of which its layer says nothing."""
        rule = exclusion.rule
        unknown = self._uncovered(rule.layer, window, rule.reach_m)
        if rule.relation.asks_raster:
            wide = window.grown(1, 1)
            values = self._sampled(rule.layer, wide)
            out = over_threshold(rule, values)[window.within(wide)]
            missing = np.isnan(values)[window.within(wide)]
            return out & ~missing, unknown | missing
        out = ruled_out(exclusion, self._facts, self.grid, window, found[rule.layer], placed[rule.layer])
        return out, unknown

    def _sampled(self, code: str, window: Window) -> FloatArray:
        """A raster's value under each cell's centre, NaN where it has none."""
        longitude, latitude = self.grid.lattice(window)
        found: FloatArray = layers.rasters.sampled(
            self._versions[code], longitude, latitude, lambda values: self.grid.spread(values, window)
        )
        return found

    # --- preferences --------------------------------------------------------------------------------

    def _criteria(
        self, window: Window, found: Mapping[str, Candidates], placed: Mapping[str, ObjectArray]
    ) -> tuple[Criterion, ...]:
        burnt: dict[str, tuple[list[str], npt.NDArray[np.uint16]]] = {}
        return tuple(
            self._criterion(
                preference, window, found.get(preference.layer), placed.get(preference.layer), burnt
            )
            for preference in self.preferences
        )

    def _criterion(
        self,
        preference: Preference,
        window: Window,
        found: Candidates | None,
        placed: Any,
        burnt: dict[str, tuple[list[str], npt.NDArray[np.uint16]]],
    ) -> Criterion:
        if preference.kind == "raster":
            value = self._sampled(preference.layer, window)
            unknown = np.isnan(value)
            return Criterion(preference, ramp(value, preference.best, preference.worst), value, unknown)
        assert found is not None, "a layer of features has candidates"
        chosen = of_classes(found.classes, preference.classes)
        if preference.kind == "classes":
            if preference.layer not in burnt:  # two preferences may read one layer, and burning it is dear
                burnt[preference.layer] = _classes(window, found.classes, placed)
            codes, cells = burnt[preference.layer]
            values = np.array([np.nan, *(value_of(code, preference.values) for code in codes)])
            score = values[cells]
            unknown = np.isnan(score)
            return Criterion(preference, np.where(unknown, 0.0, score), None, unknown)
        more = self._cells_of(preference.reach_m)
        wide = window.grown(more, more)
        there = touched(self.grid, wide, placed[chosen])
        uncovered = self._uncovered(preference.layer, wide)
        if preference.best > preference.worst:
            there |= uncovered  # what nobody has looked at may be what one wants to be far from
        part = window.within(wide)
        distance = nearness(there, self.grid.cell_m, preference.reach_m, part)
        unknown = uncovered[part]
        score = np.where(unknown, 0.0, ramp(distance, preference.best, preference.worst))
        return Criterion(preference, score, distance, unknown)


def _classes(
    window: Window, classes: ObjectArray, placed: ObjectArray
) -> tuple[list[str], npt.NDArray[np.uint16]]:
    """The classes there are, and the number of each cell's among them, from 1; 0 where there is none."""
    codes, numbers = np.unique(classes.astype(str), return_inverse=True)
    return codes.tolist(), class_cells(window, placed, numbers + 1)


def value_of(code: str, values: Mapping[str, float]) -> float:
    """The value of the longest prefix of a class code that is listed; NaN where none is."""
    listed = [prefix for prefix in values if code.startswith(prefix)]
    return values[max(listed, key=len)] if listed else float("nan")
