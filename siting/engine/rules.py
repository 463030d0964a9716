"""How a rule is answered for a site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from siting.engine.answering import Asked
from siting.engine.attributes import AttributeClause, Comparison
from siting.engine.boundary import Boundary
from siting.engine.notices import Notice
from siting.engine.overlap import LayerPieces, Overlay
from siting.engine.proximity import distances, within_distance
from siting.engine.selecting import Unsure, counted, select, select_cut, unsure_within
from siting.engine.specification import ClassArea, FactClause, Measure, Relation, RuleResult, RuleSpec
from siting.engine.verdict import Outcome, Severity

__all__ = [
    "AttributeClause",
    "ClassArea",
    "Comparison",
    "FactClause",
    "Measure",
    "Relation",
    "RuleResult",
    "RuleSpec",
    "Standing",
    "evaluate",
    "standing",
    "stands",
]  # fmt: skip

_NO_NAMES: Mapping[str, str] = MappingProxyType({})

_NO_DATA = Notice("layer-without-data", "图层没有可用数据")


def evaluate(
    rule: RuleSpec,
    boundary: Boundary,
    *,
    overlay: Overlay | None = None,
    pieces: LayerPieces | None = None,
    raster_share: float | None = None,
    raster_mean: float | None = None,
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
        The rule's layer cut to the site; unless the rule searches or asks a raster.
    pieces
        The layer's candidates as stored, all within the rule's reach among them, with the attributes that the rule
        reads; for rules that search or have a ``where``.
    raster_share
        Share of the site (0 to 1) above the rule's threshold; None where the raster has no data.
    raster_mean
        Mean of the site's cells, in the raster's unit; None where the raster has no data.
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
    stand = standing(rule, facts)
    if stand.severity is None:
        return RuleResult(rule, Outcome.CLEAR, rule.severity, reason=stand.exempting)
    asked = Asked(
        rule, boundary, stand.severity, stand.questions, class_system, class_names, stand.clause, stand.value
    )
    if not_checked is not None:
        return asked.unanswered(not_checked)
    if rule.relation is Relation.RASTER_SHARE:
        return asked.raster_share(raster_share)
    if rule.relation is Relation.RASTER_MEAN:
        return asked.raster_mean(raster_mean)
    if rule.relation.searches:
        return asked.unanswered(_NO_DATA) if pieces is None else _searched(asked, pieces)
    if overlay is None or (rule.where and pieces is None):
        return asked.unanswered(_NO_DATA)
    selected, unsure = select_cut(rule, boundary, overlay, pieces)
    match rule.relation:
        case Relation.INSIDE:
            return asked.outside(overlay, selected, unsure)
        case Relation.SHARE_AT_LEAST:
            return asked.outside(overlay, selected, unsure, rule.share)
        case Relation.SHARE_AT_MOST:
            return asked.features(overlay, selected, unsure, rule.share)
        case Relation.COMPATIBLE_USE:
            return asked.use(overlay, selected, unsure, facts.get(rule.use_fact, ""))
        case _:
            return asked.features(overlay, selected, unsure)


def _searched(asked: Asked, pieces: LayerPieces) -> RuleResult:
    """Answer a rule by how far the layer's features are from the site."""
    rule, boundary = asked.rule, asked.boundary
    selection = select(rule, pieces)
    if rule.relation is Relation.COUNT:
        return asked.number_of(*counted(rule, boundary, pieces, selection))
    unknown = unsure_within(rule, boundary, pieces, selection.unknown)
    if rule.relation is Relation.NEAREST_DISTANCE:
        near = distances(boundary, pieces, selection.certain)
        return asked.nearest(near, Unsure(near.failed_keys, unknown))
    cut = within_distance(boundary, pieces, rule.distances_m, selection.certain)
    return asked.features(cut, np.ones(len(cut.keys), dtype=bool), Unsure(cut.failed_keys, unknown))


def stands(result: RuleResult) -> bool:
    """Say whether an answer holds although the layer doesn't cover all the ground that the rule looks at.

    What more features could only confirm does: a conflict found, a share or a number reached, a neighbour near
    enough. Anything else does not answer for the ground it never saw.
    """
    rule, hit = result.rule, result.outcome is Outcome.HIT
    clear = result.outcome is Outcome.CLEAR
    match rule.relation:
        case Relation.INSIDE | Relation.COMPATIBLE_USE | Relation.RASTER_SHARE | Relation.RASTER_MEAN:
            return False
        case Relation.SHARE_AT_LEAST:
            return clear
        case Relation.NEAREST_DISTANCE:
            near = None if result.measure is None else result.measure.value
            if rule.nearest_at_least_m is None:
                return clear
            return hit and near is not None and near < rule.nearest_at_least_m
        case Relation.COUNT:
            number = 0.0 if result.measure is None or result.measure.value is None else result.measure.value
            if rule.count_at_most is None:
                return clear
            return hit and number > rule.count_at_most
        case _:
            return hit


@dataclass(frozen=True)
class Standing:
    """How severe a rule is for a project.

    ``severity`` is None where it doesn't apply, by ``exempting``; ``questions`` are unknown facts that decide it;
    ``clause`` and its fact's ``value`` gave it, if one did.
    """

    severity: Severity | None
    questions: tuple[str, ...] = ()
    exempting: Notice | None = None
    clause: FactClause | None = None
    value: str = ""


def standing(rule: RuleSpec, facts: Mapping[str, str]) -> Standing:
    """Say how severe a rule is for a project with these facts; unknown ones take the strictest that they allow."""
    if not rule.clauses:
        return Standing(rule.severity)
    reachable: list[Severity | None] = []
    unknown: list[str] = []
    decided: Severity | None = rule.severity
    matched, said, exempting = None, "", None
    for clause in rule.clauses:
        value = facts.get(clause.fact, "")
        if not value:
            reachable.append(clause.severity)
            unknown.append(clause.fact)
        elif clause.matches(value):
            decided, matched, said = clause.severity, clause, value
            exempting = Notice(
                "fact-exempts",
                "因项目事实“%(fact)s”为“%(value)s”，本规则不适用",
                {"fact": clause.fact, "value": value},
            )
            break
    reachable.append(decided)
    strictest = max(reachable, key=lambda severity: severity.strictness if severity else 0)
    undecided = len(set(reachable)) > 1
    gave = matched is not None and strictest is decided
    return Standing(
        strictest,
        tuple(dict.fromkeys(unknown)) if undecided else (),
        exempting if strictest is None else None,
        matched if gave else None,
        said if gave else "",
    )
