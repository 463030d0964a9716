"""The steps of the investment committee, in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop

from gis_projects.argument.models import ItemKind, MeetingKind, ResolutionOutcome

WORDS: dict[str, str] = {
    "argument.set_committee": gettext_noop("设立或调整“%(name)s”的议事规则"),
    "argument.seat_member": gettext_noop("任命投委会成员：%(title)s %(name)s"),
    "argument.end_seat": gettext_noop("投委会成员卸任：%(title)s %(name)s"),
    "argument.draw_up_plan": gettext_noop(
        "编制 %(year)s 年度投资计划第 %(version)s 版，%(count)s 个项目，%(total_yuan)s 元"
    ),
    "argument.convene_meeting": gettext_noop("召集%(kind)s“%(title)s”，时间 %(scheduled_at)s"),
    "argument.cancel_meeting": gettext_noop("取消会议“%(title)s”：%(reason)s"),
    "argument.add_agenda_item": gettext_noop("列入会议“%(meeting)s”议题：%(kind)s“%(title)s”"),
    "argument.remove_agenda_item": gettext_noop("从会议“%(meeting)s”撤下议题“%(title)s”"),
    "argument.record_attendance": gettext_noop("登记会议出席情况，出席 %(count)s 人"),
    "argument.cast_votes": gettext_noop("登记议题“%(title)s”的表决"),
    "argument.resolve_item": gettext_noop("记录议题“%(title)s”的决议：%(outcome)s"),
    "argument.refer_project": gettext_noop(
        "会议“%(meeting)s”将项目移送%(name)s知悉，至 %(ends_on)s：%(text)s"
    ),
    "argument.end_referral": gettext_noop("终止向%(name)s移送：%(reason)s"),
    "argument.record_minutes": gettext_noop("记录会议“%(title)s”的纪要，议题 %(items)s 项"),
    "argument.return_minutes": gettext_noop("退回会议“%(title)s”的纪要：%(reason)s"),
    "argument.confirm_minutes": gettext_noop("确认会议“%(title)s”的纪要，决议文号 %(documents)s"),
    "argument.adopt_resolution": gettext_noop("投委会决议 %(document)s：%(title)s，%(outcome)s"),
    "argument.assign_meeting_task": gettext_noop(
        "交办“%(title)s”，承办单位 %(organisation)s，期限 %(due_on)s"
    ),
    "argument.report_meeting_task": gettext_noop("填报交办事项“%(title)s”的办理情况：%(text)s"),
    "argument.return_meeting_task": gettext_noop("退回交办事项“%(title)s”：%(reason)s"),
    "argument.close_meeting_task": gettext_noop("核销交办事项“%(title)s”"),
    "argument.attach_meeting_file": gettext_noop("为会议“%(meeting)s”上传材料“%(name)s”"),
}
FIELDS: dict[str, str] = {
    "quorum_percent": gettext_noop("法定出席比例（%）"),
    "majority_percent": gettext_noop("通过比例（%）"),
    "conditions": gettext_noop("条件"),
    "outcome": gettext_noop("决议"),
    "text": gettext_noop("决议内容"),
}
VALUES: dict[str, dict[str, Any]] = {
    "kind": {
        **{f"meeting_{value}": label for value, label in MeetingKind.choices},
        **{f"item_{value}": label for value, label in ItemKind.choices},
    },
    "outcome": dict(ResolutionOutcome.choices),
}
#: How each member voted, what was written down before the minutes are confirmed, and which body watches a project and
#: why, stays among colleagues.
INSIDE = frozenset(
    {
        "argument.cast_votes",
        "argument.resolve_item",
        "argument.record_attendance",
        "argument.record_minutes",
        "argument.return_minutes",
        "argument.refer_project",
        "argument.end_referral",
    }
)
