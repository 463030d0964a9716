"""How a rule that applies is answered from what its layer has of a site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isnan
from typing import TypedDict

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from siting.engine.affected import Affected, Measured, affected, polygons_of
from siting.engine.area import measure, perimeter
from siting.engine.boundary import Boundary
from siting.engine.notices import Notice
from siting.engine.overlap import BoolArray, Overlay
from siting.engine.proximity import Near
from siting.engine.selecting import Unsure, of_classes
from siting.engine.slivers import Width, classify
from siting.engine.specification import ClassArea, FactClause, Measure, RuleResult, RuleSpec
from siting.engine.verdict import Outcome, Severity

_NOTHING_M2 = 1e-3

_NO_RASTER = Notice("raster-without-data", "栅格在地块范围内没有数据")
_NO_USE = Notice("use-unknown", "未填写规划用途，无法判断是否与规划分区相符")
_NO_ZONE = Notice("zone-missing", "地块有部分范围没有规划分区")


class _Because(TypedDict):
    questions: tuple[str, ...]
    by_clause: FactClause | None
    by_value: str


@dataclass(frozen=True)
class Asked:
    """A rule that applies, asked of a site."""

    rule: RuleSpec
    boundary: Boundary
    severity: Severity
    questions: tuple[str, ...]
    class_system: str
    class_names: Mapping[str, str]
    by_clause: FactClause | None = None
    by_value: str = ""

    @property
    def scale(self) -> float:
        return self.boundary.area_m2 / self.boundary.exact_area_m2

    @property
    def tolerance_m2(self) -> float:
        return max(self.rule.tolerance_m2, self.rule.tolerance_share * self.boundary.area_m2)

    def unanswered(self, reason: Notice, questions: tuple[str, ...] = ()) -> RuleResult:
        return RuleResult(self.rule, Outcome.NOT_CHECKED, self.severity, reason=reason, questions=questions)

    def raster_share(self, share: float | None) -> RuleResult:
        if share is None or isnan(share):
            return self.unanswered(_NO_RASTER)
        share = min(max(share, 0.0), 1.0)
        area = share * self.boundary.area_m2
        hit = share > 0 and share >= (self.rule.raster_min_share or 0.0) and area > self.tolerance_m2
        return RuleResult(
            self.rule,
            Outcome.HIT if hit else Outcome.CLEAR,
            self.severity,
            raw_area_m2=area,
            area_m2=area if hit else 0.0,
            share=share if hit else 0.0,
            **self._by(hit),
        )

    def raster_mean(self, mean: float | None) -> RuleResult:
        """Whether the mean of the site's cells is above the threshold; no part of the site is worse than another."""
        if mean is None or isnan(mean):
            return self.unanswered(_NO_RASTER)
        threshold = self.rule.raster_threshold
        assert threshold is not None, "a rule about a mean has its threshold"
        return self._figure(mean > threshold, Measure(mean, "raster", at_most=threshold))

    def nearest(self, near: Near, unsure: Unsure) -> RuleResult:
        """Whether the nearest feature is too near or too far."""
        least, most = self.rule.nearest_at_least_m, self.rule.nearest_at_most_m
        metres = float(near.metres.min()) if len(near.metres) else inf
        too_near, too_far = least is not None and metres < least, most is not None and metres > most
        # What can't be told may be nearer still: that makes no near one far, and no far one certain.
        if unsure and not too_near and (too_far or least is not None):
            return self.unanswered(unsure.notice())
        concerned = near.metres < least if least is not None and too_near else near.metres == metres
        seen = metres <= self.rule.reach_m
        return self._figure(
            too_near or too_far,
            Measure(metres if seen else None, "m", least, most),
            tuple(near.keys[concerned].tolist()) if seen else (),
            unsure,
        )

    def number_of(self, keys: tuple[str, ...], unsure: Unsure) -> RuleResult:
        """Whether there are too few or too many features."""
        least, most = self.rule.count_at_least, self.rule.count_at_most

        def is_hit(count: int) -> bool:
            return (least is not None and count < least) or (most is not None and count > most)

        possible = {is_hit(count) for count in range(len(keys), len(keys) + len(unsure) + 1)}
        if len(possible) > 1:
            return self.unanswered(unsure.notice())
        return self._figure(
            is_hit(len(keys)), Measure(float(len(keys)), "features", least, most), keys, unsure
        )

    def _figure(
        self, hit: bool, measure: Measure, keys: tuple[str, ...] = (), unsure: Unsure | None = None
    ) -> RuleResult:
        """The answer of a rule that measures no ground."""
        if not hit:
            return RuleResult(self.rule, Outcome.CLEAR, self.severity, measure=measure)
        return RuleResult(
            self.rule,
            Outcome.HIT,
            self.severity,
            count=len(keys),
            keys=keys,
            measure=measure,
            reason=unsure.notice() if unsure else None,
            **self._by(hit),
        )

    def features(
        self, overlay: Overlay, selected: BoolArray, unsure: Unsure, allowed: float | None = None
    ) -> RuleResult:
        """What the selected features take up of the site; ``allowed`` of it (0 to 1) is no conflict."""
        if not unsure and not selected.any():  # most rules, for most sites
            return RuleResult(
                self.rule, Outcome.CLEAR, self.severity, measure=self._share(0.0, at_most=allowed)
            )
        found = affected(self.boundary.geometry, overlay, selected, self.rule.sliver_width_m)
        wide = found.measured(Width.WIDE)
        raw = wide if np.all(found.kinds != Width.SLIVER) else found.measured(Width.SLIVER)
        outcome = self._outcome(wide.area_m2, raw.area_m2, allowed or 0.0)
        shown, least = (wide, Width.WIDE) if outcome is Outcome.HIT else (raw, Width.SLIVER)
        if unsure and outcome is not Outcome.HIT:
            outcome = Outcome.NOT_CHECKED
        return self._result(
            outcome,
            wide.area_m2,
            raw.area_m2,
            keys=shown.keys,
            classes=self._classes(shown),
            count=len(shown.keys),
            geometry=self._shown(found, least, shown.area_m2) if outcome is not Outcome.CLEAR else None,
            reason=unsure.notice() if unsure else None,
            measure=self._share(wide.area_m2, at_most=allowed),
        )

    def _shown(self, found: Affected, least: Width, area_m2: float) -> BaseGeometry | None:
        """The ground concerned; where that is all of the site, nothing needs to be dissolved to draw it."""
        if self.boundary.exact_area_m2 - area_m2 < _NOTHING_M2:
            return self.boundary.geometry
        return found.geometry(least)

    def outside(
        self, overlay: Overlay, selected: BoolArray, unsure: Unsure, needed: float | None = None
    ) -> RuleResult:
        """What of the site no selected feature covers; ``needed`` of it (0 to 1) is enough, None: all."""
        left = self.boundary.geometry
        if selected.any():
            left = polygons_of(shapely.difference(left, shapely.union_all(overlay.originals[selected])))
        parts = shapely.get_parts(left)
        areas, perimeters = measure(parts)
        kinds = classify(parts, areas, perimeters, self.rule.sliver_width_m)
        wide_area, raw_area = (
            float(areas[kinds == Width.WIDE].sum()),
            float(areas[kinds >= Width.SLIVER].sum()),
        )
        outcome = self._outcome(wide_area, raw_area, 0.0 if needed is None else 1.0 - needed)
        shown = kinds >= (Width.WIDE if outcome is Outcome.HIT else Width.SLIVER)
        if unsure and (raw_area > 0 if needed is None else outcome is not Outcome.CLEAR):
            outcome = Outcome.NOT_CHECKED  # what nobody can tell of may be what covers the rest
        return self._result(
            outcome,
            wide_area,
            raw_area,
            keys=tuple(sorted(set(overlay.keys[selected].tolist()))),
            classes=(),
            count=int(shown.sum()),
            geometry=None
            if not shown.any()
            else left
            if shown.all()
            else shapely.multipolygons(parts[shown]),
            reason=unsure.notice() if outcome is Outcome.NOT_CHECKED else None,
            measure=self._share(self.boundary.exact_area_m2 - wide_area, at_least=needed),
        )

    def use(self, overlay: Overlay, selected: BoolArray, unsure: Unsure, intended: str) -> RuleResult:
        """What of the site lies in zones that the intended use may not stand in."""
        if not intended:
            return self.unanswered(_NO_USE, (self.rule.use_fact,))
        listed = [prefix for prefix in self.rule.crosswalk if intended.startswith(prefix)]
        if not listed:
            return self.unanswered(
                Notice("use-not-listed", "规划用途“%(use)s”不在对照表中，无法判断是否相符", {"use": intended})
            )
        compatible = self.rule.crosswalk[max(listed, key=len)]
        fits = of_classes(overlay.classes, compatible) if compatible else np.zeros(len(selected), dtype=bool)
        coded = overlay.classes.astype(bool)
        uncoded = set(overlay.keys[selected & ~coded].tolist())
        unsure = Unsure(tuple(sorted({*unsure.failed, *uncoded})), unsure.unknown)
        result = self.features(overlay, selected & coded & ~fits, unsure)
        if result.outcome is not Outcome.HIT and result.reason is None and self._uncovered(overlay):
            return self.unanswered(_NO_ZONE)
        return result

    def _uncovered(self, overlay: Overlay) -> bool:
        """Whether a part of the site lies in no feature at all."""
        if overlay.non_overlapping and abs(self.boundary.exact_area_m2 - overlay.areas.sum()) < _NOTHING_M2:
            return False
        left = shapely.difference(self.boundary.geometry, shapely.union_all(overlay.originals))
        parts = shapely.get_parts(polygons_of(left))
        return bool(np.any(classify(parts, *measure(parts), self.rule.sliver_width_m) == Width.WIDE))

    def _length(self, geometry: BaseGeometry | None) -> float:
        if geometry is self.boundary.geometry:
            return self.boundary.perimeter_m
        return 0.0 if geometry is None else perimeter(geometry)

    def _share(
        self, area_m2: float, *, at_least: float | None = None, at_most: float | None = None
    ) -> Measure | None:
        """The share of the site as a figure, of a rule that has a limit for it."""
        if at_least is None and at_most is None:
            return None
        share = min(max(area_m2 / self.boundary.exact_area_m2, 0.0), 1.0)
        return Measure(share, "share", at_least, at_most)

    def _outcome(self, wide_m2: float, raw_m2: float, allowed: float) -> Outcome:
        """How the sum of the parts ends; ``allowed`` of the site (0 to 1) is no conflict."""
        free = allowed * self.boundary.area_m2
        if wide_m2 * self.scale - free > self.tolerance_m2:
            return Outcome.HIT
        doubtful = self.rule.keep_slivers and raw_m2 * self.scale > free
        return Outcome.SUSPECT if doubtful else Outcome.CLEAR

    def _classes(self, found: Measured) -> tuple[ClassArea, ...]:
        return tuple(
            ClassArea(code, self.class_system, self.class_names.get(code, ""), area * self.scale)
            for code, area in found.by_class
        )

    def _by(self, concerned: bool) -> _Because:
        """The questions that are still open, and the clause that gave the severity, where it matters."""
        if not concerned:
            return {"questions": (), "by_clause": None, "by_value": ""}
        return {"questions": self.questions, "by_clause": self.by_clause, "by_value": self.by_value}

    def _result(
        self,
        outcome: Outcome,
        wide_m2: float,
        raw_m2: float,
        *,
        keys: tuple[str, ...],
        classes: tuple[ClassArea, ...],
        count: int,
        geometry: BaseGeometry | None,
        reason: Notice | None,
        measure: Measure | None,
    ) -> RuleResult:
        if outcome is Outcome.CLEAR:
            return RuleResult(
                self.rule, outcome, self.severity, raw_area_m2=raw_m2 * self.scale, measure=measure
            )
        whole = self.boundary.exact_area_m2
        area = min(wide_m2, whole) if outcome is Outcome.HIT else 0.0
        return RuleResult(
            self.rule,
            outcome,
            self.severity,
            raw_area_m2=min(raw_m2, whole) * self.scale,
            area_m2=area * self.scale,
            share=area / whole,
            length_m=self._length(geometry),
            count=count,
            classes=classes,
            keys=keys,
            geometry=geometry,
            reason=reason,
            measure=measure,
            **self._by(outcome is not Outcome.NOT_CHECKED),
        )
