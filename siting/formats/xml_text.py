"""Text as XML takes it."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def content(text: str) -> str:
    """Return text as an element's content, without what XML has no place for."""
    return escape(_NOT_XML.sub(" ", text))


def attribute(text: str) -> str:
    """Return text as an attribute's value with its quotes."""
    return quoteattr(_NOT_XML.sub(" ", text))
