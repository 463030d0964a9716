"""A check as plain text, for a terminal."""

from __future__ import annotations

from typing import Any

from siting.checks import CheckResult
from siting.engine.verdict import Outcome, Severity
from siting.wording import OUTCOMES, SEVERITIES, VERDICTS


def check_in_words(certificate: dict[str, Any], result: CheckResult) -> str:
    """A check as text for a terminal: verdict first, then why, then what was not checked."""
    site = certificate["site"]
    lines = [
        f"结论：{VERDICTS[result.verdict]}({result.verdict})",
        f"面积：{site['area_m2']:.2f} 平方米 = {site['area_mu']:.2f} 亩 = {site['area_ha']:.4f} 公顷"
        f"（椭球面积；平面 {site['planar_area_m2']:.2f} 平方米），{site['plots']} 个地块，{site['crs']}",
    ]
    if site["declared_area_m2"] is not None:
        matches = {
            "ellipsoidal": "与椭球面积一致",
            "planar": "与平面面积一致",
            "both": "与椭球、平面面积均一致",
        }.get(site["declared_matches"], "与计算面积不一致")
        lines.append(f"申报面积：{site['declared_area_m2']:.2f} 平方米，{matches}")
    lines += [f"注意：{notice['text']}" for notice in site["warnings"]]
    if certificate["findings"]:
        lines.append("")
    for finding in certificate["findings"]:
        outcome = OUTCOMES[Outcome(finding["outcome"])]
        lines.append(
            f"[{SEVERITIES[Severity(finding['severity'])]}·{outcome}] {finding['name']}"
            f"({finding['layer']}):{finding['area_m2']:.2f} 平方米，占 {finding['share'] * 100:.2f}%,"
            f"{finding['count']} 处"
        )
        lines.append(f"    依据 {finding['basis']} — {finding['authority']}")
    if result.land:
        lines += ["", "现状地类："]
        lines += [
            f"    {row.code or '—':6}{row.name} [{row.group}] {row.area_m2:.2f} 平方米" for row in result.land
        ]
    if certificate["not_checked"]:
        lines += ["", "未检查（不等于没有冲突）："]
        lines += [f"    {item['rule']}:{item['reason']['text']}" for item in certificate["not_checked"]]
    if result.questions:
        questions = {fact["name"]: fact["question"] for fact in result.rulebook.facts}
        lines += ["", "未提供的事实（按从严处理）："]
        lines += [f"    --fact {name}=… {questions[name]}" for name in result.questions]
    lines += [
        "",
        f"未冲突规则 {len(certificate['clear'])} 条；规则库 {result.rulebook.code} 第 {result.rulebook.version} 版，"
        f"图层 {len(certificate['manifest'])} 个",
        f"摘要 {certificate['digest']}",
    ]
    return "\n".join(lines)
