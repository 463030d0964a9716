"""A rulebook that isn't published yet: its content, as a file, and as the rules that it would be on a day."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import tomli_w

from siting.engine.rules import RuleSpec
from siting.models import RuleBook
from siting.rulebook.selection import PinnedRulebook, in_force_on

#: Entries of a file in the order in which they are written.
_HEAD = ("code", "name", "valid_from", "valid_to", "fact", "rule")


def content_of(rulebook: RuleBook) -> dict[str, Any]:
    """Give a published version's content, as a draft begins with it: everything but its number."""
    content = {
        "code": rulebook.code,
        "name": rulebook.name,
        "valid_from": rulebook.valid_from.isoformat(),
        "valid_to": rulebook.valid_to.isoformat() if rulebook.valid_to else "",
        "fact": list(rulebook.facts),
        "rule": [rule.spec for rule in rulebook.rules.order_by("position")],
    }
    return ordered(content)


def ordered(content: Mapping[str, Any]) -> dict[str, Any]:
    """Put a draft's entries in order, those of a rule too, and leave out what says nothing."""
    order = list(RuleSpec.__dataclass_fields__)

    def of_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
        known = [name for name in order if name in rule]
        return {
            name: rule[name]
            for name in [*known, *sorted({*rule} - {*known})]
            if not _says_nothing(rule[name])
        }

    result = {name: content[name] for name in _HEAD if name in content and not _says_nothing(content[name])}
    result["rule"] = [of_rule(rule) for rule in content.get("rule", ())]
    return result


def _says_nothing(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}


def text_of(content: Mapping[str, Any]) -> str:
    """Write a content as the canonical text that is hashed and stored: sorted keys, no spaces."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256_of(content: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of a content."""
    return hashlib.sha256(text_of(content).encode()).hexdigest()


def as_toml(content: Mapping[str, Any], *, version: int | None = None) -> str:
    """Write a content as a rulebook file, UTF-8; reading it back gives the same content."""
    said: dict[str, Any] = {}
    for name, value in ordered(content).items():
        said[name] = dt.date.fromisoformat(value) if name in ("valid_from", "valid_to") else value
        if name == "code" and version is not None:
            said["version"] = version
    said["rule"] = [
        {
            name: dt.date.fromisoformat(value) if name in ("valid_from", "valid_to") else value
            for name, value in rule.items()
        }
        for rule in said["rule"]
    ]
    return tomli_w.dumps(said, multiline_strings=False)


def pinned_draft(content: Mapping[str, Any], on: dt.date, *, version: int = 0) -> PinnedRulebook:
    """Give a draft as the rulebook that it would be on a day. It has no row: its ``id`` is 0.

    The content is one that `siting.rulebook.validation` accepted.
    """
    return PinnedRulebook(
        id=0,
        code=content["code"],
        version=version,
        name=content["name"],
        sha256=sha256_of(content),
        on=on,
        rules=tuple(RuleSpec.from_json(rule) for rule in content["rule"] if in_force_on(rule, on)),
        facts=tuple(content.get("fact", ())),
    )
