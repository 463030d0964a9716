"""Severity, outcome and verdict: the words of an answer, and how they combine."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Severity(StrEnum):
    """What a hit of a rule means (P, R, C, I in the rulebook)."""

    PROHIBITED = "P"
    RESTRICTED = "R"
    CONDITIONAL = "C"
    INFORMATIVE = "I"

    @property
    def strictness(self) -> int:
        """Order of severities: the stricter, the greater; from 1."""
        return {"P": 4, "R": 3, "C": 2, "I": 1}[self.value]


class Outcome(StrEnum):
    """How a rule ended. *Not checked is never clear.*"""

    CLEAR = "clear"
    SUSPECT = "suspect"
    HIT = "hit"
    NOT_CHECKED = "not_checked"


class Verdict(StrEnum):
    """What the check says as a whole."""

    CLEAR = "clear"
    CONDITIONAL = "conditional"
    RESTRICTED = "restricted"
    INCOMPLETE = "incomplete"
    PROHIBITED = "prohibited"


def decide(results: Iterable[tuple[Severity, Outcome, bool]]) -> Verdict:
    """Combine how the rules ended into one verdict.

    The first that holds: ``prohibited`` if a P rule is hit; ``incomplete`` if a required rule wasn't checked;
    ``restricted`` if an R rule is hit or a P rule is suspect; ``conditional`` if a C rule is hit or an R rule
    is suspect; else ``clear``. Informative rules never move it.

    Parameters
    ----------
    results
        Severity, outcome and whether the rule is required, in any order.
    """
    found = {entry for entry in results if entry[0] is not Severity.INFORMATIVE}
    ended = {(severity, outcome) for severity, outcome, _ in found}
    if (Severity.PROHIBITED, Outcome.HIT) in ended:
        return Verdict.PROHIBITED
    if any(required and outcome is Outcome.NOT_CHECKED for _, outcome, required in found):
        return Verdict.INCOMPLETE
    if ended & {(Severity.RESTRICTED, Outcome.HIT), (Severity.PROHIBITED, Outcome.SUSPECT)}:
        return Verdict.RESTRICTED
    if ended & {(Severity.CONDITIONAL, Outcome.HIT), (Severity.RESTRICTED, Outcome.SUSPECT)}:
        return Verdict.CONDITIONAL
    return Verdict.CLEAR
