"""The steps of this room, in words."""

from django.utils.translation import gettext_noop

WORDS: dict[str, str] = {
    "clock.start": gettext_noop("时限起算：%(limit_days)s个工作日，到期日%(due_on)s"),
    "clock.pause": gettext_noop("时限自%(on)s暂停：%(reason)s"),
    "clock.resume": gettext_noop("时限自%(on)s恢复，到期日%(due_on)s"),
    "clock.stop": gettext_noop("时限于%(on)s办结，用时%(elapsed_days)s个工作日"),
    "clock.recompute": gettext_noop("到期日重新计算为%(due_on)s：%(reason)s"),
    "clock.override_day": gettext_noop("设置工作日历：%(reason)s（依据：%(source)s）"),
}
