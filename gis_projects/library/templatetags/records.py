"""What pages of a project's record ask again and again."""

from __future__ import annotations

from decimal import Decimal

from django import template

from gis_projects.library.models import Code

register = template.Library()


@register.inclusion_tag("library/code.html")
def code_of(code: Code | None) -> dict[str, object]:
    """A code's label; a retired one says so."""
    return {"code": code, "retired": code is not None and not code.is_offered()}


@register.filter
def unlocalized(amount: Decimal | None) -> str:
    """An amount as an attribute of HTML has it: no thousands, a point."""
    return "0" if amount is None else f"{amount:f}"
