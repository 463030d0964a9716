"""Verdicts, severities and outcomes in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django import template

from gis_projects.sites import rule_words
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


@register.filter
def measure_words(measure: Mapping[str, Any]) -> str:
    """The figure that decided a finding, beside its limit."""
    return rule_words.measure_words(measure)
