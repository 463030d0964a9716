"""The rulebook that applies on a day, as the engine's frozen dataclasses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Q

from siting.engine.rules import RuleSpec
from siting.models import RuleBook


class NoRulebook(LookupError):
    """No published rulebook of that code applies on that day: nothing can be checked."""


@dataclass(frozen=True)
class PinnedRulebook:
    """One rulebook version with the rules in force on one day, in the file's order.

    ``facts`` are the questions ({name, question, choices?}); ``layers`` the codes that the rules read.
    """

    id: int
    code: str
    version: int
    name: str
    sha256: str
    on: dt.date
    rules: tuple[RuleSpec, ...]
    facts: tuple[Mapping[str, Any], ...]

    @property
    def layers(self) -> tuple[str, ...]:
        return tuple(sorted({rule.layer for rule in self.rules}))


def in_force_on(rule: Mapping[str, Any], day: dt.date) -> bool:
    """Whether a rule (as data) applies on a day: from its first day on, until the day before ``valid_to``."""
    begins, ends = rule.get("valid_from"), rule.get("valid_to")
    return (not begins or dt.date.fromisoformat(begins) <= day) and (
        not ends or day < dt.date.fromisoformat(ends)
    )


@lru_cache(maxsize=64)
def _pin(rulebook_id: int, sha256: str, on: dt.date) -> PinnedRulebook:
    """Published rules never change, so a process may keep them: the key holds their hash."""
    rulebook = RuleBook.objects.get(pk=rulebook_id, sha256=sha256)
    day = Q(valid_from=None) | Q(valid_from__lte=on)
    rules = rulebook.rules.filter(day, Q(valid_to=None) | Q(valid_to__gt=on)).order_by("position")
    return PinnedRulebook(
        id=rulebook.pk,
        code=rulebook.code,
        version=rulebook.version,
        name=rulebook.name,
        sha256=rulebook.sha256,
        on=on,
        rules=tuple(RuleSpec.from_json(rule.spec) for rule in rules),
        facts=tuple(rulebook.facts),
    )


# Plain SQL, as every check asks it: composing the query from models takes several times longer than answering it.
_IN_FORCE = """
SELECT id, sha256 FROM siting_rulebook
WHERE code = %(code)s AND valid_from <= %(on)s AND (valid_to IS NULL OR valid_to > %(on)s)
ORDER BY version DESC LIMIT 1
"""


def in_force(code: str, on: dt.date) -> PinnedRulebook:
    """Return the newest version of ``code`` that is valid ``on`` that day.

    Raises
    ------
    NoRulebook
        None is.
    """
    with connection.cursor() as cursor:
        cursor.execute(_IN_FORCE, {"code": code, "on": on})
        found = cursor.fetchone()
    if found is None:
        raise NoRulebook(f"{code} {on}")
    return _pin(*found, on)


def pinned(code: str, version: int, on: dt.date) -> PinnedRulebook:
    """Return exactly this version with its rules of that day (to recompute an old check).

    Raises
    ------
    NoRulebook
        It isn't here.
    """
    found = RuleBook.objects.filter(code=code, version=version).values_list("pk", "sha256").first()
    if found is None:
        raise NoRulebook(f"{code} v{version}")
    return _pin(*found, on)
