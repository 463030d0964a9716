"""What a project tells the rules of itself: checked against the questions that the rulebook asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siting.engine.notices import Notice, UnusableInput
from siting.engine.specification import answers
from siting.rulebook.selection import PinnedRulebook

_YES_NO = {
    "yes": "yes", "true": "yes", "1": "yes", "是": "yes",
    "no": "no", "false": "no", "0": "no", "否": "no",
}  # fmt: skip


def still_asked(rulebook: PinnedRulebook, stored: Mapping[str, Any]) -> dict[str, str]:
    """Keep of facts stored earlier what this rulebook still asks for; the rest counts as not given.

    A project answered an older rulebook's questions; a newer one may ask others, and that fails no check: an
    unanswered question takes the stricter severity and is named.
    """
    kept: dict[str, str] = {}
    for name, value in stored.items():
        try:
            kept |= given_facts(rulebook, {name: value})
        except UnusableInput:
            continue
    return kept


def given_facts(rulebook: PinnedRulebook, given: Mapping[str, Any]) -> dict[str, str]:
    """Normalise the given facts; an empty value is a fact that nobody gave.

    A fact without choices is a yes-or-no question and takes 是/否, yes/no, true/false. A code fact takes a choice
    or anything more exact below it (0701 where 07 is a choice).

    Raises
    ------
    UnusableInput
        A fact that no rule asks for, or a value that it can't have; ``field`` names it.
    """
    questions = {question["name"]: question for question in rulebook.facts}
    facts: dict[str, str] = {}
    problems: list[Notice] = []
    for name, raw in given.items():
        value = (
            {True: "yes", False: "no", None: ""}.get(raw)
            if isinstance(raw, bool | None)
            else str(raw).strip()
        )
        if not value:
            continue
        if name not in questions:
            problems.append(
                Notice(
                    "fact-unknown",
                    "没有名为“%(name)s”的事实；可用的有：%(known)s",
                    {"name": name, "known": sorted(questions)},
                    field=name,
                )
            )
            continue
        choices = [choice for choice, _ in questions[name].get("choices", [])]
        accepted = _YES_NO.get(value.lower()) if not choices else value
        if accepted is None or (choices and not any(answers(accepted, choice) for choice in choices)):
            problems.append(
                Notice(
                    "fact-value",
                    "“%(name)s”不能是“%(value)s”；可选：%(choices)s",
                    {"name": name, "value": value, "choices": list(choices or ["yes", "no"])},
                    field=name,
                )
            )
            continue
        facts[name] = accepted
    if problems:
        raise UnusableInput(*problems)
    return dict(sorted(facts.items()))
