"""What changed between two checks of a site, as people read it: rules, layers and facts by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from gis_projects.sites import presenting
from gis_projects.sites.reviewing.reading import Reading
from siting import rulebook, wording
from siting.check_changes import CheckChanges, FindingChange, Kind, Standing
from siting.engine.verdict import Severity, Verdict


def kind_words() -> dict[Kind, str]:
    return {
        Kind.NEW: gettext("新增"),
        Kind.GONE: gettext("已消除"),
        Kind.GROWN: gettext("扩大"),
        Kind.SHRUNK: gettext("缩小"),
        Kind.TURNED: gettext("结果改变"),
        Kind.ALTERED: gettext("内容有变"),
    }


def changes_data(before: Reading, after: Reading, changes: CheckChanges) -> dict[str, Any]:
    """What changed between two checks, with the names of rules, layers and facts."""
    known = {**before.rules, **after.rules}
    layers = presenting.layers_of(
        {change.name for change in changes.layers} | {change.layer for change in changes.findings}
    )
    facts = {**before.facts, **after.facts}
    hidden = before.hidden | after.hidden

    def rule_name(rule: str) -> str:
        return str(known.get(rule, {}).get("name", rule))

    return {
        "any": bool(changes),
        "verdict": changes.verdict
        and [
            str(wording.VERDICTS[Verdict(value)]) for value in (changes.verdict.before, changes.verdict.after)
        ],
        "findings": [
            {
                "rule": change.rule,
                "name": rule_name(change.rule),
                **change_data(change),
                "before": _standing_words(change.before),
                "after": _standing_words(change.after),
            }
            for change in changes.findings
        ],
        "layers": [
            {
                "code": change.name,
                "name": gettext(layers[change.name].name) if change.name in layers else change.name,
                "before": change.before,
                "after": change.after,
            }
            for change in changes.layers
            if change.name not in hidden
        ],
        "rulebook": changes.rulebook and [changes.rulebook.before, changes.rulebook.after],
        "rules_changed": [
            rule_name(rule) for rule in rulebook.changes(before.rulebook, after.rulebook).changed
        ]
        if changes.rulebook
        else [],
        "rules_added": [rule_name(rule) for rule in changes.rules_added],
        "rules_removed": [rule_name(rule) for rule in changes.rules_removed],
        "boundary": changes.boundary is not None,
        "area": changes.area and [changes.area.before, changes.area.after],
        "facts": [
            {
                "question": facts.get(change.name, {}).get("question", change.name),
                "before": _answer_word(facts.get(change.name), change.before),
                "after": _answer_word(facts.get(change.name), change.after),
            }
            for change in changes.facts
        ],
        "engine": [change.name for change in changes.engine],
    }


def change_data(change: FindingChange) -> dict[str, Any]:
    return {"kind": str(change.kind), "label": kind_words()[change.kind], "grown_m2": change.grown_m2}


def _standing_words(standing_: Standing | None) -> dict[str, Any] | None:
    if standing_ is None:
        return None
    return {
        "outcome": str(standing_.outcome),
        "label": str(wording.OUTCOMES[standing_.outcome]),
        "severity": standing_.severity,
        "severity_label": str(wording.SEVERITIES[Severity(standing_.severity)]) if standing_.severity else "",
        "area_m2": standing_.area_m2,
    }


def _answer_word(fact: Mapping[str, Any] | None, value: str | None) -> str:
    if not value:
        return gettext("未回答")
    choices = {choice["value"]: choice["label"] for choice in (fact or {}).get("choices", [])}
    return str(choices.get(value, value))
