"""The steps of cases, opinions, quotas, consultations, checklists and blockers, in words."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from gis_projects.argument.models import (
    CaseKind,
    CaseState,
    Decision,
    Link,
    OpinionState,
    QuotaKind,
    Verdict,
)
from gis_projects.library.models import Outcome

WORDS: dict[str, str] = {
    "argument.publish_routing": gettext_noop("发布论证分派表第 %(version)s 版：%(reason)s"),
    "argument.open_case": gettext_noop("发起%(kind)s，同时征求 %(departments)s 意见，办理期限 %(due_on)s"),
    "argument.reconfirm_case": gettext_noop(
        "%(kind)s第 %(round)s 轮：重新征求 %(departments)s 意见（%(reason)s）"
    ),
    "argument.pause_case": gettext_noop("%(kind)s暂停计时：%(reason)s"),
    "argument.resume_case": gettext_noop("%(kind)s恢复计时：%(reason)s"),
    "argument.conclude_case": gettext_noop("%(kind)s办结：%(outcome)s。%(conclusion)s"),
    "argument.withdraw_case": gettext_noop("撤回%(kind)s：%(reason)s"),
    "argument.deem_opinion": gettext_noop("%(department)s逾期未出具意见，视为同意"),
    "argument.draft_opinion": gettext_noop("%(department)s拟写意见（第 %(version)s 版）"),
    "argument.hand_in_opinion": gettext_noop("%(department)s提交意见（第 %(version)s 版）：%(verdict)s"),
    "argument.sign_opinion": gettext_noop("%(department)s第 %(level)s 级审签意见，共 %(of)s 级：%(verdict)s"),
    "argument.send_back_opinion": gettext_noop("%(department)s第 %(level)s 级退回意见：%(text)s"),
    "argument.drop_opinion": gettext_noop("%(department)s在拟意见作废"),
    "argument.supplement_task": gettext_noop("向%(department)s补充材料：%(text)s"),
    "argument.claim_condition": gettext_noop("填报%(department)s所提条件的落实情况：%(text)s"),
    "argument.confirm_condition": gettext_noop("%(department)s确认条件已落实：%(about)s"),
    "argument.refuse_condition": gettext_noop("%(department)s认为条件未落实：%(text)s"),
    "argument.call_consultation": gettext_noop(
        "召集联合会商“%(topic)s”，%(meets_on)s，参加部门 %(departments)s"
    ),
    "argument.keep_minutes": gettext_noop("形成会商纪要“%(topic)s”，达成一致：%(settled)s"),
    "argument.escalate_task": gettext_noop(
        "将%(department)s的意见提请%(superior)s裁定（第 %(level)s 级）：%(text)s"
    ),
    "argument.decide_escalation": gettext_noop("%(superior)s裁定：%(decision)s。%(text)s"),
    "argument.set_conditions": gettext_noop("%(superior)s在裁定中提出条件：%(conditions)s"),
    "argument.grant_quota": gettext_noop("下达%(region)s %(year)s年%(quota)s %(granted)s（%(source)s）"),
    "argument.reserve_quota": gettext_noop("预占%(quota)s %(amount)s，项目 %(project)s"),
    "argument.release_quota": gettext_noop("释放%(quota)s %(amount)s，项目 %(project)s"),
    "argument.debit_quota": gettext_noop("扣减%(quota)s %(amount)s，项目 %(project)s"),
    "argument.open_checklist": gettext_noop("发起三方会商：%(departments)s"),
    "argument.sign_checklist": gettext_noop("%(department)s签署会商要点清单，通过：%(passes)s"),
    "argument.close_checklist": gettext_noop("三方会商办结，通过：%(passed)s"),
    "argument.raise_blocker": gettext_noop(
        "提出堵点“%(title)s”（%(link)s），由%(department)s解决，期限 %(due_on)s"
    ),
    "argument.solve_blocker": gettext_noop("%(department)s填报堵点“%(title)s”的解决情况：%(text)s"),
    "argument.close_blocker": gettext_noop("堵点“%(title)s”销号"),
    "argument.reopen_blocker": gettext_noop("堵点“%(title)s”退回继续解决：%(text)s"),
}

FIELDS: dict[str, str] = {}

VALUES: dict[str, dict[str, object]] = {
    "kind": dict(CaseKind.choices),
    "outcome": dict(Outcome.choices),
    "verdict": dict(Verdict.choices),
    "decision": dict(Decision.choices),
    "state": {**dict(CaseState.choices), **dict(OpinionState.choices)},
    "quota": dict(QuotaKind.choices),
    "link": dict(Link.choices),
}

#: What is said within a department before it speaks.
INSIDE: frozenset[str] = frozenset(
    {
        "argument.draft_opinion",
        "argument.hand_in_opinion",
        "argument.send_back_opinion",
        "argument.drop_opinion",
    }
)
