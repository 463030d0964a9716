"""Severity, outcome and verdict: the words of an answer, and how they combine."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """What a hit of a rule means (P, R, C, I in the rulebook)."""

    PROHIBITED = "P"
    RESTRICTED = "R"
    CONDITIONAL = "C"
    INFORMATIVE = "I"


class Outcome(StrEnum):
    """How a rule ended. *Not checked is never clear.*"""

    CLEAR = "clear"
    SUSPECT = "suspect"
    HIT = "hit"
    NOT_CHECKED = "not_checked"


class Verdict(StrEnum):
    CLEAR = "clear"
    CONDITIONAL = "conditional"
    RESTRICTED = "restricted"
    INCOMPLETE = "incomplete"
    PROHIBITED = "prohibited"
