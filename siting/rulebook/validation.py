"""Whether a rulebook can run: every fault with its place, before anybody relies on it.

A place is a path into the file, counted from 0: ``rule[3].where[0].field``. The sentences count rules from 1, as people
do. This knows the file alone; `siting.rulebook.draft_validation` holds it against the layers too.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from typing import Any

from siting.engine.attributes import Comparison, number
from siting.engine.notices import Notice
from siting.engine.rules import Relation, RuleSpec
from siting.engine.specification import FARTHEST_M
from siting.engine.verdict import Severity
from siting.rulebook.shapes import Faults, OfRule, shapes

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_LENGTHS = {"code": 40, "name": 120}  # as `siting.models.RuleBook` stores them
_HEAD = {"code", "version", "name", "valid_from", "valid_to", "fact", "rule"}
_FACT = {"name", "question", "choices"}
_NEEDED = ("code", "name", "layer", "relation", "severity", "basis", "authority")
_STATUSES = {"verified", "to-confirm"}

#: Which relation a setting belongs to; what isn't here goes with every one.
SETTINGS: Mapping[str, frozenset[Relation]] = {
    "distances_m": frozenset({Relation.WITHIN_DISTANCE}),
    "share": frozenset({Relation.SHARE_AT_MOST, Relation.SHARE_AT_LEAST}),
    "nearest_at_least_m": frozenset({Relation.NEAREST_DISTANCE}),
    "nearest_at_most_m": frozenset({Relation.NEAREST_DISTANCE}),
    "count_at_least": frozenset({Relation.COUNT}),
    "count_at_most": frozenset({Relation.COUNT}),
    "within_m": frozenset({Relation.COUNT}),
    "raster_threshold": frozenset({Relation.RASTER_SHARE, Relation.RASTER_MEAN}),
    "raster_min_share": frozenset({Relation.RASTER_SHARE}),
    "crosswalk": frozenset({Relation.COMPATIBLE_USE}),
    "use_fact": frozenset({Relation.COMPATIBLE_USE}),
    "classes": frozenset(Relation) - {Relation.RASTER_SHARE, Relation.RASTER_MEAN},
    "class_required": frozenset(Relation) - {Relation.RASTER_SHARE, Relation.RASTER_MEAN},
    "where": frozenset(Relation) - {Relation.RASTER_SHARE, Relation.RASTER_MEAN},
}


def check(data: Mapping[str, Any]) -> list[Notice]:
    """Check a rulebook's content by itself: what is missing, unknown, impossible or contradicts itself.

    Returns
    -------
    list of Notice
        One per fault, ``field`` is its place; none if the content can be published.
    """
    if misshapen := shapes(data):
        return misshapen
    found = Faults()
    _head(data, found)
    facts = _facts(data, found)
    rules = data.get("rule")
    if not isinstance(rules, list) or not rules:
        found.add("rule", "rulebook-without-rules", "规则库没有规则")
        return found.notices
    seen: dict[str, int] = {}
    for index, rule in enumerate(rules):
        of_rule = OfRule(found, index)
        _rule(rule, facts, of_rule)
        code = rule.get("code", "")
        if code in seen:
            of_rule.say(
                "code",
                "rule-code-twice",
                "第 %(number)s 条规则的代码“%(value)s”与第 %(other)s 条重复",
                value=code,
                other=seen[code],
            )
        elif code:
            seen[code] = index + 1
    return found.notices


def _day(value: object) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        return None


def _dates(data: Mapping[str, Any], say: Callable[[str], None]) -> None:
    """``valid_from`` and ``valid_to``, where they are given."""
    begins, ends = data.get("valid_from") or None, data.get("valid_to") or None
    for name, value in (("valid_from", begins), ("valid_to", ends)):
        if value is not None and _day(value) is None:
            say(name)
            return
    if begins and ends and not str(begins) < str(ends):
        say("valid_to")


def _head(data: Mapping[str, Any], found: Faults) -> None:
    for name in ("code", "name", "valid_from"):
        if not data.get(name):
            found.add(name, "rulebook-entry-missing", "规则库缺少“%(key)s”", key=name)
    if data.get("code") and not _CODE.fullmatch(str(data["code"])):
        found.add("code", "rulebook-code", "规则库代码只能用小写字母、数字、下划线和连字符")
    for name, most in _LENGTHS.items():
        if len(str(data.get(name, ""))) > most:
            found.add(name, "text-too-long", "文字不能超过 %(limit)s 个字", limit=most)
    _dates(
        data,
        lambda name: found.add(
            name, "rulebook-dates", "规则库的有效期不是日期（年-月-日），或止期不晚于起期", key=name
        ),
    )
    for name in sorted({*data} - _HEAD):
        found.add(name, "rulebook-entry-unknown", "规则库没有名为“%(key)s”的设置", key=name)


def _facts(data: Mapping[str, Any], found: Faults) -> dict[str, set[str]]:
    """The answers that each fact asked for may have."""
    asked: dict[str, set[str]] = {}
    for index, fact in enumerate(data.get("fact", ())):
        place = f"fact[{index}]"
        if not fact.get("name") or not fact.get("question"):
            found.add(place, "fact-incomplete", "第 %(number)s 个项目事实缺少名称或提问", number=index + 1)
            continue
        name = fact["name"]
        if not _CODE.fullmatch(name):
            found.add(
                f"{place}.name",
                "fact-name",
                "项目事实“%(fact)s”的名称只能用小写字母、数字和下划线",
                fact=name,
            )
        if name in asked:
            found.add(f"{place}.name", "fact-twice", "项目事实“%(fact)s”问了两次", fact=name)
        for entry in sorted({*fact} - _FACT):
            found.add(
                f"{place}.{entry}",
                "fact-entry-unknown",
                "项目事实“%(fact)s”没有名为“%(key)s”的设置",
                fact=name,
                key=entry,
            )
        choices = fact.get("choices") or []
        values = {value for value, label in choices if value and label}
        if len(values) < len(choices):
            found.add(
                f"{place}.choices",
                "fact-choices",
                "项目事实“%(fact)s”的选项须各有值和名称，值不能重复",
                fact=name,
            )
        asked[name] = values or {"yes", "no"}
    return asked


def _rule(rule: Mapping[str, Any], facts: Mapping[str, set[str]], of: OfRule) -> None:
    for name in _NEEDED:
        if not rule.get(name):
            of.say(name, "rule-entry-missing", "第 %(number)s 条规则缺少“%(key)s”", key=name)
    for name in sorted({*rule} - {*RuleSpec.__dataclass_fields__}):
        of.say(name, "rule-entry-unknown", "第 %(number)s 条规则没有名为“%(key)s”的设置", key=name)
    if rule.get("code") and not _CODE.fullmatch(str(rule["code"])):
        of.say("code", "rule-code", "第 %(number)s 条规则的代码只能用小写字母、数字、下划线和连字符")
    if rule.get("severity") and rule["severity"] not in set(Severity):
        of.say("severity", "rule-severity", "第 %(number)s 条规则的管控级别不认识")
    if rule.get("basis_status") and rule["basis_status"] not in _STATUSES:
        of.say("basis_status", "rule-basis-status", "第 %(number)s 条规则的依据状态只能是“已核对”或“待核”")
    for name in ("keep_slivers", "required", "class_required"):
        if name in rule and not isinstance(rule[name], bool):
            of.say(name, "rule-entry-yes-no", "第 %(number)s 条规则的“%(key)s”只能是“是”或“否”", key=name)
    _dates(
        rule,
        lambda name: of.say(
            name, "rule-dates", "第 %(number)s 条规则的有效期不是日期（年-月-日），或止期不晚于起期"
        ),
    )
    for name in ("classes", "consult"):
        if not _are_texts(rule.get(name, [])):
            of.say(name, "rule-entry-list", "第 %(number)s 条规则的“%(key)s”有空项", key=name)
    _limits(rule, of)
    if rule.get("relation") not in set(Relation):
        if rule.get("relation"):
            of.say("relation", "rule-relation", "第 %(number)s 条规则的空间关系不认识")
    else:
        _settings(rule, Relation(rule["relation"]), facts, of)
    _where(rule, of)
    _clauses(rule, facts, of)


def _are_texts(values: object) -> bool:
    return isinstance(values, list | tuple) and all(isinstance(value, str) and value for value in values)


def _is_number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return isfinite(value)
    except OverflowError:  # a whole number that no double holds
        return False


_NOT_NEGATIVE = "第 %(number)s 条规则的“%(key)s”应为不小于 0 的数"
_FROM_0_TO_1 = "第 %(number)s 条规则的“%(key)s”应在 0 到 1 之间"


def _limits(rule: Mapping[str, Any], of: OfRule) -> None:
    for name in ("tolerance_m2", "sliver_width_m", "within_m", "nearest_at_least_m", "nearest_at_most_m"):
        if name in rule and not (_is_number(rule[name]) and rule[name] >= 0):
            of.say(name, "rule-limit", _NOT_NEGATIVE, key=name)
    for name in ("tolerance_share", "share", "raster_min_share"):
        if name in rule and not (_is_number(rule[name]) and 0 <= rule[name] <= 1):
            of.say(name, "rule-share", _FROM_0_TO_1, key=name)
    for name in ("count_at_least", "count_at_most"):
        whole = isinstance(rule.get(name, 0), int) and not isinstance(rule.get(name, 0), bool)
        if name in rule and not (whole and rule[name] >= 0):
            of.say(name, "rule-count", "第 %(number)s 条规则的“%(key)s”应为不小于 0 的整数", key=name)
    if "raster_threshold" in rule and not _is_number(rule["raster_threshold"]):
        of.say("raster_threshold", "rule-threshold", "第 %(number)s 条规则的栅格阈值应为数")
    for name in ("within_m", "nearest_at_least_m", "nearest_at_most_m"):
        if _is_number(rule.get(name)) and rule[name] > FARTHEST_M:
            _too_far(name, of)


def _too_far(entry: str, of: OfRule) -> None:
    of.say(
        entry,
        "rule-too-far",
        "第 %(number)s 条规则的距离超过 %(most)s 米：搜索范围必须有限",
        most=int(FARTHEST_M),
    )


def _settings(rule: Mapping[str, Any], relation: Relation, facts: Mapping[str, set[str]], of: OfRule) -> None:
    """What the relation needs, and what goes with another one only."""
    for name, belongs in SETTINGS.items():
        if name in rule and relation not in belongs and rule[name] not in ([], {}, False):
            of.say(
                name,
                "rule-setting-elsewhere",
                "第 %(number)s 条规则的空间关系不使用“%(key)s”，请删去",
                key=name,
            )
    match relation:
        case Relation.WITHIN_DISTANCE:
            _distances(rule.get("distances_m"), of)
        case Relation.COMPATIBLE_USE:
            _crosswalk(rule, facts, of)
        case Relation.SHARE_AT_MOST | Relation.SHARE_AT_LEAST:
            useless = 1 if relation is Relation.SHARE_AT_MOST else 0
            if "share" not in rule:
                of.say("share", "rule-share-missing", "第 %(number)s 条规则没有给出面积比例")
            elif rule["share"] == useless:
                of.say("share", "rule-never-hit", "第 %(number)s 条规则的面积比例使它永远不会触发")
        case Relation.NEAREST_DISTANCE:
            _bounds(rule, "nearest_at_least_m", "nearest_at_most_m", of)
        case Relation.COUNT:
            _bounds(rule, "count_at_least", "count_at_most", of)
        case Relation.RASTER_SHARE | Relation.RASTER_MEAN:
            if "raster_threshold" not in rule:
                of.say("raster_threshold", "rule-threshold-missing", "第 %(number)s 条规则没有给出栅格阈值")
        case _:
            pass


def _distances(distances: object, of: OfRule) -> None:
    if not isinstance(distances, Mapping) or not distances:
        of.say("distances_m", "rule-distance-missing", "第 %(number)s 条规则没有给出距离")
        return
    for code, metres in distances.items():
        entry = f"distances_m.{code}"
        if not (_is_number(metres) and metres > 0):
            of.say(entry, "rule-distance", "第 %(number)s 条规则的距离应为大于 0 的数（米）")
        elif metres > FARTHEST_M:
            _too_far(entry, of)


def _bounds(rule: Mapping[str, Any], least: str, most: str, of: OfRule) -> None:
    """A lower and an upper bound of which one must be there, that together leave something."""
    if least not in rule and most not in rule:
        of.say(most, "rule-bound-missing", "第 %(number)s 条规则没有给出下限或上限")
    elif most not in rule and rule[least] == 0:
        of.say(least, "rule-never-hit", "第 %(number)s 条规则的下限使它永远不会触发")
    elif _is_number(rule.get(least)) and _is_number(rule.get(most)) and rule[least] > rule[most]:
        of.say(most, "rule-bounds-crossed", "第 %(number)s 条规则的下限大于上限")


def _crosswalk(rule: Mapping[str, Any], facts: Mapping[str, set[str]], of: OfRule) -> None:
    crosswalk = rule.get("crosswalk")
    if not isinstance(crosswalk, Mapping) or not crosswalk:
        of.say("crosswalk", "rule-crosswalk-missing", "第 %(number)s 条规则没有给出用途对照表")
    else:
        for use, zones in crosswalk.items():
            if not use or not _are_texts(zones):
                of.say(
                    f"crosswalk.{use}",
                    "rule-crosswalk",
                    "第 %(number)s 条规则的对照表中，用途“%(use)s”的分区类别有误",
                    use=use,
                )
    fact = rule.get("use_fact", "intended_use")
    if fact not in facts:
        of.say("use_fact", "rule-fact", "第 %(number)s 条规则引用了未定义的项目事实“%(fact)s”", fact=fact)


def _where(rule: Mapping[str, Any], of: OfRule) -> None:
    for index, clause in enumerate(rule.get("where") or ()):
        entry = f"where[{index}]"
        if not clause.get("field"):
            of.say(f"{entry}.field", "rule-where-field", "第 %(number)s 条规则的属性条件没有选择字段")
            continue
        if clause.get("op") not in set(Comparison):
            of.say(f"{entry}.op", "rule-where-op", "第 %(number)s 条规则的属性条件的比较方式不认识")
            continue
        values = clause.get("values", ())
        texts = [str(value) for value in values]
        if not values or not all(
            isinstance(value, bool) or _is_number(value) or _are_texts([value]) for value in values
        ):
            of.say(f"{entry}.values", "rule-where-values", "第 %(number)s 条规则的属性条件没有给出值")
        elif Comparison(clause["op"]).is_numeric and (len(texts) != 1 or number(texts[0]) is None):
            of.say(
                f"{entry}.values", "rule-where-number", "第 %(number)s 条规则的属性条件比较大小，须给出一个数"
            )


def _clauses(rule: Mapping[str, Any], facts: Mapping[str, set[str]], of: OfRule) -> None:
    for index, clause in enumerate(rule.get("clauses") or ()):
        entry = f"clauses[{index}]"
        fact = clause.get("fact", "")
        if fact not in facts:
            of.say(
                f"{entry}.fact",
                "rule-fact",
                "第 %(number)s 条规则引用了未定义的项目事实“%(fact)s”",
                fact=fact,
            )
            continue
        values = clause.get("values")
        if not values or not _are_texts(values) or not {*values} <= facts[fact]:
            of.say(
                f"{entry}.values",
                "rule-fact-value",
                "第 %(number)s 条规则的豁免条款：项目事实“%(fact)s”没有这样的答案",
                fact=fact,
            )
        if clause.get("severity", None) not in {*Severity, ""}:
            of.say(f"{entry}.severity", "rule-clause-severity", "第 %(number)s 条规则的豁免条款没有给出级别")


def readable(notices: Iterable[Notice]) -> str:
    """Write faults one per line, each with its place, for a terminal or a log."""
    return "\n".join(f"{notice.field}: {notice}" for notice in notices)
