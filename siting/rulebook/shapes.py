"""Whether the entries of a rulebook are of the right kind at all: text, list or table; and faults with their places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from siting.engine.notices import Notice

_TEXTS = ("code", "name", "layer", "basis", "article", "authority", "advice", "basis_status", "use_fact")


@dataclass
class Faults:
    """What is wrong with a rulebook, each with its place."""

    notices: list[Notice] = field(default_factory=list)

    def add(self, place: str, code: str, template: str, **params: Any) -> None:
        self.notices.append(Notice(code, template, params, field=place))


@dataclass(frozen=True)
class OfRule:
    """Faults of one rule; ``number`` in the sentences counts from 1."""

    faults: Faults
    index: int

    def say(self, entry: str, code: str, template: str, **params: Any) -> None:
        place = f"rule[{self.index}]" + (f".{entry}" if entry else "")
        self.faults.add(place, code, template, number=self.index + 1, **params)


#: What an entry of a rule is, where it isn't a number or yes or no: a list of tables, a table, a list, or text.
_SHAPES: Mapping[str, type | tuple[type, ...]] = (
    dict.fromkeys(("where", "clauses", "classes", "consult"), list)
    | dict.fromkeys(("distances_m", "crosswalk"), Mapping)
    | dict.fromkeys((*_TEXTS, "relation", "severity", "valid_from", "valid_to"), str)
)


def shapes(data: Mapping[str, Any]) -> list[Notice]:
    """Name what isn't even of the right kind: all else relies on it."""
    found = Faults()
    _shapes(data, found)
    return found.notices


def _shapes(data: Mapping[str, Any], found: Faults) -> None:
    for name in ("code", "name", "valid_from", "valid_to"):
        if not isinstance(data.get(name, ""), str):
            found.add(name, "rulebook-entry-text", "规则库的“%(key)s”应为文字", key=name)
    for group in ("fact", "rule"):
        rows = data.get(group, [])
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            found.add(group, "rulebook-not-a-list", "规则库的“%(key)s”应为一组条目", key=group)
            return
    for index, fact in enumerate(data.get("fact", [])):
        texts = all(isinstance(fact.get(name, ""), str) for name in ("name", "question"))
        choices = fact.get("choices", [])
        if not texts or not isinstance(choices, list) or not all(map(_is_pair, choices)):
            found.add(
                f"fact[{index}]",
                "fact-shape",
                "第 %(number)s 个项目事实的名称、提问或选项格式有误",
                number=index + 1,
            )
    for index, rule in enumerate(data.get("rule", [])):
        of_rule = OfRule(found, index)
        for name, shape in _SHAPES.items():
            if name in rule and not isinstance(rule[name], shape):
                of_rule.say(name, "rule-entry-shape", "第 %(number)s 条规则的“%(key)s”格式有误", key=name)
        for name in ("where", "clauses"):
            rows = rule.get(name)
            for position, row in enumerate(rows if isinstance(rows, list) else ()):
                if not isinstance(row, Mapping) or not _is_clause(row):
                    of_rule.say(
                        f"{name}[{position}]",
                        "rule-entry-shape",
                        "第 %(number)s 条规则的“%(key)s”格式有误",
                        key=name,
                    )


def _is_pair(choice: object) -> bool:
    return isinstance(choice, list | tuple) and len(choice) == 2 and all(isinstance(it, str) for it in choice)


def _is_clause(row: Mapping[str, Any]) -> bool:
    """Whether a clause's values are a list and all else is text."""
    return isinstance(row.get("values", []), list) and all(
        isinstance(value, str) for name, value in row.items() if name != "values"
    )
