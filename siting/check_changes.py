"""What changed between two checks of one site: their documents held against each other, and nothing else.

Pure: documents in (:func:`siting.documents.document`, sealed or not, whole or as a reader may have them), frozen
dataclasses out. A document compared with itself has no changes; comparing the other way round gives the same changes
reversed (:meth:`CheckChanges.reversed`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import shapely

from siting.engine.verdict import Outcome

#: Computed by other library versions, an area may differ by this share (architecture: decision 6) ...
AREA_TOLERANCE = 1e-6
#: ... or by one step of rounding, which a last digit may turn either way (m², m).
STEP = 0.011
SHARE_STEP = 1.1e-6
SHAPE_TOLERANCE_DEG = 1e-7

Document = Mapping[str, Any]


class Kind(StrEnum):
    """How a finding of one check relates to the other check's answer to the same rule."""

    NEW = "new"  # the rule was clear, or not asked
    GONE = "gone"  # the rule is clear now, or no longer asked
    GROWN = "grown"  # by area, or by length where it has no area
    SHRUNK = "shrunk"
    TURNED = (
        "turned"  # another outcome or severity: a hit that was suspect, a rule that can't be checked any more
    )
    ALTERED = "altered"  # as large as before, but elsewhere, of other classes, or said otherwise


_REVERSED = {Kind.NEW: Kind.GONE, Kind.GONE: Kind.NEW, Kind.GROWN: Kind.SHRUNK, Kind.SHRUNK: Kind.GROWN}


@dataclass(frozen=True)
class Standing:
    """How a rule stood in one check: m², m; ``severity`` is empty where a rule was not checked."""

    outcome: Outcome
    severity: str = ""
    area_m2: float = 0.0
    length_m: float = 0.0
    share: float = 0.0
    count: int = 0


@dataclass(frozen=True)
class FindingChange:
    """One rule whose answer is another. ``before`` or ``after`` is None where the rule was not asked."""

    rule: str
    layer: str
    kind: Kind
    before: Standing | None
    after: Standing | None

    @property
    def grown_m2(self) -> float:
        """By how much the area grew, m²; negative where it shrank."""
        return round(_area(self.after) - _area(self.before), 2)

    def reversed(self) -> FindingChange:
        return replace(self, kind=_REVERSED.get(self.kind, self.kind), before=self.after, after=self.before)


@dataclass(frozen=True)
class ValueChange:
    """One named value that is another; None where there was none."""

    name: str
    before: Any
    after: Any

    def reversed(self) -> ValueChange:
        return ValueChange(self.name, self.after, self.before)


@dataclass(frozen=True)
class CheckChanges:
    """All that is different, each part sorted by name.

    ``layers`` are numbers of versions by layer code; ``rulebook`` is ``code version`` as text where the content is
    another; ``rules_added`` and ``rules_removed`` are codes of rules that only one of the two checks asked;
    ``area`` is the site's official area in m² (where the boundary is another one), ``facts`` the answers given,
    ``engine`` the versions of what computed.
    """

    verdict: ValueChange | None
    findings: tuple[FindingChange, ...]
    layers: tuple[ValueChange, ...]
    rulebook: ValueChange | None
    rules_added: tuple[str, ...]
    rules_removed: tuple[str, ...]
    boundary: ValueChange | None
    area: ValueChange | None
    facts: tuple[ValueChange, ...]
    engine: tuple[ValueChange, ...]

    def __bool__(self) -> bool:
        return any(
            (
                self.verdict,
                self.findings,
                self.layers,
                self.rulebook,
                self.rules_added,
                self.rules_removed,
                self.boundary,
                self.area,
                self.facts,
                self.engine,
            )
        )

    def of_rule(self, rule: str) -> FindingChange | None:
        return next((change for change in self.findings if change.rule == rule), None)

    def reversed(self) -> CheckChanges:
        return CheckChanges(
            verdict=self.verdict and self.verdict.reversed(),
            findings=tuple(change.reversed() for change in self.findings),
            layers=tuple(change.reversed() for change in self.layers),
            rulebook=self.rulebook and self.rulebook.reversed(),
            rules_added=self.rules_removed,
            rules_removed=self.rules_added,
            boundary=self.boundary and self.boundary.reversed(),
            area=self.area and self.area.reversed(),
            facts=tuple(change.reversed() for change in self.facts),
            engine=tuple(change.reversed() for change in self.engine),
        )


def compare(before: Document, after: Document) -> CheckChanges:
    """Hold two checks of one site against each other."""
    answers = _answers(before), _answers(after)
    exact = before["versions"] == after["versions"]
    boundary = _value("boundary", before["boundary"]["sha256"], after["boundary"]["sha256"])
    areas = before["site"]["area_m2"], after["site"]["area_m2"]
    asked = answers[0].keys(), answers[1].keys()
    return CheckChanges(
        verdict=_value("verdict", before["verdict"], after["verdict"]),
        findings=tuple(_finding_changes(*answers, exact=exact)),
        layers=_values(*(_versions(document) for document in (before, after))),
        rulebook=_rulebook(before["rulebook"], after["rulebook"]),
        rules_added=tuple(sorted(asked[1] - asked[0])),
        rules_removed=tuple(sorted(asked[0] - asked[1])),
        boundary=boundary,
        area=None if boundary is None or _same(*areas, STEP) else ValueChange("area_m2", *areas),
        facts=_values(before["facts"], after["facts"]),
        engine=_values(before["versions"], after["versions"]),
    )


def rules_to_answer(document: Document) -> tuple[str, ...]:
    """Which rules are not clear: those found hit or suspect, then those not checked, each in the document's order."""
    return tuple(item["rule"] for item in (*document["findings"], *document["not_checked"]))


def _answers(document: Document) -> dict[str, dict[str, Any]]:
    """Each rule's answer: the finding, the reason why it was not checked, or that it is clear."""
    clear: dict[str, dict[str, Any]] = {rule: {"outcome": Outcome.CLEAR} for rule in document["clear"]}
    found = {item["rule"]: item for item in document["findings"]}
    open_ = {item["rule"]: {**item, "outcome": Outcome.NOT_CHECKED} for item in document["not_checked"]}
    return {**clear, **found, **open_}


def _finding_changes(
    before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]], *, exact: bool
) -> Iterable[FindingChange]:
    for rule in sorted(before.keys() | after.keys()):
        one, other = before.get(rule), after.get(rule)
        standings = _standing(one), _standing(other)
        kind = _kind(*standings)
        if (
            kind is None
            and one is not None
            and other is not None
            and not _same_answer(one, other, exact=exact)
        ):
            kind = Kind.ALTERED
        if kind is not None:
            layer = (other or {}).get("layer") or (one or {}).get("layer", "")
            yield FindingChange(rule, layer, kind, *standings)


def _standing(answer: Mapping[str, Any] | None) -> Standing | None:
    if answer is None:
        return None
    outcome = Outcome(answer["outcome"])
    if outcome not in (Outcome.HIT, Outcome.SUSPECT):
        return Standing(outcome)
    return Standing(
        outcome=outcome,
        severity=answer["severity"],
        # Of a suspect the tolerance has taken all area; what was found is the raw one.
        area_m2=answer["area_m2" if outcome is Outcome.HIT else "raw_area_m2"],
        length_m=answer["length_m"],
        share=answer["share"],
        count=answer["count"],
    )


def _kind(before: Standing | None, after: Standing | None) -> Kind | None:
    was, is_ = _answered(before), _answered(after)
    if not (was or is_):
        return None
    if was is None or is_ is None:
        return Kind.NEW if was is None else Kind.GONE
    if (was.outcome, was.severity) != (is_.outcome, is_.severity):
        return Kind.TURNED
    for one, other in ((was.area_m2, is_.area_m2), (was.length_m, is_.length_m)):
        if not _same(one, other, STEP):
            return Kind.GROWN if other > one else Kind.SHRUNK
    return None


def _answered(standing: Standing | None) -> Standing | None:
    """What someone has to look at; a clear rule and one that was not asked are nothing of that kind."""
    return None if standing is None or standing.outcome is Outcome.CLEAR else standing


def _same_answer(one: Mapping[str, Any], other: Mapping[str, Any], *, exact: bool) -> bool:
    """Whether two answers of the same size say the same; ``exact`` where the same libraries computed them."""
    if one.keys() != other.keys():
        return False
    for name, value in one.items():
        if name == "geometry":
            if not _same_shape(value, other[name], exact=exact):
                return False
        elif name == "share":
            # Of an area the share says nothing new; what has none is told by its share.
            if not (one["raw_area_m2"] or other["raw_area_m2"] or _same(value, other[name], SHARE_STEP)):
                return False
        elif name == "classes":
            if not _same_classes(value, other[name]):
                return False
        elif isinstance(value, float):
            if not _same(value, other[name], STEP):
                return False
        elif value != other[name]:
            return False
    return True


def _same_classes(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> bool:
    if len(one) != len(other):
        return False
    return all(
        (a["system"], a["code"], a["name"]) == (b["system"], b["code"], b["name"])
        and _same(a["area_m2"], b["area_m2"], STEP)
        for a, b in zip(one, other, strict=True)
    )


def _same_shape(one: dict[str, Any] | None, other: dict[str, Any] | None, *, exact: bool) -> bool:
    if one == other:
        return True
    if exact or one is None or other is None:
        return False
    shapes = shapely.geometry.shape(one), shapely.geometry.shape(other)
    return bool(shapely.hausdorff_distance(*shapes) <= SHAPE_TOLERANCE_DEG)


def _same(one: float, other: float, step: float) -> bool:
    return math.isclose(one, other, rel_tol=AREA_TOLERANCE, abs_tol=step)


def _area(standing: Standing | None) -> float:
    return 0.0 if standing is None else standing.area_m2


def _versions(document: Document) -> dict[str, Any]:
    """Numbers of the versions read; one whose content is another's has another number too."""
    return {code: entry["version"] for code, entry in document["manifest"].items()}


def _rulebook(before: Mapping[str, Any], after: Mapping[str, Any]) -> ValueChange | None:
    if before["sha256"] == after["sha256"]:
        return None
    return ValueChange("rulebook", *(f"{book['code']} {book['version']}" for book in (before, after)))


def _value(name: str, before: Any, after: Any) -> ValueChange | None:
    return None if before == after else ValueChange(name, before, after)


def _values(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[ValueChange, ...]:
    names = sorted(before.keys() | after.keys())
    found = (_value(name, before.get(name), after.get(name)) for name in names)
    return tuple(change for change in found if change is not None)
