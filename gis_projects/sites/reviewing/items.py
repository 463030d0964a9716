"""What a review asks, and how far it has come: pure functions of a check's document and the marks upon it.

Every finding of a check is an item, and so is every rule that it could not answer: *not checked is never clear*. An
item needs a decision unless it only informs. The decision is the last answer among its marks; an opinion or a reply
beside it changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gis_projects.sites.models.reviews import ANSWERS, SETTLING, Decision, Mark, ReviewState
from siting.engine.notices import UnusableInput
from siting.engine.verdict import Outcome, Severity

_ORDER = [Severity.PROHIBITED, Severity.RESTRICTED, Severity.CONDITIONAL, "", Severity.INFORMATIVE]


class Overtaken(UnusableInput):
    """Someone was faster: what this was said of is no longer as it was seen. Nothing was written."""


@dataclass(frozen=True)
class Item:
    """One rule that a check did not find clear. ``severity`` is empty where the rule was not checked; ``data`` is its
    entry in the check's document.
    """

    rule: str
    layer: str
    outcome: Outcome
    severity: str
    data: Mapping[str, Any]

    @property
    def needs_decision(self) -> bool:
        return self.severity != Severity.INFORMATIVE


def items(document: Mapping[str, Any]) -> tuple[Item, ...]:
    """What there is to look at in a check, the gravest first, true conflicts before suspected ones."""
    found = [
        Item(entry["rule"], entry["layer"], Outcome(entry["outcome"]), entry["severity"], entry)
        for entry in document["findings"]
    ]
    open_ = [
        Item(entry["rule"], entry["layer"], Outcome.NOT_CHECKED, "", entry)
        for entry in document["not_checked"]
    ]
    return tuple(
        sorted(found + open_, key=lambda item: (_ORDER.index(item.severity), item.outcome is Outcome.SUSPECT))
    )


def standing(marks: Iterable[Mark]) -> dict[str, Mark]:
    """The answer that stands for each rule: the last one given, of marks in their order."""
    return {mark.rule: mark for mark in marks if mark.rule and mark.decision in ANSWERS}


def undecided(asked: Iterable[Item], answers: Mapping[str, Mark]) -> tuple[str, ...]:
    """The rules that keep a check from being signed: without a decision, or with a change asked for."""
    return tuple(item.rule for item in asked if _keeps_open(item, answers.get(item.rule)))


def _keeps_open(item: Item, mark: Mark | None) -> bool:
    if mark is None or mark.decision == Decision.SEEN:
        return item.needs_decision
    return mark.decision not in SETTLING


def overall_opinion(marks: Sequence[Mark]) -> str:
    """The last opinion of the check as a whole; empty if nobody gave one."""
    words = [mark.text for mark in marks if not mark.rule and mark.decision == Decision.OPINION]
    return words[-1] if words else ""


def state_of(asked: Iterable[Item], marks: Sequence[Mark], *, taken: bool) -> ReviewState:
    """Where an unsigned check stands: the first that holds of

    ``change`` while a change is asked for; ``ready`` once nothing is undecided; ``reviewing`` once someone has taken it
    or a reviewer has said anything; else ``waiting``.
    """
    answers = standing(marks)
    if any(mark.decision == Decision.CHANGE for mark in answers.values()):
        return ReviewState.CHANGE
    if not undecided(asked, answers):
        return ReviewState.READY
    if taken or any(mark.decision not in (Decision.SUBMITTED, Decision.REPLY) for mark in marks):
        return ReviewState.REVIEWING
    return ReviewState.WAITING
