"""How a rule is answered for a site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from types import MappingProxyType

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from siting.engine.affected import Affected, Measured, affected, polygons_of
from siting.engine.area import measure, perimeter
from siting.engine.boundary import Boundary
from siting.engine.notices import Notice
from siting.engine.overlap import BoolArray, LayerPieces, Overlay
from siting.engine.proximity import within_distance
from siting.engine.slivers import ObjectArray, Width, classify
from siting.engine.specification import ClassArea, FactClause, Relation, RuleResult, RuleSpec
from siting.engine.verdict import Outcome, Severity

__all__ = ["ClassArea", "FactClause", "Relation", "RuleResult", "RuleSpec", "evaluate"]

_NO_NAMES: Mapping[str, str] = MappingProxyType({})
_NOTHING_M2 = 1e-3

_NO_DATA = Notice("layer-without-data", "图层没有可用数据")
_NO_RASTER = Notice("raster-without-data", "栅格在地块范围内没有数据")
_NO_USE = Notice("use-unknown", "未填写规划用途，无法判断是否与规划分区相符")
_NO_ZONE = Notice("zone-missing", "地块有部分范围没有规划分区")


def evaluate(
    rule: RuleSpec,
    boundary: Boundary,
    *,
    overlay: Overlay | None = None,
    pieces: LayerPieces | None = None,
    raster_share: float | None = None,
    class_system: str = "",
    class_names: Mapping[str, str] = _NO_NAMES,
    facts: Mapping[str, str] = _NO_NAMES,
    not_checked: Notice | None = None,
) -> RuleResult:
    """Answer one rule for a site.

    Parameters
    ----------
    rule
        What is asked.
    boundary
        The site.
    overlay
        The rule's layer cut to the site; for ``overlaps``, ``inside`` and ``compatible_use``.
    pieces
        The layer's candidates as stored, all within the rule's distance among them; for ``within_distance``.
    raster_share
        Share of the site (0 to 1) above the rule's threshold; None where the raster has no data.
    class_system, class_names
        What the layer's class codes belong to, and their names.
    facts
        What is known about the project; a fact without a value counts as unknown.
    not_checked
        Why the layer can't be asked at all (missing, doesn't cover the site, failed), if so.

    Returns
    -------
    RuleResult
        Whatever is missing or can't be overlaid makes it ``not_checked`` with the reason, never ``clear``. Only
        a fact by which the rule doesn't apply answers it without data.
    """
    severity, questions, exempting = _severity(rule, facts)
    if severity is None:
        return RuleResult(rule, Outcome.CLEAR, rule.severity, reason=exempting)
    asked = _Asked(rule, boundary, severity, questions, class_system, class_names)
    if not_checked is not None:
        return asked.unanswered(not_checked)
    if rule.relation is Relation.RASTER_SHARE:
        return asked.raster(raster_share)
    if rule.relation is Relation.WITHIN_DISTANCE:
        if pieces is None:
            return asked.unanswered(_NO_DATA)
        near = within_distance(boundary, pieces, rule.distances_m, _of_classes(pieces.classes, rule.classes))
        return asked.features(near, np.ones(len(near.keys), dtype=bool), near.failed_keys)
    if overlay is None:
        return asked.unanswered(_NO_DATA)
    selected = _of_classes(overlay.classes, rule.classes)
    failed = tuple(
        key
        for key, code in zip(overlay.failed_keys, overlay.failed_classes, strict=True)
        if _starts_with(code, rule.classes)
    )
    if rule.relation is Relation.INSIDE:
        return asked.outside(overlay, selected, failed)
    if rule.relation is Relation.COMPATIBLE_USE:
        return asked.use(overlay, selected, failed, facts.get(rule.use_fact, ""))
    return asked.features(overlay, selected, failed)


def _starts_with(code: str, prefixes: tuple[str, ...]) -> bool:
    return not prefixes or code.startswith(prefixes)


def _of_classes(codes: ObjectArray, prefixes: tuple[str, ...]) -> BoolArray:
    if not prefixes or len(codes) == 0:
        return np.ones(len(codes), dtype=bool)
    known = {code: _starts_with(code, prefixes) for code in set(codes.tolist())}
    return np.fromiter((known[code] for code in codes.tolist()), dtype=bool, count=len(codes))


def _severity(
    rule: RuleSpec, facts: Mapping[str, str]
) -> tuple[Severity | None, tuple[str, ...], Notice | None]:
    """Severity in force (None: it doesn't apply), the unknown facts that decide it, and why it doesn't apply."""
    if not rule.clauses:
        return rule.severity, (), None
    reachable: list[Severity | None] = []
    unknown: list[str] = []
    decided: Severity | None = rule.severity
    exempting = None
    for clause in rule.clauses:
        value = facts.get(clause.fact, "")
        if not value:
            reachable.append(clause.severity)
            unknown.append(clause.fact)
        elif value in clause.values:
            decided = clause.severity
            exempting = Notice(
                "fact-exempts",
                "因项目事实“%(fact)s”为“%(value)s”，本规则不适用",
                {"fact": clause.fact, "value": value},
            )
            break
    reachable.append(decided)
    strictest = max(reachable, key=lambda severity: severity.strictness if severity else 0)
    undecided = len(set(reachable)) > 1
    return (
        strictest,
        tuple(dict.fromkeys(unknown)) if undecided else (),
        exempting if strictest is None else None,
    )


@dataclass(frozen=True)
class _Asked:
    """A rule that applies, asked of a site."""

    rule: RuleSpec
    boundary: Boundary
    severity: Severity
    questions: tuple[str, ...]
    class_system: str
    class_names: Mapping[str, str]

    @property
    def scale(self) -> float:
        return self.boundary.area_m2 / self.boundary.exact_area_m2

    def unanswered(self, reason: Notice, questions: tuple[str, ...] = ()) -> RuleResult:
        return RuleResult(self.rule, Outcome.NOT_CHECKED, self.severity, reason=reason, questions=questions)

    def raster(self, share: float | None) -> RuleResult:
        if share is None or isnan(share):
            return self.unanswered(_NO_RASTER)
        share = min(max(share, 0.0), 1.0)
        area = share * self.boundary.area_m2
        hit = share > 0 and share >= (self.rule.raster_min_share or 0.0) and area > self.rule.tolerance_m2
        return RuleResult(
            self.rule,
            Outcome.HIT if hit else Outcome.CLEAR,
            self.severity,
            raw_area_m2=area,
            area_m2=area if hit else 0.0,
            share=share if hit else 0.0,
            questions=self.questions if hit else (),
        )

    def features(self, overlay: Overlay, selected: BoolArray, failed: tuple[str, ...]) -> RuleResult:
        """What the selected features take up of the site."""
        if not failed and not selected.any():  # most rules, for most sites
            return RuleResult(self.rule, Outcome.CLEAR, self.severity)
        found = affected(self.boundary.geometry, overlay, selected, self.rule.sliver_width_m)
        wide = found.measured(Width.WIDE)
        raw = wide if np.all(found.kinds != Width.SLIVER) else found.measured(Width.SLIVER)
        outcome = self._outcome(wide.area_m2, raw.area_m2)
        shown, least = (wide, Width.WIDE) if outcome is Outcome.HIT else (raw, Width.SLIVER)
        if failed and outcome is not Outcome.HIT:
            outcome = Outcome.NOT_CHECKED
        return self._result(
            outcome,
            wide.area_m2,
            raw.area_m2,
            keys=shown.keys,
            classes=self._classes(shown),
            count=len(shown.keys),
            geometry=self._shown(found, least, shown.area_m2) if outcome is not Outcome.CLEAR else None,
            reason=_failed(failed) if failed else None,
        )

    def _shown(self, found: Affected, least: Width, area_m2: float) -> BaseGeometry | None:
        """The ground concerned; where that is all of the site, nothing needs to be dissolved to draw it."""
        if self.boundary.exact_area_m2 - area_m2 < _NOTHING_M2:
            return self.boundary.geometry
        return found.geometry(least)

    def outside(self, overlay: Overlay, selected: BoolArray, failed: tuple[str, ...]) -> RuleResult:
        """What of the site no selected feature covers."""
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
        outcome = self._outcome(wide_area, raw_area)
        shown = kinds >= (Width.WIDE if outcome is Outcome.HIT else Width.SLIVER)
        if failed and raw_area > 0:
            outcome = Outcome.NOT_CHECKED  # what failed may be what covers the rest
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
            reason=_failed(failed) if outcome is Outcome.NOT_CHECKED else None,
        )

    def use(
        self, overlay: Overlay, selected: BoolArray, failed: tuple[str, ...], intended: str
    ) -> RuleResult:
        """What of the site lies in zones that the intended use may not stand in."""
        if not intended:
            return self.unanswered(_NO_USE, (self.rule.use_fact,))
        listed = [prefix for prefix in self.rule.crosswalk if intended.startswith(prefix)]
        if not listed:
            return self.unanswered(
                Notice("use-not-listed", "规划用途“%(use)s”不在对照表中，无法判断是否相符", {"use": intended})
            )
        compatible = self.rule.crosswalk[max(listed, key=len)]
        fits = _of_classes(overlay.classes, compatible) if compatible else np.zeros(len(selected), dtype=bool)
        coded = overlay.classes.astype(bool)
        uncoded = tuple(sorted(set(overlay.keys[selected & ~coded].tolist())))
        result = self.features(overlay, selected & coded & ~fits, tuple(sorted({*failed, *uncoded})))
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

    def _outcome(self, wide_m2: float, raw_m2: float) -> Outcome:
        if wide_m2 * self.scale > self.rule.tolerance_m2:
            return Outcome.HIT
        return Outcome.SUSPECT if self.rule.keep_slivers and raw_m2 > 0 else Outcome.CLEAR

    def _classes(self, found: Measured) -> tuple[ClassArea, ...]:
        return tuple(
            ClassArea(code, self.class_system, self.class_names.get(code, ""), area * self.scale)
            for code, area in found.by_class
        )

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
    ) -> RuleResult:
        if outcome is Outcome.CLEAR:
            return RuleResult(self.rule, outcome, self.severity, raw_area_m2=raw_m2 * self.scale)
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
            questions=self.questions if outcome is not Outcome.NOT_CHECKED else (),
        )


def _failed(keys: tuple[str, ...]) -> Notice:
    shown = "、".join(keys[:5])
    return Notice(
        "features-failed",
        "%(count)s 个要素无法参与叠加：%(keys)s",
        {"count": len(keys), "keys": shown if len(keys) <= 5 else f"{shown}…"},
    )
