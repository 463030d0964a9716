"""A rule in words: what it asks of a site, what it lets pass, and what a project's facts change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gis_projects.sentences import listed, word
from siting import wording
from siting.engine.rules import AttributeClause, Comparison, FactClause, Measure, Relation, RuleSpec
from siting.engine.verdict import Outcome, Severity
from siting.rulebook.catalogue import CataloguedLayer

RELATIONS = {
    Relation.OVERLAPS: gettext_lazy("重叠"),
    Relation.WITHIN_DISTANCE: gettext_lazy("在一定距离内"),
    Relation.INSIDE: gettext_lazy("必须位于其内"),
    Relation.COMPATIBLE_USE: gettext_lazy("用途相符"),
    Relation.SHARE_AT_MOST: gettext_lazy("面积占比不超过"),
    Relation.SHARE_AT_LEAST: gettext_lazy("面积占比不少于"),
    Relation.NEAREST_DISTANCE: gettext_lazy("最近距离"),
    Relation.COUNT: gettext_lazy("数量"),
    Relation.RASTER_SHARE: gettext_lazy("栅格超过阈值的占比"),
    Relation.RASTER_MEAN: gettext_lazy("栅格平均值"),
}
COMPARISONS = {
    Comparison.IS: gettext_lazy("等于"),
    Comparison.IS_NOT: gettext_lazy("不等于"),
    Comparison.STARTS_WITH: gettext_lazy("开头为"),
    Comparison.CONTAINS: gettext_lazy("包含"),
    Comparison.LESS: gettext_lazy("小于"),
    Comparison.AT_MOST: gettext_lazy("不大于"),
    Comparison.MORE: gettext_lazy("大于"),
    Comparison.AT_LEAST: gettext_lazy("不小于"),
}
STATUSES = {"verified": gettext_lazy("已核对"), "to-confirm": gettext_lazy("待核")}

#: What the entries of a rule are called, where they are compared or complained about.
ENTRIES = {
    "code": gettext_lazy("规则代码"),
    "name": gettext_lazy("规则名称"),
    "layer": gettext_lazy("图层"),
    "relation": gettext_lazy("空间关系"),
    "severity": gettext_lazy("管控级别"),
    "classes": gettext_lazy("类别"),
    "class_required": gettext_lazy("要素必须有类别"),
    "where": gettext_lazy("属性条件"),
    "distances_m": gettext_lazy("距离（米）"),
    "share": gettext_lazy("面积比例"),
    "nearest_at_least_m": gettext_lazy("最近距离不小于（米）"),
    "nearest_at_most_m": gettext_lazy("最近距离不大于（米）"),
    "count_at_least": gettext_lazy("数量不少于"),
    "count_at_most": gettext_lazy("数量不多于"),
    "within_m": gettext_lazy("计数范围（米）"),
    "raster_threshold": gettext_lazy("栅格阈值"),
    "raster_min_share": gettext_lazy("栅格占比起算值"),
    "tolerance_m2": gettext_lazy("面积容差（平方米）"),
    "tolerance_share": gettext_lazy("占比容差"),
    "sliver_width_m": gettext_lazy("细碎面宽度（米）"),
    "keep_slivers": gettext_lazy("容差以内列为疑似误差"),
    "required": gettext_lazy("必查"),
    "clauses": gettext_lazy("豁免条款"),
    "crosswalk": gettext_lazy("用途对照表"),
    "use_fact": gettext_lazy("用途所依据的项目事实"),
    "basis": gettext_lazy("法律依据"),
    "article": gettext_lazy("条款"),
    "basis_status": gettext_lazy("依据状态"),
    "valid_from": gettext_lazy("起效日期"),
    "valid_to": gettext_lazy("失效日期"),
    "authority": gettext_lazy("主管部门"),
    "consult": gettext_lazy("征求意见部门"),
    "advice": gettext_lazy("办理建议"),
}

Facts = Mapping[str, Mapping[str, Any]]


def condition(rule: RuleSpec, layer: CataloguedLayer | None) -> str:
    """What makes a site a conflict, in one sentence."""
    what = _what(rule, layer)
    match rule.relation:
        case Relation.OVERLAPS:
            return _("地块与%(what)s有重叠即为冲突。") % {"what": what}
        case Relation.WITHIN_DISTANCE:
            return _("地块位于%(what)s的管控距离以内即为冲突：%(distances)s。") % {
                "what": what,
                "distances": _("；").join(
                    _("%(class)s %(metres)s 米")
                    % {"class": _class(code, layer) if code else _("各类"), "metres": f"{metres:.12g}"}
                    for code, metres in rule.distances_m.items()
                ),
            }
        case Relation.INSIDE:
            return _("地块须全部位于%(what)s之内，超出部分为冲突。") % {"what": what}
        case Relation.COMPATIBLE_USE:
            return _("地块所在%(what)s的用途须与拟建用途相符（见对照表），不相符部分为冲突。") % {
                "what": what
            }
        case Relation.SHARE_AT_MOST:
            return _("地块位于%(what)s的面积不得超过地块的 %(share)s。") % {
                "what": what,
                "share": percent(rule.share or 0.0),
            }
        case Relation.SHARE_AT_LEAST:
            return _("地块至少有 %(share)s 应位于%(what)s之内。") % {
                "what": what,
                "share": percent(rule.share or 0.0),
            }
        case Relation.NEAREST_DISTANCE:
            return _("地块到最近的%(what)s的距离%(bounds)s。") % {
                "what": what,
                "bounds": _bounds(rule.nearest_at_least_m, rule.nearest_at_most_m, _("米")),
            }
        case Relation.COUNT:
            bounds = _bounds(rule.count_at_least, rule.count_at_most, _("个"))
            if rule.within_m:
                return _("地块周边 %(metres)s 米内%(what)s的数量%(bounds)s。") % {
                    "metres": f"{rule.within_m:.12g}",
                    "what": what,
                    "bounds": bounds,
                }
            return _("地块范围内%(what)s的数量%(bounds)s。") % {"what": what, "bounds": bounds}
        case Relation.RASTER_SHARE:
            return _("%(what)s大于 %(threshold)s 的面积占地块的 %(share)s 以上即为冲突。") % {
                "what": what,
                "threshold": f"{rule.raster_threshold:.12g}",
                "share": percent(rule.raster_min_share or 0.0),
            }
        case _:
            return _("%(what)s在地块内的平均值大于 %(threshold)s 即为冲突。") % {
                "what": what,
                "threshold": f"{rule.raster_threshold:.12g}",
            }


def _what(rule: RuleSpec, layer: CataloguedLayer | None) -> str:
    name = _("“%(layer)s”") % {"layer": word(layer.name) if layer else rule.layer}
    parts = []
    if rule.classes:
        parts.append(
            _("类别为%(classes)s") % {"classes": listed(_class(code, layer) for code in rule.classes)}
        )
    parts += [comparison(clause) for clause in rule.where]
    if not parts:
        return name
    return _("%(layer)s（%(parts)s）") % {"layer": name, "parts": _("，且").join(parts)}


def _class(code: str, layer: CataloguedLayer | None) -> str:
    label = layer.class_names.get(code, "") if layer else ""
    return f"{code} {word(label)}".strip()


def comparison(clause: AttributeClause) -> str:
    """An attribute clause in words."""
    return _("%(field)s %(how)s %(values)s") % {
        "field": clause.field,
        "how": str(COMPARISONS[clause.op]),
        "values": listed(clause.values),
    }


def _bounds(least: float | None, most: float | None, unit: str) -> str:
    said = []
    if least is not None:
        said.append(_("不得小于 %(value)s %(unit)s") % {"value": f"{least:.12g}", "unit": unit})
    if most is not None:
        said.append(_("不得大于 %(value)s %(unit)s") % {"value": f"{most:.12g}", "unit": unit})
    return _("，且").join(said)


def percent(share: float) -> str:
    """A share (0 to 1) as people write it."""
    return f"{100 * share:.12g}%"


def tolerances(rule: RuleSpec) -> list[str]:
    """What a rule lets pass, and what it does about it."""
    if rule.relation.asks_raster or rule.relation in (Relation.NEAREST_DISTANCE, Relation.COUNT):
        return []
    said = []
    if rule.tolerance_m2:
        said.append(_("累计面积不超过 %(m2)s 平方米的不计。") % {"m2": f"{rule.tolerance_m2:.12g}"})
    if rule.tolerance_share:
        said.append(_("累计面积不超过地块 %(share)s 的不计。") % {"share": percent(rule.tolerance_share)})
    said.append(_("宽度小于 %(width)s 米的为细碎面。") % {"width": f"{rule.sliver_width_m:.12g}"})
    if rule.keep_slivers:
        said.append(_("细碎面和容差以内的不忽略，列为疑似误差。"))
    return said


def clause_words(clause: FactClause, facts: Facts) -> str:
    """What a fact of the project changes."""
    said = _("“%(question)s”答“%(answers)s”：") % {
        "question": question(clause.fact, facts),
        "answers": listed(answer(clause.fact, value, facts) for value in clause.values),
    }
    if clause.severity is None:
        said += _("本规则不适用。")
    else:
        said += _("管控级别为“%(severity)s”。") % {"severity": str(wording.SEVERITIES[clause.severity])}
    if clause.approval:
        said += _("须取得：%(approval)s。") % {"approval": word(clause.approval)}
    if clause.note:
        said += _("（%(note)s）") % {"note": word(clause.note)}
    return said


def question(name: str, facts: Facts) -> str:
    """A fact's question in the reader's language."""
    return str(word(facts[name]["question"])) if name in facts else name


def answer(name: str, value: str, facts: Facts) -> str:
    """An answer to a fact's question in the reader's language."""
    choices = facts.get(name, {}).get("choices") or [["yes", "是"], ["no", "否"]]
    return str(word(dict(choices).get(value, value)))


def measure_words(measure: Mapping[str, Any]) -> str:
    """The figure that decided a finding, beside what it must hold to; from the check's document."""
    kept = Measure(**measure)

    def said(value: float) -> str:
        match kept.unit:
            case "share":
                return percent(round(value, 6))
            case "m":
                return _("%(metres)s 米") % {"metres": f"{value:.2f}"}
            case "features":
                return _("%(count)s 个") % {"count": f"{value:.12g}"}
            case _:
                return f"{value:.2f}"

    parts = [_("实际 %(value)s") % {"value": _("超出搜索范围") if kept.value is None else said(kept.value)}]
    if kept.at_least is not None:
        parts.append(_("下限 %(limit)s") % {"limit": said(kept.at_least)})
    if kept.at_most is not None:
        parts.append(_("上限 %(limit)s") % {"limit": said(kept.at_most)})
    return _("，").join(parts)


def ended_words(ended: Iterable[Any] | None) -> str:
    """How a rule ended in a trial: outcome and, where it isn't clear, severity."""
    if ended is None:
        return _("无此规则")
    severity, outcome, _required = ended
    said = str(wording.OUTCOMES[Outcome(outcome)])
    if outcome == Outcome.CLEAR:
        return said
    return _("%(outcome)s（%(severity)s）") % {
        "outcome": said,
        "severity": str(wording.SEVERITIES[Severity(severity)]),
    }
