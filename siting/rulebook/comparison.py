"""What one rulebook says otherwise than another, rule by rule and field by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from siting.engine.rules import RuleSpec
from siting.rulebook.selection import PinnedRulebook


@dataclass(frozen=True)
class RuleChanges:
    """Codes of rules that one rulebook has beside another, in its own order.

    ``changed`` are all that say anything else; those of them that are only ``reworded`` (name, basis, dates, advice,
    the approval to be named) give no site another outcome. A fact that is asked otherwise changes every rule that it
    concerns.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    reworded: tuple[str, ...] = ()

    @property
    def answering(self) -> tuple[str, ...]:
        """All that may change an outcome."""
        worded = set(self.reworded)
        return (*self.added, *self.removed, *(code for code in self.changed if code not in worded))

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def changes(old: PinnedRulebook, new: PinnedRulebook) -> RuleChanges:
    """Compare two rulebooks, each with the rules in force on its own day."""
    before = {rule.code: rule for rule in old.rules}
    after = {rule.code: rule for rule in new.rules}
    asked_otherwise = _facts_that_differ(old.facts, new.facts)
    both = [code for code in after if code in before]
    concerned = {
        code for code in both if asked_otherwise.intersection((*after[code].facts, *before[code].facts))
    }
    changed = tuple(
        code for code in both if code in concerned or after[code].to_json() != before[code].to_json()
    )
    return RuleChanges(
        added=tuple(code for code in after if code not in before),
        removed=tuple(code for code in before if code not in after),
        changed=changed,
        reworded=tuple(
            code for code in changed if code not in concerned and after[code].answers_like(before[code])
        ),
    )


def _facts_that_differ(old: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]) -> set[str]:
    """Facts that only one asks for, or to which the answers are others."""
    before, after = (
        {fact["name"]: [choice[0] for choice in fact.get("choices", ())] for fact in facts}
        for facts in (old, new)
    )
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


@dataclass(frozen=True)
class FieldChange:
    """One entry of a rule that says something else; None where it says nothing."""

    field: str
    before: Any
    after: Any


def fields_changed(before: RuleSpec | None, after: RuleSpec | None) -> tuple[FieldChange, ...]:
    """Compare a rule entry by entry, in the order of a rule's entries; None: there is no such rule."""
    old = {} if before is None else before.to_json()
    new = {} if after is None else after.to_json()
    order = list(RuleSpec.__dataclass_fields__)
    return tuple(
        FieldChange(name, old.get(name), new.get(name))
        for name in sorted({*old, *new}, key=order.index)
        if old.get(name) != new.get(name)
    )
