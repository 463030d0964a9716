"""What verdicts, severities and outcomes are called, for every face that shows them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from siting.engine.verdict import Outcome, Severity, Verdict

VERDICTS = {
    Verdict.CLEAR: _("未发现冲突"),
    Verdict.CONDITIONAL: _("有条件通过"),
    Verdict.RESTRICTED: _("限制建设，须经批准"),
    Verdict.INCOMPLETE: _("检查不完整"),
    Verdict.PROHIBITED: _("禁止建设"),
}
SEVERITIES = {
    Severity.PROHIBITED: _("禁止"),
    Severity.RESTRICTED: _("限制"),
    Severity.CONDITIONAL: _("有条件"),
    Severity.INFORMATIVE: _("提示"),
}
OUTCOMES = {
    Outcome.CLEAR: _("未冲突"),
    Outcome.SUSPECT: _("疑似误差"),
    Outcome.HIT: _("冲突"),
    Outcome.NOT_CHECKED: _("未检查"),
}
