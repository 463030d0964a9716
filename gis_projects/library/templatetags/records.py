"""What pages of a project's record ask again and again."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from gis_projects.library.models import Code

register = template.Library()
_SELECTED = mark_safe(" selected")


@register.inclusion_tag("library/code.html")
def code_of(code: Code | None) -> dict[str, object]:
    """A code's label; a retired one says so."""
    return {"code": code, "retired": code is not None and not code.is_offered()}


@register.simple_tag
def options(choices: Iterable[tuple[Any, Any]], chosen: Any) -> SafeString:
    """The options of a select, of which one may be chosen. A page of filters has hundreds: nodes of a template would
    take longer over them than over all else.
    """
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, _SELECTED if value == chosen else "", label) for value, label in choices),
    )


@register.filter
def unlocalized(amount: Decimal | None) -> str:
    """An amount as an attribute of HTML has it: no thousands, a point."""
    return "0" if amount is None else f"{amount:f}"
