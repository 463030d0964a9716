"""Sensitive conditions of a site, each answered by the worst of its rules: not checked is never clear."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

from siting.engine.verdict import Outcome, Severity

_WORST_FIRST = (Outcome.HIT, Outcome.NOT_CHECKED, Outcome.SUSPECT, Outcome.CLEAR)


@dataclass(frozen=True)
class Condition:
    """One condition: its name, how it stands (None: no rule asks about it), and the rules that made it so."""

    name: str
    outcome: Outcome | None
    rules: tuple[str, ...]


@lru_cache(maxsize=1)
def _listed() -> tuple[tuple[str, tuple[str, ...]], ...]:
    data = tomllib.loads(Path(__file__).with_name("sensitive.toml").read_text(encoding="utf-8"))
    return tuple((entry["name"], tuple(entry["rules"])) for entry in data["condition"])


def conditions(document: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Read the conditions off a check's document. A finding that only informs stands in nobody's way."""
    outcomes: dict[str, Outcome] = dict.fromkeys(document["clear"], Outcome.CLEAR)
    outcomes |= {item["rule"]: Outcome.NOT_CHECKED for item in document["not_checked"]}
    outcomes |= {
        finding["rule"]: Outcome.CLEAR
        if finding["severity"] == Severity.INFORMATIVE
        else Outcome(finding["outcome"])
        for finding in document["findings"]
    }
    return tuple(_condition(name, patterns, outcomes) for name, patterns in _listed())


def _condition(name: str, patterns: Iterable[str], outcomes: Mapping[str, Outcome]) -> Condition:
    asked = [code for code in outcomes if any(fnmatchcase(code, pattern) for pattern in patterns)]
    if not asked:
        return Condition(name, None, ())
    worst = min((outcomes[code] for code in asked), key=_WORST_FIRST.index)
    return Condition(name, worst, tuple(code for code in asked if outcomes[code] is worst))
