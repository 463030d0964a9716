"""Numbers as the bureau prints them: m² and 亩 to 2 decimals, 公顷 to 4, coordinates to the millimetre."""

from django import template

register = template.Library()


@register.filter
def area(value: float) -> str:
    return f"{value:,.2f}"


@register.filter
def hectare(value: float) -> str:
    return f"{value:,.4f}"


@register.filter
def metre(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


@register.filter
def percent(share: float) -> str:
    return f"{share * 100:.2f}%"
