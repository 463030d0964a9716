"""What this room's steps say in words (`gis_projects.trail.words`)."""

from django.utils.translation import gettext_noop

from gis_projects.disclosure.models import Form

WORDS = {
    "disclosure.propose": gettext_noop("提请公开项目（%(form)s）：%(reason)s"),
    "disclosure.reject": gettext_noop("退回公开申请：%(reason)s"),
    "disclosure.publish_project": gettext_noop("公开项目：%(reason)s"),
    "disclosure.correct_project": gettext_noop("更正已公开的内容：%(reason)s"),
    "disclosure.withdraw_project": gettext_noop("撤回公开：%(reason)s"),
    "disclosure.publish_outlines": gettext_noop("发布公开底图，轮廓 %(outlines)s 条"),
}
VALUES = {"form": dict(Form.choices)}
