"""Words of the desk for templates."""

from django import template

from gis_projects.desk.periods import rules

register = template.Library()


@register.filter
def duty_name(code: str) -> str:
    """What a rule of duties is called; one that is no longer in the list goes by its code."""
    rule = rules().get(code)
    return rule.label if rule else code
