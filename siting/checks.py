"""The check: a boundary, the layers as pinned, a rulebook and facts → one result.

The walk: :mod:`layers.queries` chooses candidates in one SQL, :mod:`siting.engine` overlays and judges them, and the
result is data that the page, the API, the command and the report read alike. An error in one layer is logged and
makes that layer's rules *not checked*; it never fails the others and is never taken for *clear*.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import shapely
from django.db import DatabaseError, transaction
from django.utils import timezone

import layers.queries
import layers.rasters
from layers.queries import Candidates, PinnedVersion
from siting.engine import rules as engine_rules
from siting.engine.boundary import Boundary
from siting.engine.notices import Notice
from siting.engine.overlap import LayerPieces, Overlay, overlay, overlays
from siting.engine.present_land import PresentLand, present_land
from siting.engine.proximity import reach
from siting.engine.rules import Relation, RuleResult, RuleSpec
from siting.engine.verdict import Outcome, Verdict, decide
from siting.rulebook import PinnedRulebook, given_facts, in_force

logger = logging.getLogger(__name__)

PRESENT_LAND_LAYER = "DLTB"
DEFAULT_RULEBOOK = "default"


@dataclass(frozen=True)
class CheckResult:
    """All that a check found, before it becomes a document.

    ``land`` is None where the land survey could not be read; then its rules are among the not checked.
    """

    boundary: Boundary
    rulebook: PinnedRulebook
    facts: Mapping[str, str]
    versions: Mapping[str, PinnedVersion]
    results: tuple[RuleResult, ...]
    land: tuple[PresentLand, ...] | None
    verdict: Verdict

    @property
    def questions(self) -> tuple[str, ...]:
        """Facts that nobody gave and that could change the answer, in the rulebook's order."""
        asked = {name for result in self.results for name in result.questions}
        return tuple(fact["name"] for fact in self.rulebook.facts if fact["name"] in asked)


def run(
    boundary: Boundary,
    *,
    facts: Mapping[str, object] | None = None,
    rulebook: PinnedRulebook | None = None,
    on: dt.date | None = None,
    versions: Mapping[str, PinnedVersion] | None = None,
) -> CheckResult:
    """Check a boundary; nothing is stored.

    Parameters
    ----------
    boundary
        From :mod:`siting.boundaries`.
    facts
        What the project tells of itself, by the rulebook's names. Where the use isn't given, the plots' own declared
        use (地块用途) answers if all plots agree on a planning code.
    rulebook
        Pinned; by default the default one in force ``on`` that day.
    on
        Day of the law and of the layers, by default today in Asia/Shanghai.
    versions
        Layer versions to read, by layer code; by default the current ones of that day.

    Raises
    ------
    siting.rulebook.NoRulebook
        No rulebook applies.
    siting.engine.notices.UnusableInput
        A fact that no rule asks for, or a value it can't have.
    """
    day = on or timezone.localdate()
    rulebook = rulebook or in_force(DEFAULT_RULEBOOK, day)
    known_facts = given_facts(rulebook, {**_declared_facts(boundary), **(facts or {})})
    if versions is None:
        versions = layers.queries.current(_codes(rulebook), as_of=None if on is None else _end_of(day))
    answers = _LayerAnswers(boundary, rulebook, versions)
    results = tuple(answers.evaluate(rule, known_facts) for rule in rulebook.rules)
    return CheckResult(
        boundary=boundary,
        rulebook=rulebook,
        facts=known_facts,
        versions={code: versions[code] for code in sorted(versions)},
        results=results,
        land=answers.present_land(),
        verdict=decide((result.severity, result.outcome, result.rule.required) for result in results),
    )


def _end_of(day: dt.date) -> dt.datetime:
    """The last moment of a day in Asia/Shanghai: what was published on that day counts."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.max))


def _codes(rulebook: PinnedRulebook) -> list[str]:
    return sorted({*rulebook.layers, PRESENT_LAND_LAYER})


def _declared_facts(boundary: Boundary) -> dict[str, str]:
    """The intended use as the file itself declares it, where every plot names the same planning code."""
    uses = {plot.use.strip() for plot in boundary.declared.plots}
    use = uses.pop() if len(uses) == 1 else ""
    return {"intended_use": use[:2]} if use[:2].isdigit() and "06" <= use[:2] <= "17" else {}


@dataclass(frozen=True)
class _Ground:
    """What one layer has of the site: whether it covers it (and what lies around it), and the candidates."""

    covered: bool
    reach_covered: bool
    pieces: LayerPieces | None


class _LayerAnswers:
    """What each layer says of one boundary: read once, overlaid once, asked by every rule that names it."""

    def __init__(
        self, boundary: Boundary, rulebook: PinnedRulebook, versions: Mapping[str, PinnedVersion]
    ) -> None:
        self._boundary = boundary
        self._versions = versions
        self._failed: dict[str, Notice] = {}
        self._widest = self._widest_distances(rulebook)
        self._reaches = {code: reach(boundary, distance) for code, distance in self._widest.items()}
        ground = self._read(self._ask, versions)
        self._covered = {code: answer.covered for code, answer in ground.items()}
        self._reach_covered = {code: answer.reach_covered for code, answer in ground.items()}
        self._pieces = {code: answer.pieces for code, answer in ground.items() if answer.pieces is not None}
        self._overlays = self._overlaid(rulebook)

    def _ask(self, versions: Mapping[str, PinnedVersion]) -> dict[str, _Ground]:
        """What these layers cover of the site and its surroundings, and their features there."""
        covered = layers.queries.covers(versions, self._boundary.geometry)
        found = layers.queries.candidates(versions, self._boundary.geometry, self._reaches)
        answers = {}
        for code, version in versions.items():
            wide = self._reaches.get(code)
            answers[code] = _Ground(
                covered=covered[code],
                reach_covered=wide is None or layers.queries.covers({code: version}, wide)[code],
                pieces=pieces_of(found[code]) if code in found else None,
            )
        return answers

    def _widest_distances(self, rulebook: PinnedRulebook) -> dict[str, float]:
        """The largest distance (m) that a rule asks of each layer."""
        widest: dict[str, float] = {}
        for rule in rulebook.rules:
            if rule.relation is Relation.WITHIN_DISTANCE and rule.layer in self._versions:
                widest[rule.layer] = max(widest.get(rule.layer, 0.0), *rule.distances_m.values())
        return widest

    def _read(
        self,
        question: Callable[[Mapping[str, PinnedVersion]], dict[str, _Ground]],
        versions: Mapping[str, PinnedVersion],
    ) -> dict[str, _Ground]:
        """Ask all layers in one query; if that fails, one by one, so that only the failing one has no answer."""
        try:
            with _survivable():
                return question(versions)
        except (DatabaseError, ValueError, shapely.errors.ShapelyError):
            logger.exception("layers could not be read together: %s", ", ".join(versions))
        answers: dict[str, _Ground] = {}
        for code, version in versions.items():
            try:
                with _survivable():
                    answers |= question({code: version})
            except (DatabaseError, ValueError, shapely.errors.ShapelyError):
                logger.exception("layer %s could not be read", code)
                self._failed[code] = _failure(version)
        return answers

    def present_land(self) -> tuple[PresentLand, ...] | None:
        """The land survey's classes within the site; None where it can't be asked, which fails nothing else."""
        version = self._versions.get(PRESENT_LAND_LAYER)
        if version is None or PRESENT_LAND_LAYER not in self._pieces:
            return None
        try:
            return present_land(self._boundary, self.overlay(PRESENT_LAND_LAYER), version.class_names)
        except Exception:
            logger.exception("the present land could not be summed up")
            return None

    def _overlaid(self, rulebook: PinnedRulebook) -> dict[str, Overlay]:
        """All layers cut to the site at once; none where that fails, as then each rule finds out by itself."""
        asked = {rule.layer for rule in rulebook.rules if rule.relation is not Relation.WITHIN_DISTANCE}
        asked.add(PRESENT_LAND_LAYER)
        try:
            return overlays(
                self._boundary.geometry,
                {code: pieces for code, pieces in self._pieces.items() if code in asked},
            )
        except Exception:
            logger.exception("layers could not be overlaid together")
            return {}

    def overlay(self, code: str) -> Overlay:
        if code not in self._overlays:
            self._overlays[code] = overlay(self._boundary.geometry, self._pieces[code])
        return self._overlays[code]

    def evaluate(self, rule: RuleSpec, facts: Mapping[str, str]) -> RuleResult:
        """Judge one rule; whatever goes wrong in it is its own."""
        try:
            return self._evaluate(rule, facts)
        except Exception:
            logger.exception("rule %s could not be evaluated", rule.code)
            version = self._versions[rule.layer]
            return self._judge(rule, facts, not_checked=_failure(version))

    def _evaluate(self, rule: RuleSpec, facts: Mapping[str, str]) -> RuleResult:
        version = self._versions.get(rule.layer)
        if version is None:
            return self._judge(
                rule,
                facts,
                not_checked=Notice("layer-missing", "图层“%(layer)s”没有已发布的版本", {"layer": rule.layer}),
            )
        if rule.layer in self._failed:
            return self._judge(rule, facts, not_checked=self._failed[rule.layer])
        uncovered = self._uncovered(rule, version)
        if rule.relation is Relation.RASTER_SHARE:
            share = None if uncovered else self._raster_share(rule, version)
            if share is None and uncovered is None:
                uncovered = Notice(
                    "raster-no-data", "“%(layer)s”在地块范围内有无效像元", {"layer": version.layer_name}
                )
            return self._judge(rule, facts, raster_share=share, not_checked=uncovered)
        if uncovered and rule.relation in (Relation.INSIDE, Relation.COMPATIBLE_USE):
            return self._judge(rule, facts, not_checked=uncovered)
        result = self._judge(
            rule,
            facts,
            overlay=None if rule.relation is Relation.WITHIN_DISTANCE else self.overlay(rule.layer),
            pieces=self._pieces[rule.layer],
        )
        # A hit stands, wherever the layer ends; anything less does not answer for the ground it never saw.
        if uncovered and result.outcome is not Outcome.HIT:
            return self._judge(rule, facts, not_checked=uncovered)
        return result

    def _judge(self, rule: RuleSpec, facts: Mapping[str, str], **answer: Any) -> RuleResult:
        version = self._versions.get(rule.layer)
        given = {"overlay": None, "pieces": None, "raster_share": None, "not_checked": None} | answer
        return engine_rules.evaluate(
            rule,
            self._boundary,
            class_system=version.class_system if version else "",
            class_names=version.class_names if version else {},
            facts=facts,
            **given,
        )

    def _uncovered(self, rule: RuleSpec, version: PinnedVersion) -> Notice | None:
        names = {"layer": version.layer_name, "version": version.number}
        if not self._covered.get(rule.layer, False):
            return Notice("layer-not-covering", "“%(layer)s”第 %(version)s 版没有完全覆盖本地块", names)
        if rule.relation is Relation.WITHIN_DISTANCE and not self._covers_reach(rule, version):
            return Notice(
                "layer-not-covering-reach", "“%(layer)s”第 %(version)s 版没有覆盖本地块周边的管控距离", names
            )
        return None

    def _covers_reach(self, rule: RuleSpec, version: PinnedVersion) -> bool:
        """Whether the layer covers the ground as far as this rule looks; another one may look further."""
        distance = max(rule.distances_m.values())
        if self._reach_covered[rule.layer] or distance == self._widest[rule.layer]:
            return self._reach_covered[rule.layer]
        return layers.queries.covers({rule.layer: version}, reach(self._boundary, distance))[rule.layer]

    def _raster_share(self, rule: RuleSpec, version: PinnedVersion) -> float | None:
        assert rule.raster_threshold is not None, "the rulebook reader asks for a threshold"
        return layers.rasters.share_over(version, self._boundary.geometry, rule.raster_threshold)


def pieces_of(candidates: Candidates) -> LayerPieces:
    """Hand candidates to the engine as its own columns."""
    return LayerPieces(
        keys=candidates.keys,
        classes=candidates.classes,
        areas=candidates.areas,
        geometries=candidates.geometries,
        non_overlapping=candidates.version.non_overlapping,
        known_valid=True,  # tested, repaired or rejected one by one at publication
    )


def _survivable() -> AbstractContextManager[object]:
    """Within which a statement may fail without ending the caller's transaction, if there is one."""
    return transaction.atomic() if transaction.get_connection().in_atomic_block else nullcontext()


def _failure(version: PinnedVersion) -> Notice:
    return Notice(
        "layer-failed",
        "“%(layer)s”第 %(version)s 版读取或分析失败，系统已记录错误",
        {"layer": version.layer_name, "version": version.number},
    )
