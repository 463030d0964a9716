"""Drafts of rulebooks and who writes, proposes and publishes them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from gis_projects.sites.actions import rulebooks as actions
from siting.models import RuleBook, RulebookDraft, RulebookTrial
from siting.rulebook import trials
from tests.factories.people import user_of

Change = Callable[[dict[str, Any]], object]


def rule(content: dict[str, Any], code: str) -> dict[str, Any]:
    """A rule of a content, to be changed."""
    return next(each for each in content["rule"] if each["code"] == code)


def drafted(by: User | None = None, change: Change | None = None) -> RulebookDraft:
    """A draft of the newest rulebook, with one change saved to it."""
    by = by or user_of(Role.PLANNER)
    draft = actions.begin_draft(by=by, rulebook=RuleBook.objects.order_by("-version")[0])
    return saved(draft, by, change or _milder)


def saved(draft: RulebookDraft, by: User, change: Change) -> RulebookDraft:
    """The draft with one more change saved."""
    content = copy.deepcopy(draft.content)
    change(content)
    return actions.save_draft(by=by, draft=draft, content=content, based_on=draft.revision)


def _milder(content: dict[str, Any]) -> None:
    rule(content, "ecological-red-line")["severity"] = "C"


def tried(draft: RulebookDraft) -> RulebookTrial:
    """A trial of the draft from beginning to end, without a job."""
    trial = trials.begin(draft)
    trials.attempt(trial, trials.remaining(trial))
    return trials.finish(trial)
