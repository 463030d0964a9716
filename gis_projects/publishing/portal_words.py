"""What the steps of the portal's words and voices say (`gis_projects.trail.words`)."""

from __future__ import annotations

from django.utils.translation import gettext_noop

WORDS: dict[str, str] = {
    "publishing.draft_article": gettext_noop("起草门户内容“%(title)s”"),
    "publishing.revise_article": gettext_noop("修改门户内容“%(title)s”第 %(version)s 版"),
    "publishing.correct_article": gettext_noop("更正门户内容“%(title)s”，起草第 %(version)s 版"),
    "publishing.attach_to_article": gettext_noop("为门户内容“%(title)s”上传附件“%(name)s”"),
    "publishing.detach_from_article": gettext_noop("删除门户内容“%(title)s”的附件“%(name)s”"),
    "publishing.submit_article": gettext_noop("提交门户内容“%(title)s”第 %(version)s 版待发布"),
    "publishing.return_article": gettext_noop("退回门户内容“%(title)s”：%(reason)s"),
    "publishing.drop_article": gettext_noop("作废门户内容“%(title)s”第 %(version)s 版"),
    "publishing.schedule_article": gettext_noop("批准门户内容“%(title)s”，定于 %(starts_at)s 公开"),
    "publishing.publish_article": gettext_noop("公开门户内容“%(title)s”第 %(version)s 版"),
    "publishing.withdraw_article": gettext_noop("撤回门户内容“%(title)s”：%(reason)s"),
    "publishing.take_in_question": gettext_noop("收取公众来信"),
    "publishing.assign_question": gettext_noop("公众来信交%(department)s办理"),
    "publishing.reject_question": gettext_noop("公众来信不予受理：%(reason)s"),
    "publishing.mark_spam": gettext_noop("公众来信列为垃圾信息"),
    "publishing.restore_question": gettext_noop("恢复公众来信，待分办"),
    "publishing.draft_answer": gettext_noop("拟写公众来信的答复（第 %(answer)s 版）"),
    "publishing.submit_answer": gettext_noop("提交公众来信的答复（第 %(answer)s 版）待审核"),
    "publishing.return_answer": gettext_noop("退回公众来信的答复（第 %(answer)s 版）：%(reason)s"),
    "publishing.publish_answer": gettext_noop("公开公众来信的答复（第 %(answer)s 版）"),
    "publishing.withdraw_answer": gettext_noop("撤回公众来信的答复（第 %(answer)s 版）：%(reason)s"),
}
