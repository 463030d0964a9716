"""The steps of this room, in words."""

from django.utils.translation import gettext_noop

from gis_projects.desk.periods import rules

WORDS: dict[str, str] = {
    "desk.make_duties": gettext_noop("生成定期工作%(made)s项"),
    "desk.settle_duties": gettext_noop("平台核实完成定期工作%(settled)s项"),
    "desk.complete_duty": gettext_noop("%(organisation)s完成%(code)s（%(period)s）：%(note)s"),
    "desk.set_deadline": gettext_noop("设置%(code)s（%(period)s）的截止日期为%(due_on)s，依据：%(source)s"),
    "desk.instruct": gettext_noop("批示%(organisations)s办理：%(text)s"),
    "desk.receive_instruction": gettext_noop("%(organisation)s签收批示"),
    "desk.reply_to_instruction": gettext_noop("%(organisation)s反馈批示办理情况：%(text)s"),
    "desk.send_back_reply": gettext_noop("退回%(organisation)s的反馈：%(text)s"),
    "desk.close_instruction": gettext_noop("办结对%(organisation)s的批示：%(text)s"),
}
VALUES: dict[str, dict[str, str]] = {"code": {code: rule.name for code, rule in rules().items()}}
#: A leader's word to departments, and their answers: those who have it read it on its own page.
INSIDE = frozenset(
    {
        "desk.instruct",
        "desk.receive_instruction",
        "desk.reply_to_instruction",
        "desk.send_back_reply",
        "desk.close_instruction",
    }
)
