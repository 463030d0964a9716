"""A check as one user may read it: what the review's faces stand on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gis_projects.people.models import User
from gis_projects.sites import presenting
from gis_projects.sites.reviewing.items import Item, items
from gis_projects.sites.withholding import for_reader
from siting.models import Check
from siting.rulebook import PinnedRulebook, pinned


@dataclass(frozen=True)
class Reading:
    """One check as a user may read it: its document, the rules by code, and whose layers are withheld from them."""

    check: Check
    rulebook: PinnedRulebook
    document: dict[str, Any]
    rules: Mapping[str, dict[str, Any]]
    facts: Mapping[str, dict[str, Any]]
    hidden: frozenset[str]

    @property
    def items(self) -> tuple[Item, ...]:
        return items(self.document)

    def name_of(self, rule: str) -> str:
        found = {entry["rule"]: entry["name"] for entry in self.document["findings"]}
        return found.get(rule) or str(self.rules.get(rule, {}).get("name", rule))


def reading(user: User, check: Check) -> Reading:
    """Read a check as the user may."""
    document = for_reader(user, json.loads(check.canonical) | {"digest": check.digest})
    rulebook = pinned(check.rulebook.code, check.rulebook.version, presenting.day(document["on"]))
    book = presenting.rulebook_data(rulebook)
    return Reading(
        check=check,
        rulebook=rulebook,
        document=presenting.translated(document),
        rules={rule["code"]: rule for rule in book["rules"]},
        facts={fact["name"]: fact for fact in book["facts"]},
        hidden=frozenset(document.get("withheld", [])),
    )
