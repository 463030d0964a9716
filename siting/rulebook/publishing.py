"""From a rulebook file (TOML) to rows that never change again."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any, cast

from django.db import transaction

from siting.engine.notices import Notice, UnusableInput
from siting.models import Rule, RuleBook
from siting.rulebook.content import sha256_of
from siting.rulebook.validation import check

#: The platform's own rulebook, version by version: a published one never changes, so a new one is another file.
DEFAULT_PATHS = tuple(Path(__file__).with_name("default") / f"version_{number}.toml" for number in (1, 2))
DEFAULT_PATH = DEFAULT_PATHS[-1]


def _plain(value: Any) -> Any:
    """Dates as ISO text: a spec is stored, hashed and signed as JSON. No database stores a text with a NUL in it."""
    if isinstance(value, str) and "\0" in value:
        raise ValueError("U+0000")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def parse(content: bytes) -> dict[str, Any]:
    """Parse a rulebook file, without asking what it says; dates become text.

    Raises
    ------
    UnusableInput
        Not TOML, or not UTF-8.
    """
    try:
        data = cast("dict[str, Any]", _plain(tomllib.loads(content.decode("utf-8"))))
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML, a number of thousands of digits
        raise UnusableInput(
            Notice("rulebook-unreadable", "规则库文件无法读取：%(error)s", {"error": str(error)})
        ) from error
    return data


def read(content: bytes) -> dict[str, Any]:
    """Parse and check a rulebook file.

    Raises
    ------
    UnusableInput
        Not TOML, or a rule that can't run (`siting.rulebook.validation`); each notice names its place.
    """
    data = parse(content)
    faults = check(data)
    if not isinstance(data.get("version"), int) or data["version"] < 1:
        faults.append(
            Notice("rulebook-entry-missing", "规则库缺少“%(key)s”", {"key": "version"}, field="version")
        )
    if faults:
        raise UnusableInput(*faults)
    return data


@transaction.atomic
def publish(data: dict[str, Any]) -> RuleBook:
    """Store a rulebook that :func:`read` accepted; the same content again is the same row.

    Raises
    ------
    UnusableInput
        The version number exists already with another content.
    """
    sha256 = sha256_of(data)
    existing = RuleBook.objects.filter(code=data["code"], version=data["version"]).first()
    if existing is not None:
        if existing.sha256 == sha256:
            return existing
        raise UnusableInput(
            Notice(
                "rulebook-version-taken",
                "规则库 %(code)s 第 %(version)s 版已发布且内容不同：请使用新的版本号",
                {"code": data["code"], "version": data["version"]},
                field="version",
            )
        )
    rulebook = RuleBook.objects.create(
        code=data["code"],
        version=data["version"],
        name=data["name"],
        valid_from=dt.date.fromisoformat(data["valid_from"]),
        valid_to=dt.date.fromisoformat(data["valid_to"]) if data.get("valid_to") else None,
        sha256=sha256,
        facts=data.get("fact", []),
    )
    Rule.objects.bulk_create(
        Rule(
            rulebook=rulebook,
            code=rule["code"],
            position=position,
            valid_from=rule.get("valid_from") or None,
            valid_to=rule.get("valid_to") or None,
            spec=rule,
        )
        for position, rule in enumerate(data["rule"])
    )
    return rulebook


def publish_defaults() -> RuleBook:
    """Publish the platform's own rulebook, all its versions; the newest is returned. Again changes nothing."""
    return [publish(read(path.read_bytes())) for path in DEFAULT_PATHS][-1]
