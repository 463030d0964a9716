"""Who is asked in a case, and why: a pure function of the project, what its check found, and the routing table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gis_projects.argument.routing.reading import BY_FINDING, SECTOR, Item, Table, When

#: Outcomes of a rule that ask somebody. What was not checked is never clear, so it asks too.
ASKING = ("hit", "suspect", "not_checked")


@dataclass(frozen=True)
class ProjectFacts:
    """What routing asks of a project; ``total_yuan`` is None where no total was stated."""

    investment: str
    level: str
    industry: str
    total_yuan: Decimal | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """One rule that a check did not find clear; ``severity`` of one not checked is the strictest that it may have."""

    rule: str
    layer: str
    outcome: str
    severity: str
    area_m2: float = 0.0
    authority: str = ""
    consult: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planned:
    """A department that is asked: its items in the table's order, and the findings that concern it.

    ``unnamed`` are names in the rulebook that stand for nobody the table knows, or for nobody in the administration;
    they are told beside the finding.
    """

    function: str
    items: tuple[str, ...]
    findings: tuple[Found, ...] = ()
    unnamed: tuple[str, ...] = ()

    def reasons(self) -> list[dict[str, Any]]:
        """Why it is asked, as a task keeps it: JSON."""
        return [
            *({"why": "item", "item": code} for code in self.items),
            *(
                {
                    "why": "finding",
                    "rule": found.rule,
                    "layer": found.layer,
                    "outcome": found.outcome,
                    "severity": found.severity,
                    "area_m2": round(found.area_m2, 2),
                }
                for found in self.findings
            ),
            *({"why": "unnamed", "name": name} for name in self.unnamed),
        ]


def plan(table: Table, kind: str, project: ProjectFacts, found: Iterable[Found] = ()) -> tuple[Planned, ...]:
    """Who is asked in a case of this kind, in the table's order, departments named by findings after them."""
    items: dict[str, list[str]] = {}
    for item in table.items:
        if item.kind != kind or item.function == BY_FINDING or not concerns(item.when, project):
            continue
        function = table.sector.get(project.industry, "") if item.function == SECTOR else item.function
        items.setdefault(function, []).append(item.code)
    findings: dict[str, list[Found]] = {}
    unnamed: dict[str, list[str]] = {}
    found = tuple(found)
    by_finding = next(
        (item for item in table.items if item.function == BY_FINDING and item.kind == kind), None
    )
    if by_finding is not None:
        for each in found:
            functions, others = asked_by(table, each)
            for function in functions:
                findings.setdefault(function, []).append(each)
                unnamed.setdefault(function, []).extend(name for name in others)
                if function not in items:
                    items[function] = [by_finding.code]
    for function, codes in items.items():
        # A table of another kind may still want to see what the check found in some layers.
        layers = {layer for code in codes for layer in table.item(code).layers}
        known = findings.setdefault(function, [])
        known += [each for each in found if each.layer in layers and each not in known]
    return tuple(
        Planned(
            function,
            tuple(codes),
            tuple(findings.get(function, ())),
            tuple(dict.fromkeys(unnamed.get(function, ()))),
        )
        for function, codes in items.items()
    )


def concerns(when: When, project: ProjectFacts) -> bool:
    """Whether an item is asked of a project. A total that nobody stated counts as large."""
    return (
        (not when.investment or project.investment in when.investment)
        and (not when.levels or project.level in when.levels)
        and (not when.sources or not set(when.sources).isdisjoint(project.sources))
        and (
            when.at_least_yuan is None
            or project.total_yuan is None
            or project.total_yuan >= when.at_least_yuan
        )
    )


def asked_by(table: Table, found: Found) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The departments that a finding asks, and the names in the rulebook that no department stands for.

    By rule or layer in the table, and by the authority and the departments to consult that the rule names. Where
    none of these is known, the table's fallback is asked: a finding never gets lost.
    """
    if found.outcome not in ASKING or (found.severity and found.severity not in table.severities):
        return (), ()
    functions: list[str] = []
    for rule in table.findings:
        if (rule.rule and rule.rule == found.rule) or (rule.layer and rule.layer == found.layer):
            functions += rule.functions
    unnamed: list[str] = []
    for name in (found.authority, *found.consult):
        known = _functions_of(table, name)
        if known is None:
            unnamed.append(name)
        else:
            functions += known
            if not known and name:
                unnamed.append(name)
    return tuple(dict.fromkeys(functions)) or (table.fallback,), tuple(unnamed)


def _functions_of(table: Table, name: str) -> Sequence[str] | None:
    """The functions that a name in the rulebook stands for; several may be joined by 、. None: unknown."""
    name = name.strip()
    if not name:
        return ()
    if name in table.authorities:
        return table.authorities[name]
    parts = [part for part in name.split("、") if part]
    if len(parts) < 2 or any(part not in table.authorities for part in parts):
        return None
    return [function for part in parts for function in table.authorities[part]]


def found_in(document: Mapping[str, Any], rules: Mapping[str, Any]) -> tuple[Found, ...]:
    """What a check's document found, as routing reads it.

    Parameters
    ----------
    rules
        The rulebook's rules by code (`siting.engine.rules.RuleSpec`): a rule that was not checked has its authority
        there, and not in the document.
    """
    hits = [
        Found(
            rule=entry["rule"],
            layer=entry["layer"],
            outcome=entry["outcome"],
            severity=entry["severity"],
            area_m2=float(entry["area_m2"]) or float(entry["raw_area_m2"]),
            authority=entry["authority"],
            consult=tuple(entry.get("consult", ())),
        )
        for entry in document["findings"]
    ]
    open_ = [
        Found(
            rule=entry["rule"],
            layer=entry["layer"],
            outcome="not_checked",
            severity=str(rules[entry["rule"]].severity) if entry["rule"] in rules else "",
            authority=rules[entry["rule"]].authority if entry["rule"] in rules else "",
            consult=tuple(rules[entry["rule"]].consult) if entry["rule"] in rules else (),
        )
        for entry in document["not_checked"]
    ]
    return tuple(hits + open_)


def touched(before: Planned | None, now: Planned, table: Table, *, boundary_changed: bool) -> bool:
    """Whether a department is asked anew: its items follow the boundary, or what was found for it differs."""
    if before is None:
        return True
    if boundary_changed and any(_follows_boundary(table.item(code)) for code in now.items):
        return True
    return _fingerprint(before) != _fingerprint(now)


def _follows_boundary(item: Item) -> bool:
    return item.follows == "boundary"


def _fingerprint(planned: Planned) -> set[tuple[str, str, str, float]]:
    return {(each.rule, each.outcome, each.severity, round(each.area_m2, 2)) for each in planned.findings}
