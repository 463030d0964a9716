"""From a rulebook file (TOML) to rows that never change again."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from siting.engine.notices import Notice, UnusableInput
from siting.engine.rules import Relation
from siting.engine.verdict import Severity
from siting.models import Rule, RuleBook

DEFAULT_PATH = Path(__file__).with_name("default.toml")
_RULE_KEYS = {"code", "name", "layer", "relation", "severity", "basis", "authority"}


def _plain(value: Any) -> Any:
    """Dates as ISO text: a spec is stored, hashed and signed as JSON."""
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def read(content: bytes) -> dict[str, Any]:
    """Parse and check a rulebook file.

    Raises
    ------
    UnusableInput
        Not TOML, a rule without a required entry, an unknown relation or severity, or a clause about a fact
        that the file doesn't ask for.
    """
    try:
        data = _plain(tomllib.loads(content.decode("utf-8")))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnusableInput(
            Notice("rulebook-unreadable", "规则库文件无法读取：%(error)s", {"error": str(error)})
        ) from error
    problems = [
        Notice("rulebook-entry-missing", "规则库缺少“%(key)s”", {"key": key}, field=key)
        for key in ("code", "version", "name", "valid_from", "rule")
        if key not in data
    ]
    asked = {fact["name"] for fact in data.get("fact", [])}
    for rule in data.get("rule", []):
        code = rule.get("code", "?")
        problems += [
            Notice("rule-entry-missing", "规则 %(rule)s 缺少“%(key)s”", {"rule": code, "key": key}, field=key)
            for key in sorted(_RULE_KEYS - rule.keys())
        ]
        if rule.get("relation") not in set(Relation):
            problems.append(Notice("rule-relation", "规则 %(rule)s 的空间关系不认识", {"rule": code}))
        if rule.get("severity") not in set(Severity):
            problems.append(Notice("rule-severity", "规则 %(rule)s 的管控级别不认识", {"rule": code}))
        problems += [
            Notice(
                "rule-fact",
                "规则 %(rule)s 引用了未定义的事实 %(fact)s",
                {"rule": code, "fact": clause["fact"]},
            )
            for clause in rule.get("clauses", [])
            if clause["fact"] not in asked
        ]
    if problems:
        raise UnusableInput(*problems)
    return data


@transaction.atomic
def publish(data: dict[str, Any]) -> RuleBook:
    """Store a rulebook that :func:`read` accepted; the same content again is the same row.

    Raises
    ------
    UnusableInput
        The version number exists already with another content.
    """
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    sha256 = hashlib.sha256(text.encode()).hexdigest()
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
        valid_from=data["valid_from"],
        valid_to=data.get("valid_to"),
        sha256=sha256,
        facts=data.get("fact", []),
    )
    Rule.objects.bulk_create(
        Rule(
            rulebook=rulebook,
            code=rule["code"],
            position=position,
            valid_from=rule.get("valid_from"),
            valid_to=rule.get("valid_to"),
            spec=rule,
        )
        for position, rule in enumerate(data["rule"])
    )
    return rulebook
