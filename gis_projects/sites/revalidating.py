"""Runs, proofs and coverage in words, in the reader's language."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from gis_projects.sentences import word
from gis_projects.sites.jobs import MORE
from gis_projects.sites.queries.revalidation import STANDINGS, Standing
from siting.engine.verdict import Verdict
from siting.models import Change, How, Proof, RevalidatedSite, Revalidation, RunState
from siting.wording import VERDICTS

CHANGES = {
    Change.FIRST: gettext_noop("首次检查"),
    Change.SAME: gettext_noop("未变"),
    Change.FINDINGS: gettext_noop("结论未变，内容有变"),
    Change.WORSE: gettext_noop("变严"),
    Change.BETTER: gettext_noop("变宽"),
    Change.UNANSWERABLE: gettext_noop("变为无法判定"),
    Change.ANSWERED: gettext_noop("变为可判定"),
    Change.UNKNOWN: gettext_noop("未能检查"),
}
HOWS = {
    How.CHECKED: gettext_noop("重新检查"),
    How.PROVED: gettext_noop("证明未变"),
    How.FAILED: gettext_noop("未能检查"),
}
STATES = {
    RunState.QUEUED: gettext_noop("等待中"),
    RunState.RUNNING: gettext_noop("进行中"),
    RunState.DONE: gettext_noop("已完成"),
    RunState.SUPERSEDED: gettext_noop("已由后一次接替"),
}
_CAUSES = {
    "atlas.publish_layer": gettext_noop("发布图层 %(layer)s"),
    "atlas.withdraw_layer": gettext_noop("撤回图层 %(layer)s"),
    "sites.publish_rulebook": gettext_noop("发布规则库"),
    "sites.save_boundary": gettext_noop("保存边界"),
    "library.state_facts": gettext_noop("修改项目情况"),
    "library.attach_site": gettext_noop("新增选址"),
    "library.revise_project": gettext_noop("修改项目状态"),
    "first": gettext_noop("首次建立现行结果"),
    "day": gettext_noop("规则按日期生效或失效，或规则库更新"),
    "unfinished": gettext_noop("上一次未完成"),
}
_HIDDEN = gettext_noop("（涉密图层）")


def causes(run: Revalidation, readable: Collection[str]) -> str:
    """Why a run was done; a layer that the reader may not know of isn't named."""
    said: dict[str, int] = {}
    more = sum(cause["count"] for cause in run.causes if cause["verb"] == MORE)
    for cause in run.causes:
        if cause["verb"] == MORE:
            continue
        text = gettext(_CAUSES.get(cause["verb"], cause["verb"]))
        if "%(layer)s" in text:
            text %= {"layer": _layer(cause["subject"].rpartition(":")[2], readable)}
        said[text] = said.get(text, 0) + 1
    if not said:
        return gettext("全部重新检查") if run.everything else gettext("人工发起")
    parts = [text if number == 1 else f"{text} ×{number}" for text, number in said.items()]
    if more:
        parts.append(gettext("另有 %(count)s 项") % {"count": more})
    return gettext("；").join(parts)


def _layer(named: str, readable: Collection[str]) -> str:
    """``DLTB@3`` as a reader may see it."""
    return named.replace("@", " v") if named.partition("@")[0] in readable else gettext(_HIDDEN)


def statements(proof: Proof, readable: Collection[str]) -> list[str]:
    """What a proof rests on, one sentence per statement."""
    return [
        _rules(item) if item["kind"] == "rules" else _of_layer(item, item["layer"] in readable)
        for item in proof.statements
    ]


def _of_layer(item: Mapping[str, Any], readable: bool) -> str:
    if not readable:
        return gettext("一个涉密图层有更新；其内容不予显示。这些选址都不在变化所及的范围内。")
    place = {
        "layer": item["layer"],
        "before": "—" if item["from"] is None else item["from"]["version"],
        "after": item["to"]["version"],
        "reach": f"{item['reach_m']:.12g}",
    }
    if item["from"] is None:
        return (
            gettext("%(layer)s 首次发布（第 %(after)s 版）：这些选址没有哪条规则因缺少该图层而未检查。")
            % place
        )
    if "features" in item:
        place |= {"count": item["features"], "digest": item["difference"][:12]}
        text = (
            gettext(
                "%(layer)s 第 %(before)s 版 → 第 %(after)s 版：共 %(count)s 个要素不同（差异哈希 %(digest)s…），"
                "边界外 %(reach)s 米范围内一个也没有。"
            )
            if item["reach_m"]
            else gettext(
                "%(layer)s 第 %(before)s 版 → 第 %(after)s 版：共 %(count)s 个要素不同（差异哈希 %(digest)s…），"
                "选址范围内一个也没有。"
            )
        )
    else:
        place |= {"count": item["cells"]}
        text = gettext(
            "%(layer)s 第 %(before)s 版 → 第 %(after)s 版：共 %(count)s 个像元块不同，选址所在窗口内一个也没有。"
        )
    covered = {
        "same": gettext("覆盖范围未变。"),
        "apart": gettext("覆盖范围有变，变化处不在这些选址所及的范围内。"),
    }
    return text % place + covered[item["coverage"]]


def _rules(item: Mapping[str, Any]) -> str:
    names = ("added", "removed", "changed", "evaluated")
    return gettext(
        "规则库第 %(before)s 版 → 第 %(after)s 版：新增 %(added)s 条，取消 %(removed)s 条，修改 %(changed)s 条；"
        "对这些选址，取消和修改的规则原来均未冲突，新增和修改的 %(evaluated)s 条单独检查也未冲突。"
    ) % {
        "before": item["from"]["version"],
        "after": item["to"]["version"],
        **{name: len(item[name]) for name in names},
    }


def outcome_columns() -> list[str]:
    return [
        gettext("项目代码"), gettext("项目名称"), gettext("地区"), gettext("边界版本"), gettext("方式"),
        gettext("变化"), gettext("以前的结论"), gettext("现在的结论"), gettext("检查编号"), gettext("摘要"),
    ]  # fmt: skip


def outcome_rows(rows: Iterable[RevalidatedSite]) -> Iterator[list[Any]]:
    """What became of sites as an export's rows."""
    for row in rows:
        project = row.site_version.site.project
        yield [
            project.code,
            project.name,
            project.region.name,
            row.site_version.number,
            gettext(HOWS[How(row.how)]),
            gettext(CHANGES[Change(row.change)]),
            _verdict(row.before.verdict if row.before else None),
            _verdict(row.after.verdict if row.after else None),
            row.after_id or "",
            row.after.digest if row.after else "",
        ]


def project_columns() -> list[str]:
    return [
        gettext("项目代码"), gettext("项目名称"), gettext("地区"), gettext("项目状态"), gettext("比对情况"),
        gettext("结论"), gettext("依据"), gettext("检查编号"), gettext("检查时间"), gettext("摘要"),
        gettext("版本清单"),
    ]  # fmt: skip


def project_rows(rows: Iterable[Any], readable: Collection[str]) -> Iterator[list[Any]]:
    """Which projects have an answer as an export's rows; the versions are those that it holds for."""
    for project in rows:
        answer = project.site.answer if project.site and hasattr(project.site, "answer") else None
        standing = Standing(project.standing)
        yield [
            project.code,
            project.name,
            project.region.name,
            project.get_stage_display(),
            word(STANDINGS[standing]),
            _verdict(answer.verdict if answer else None),
            "" if answer is None else gettext("证明未变") if answer.proof_id else gettext("重新检查"),
            answer.evidence_id if answer else "",
            timezone.localtime(answer.evidence.created_at) if answer else "",
            answer.evidence.digest if answer else "",
            " ".join(
                f"{code}@{entry['version']}"
                for code, entry in sorted(answer.footing.manifest.items())
                if code in readable
            )
            if answer
            else "",
        ]


def _verdict(value: str | None) -> str:
    return "" if value is None else str(VERDICTS[Verdict(value)])
