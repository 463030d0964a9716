"""What this room says when it won't: notices with the field they are about."""

from __future__ import annotations

from typing import Any

from siting.engine.notices import Notice, UnusableInput

MAX_TEXT = 4000


class NotNow(UnusableInput):
    """Where things stand, that can't be done (any more): someone was faster, or something comes first. 409."""


def refuse(code: str, template: str, *, field: str | None = None, **params: Any) -> UnusableInput:
    """A refusal of what was given."""
    return UnusableInput(Notice(code, template, params, field=field))


def not_now(code: str, template: str, *, field: str | None = None, **params: Any) -> NotNow:
    """A refusal because of where things stand."""
    return NotNow(Notice(code, template, params, field=field))


def words(text: str, *, field: str, needed: bool = True, limit: int = MAX_TEXT) -> str:
    """Text as it is kept: without what surrounds it; refused where it is missing or too long."""
    kept = text.replace("\r\n", "\n").replace("\0", "").strip()
    if needed and not kept:
        raise refuse("text-missing", "请填写内容", field=field)
    if len(kept) > limit:
        raise refuse("text-too-long", "文字不能超过 %(limit)s 个字", field=field, limit=limit)
    return kept
