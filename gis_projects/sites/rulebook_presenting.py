"""Rulebooks, drafts and trials as the pages show them, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from gis_projects.sentences import listed, sentence, word
from gis_projects.sites import rule_words
from layers.standards import code_list
from siting import wording
from siting.engine.notices import Notice
from siting.engine.rules import Comparison, Relation, RuleSpec
from siting.engine.verdict import Severity, Verdict
from siting.models import TriedSite
from siting.rulebook.catalogue import Catalogue
from siting.rulebook.comparison import fields_changed
from siting.rulebook.validation import SETTINGS


def rule_rows(content: Mapping[str, Any], catalogue: Catalogue, today: dt.date) -> list[dict[str, Any]]:
    """Every rule of a content in words, in its order, those that aren't in force too."""
    facts = {fact["name"]: fact for fact in content.get("fact", ())}
    return [_rule_row(RuleSpec.from_json(rule), facts, catalogue, today) for rule in content["rule"]]


def _rule_row(
    rule: RuleSpec, facts: rule_words.Facts, catalogue: Catalogue, today: dt.date
) -> dict[str, Any]:
    layer = catalogue.get(rule.layer)
    return {
        "code": rule.code,
        "name": word(rule.name),
        "severity": str(rule.severity),
        "layer": rule.layer,
        "layer_name": word(layer.name) if layer else rule.layer,
        "condition": rule_words.condition(rule, layer),
        "tolerances": rule_words.tolerances(rule),
        "clauses": [rule_words.clause_words(clause, facts) for clause in rule.clauses],
        "crosswalk": [
            (rule_words.answer(rule.use_fact, use, facts), listed(zones))
            for use, zones in rule.crosswalk.items()
        ],
        "basis": f"{word(rule.basis)}{word(rule.article) if rule.article else ''}",
        "basis_status": rule.basis_status,
        "status_word": str(rule_words.STATUSES.get(rule.basis_status, "")),
        "valid_from": rule.valid_from,
        "valid_to": rule.valid_to,
        "in_force": (not rule.valid_from or rule.valid_from <= today.isoformat())
        and (not rule.valid_to or today.isoformat() < rule.valid_to),
        "authority": word(rule.authority),
        "consult": [word(department) for department in rule.consult],
        "advice": word(rule.advice),
        "required": rule.required,
        "class_required": rule.class_required,
    }


def comparison(old: Mapping[str, Any], new: Mapping[str, Any], catalogue: Catalogue) -> list[dict[str, Any]]:
    """What one content says otherwise than another, rule by rule and entry by entry, and of its head and facts."""
    found = []
    head = [
        {"entry": label, "before": old.get(name, ""), "after": new.get(name, "")}
        for name, label in (("name", _("名称")), ("valid_from", _("起效日期")), ("valid_to", _("失效日期")))
        if old.get(name, "") != new.get(name, "")
    ]
    if head:
        found.append({"code": "", "name": _("规则库"), "kind": "changed", "entries": head})
    before = {rule["code"]: RuleSpec.from_json(rule) for rule in old["rule"]}
    after = {rule["code"]: RuleSpec.from_json(rule) for rule in new["rule"]}
    facts = {fact["name"]: fact for content in (old, new) for fact in content.get("fact", ())}
    for code in [*after, *(code for code in before if code not in after)]:
        entries = fields_changed(before.get(code), after.get(code))
        if not entries:
            continue
        kind = "added" if code not in before else "removed" if code not in after else "changed"
        rule = after.get(code) or before[code]
        found.append(
            {
                "code": code,
                "name": word(rule.name),
                "kind": kind,
                "condition": rule_words.condition(rule, catalogue.get(rule.layer)),
                "entries": [
                    {
                        "entry": str(rule_words.ENTRIES[change.field]),
                        "before": _said(change.field, change.before, facts),
                        "after": _said(change.field, change.after, facts),
                    }
                    for change in entries
                ]
                if kind == "changed"
                else [],
            }
        )
    old_facts = {fact["name"]: fact for fact in old.get("fact", ())}
    new_facts = {fact["name"]: fact for fact in new.get("fact", ())}
    asked = [
        {
            "entry": word(facts[name]["question"]),
            "before": _fact_said(old_facts.get(name)),
            "after": _fact_said(new_facts.get(name)),
        }
        for name in facts
        if old_facts.get(name) != new_facts.get(name)
    ]
    if asked:
        found.append({"code": "", "name": _("项目事实"), "kind": "changed", "entries": asked})
    return found


def _fact_said(fact: Mapping[str, Any] | None) -> str:
    if fact is None:
        return _("不问")
    return listed(word(label) for _value, label in fact.get("choices") or [["yes", "是"], ["no", "否"]])


def _said(name: str, value: Any, facts: rule_words.Facts) -> str:
    """An entry's value as people read it."""
    if value is None:
        return _("（无）")
    match name:
        case "relation":
            return str(rule_words.RELATIONS[Relation(value)])
        case "severity":
            return str(wording.SEVERITIES[Severity(value)])
        case "basis_status":
            return str(rule_words.STATUSES.get(value, value))
        case "clauses":
            clauses = RuleSpec.from_json({**_BARE, "clauses": value}).clauses
            return "\n".join(rule_words.clause_words(clause, facts) for clause in clauses)
        case "where":
            clauses_ = RuleSpec.from_json({**_BARE, "where": value}).where
            return "\n".join(rule_words.comparison(clause) for clause in clauses_)
        case _:
            pass
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, Mapping):
        return "\n".join(
            f"{key or _('各类')}: {listed(item) if isinstance(item, list) else f'{item:g}'}"
            for key, item in value.items()
        )
    if isinstance(value, list):
        return listed(word(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(word(value))


_BARE = {"code": "-", "name": "-", "layer": "-", "relation": "overlaps", "severity": "I"}


def fault_data(notice: Notice) -> dict[str, Any]:
    """A fault of a draft with its place: the path, the rule's position (from 0) and the entry's name in words."""
    place = notice.field or ""
    rule, _dot, entry = place.partition(".")
    position = int(rule[5:-1]) if rule.startswith("rule[") and rule.endswith("]") else None
    first = entry.split(".")[0].split("[")[0]
    label = rule_words.ENTRIES.get(first) if position is not None else None
    return {
        "code": notice.code,
        "message": sentence(notice),
        "field": place,
        "rule": position,
        "entry": first if position is not None else place,
        "label": str(label) if label else "",
    }


def editor_data(catalogue: Catalogue) -> dict[str, Any]:
    """What the form of a rule chooses from."""
    return {
        "layers": [
            {
                "code": layer.code,
                "name": word(layer.name),
                "kind": layer.kind,
                "theme": word(layer.theme),
                "authority": word(layer.authority),
                "system": word(layer.class_system),
                "classes": [
                    {"code": code, "name": word(name)} for code, name in sorted(layer.class_names.items())
                ],
                "fields": [{"name": field.name, "kind": field.kind} for field in layer.attributes],
            }
            for layer in catalogue.values()
        ],
        "relations": [
            {"value": str(relation), "label": str(label), "raster": relation.asks_raster}
            for relation, label in rule_words.RELATIONS.items()
        ],
        "comparisons": [
            {"value": str(how), "label": str(label), "numeric": Comparison(how).is_numeric}
            for how, label in rule_words.COMPARISONS.items()
        ],
        "severities": [
            {"value": str(severity), "label": str(label)} for severity, label in wording.SEVERITIES.items()
        ],
        "statuses": [{"value": value, "label": str(label)} for value, label in rule_words.STATUSES.items()],
        "settings": {name: sorted(map(str, relations)) for name, relations in SETTINGS.items()},
        "labels": {name: str(label) for name, label in rule_words.ENTRIES.items()},
        "uses": _planning_uses(),
    }


def _planning_uses() -> list[dict[str, str]]:
    """The planning classes, two digits, that an intended use and a zone are said in."""
    known = code_list("planning")
    return (
        []
        if known is None
        else [{"code": code, "name": word(name)} for code, name in known.codes.items() if len(code) == 2]
    )


def tried_columns() -> list[str]:
    """The heads of a trial's list as an export."""
    return [
        _("项目代码"), _("项目名称"), _("地区"), _("边界版本"), _("现行规则下的结论"), _("草案规则下的结论"),
        _("起因规则"), _("结果不同的规则"), _("说明"),
    ]  # fmt: skip


def tried_rows(rows: Iterable[TriedSite], names: Mapping[str, str]) -> Iterator[list[Any]]:
    """A trial's sites as an export's rows."""
    for row in rows:
        project = row.site_version.site.project
        yield [
            project.code,
            project.name,
            project.region.name,
            row.site_version.number,
            verdict_word(row.before),
            verdict_word(row.after),
            listed(names.get(code, code) for code in row.causes),
            _("；").join(
                f"{names.get(rule['code'], rule['code'])}: {rule_words.ended_words(rule['before'])} → "
                f"{rule_words.ended_words(rule['after'])}"
                for rule in row.rules
            ),
            row.problem,
        ]


def change_choices() -> list[tuple[str, str]]:
    """Which sites of a trial can be listed: value and label."""
    return [
        ("changed", _("结论有变")),
        ("worse", _("变严")),
        ("better", _("变宽")),
        ("problem", _("未能试算")),
        ("all", _("全部")),
    ]


def matrix(tally: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    """The verdicts before (rows) and after (columns) with how many sites; only those that occur."""
    shown = [verdict for verdict in Verdict if any(str(verdict) in pair for pair in tally)]
    return {
        "verdicts": shown,
        "rows": [
            (
                before,
                [
                    {"n": tally.get((str(before), str(after)), 0), "same": before is after, "after": after}
                    for after in shown
                ],
            )
            for before in shown
        ],
    }


def verdict_word(verdict: str) -> str:
    """A verdict in words; empty where there is none."""
    return str(wording.VERDICTS[Verdict(verdict)]) if verdict else ""


def rule_names(*contents: Mapping[str, Any]) -> dict[str, str]:
    """Names of rules by code, the last content's first."""
    return {rule["code"]: str(word(rule["name"])) for content in contents for rule in content["rule"]}


def sites_shown(row: TriedSite, names: Mapping[str, str]) -> dict[str, Any]:
    """A tried site for the page."""
    return {
        "row": row,
        "project": row.site_version.site.project,
        "causes": [names.get(code, code) for code in row.causes],
        "rules": [
            {
                "name": names.get(rule["code"], rule["code"]),
                "before": rule_words.ended_words(rule["before"]),
                "after": rule_words.ended_words(rule["after"]),
                "is_cause": rule["code"] in row.causes,
            }
            for rule in row.rules
        ],
    }
