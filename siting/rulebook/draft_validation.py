"""Whether a draft can run on the layers that there are, and says what a new rulebook must."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from siting.engine.attributes import Comparison
from siting.engine.notices import Notice
from siting.engine.rules import Relation
from siting.engine.verdict import Severity
from siting.rulebook.catalogue import Catalogue, CataloguedLayer
from siting.rulebook.shapes import shapes
from siting.rulebook.validation import check

_NO_RULES: tuple[Mapping[str, Any], ...] = ()


def check_draft(
    data: Mapping[str, Any], catalogue: Catalogue, *, kept: Collection[Mapping[str, Any]] = _NO_RULES
) -> list[Notice]:
    """Check a draft against the layers, their classes and their attributes, besides `validation.check`.

    Parameters
    ----------
    data
        The draft's content.
    catalogue
        The layers that a rule may be about.
    kept
        Rules that stand in the draft already, word for word: about a layer that isn't in the catalogue they may stay.
        So somebody who may not know of a layer can edit the other rules, and not this one.

    Returns
    -------
    list of Notice
        One per fault, ``field`` is its place.
    """
    if shapes(data):
        return check(data)
    found = check(data)
    for index, rule in enumerate(data.get("rule") or ()):
        if not rule.get("layer"):
            continue
        layer = catalogue.get(rule["layer"])
        if layer is None:
            if rule not in kept:
                found.append(
                    _fault(
                        index, "layer", "rule-layer-unknown", "第 %(number)s 条规则的图层“%(layer)s”不在图层目录中",
                        layer=rule["layer"],
                    )
                )  # fmt: skip
            continue
        found += _on_layer(index, rule, layer)
        found += _approvals(index, rule)
    return found


def check_dates(data: Mapping[str, Any], today: dt.date) -> list[Notice]:
    """Refuse a rulebook that would begin in the past: what was checked on those days was checked by other rules."""
    if str(data.get("valid_from", "")) >= today.isoformat():
        return []
    return [
        Notice(
            "rulebook-begins-in-the-past",
            "规则库的生效日期 %(day)s 已过：发布后不得改变过去日期所适用的规则",
            {"day": data.get("valid_from", "")},
            field="valid_from",
        )
    ]


def _fault(index: int, entry: str, code: str, template: str, **params: Any) -> Notice:
    return Notice(code, template, {"number": index + 1, **params}, field=f"rule[{index}].{entry}")


def _on_layer(index: int, rule: Mapping[str, Any], layer: CataloguedLayer) -> list[Notice]:
    relation = rule.get("relation")
    if relation not in set(Relation):
        return []
    if Relation(relation).asks_raster != (layer.kind == "raster"):
        return [
            _fault(
                index,
                "relation",
                "rule-relation-kind",
                "第 %(number)s 条规则：栅格图层只能用栅格关系，矢量图层不能用栅格关系（图层“%(layer)s”）",
                layer=layer.name,
            )
        ]
    found = []
    prefixes = [("classes", code) for code in _texts(rule.get("classes"))]
    distances = rule.get("distances_m")
    if isinstance(distances, Mapping):
        prefixes += [(f"distances_m.{code}", str(code)) for code in distances if code]
    uses_classes = bool(prefixes) or relation == Relation.COMPATIBLE_USE
    if uses_classes and not layer.class_system and not layer.class_names:
        entry = prefixes[0][0] if prefixes else "relation"
        found.append(
            _fault(
                index,
                entry,
                "rule-layer-without-classes",
                "第 %(number)s 条规则按类别判断，而图层“%(layer)s”没有类别字段",
                layer=layer.name,
            )
        )
    elif layer.class_names:
        found += [
            _fault(
                index,
                entry,
                "rule-class-unknown",
                "第 %(number)s 条规则：图层“%(layer)s”没有以“%(class)s”开头的类别",
                layer=layer.name,
                **{"class": prefix},
            )
            for entry, prefix in prefixes
            if not any(code.startswith(prefix) for code in layer.class_names)
        ]
    return found + _attributes(index, rule, layer)


def _texts(values: object) -> list[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, list | tuple) else []


def _attributes(index: int, rule: Mapping[str, Any], layer: CataloguedLayer) -> list[Notice]:
    kinds = {field.name: field.kind for field in layer.attributes}
    found = []
    for position, clause in enumerate(rule.get("where") or ()):
        name = clause.get("field") if isinstance(clause, Mapping) else None
        if not name:
            continue
        entry = f"where[{position}].field"
        if not layer.published:
            found.append(
                _fault(
                    index, entry, "rule-layer-unpublished",
                    "第 %(number)s 条规则：图层“%(layer)s”还没有已发布的版本，无法核对属性字段", layer=layer.name,
                )
            )  # fmt: skip
        elif name not in kinds:
            found.append(
                _fault(
                    index, entry, "rule-field-unknown",
                    "第 %(number)s 条规则：图层“%(layer)s”没有属性字段“%(field)s”", layer=layer.name, field=name,
                )
            )  # fmt: skip
        elif (
            clause.get("op") in set(Comparison)
            and Comparison(clause["op"]).is_numeric
            and kinds[name] == "boolean"
        ):
            found.append(
                _fault(
                    index, f"where[{position}].op", "rule-field-no-number",
                    "第 %(number)s 条规则：字段“%(field)s”不是数，不能比较大小", field=name,
                )
            )  # fmt: skip
    return found


def _approvals(index: int, rule: Mapping[str, Any]) -> list[Notice]:
    """A clause that turns prohibited into something less names the approval that the project needs."""
    if rule.get("severity") != Severity.PROHIBITED:
        return []
    return [
        _fault(
            index,
            f"clauses[{position}].approval",
            "rule-approval-missing",
            "第 %(number)s 条规则的豁免条款降低了“禁止”，须写明所需的批准",
        )
        for position, clause in enumerate(rule.get("clauses") or ())
        if isinstance(clause, Mapping)
        and clause.get("severity") in {Severity.RESTRICTED, Severity.CONDITIONAL, Severity.INFORMATIVE}
        and not str(clause.get("approval") or "").strip()
    ]
