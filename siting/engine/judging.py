"""What the layers say of a site, judged by a rulebook's rules: grounds in, results and verdict out.

No database and no layer is asked here: whoever has them (a check in the web server, a batch's worker on another
machine) brings a `Ground` of each layer, and gets the same answer. An error in one layer or rule is logged and
makes that one *not checked*; it never fails the others and is never taken for *clear*.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from shapely.geometry.base import BaseGeometry

from siting.engine import rules as engine_rules
from siting.engine.boundary import Boundary
from siting.engine.notices import Notice
from siting.engine.overlap import LayerPieces, Overlay, overlay, overlays
from siting.engine.present_land import PresentLand, present_land
from siting.engine.rules import Relation, RuleResult, RuleSpec
from siting.engine.verdict import Verdict, decide

logger = logging.getLogger(__name__)

PRESENT_LAND_LAYER = "DLTB"
"""Code of the land survey's layer (地类图斑), whose classes within the site are summed up beside the rules."""


@dataclass(frozen=True)
class Source:
    """The layer version that a ground is from.

    ``name`` and ``number`` are for sentences; ``class_system`` and ``class_names`` say what its class codes mean.
    """

    name: str
    number: int
    class_system: str
    class_names: Mapping[str, str]


class Raster(Protocol):
    """A raster layer version that can be asked about a site."""

    def share_over(self, geometry: BaseGeometry, threshold: float) -> float | None:
        """Share (0 to 1) of a polygon (EPSG:4490) above a threshold; None where it has no value somewhere in it."""

    def mean(self, geometry: BaseGeometry) -> float | None:
        """Mean over a polygon in the raster's unit; None as there."""


@dataclass(frozen=True)
class Ground:
    """What one layer version has of a site.

    Attributes
    ----------
    source
        Which version.
    covered
        Whether it covers the whole site.
    covered_reach_m
        The greatest of the distances that its rules look beyond the site, m, up to which it covers the ground.
    pieces
        Of a vector layer: candidates, all that meet the site, or lie as near as a rule looks, among them.
    raster
        Of a raster layer.
    failure
        Why nothing can be said of it, if so.
    """

    source: Source
    covered: bool = False
    covered_reach_m: float = 0.0
    pieces: LayerPieces | None = None
    raster: Raster | None = None
    failure: Notice | None = None


@dataclass(frozen=True)
class Judgement:
    """How every rule ended, in the rulebook's order, the present land, and the verdict.

    ``land`` is None where the land survey could not be read; then its rules are among the not checked.
    """

    results: tuple[RuleResult, ...]
    land: tuple[PresentLand, ...] | None
    verdict: Verdict


def judge(
    boundary: Boundary, rules: Iterable[RuleSpec], facts: Mapping[str, str], grounds: Mapping[str, Ground]
) -> Judgement:
    """Judge a site by every rule.

    Parameters
    ----------
    boundary
        The site.
    rules
        In the order of the results.
    facts
        What is known of the project, normalised; by the rulebook's names.
    grounds
        By layer code. A layer that isn't among them has no version: its rules are not checked.

    Returns
    -------
    Judgement
        The same, to the last bit, for the same grounds, wherever their pieces were read.
    """
    asked = tuple(rules)
    judging = _Judging(boundary, asked, facts, grounds)
    results = tuple(judging.evaluate(rule) for rule in asked)
    return Judgement(
        results=results,
        land=judging.present_land(),
        verdict=decide((result.severity, result.outcome, result.rule.required) for result in results),
    )


def asked_distances(rules: Iterable[RuleSpec]) -> dict[str, tuple[float, ...]]:
    """How far beyond the site's outline rules look, m, widest first, by layer; a layer without such rules is absent."""
    distances: dict[str, set[float]] = {}
    for rule in rules:
        if rule.reach_m > 0:
            distances.setdefault(rule.layer, set()).add(rule.reach_m)
    return {layer: tuple(sorted(asked, reverse=True)) for layer, asked in distances.items()}


def asked_fields(rules: Iterable[RuleSpec]) -> dict[str, tuple[str, ...]]:
    """The attributes that rules read of each layer's features, sorted; a layer of which none are is absent."""
    fields: dict[str, set[str]] = {}
    for rule in rules:
        if rule.fields:
            fields.setdefault(rule.layer, set()).update(rule.fields)
    return {layer: tuple(sorted(asked)) for layer, asked in fields.items()}


def failed(source: Source) -> Notice:
    """Say of a layer version that it could not be read or analysed."""
    return Notice(
        "layer-failed",
        "“%(layer)s”第 %(version)s 版读取或分析失败，系统已记录错误",
        {"layer": source.name, "version": source.number},
    )


def out_of_time(source: Source) -> Notice:
    """Say of a layer version that it did not answer in the time that a check has."""
    return Notice(
        "layer-timeout",
        "“%(layer)s”第 %(version)s 版没有在规定时间内读完",
        {"layer": source.name, "version": source.number},
    )


class _Judging:
    """What each layer says of one boundary: overlaid once, asked by every rule that names it."""

    def __init__(
        self,
        boundary: Boundary,
        rules: Iterable[RuleSpec],
        facts: Mapping[str, str],
        grounds: Mapping[str, Ground],
    ) -> None:
        self._boundary = boundary
        self._facts = facts
        self._grounds = grounds
        self._pieces = {
            code: ground.pieces
            for code, ground in grounds.items()
            if ground.pieces is not None and ground.failure is None
        }
        self._overlays = self._overlaid(rules)

    def _overlaid(self, rules: Iterable[RuleSpec]) -> dict[str, Overlay]:
        """All layers cut to the site at once; none where that fails, as then each rule finds out by itself."""
        asked = {rule.layer for rule in rules if not rule.relation.searches}
        asked.add(PRESENT_LAND_LAYER)
        try:
            return overlays(
                self._boundary.geometry,
                {code: pieces for code, pieces in self._pieces.items() if code in asked},
            )
        except Exception:
            logger.exception("layers could not be overlaid together")
            return {}

    def _overlay(self, code: str) -> Overlay:
        if code not in self._overlays:
            self._overlays[code] = overlay(self._boundary.geometry, self._pieces[code])
        return self._overlays[code]

    def present_land(self) -> tuple[PresentLand, ...] | None:
        """The land survey's classes within the site; None where it can't be asked, which fails nothing else."""
        if PRESENT_LAND_LAYER not in self._pieces:
            return None
        names = self._grounds[PRESENT_LAND_LAYER].source.class_names
        try:
            return present_land(self._boundary, self._overlay(PRESENT_LAND_LAYER), names)
        except Exception:
            logger.exception("the present land could not be summed up")
            return None

    def evaluate(self, rule: RuleSpec) -> RuleResult:
        """Judge one rule; whatever goes wrong in it is its own."""
        try:
            return self._evaluate(rule)
        except Exception:
            logger.exception("rule %s could not be evaluated", rule.code)
            return self._judge(rule, not_checked=failed(self._grounds[rule.layer].source))

    def _evaluate(self, rule: RuleSpec) -> RuleResult:
        ground = self._grounds.get(rule.layer)
        if ground is None:
            return self._judge(
                rule,
                not_checked=Notice("layer-missing", "图层“%(layer)s”没有已发布的版本", {"layer": rule.layer}),
            )
        if ground.failure is not None:
            return self._judge(rule, not_checked=ground.failure)
        uncovered = _uncovered(rule, ground)
        if rule.relation.asks_raster:
            return self._of_raster(rule, ground, uncovered)
        result = self._judge(
            rule,
            overlay=None if rule.relation.searches else self._overlay(rule.layer),
            pieces=self._pieces[rule.layer],
        )
        if uncovered and not engine_rules.stands(result):
            return self._judge(rule, not_checked=uncovered)
        return result

    def _of_raster(self, rule: RuleSpec, ground: Ground, uncovered: Notice | None) -> RuleResult:
        if uncovered is not None:
            return self._judge(rule, not_checked=uncovered)
        assert ground.raster is not None, "a raster rule asks a raster layer"
        share = mean = None
        if rule.relation is Relation.RASTER_MEAN:
            mean = ground.raster.mean(self._boundary.geometry)
        else:
            assert rule.raster_threshold is not None, "the rulebook reader asks for a threshold"
            share = ground.raster.share_over(self._boundary.geometry, rule.raster_threshold)
        nothing = Notice("raster-no-data", "“%(layer)s”在地块范围内有无效像元", {"layer": ground.source.name})
        unknown = nothing if share is None and mean is None else None
        return self._judge(rule, raster_share=share, raster_mean=mean, not_checked=unknown)

    def _judge(
        self,
        rule: RuleSpec,
        *,
        overlay: Overlay | None = None,
        pieces: LayerPieces | None = None,
        raster_share: float | None = None,
        raster_mean: float | None = None,
        not_checked: Notice | None = None,
    ) -> RuleResult:
        ground = self._grounds.get(rule.layer)
        return engine_rules.evaluate(
            rule,
            self._boundary,
            overlay=overlay,
            pieces=pieces,
            raster_share=raster_share,
            raster_mean=raster_mean,
            class_system=ground.source.class_system if ground else "",
            class_names=ground.source.class_names if ground else {},
            facts=self._facts,
            not_checked=not_checked,
        )


def _uncovered(rule: RuleSpec, ground: Ground) -> Notice | None:
    names = {"layer": ground.source.name, "version": ground.source.number}
    if not ground.covered:
        return Notice("layer-not-covering", "“%(layer)s”第 %(version)s 版没有完全覆盖本地块", names)
    if rule.reach_m > ground.covered_reach_m:
        return Notice(
            "layer-not-covering-reach", "“%(layer)s”第 %(version)s 版没有覆盖本地块周边的管控距离", names
        )
    return None
