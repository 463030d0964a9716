"""An author's Markdown as HTML that is safe to show: CommonMark with tables, then only what an allow-list names.

The parser leaves raw HTML as text, and what it makes is sanitised all the same: two fences, as either may have a hole.
"""

from __future__ import annotations

import re
from html import unescape

import nh3
from django.utils.html import strip_tags
from markdown_it import MarkdownIt

TAGS = frozenset(
    {
        "p", "br", "hr", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "s", "blockquote", "code", "pre", "a",
        "table", "thead", "tbody", "tr", "th", "td",
    }
)  # fmt: skip
ATTRIBUTES: dict[str, set[str]] = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto", "tel"}
_HEADING = re.compile(r"<(/?)h([1-6])>")

_parser = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])


def html(text: str) -> str:
    """Return sanitised HTML. A page has its own h1, so headings begin at h2; pictures come as attachments."""
    made = _HEADING.sub(lambda found: f"<{found[1]}h{min(4, int(found[2]) + 1)}>", _parser.render(text))
    return nh3.clean(
        made,
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer",
        strip_comments=True,
    )


def plain(text: str) -> str:
    """Return the words without any mark, for searching and for short forms."""
    return " ".join(unescape(strip_tags(html(text))).split())
