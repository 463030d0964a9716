"""A document as a page: everything that the JSON says, links as links."""

from __future__ import annotations

import json
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


def nested(value: Any) -> SafeString:
    """Objects as definition lists, arrays as lists, links as links."""
    if isinstance(value, dict):
        if isinstance(value.get("href"), str):
            return _link(value)
        if value.get("type") in ("Feature", "FeatureCollection") and "geometry" in value:
            # what the data say is text, however it is written: a link in it would be theirs
            said = {name: _text(item) for name, item in (value.get("properties") or {}).items()}
            value = {**value, "geometry": _text(value["geometry"]), "properties": said}
        rows = format_html_join(
            "", "<dt>{}</dt><dd>{}</dd>", ((name, nested(item)) for name, item in value.items())
        )
        return format_html('<dl class="mb-0">{}</dl>', rows)
    if isinstance(value, list | tuple):
        if all(not isinstance(item, dict | list | tuple) for item in value):
            return format_html("{}", ", ".join(map(_text, value)))
        rows = format_html_join("", "<li>{}</li>", ((nested(item),) for item in value))
        return format_html("<ul>{}</ul>", rows)
    return format_html("{}", _text(value))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _link(value: dict[str, Any]) -> SafeString:
    address, words = value["href"], value.get("title") or value["href"]
    told = " ".join(str(value[name]) for name in ("rel", "type") if name in value)
    if value.get("templated"):
        return format_html("<code>{}</code> <small>{}</small>", address, told)
    return format_html('<a href="{}">{}</a> <small>{}</small>', address, words, told)
