"""What a version's findings mean for its publication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from layers import standards
from layers.models import Layer, Severity
from layers.notices import Notice
from layers.quality.findings import Areas, Counts, Kind
from layers.quality.limits import THRESHOLDS, Thresholds


class Outcome(StrEnum):
    """Whether a version may be published."""

    PASS = "pass"  # noqa: S105  a word, no password
    REASON = "reason"  # only with a named person's reason
    REFUSE = "refuse"


@dataclass(frozen=True)
class Decision:
    """The outcome, and which findings led to it."""

    outcome: Outcome
    because: tuple[Notice, ...]


@dataclass(frozen=True)
class Summary:
    """All findings of a version: counts by kind and severity, areas (m²) by kind, and what they mean."""

    features: int
    counts: Counts
    areas: Areas
    outcome: Outcome
    because: tuple[Notice, ...]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """As kept in `LayerVersion.quality`."""
        return {
            "counts": self.counts,
            "areas": self.areas,
            "outcome": self.outcome.value,
            "because": [
                {"code": notice.code, "template": notice.template, "params": dict(notice.params)}
                for notice in self.because
            ],
            "seconds": round(self.seconds, 3),
        }


def arrangement_of(layer: Layer) -> str:
    """How the layer's features lie by its standard: ``"coverage"``, ``"zones"`` or ``"any"``."""
    standard = standards.get(layer.standard or layer.code)
    return standard.arrangement if standard is not None else "any"


def thresholds_of(layer: Layer) -> Thresholds:
    """What decides about this layer: the usual for its kind, its own before that, kind by kind."""
    own: Thresholds = layer.thresholds
    return {**THRESHOLDS[arrangement_of(layer)], **own}


#: How a threshold is said, by its measure.
_SAID = {
    "count": "“%(kind)s” %(value)d 处，达到 %(limit)d 处，%(effect)s。",
    "errors": "“%(kind)s”的错误 %(value)d 处，达到 %(limit)d 处，%(effect)s。",
    "share": "“%(kind)s”占全部要素的 %(value).2f%%，达到 %(limit).2f%%，%(effect)s。",
    "area_m2": "“%(kind)s”合计 %(value).2f 平方米，达到 %(limit).2f 平方米，%(effect)s。",
    "largest_m2": "“%(kind)s”最大一处 %(value).2f 平方米，达到 %(limit).2f 平方米，%(effect)s。",
}
_EFFECTS = {Outcome.REFUSE: "不能发布", Outcome.REASON: "须由专人说明理由后发布"}
MEASURES = tuple(_SAID)
#: What was left out would read as clear ground: it never passes unsaid.
_ALWAYS: Thresholds = {Kind.REJECTED.value: {"reason": {"count": 1}}}


def decide(summary: Summary, thresholds: Thresholds) -> Decision:
    """Compare a summary with thresholds: {kind: {"reason" | "refuse": {measure: from where on}}}.

    Measures are `count`, `errors`, `share` (of the features, 0 to 1), `area_m2` (the sum) and `largest_m2`. A kind
    without a threshold decides nothing, but rejected features always ask for a reason.
    """
    because: list[tuple[Outcome, Notice]] = []
    for kind in summary.counts:
        effect = _effect(kind, summary, thresholds.get(kind, {})) or _effect(
            kind, summary, _ALWAYS.get(kind, {})
        )
        if effect is not None:
            because.append(effect)
    outcomes = {outcome for outcome, _ in because}
    worst = next((one for one in (Outcome.REFUSE, Outcome.REASON) if one in outcomes), Outcome.PASS)
    because.sort(key=lambda entry: entry[0] is not Outcome.REFUSE)
    return Decision(worst, tuple(notice for _, notice in because))


def _effect(
    kind: str, summary: Summary, levels: Mapping[str, Mapping[str, float]]
) -> tuple[Outcome, Notice] | None:
    measured = _measures(kind, summary)
    for outcome in (Outcome.REFUSE, Outcome.REASON):
        for measure, limit in levels.get(outcome, {}).items():
            value = measured[measure]
            if value >= limit and value > 0:
                shown = 100 if measure == "share" else 1
                label = Kind(kind).label if kind in Kind.values else kind
                params = {
                    "kind": label, "value": value * shown, "limit": limit * shown, "effect": _EFFECTS[outcome],
                }  # fmt: skip
                return outcome, Notice(f"quality-{kind}", _SAID[measure], params)
    return None


def _measures(kind: str, summary: Summary) -> dict[str, float]:
    counts = summary.counts[kind]
    area = summary.areas.get(kind, {})
    number = sum(counts.values())
    return {
        "count": number,
        "errors": counts.get(Severity.ERROR.value, 0),
        "share": number / max(summary.features, 1),
        "area_m2": area.get("total", 0.0),
        "largest_m2": area.get("largest", 0.0),
    }
