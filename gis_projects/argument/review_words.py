"""What the steps of expert reviews, services and campaigns say in words (`trail.words`)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop

from gis_projects.argument import review_workflow as workflow
from gis_projects.argument.models import CampaignKind, Evaluator, Use

WORDS: dict[str, str] = {
    "argument.review_step": gettext_noop("专家评审“%(title)s”办完“%(step)s”"),
    "argument.skip_review_step": gettext_noop("专家评审“%(title)s”跳过“%(step)s”：%(remark)s"),
    "argument.return_review": gettext_noop("退回专家评审“%(title)s”：%(reason)s"),
    "argument.extend_review": gettext_noop("调整专家评审“%(title)s”的期限：%(reason)s"),
    "argument.recuse_expert": gettext_noop("将专家 %(expert)s 列入回避名单：%(reason)s"),
    "argument.fix_candidates": gettext_noop("固定第 %(draw)s 次抽取的候选名单，共 %(candidates)s 人"),
    "argument.draw_experts": gettext_noop("第 %(draw)s 次随机抽取专家，种子 %(seed)s"),
    "argument.accept_seat": gettext_noop("专家 %(expert)s 接受邀请"),
    "argument.decline_seat": gettext_noop("专家 %(expert)s 谢绝邀请：%(reason)s"),
    "argument.withdraw_seat": gettext_noop("撤换专家 %(expert)s：%(reason)s"),
    "argument.replace_seat": gettext_noop("专家 %(expert)s 递补 %(replaced)s"),
    "argument.open_review_file": gettext_noop("打开评审资料“%(name)s”"),
    "argument.state_project": gettext_noop("项目陈述：%(text)s"),
    "argument.ask_question": gettext_noop("评审提问：%(text)s"),
    "argument.answer_question": gettext_noop("答复评审提问：%(text)s"),
    "argument.visit_site": gettext_noop("实地勘查（%(visited_on)s），照片 %(photos)s 张"),
    "argument.submit_scores": gettext_noop("专家 %(expert)s 提交评分"),
    "argument.engage_service": gettext_noop("委托%(name)s提供服务，%(starts_on)s 至 %(ends_on)s"),
    "argument.end_service": gettext_noop("终止委托%(name)s：%(reason)s"),
    "argument.declare_interest": gettext_noop("作利益冲突声明"),
    "argument.deliver": gettext_noop("提交服务成果“%(title)s”"),
    "argument.receive_deliverable": gettext_noop("验收服务成果“%(title)s”"),
    "argument.open_campaign": gettext_noop("建立批次“%(name)s”（%(year)s 年），项目 %(projects)s 个"),
    "argument.assign_reviews": gettext_noop("批量发起专家评审 %(reviews)s 项"),
    "argument.assess_project": gettext_noop("在批次“%(name)s”中评分"),
    "argument.close_campaign": gettext_noop("结束批次“%(name)s”"),
}

FIELDS: dict[str, str] = {
    "approved_yuan": gettext_noop("核定金额"),
    "ends_on": gettext_noop("截止日期"),
    "conclusion": gettext_noop("评审结论"),
    "score": gettext_noop("得分"),
    "use": gettext_noop("结果运用"),
}


def _step_names() -> dict[str, str]:
    return {step.code: step.name for step in workflow.steps()}


VALUES: dict[str, Any] = {
    "step": _step_names(),
    "use": {use.value: use.label for use in Use},
    "evaluator": {each.value: each.label for each in Evaluator},
    "kind": {kind.value: kind.label for kind in CampaignKind},
}

#: Said between the organiser and the experts before anything is decided: not told to the project's own unit.
INSIDE = frozenset(
    {
        "argument.recuse_expert",
        "argument.fix_candidates",
        "argument.draw_experts",
        "argument.accept_seat",
        "argument.decline_seat",
        "argument.withdraw_seat",
        "argument.replace_seat",
        "argument.open_review_file",
        "argument.submit_scores",
    }
)
