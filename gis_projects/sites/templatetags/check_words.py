"""Verdicts, severities and outcomes in the reader's language."""

from django import template

from siting.engine.verdict import Outcome, Severity, Verdict
from siting.wording import OUTCOMES, SEVERITIES, VERDICTS

register = template.Library()


@register.filter
def verdict_word(value: str) -> str:
    return str(VERDICTS[Verdict(value)])


@register.filter
def severity_word(value: str) -> str:
    return str(SEVERITIES[Severity(value)])


@register.filter
def outcome_word(value: str) -> str:
    return str(OUTCOMES[Outcome(value)])
