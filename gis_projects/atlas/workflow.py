"""From a file on somebody's machine to a version in force: every state of an upload, and what may follow it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class State(TextChoices):
    """Values are stable: the API gives them out."""

    RECEIVING = "receiving", gettext_lazy("正在上传")
    RECEIVED = "received", gettext_lazy("正在查看文件")
    ASKING = "asking", gettext_lazy("等待答复")
    STAGING = "staging", gettext_lazy("正在入库")
    STAGED = "staged", gettext_lazy("待发布")
    PUBLISHED = "published", gettext_lazy("已发布")
    REFUSED = "refused", gettext_lazy("未被接受")
    FAILED = "failed", gettext_lazy("出错")
    CANCELLED = "cancelled", gettext_lazy("已取消")


S = State

#: What may follow what. A refusal or a failure isn't the end while the file is there: another answer, or another try.
TRANSITIONS: Mapping[State, frozenset[State]] = {
    S.RECEIVING: frozenset({S.RECEIVED, S.CANCELLED}),
    S.RECEIVED: frozenset({S.ASKING, S.STAGING, S.REFUSED, S.FAILED, S.CANCELLED}),
    S.ASKING: frozenset({S.ASKING, S.STAGING, S.CANCELLED}),
    S.STAGING: frozenset({S.STAGED, S.REFUSED, S.FAILED, S.CANCELLED}),
    S.STAGED: frozenset({S.PUBLISHED, S.REFUSED, S.CANCELLED}),
    S.REFUSED: frozenset({S.RECEIVED, S.ASKING, S.STAGING, S.CANCELLED}),
    S.FAILED: frozenset({S.RECEIVED, S.ASKING, S.STAGING, S.CANCELLED}),
    S.PUBLISHED: frozenset(),
    S.CANCELLED: frozenset(),
}

ENDED = frozenset(state for state, following in TRANSITIONS.items() if not following)
#: Something happens by itself: a page that shows it looks again.
AT_WORK = frozenset({S.RECEIVED, S.STAGING})
ANSWERABLE = frozenset({S.ASKING, S.REFUSED, S.FAILED})
RETRYABLE = frozenset({S.REFUSED, S.FAILED})
CANCELLABLE = frozenset(state for state, following in TRANSITIONS.items() if S.CANCELLED in following)


class Moving(Protocol):
    """Whatever is in one of the states."""

    state: str


def move(row: Moving, after: State) -> None:
    """Take a step of the table; the caller saves.

    Raises
    ------
    ValidationError
        The table doesn't have it.
    """
    if after not in TRANSITIONS[State(row.state)]:
        raise wrong_state(row.state)
    row.state = after


def wrong_state(before: str) -> ValidationError:
    """What is said to whoever tries something that isn't to be done now."""
    return ValidationError(
        _("这份文件现在是“%(state)s”，不能这样处理。") % {"state": State(before).label}, code="state"
    )
