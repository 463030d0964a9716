"""Texts that were written in one character encoding and read in another."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

_REPLACED = re.compile("\ufffd|锟斤拷|烫烫|屯屯")  # what decoders and debuggers leave where they gave up
_LATIN = re.compile("[\u0080-\u00ff]{2,}")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\u3000-\u303f\uff00-\uffef\x20-\x7e]+")


@lru_cache(maxsize=1 << 15)  # the same names come batch after batch
def damaged(text: str) -> bool:
    """Whether a text is what is left of Chinese: replaced characters, or bytes of another encoding.

    Chinese in GB 18030 or UTF-8 that was read as Latin-1, and UTF-8 that was read as GB 18030, turn back into
    Chinese when they are written and read the other way.
    """
    if text.isascii():
        return False
    if _REPLACED.search(text):
        return True
    if _LATIN.search(text):
        return _is_chinese(text, "latin-1", "utf-8") or _is_chinese(text, "latin-1", "gb18030")
    return _is_chinese(text, "gb18030", "utf-8")


def _is_chinese(text: str, written: str, read: str) -> bool:
    try:
        raw = text.removesuffix("?").encode(written)  # a half character at the end became a question mark
        meant = codecs.getincrementaldecoder(read)().decode(raw, final=not text.endswith("?"))
    except UnicodeError:
        return False
    return len(_HAN.findall(meant)) > 1 and _CHINESE.fullmatch(meant) is not None
