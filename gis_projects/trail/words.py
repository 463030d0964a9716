"""What a step says in words: each room brings the sentences of its own verbs.

A room's module ``words`` holds

``WORDS``
    verb → sentence (Chinese, the message id) with ``%(key)s`` for what the step's data says under that key;
    ``%(verb)s``, ``%(subject)s`` and ``%(actor)s`` are the step's own. A key that a step lacks reads —.
``FIELDS``
    what a key of the data, or of its ``before`` and ``after``, is called.
``VALUES``
    what the codes under a key are called: ``{"stage": {"planning": "谋划"}}``.
``INSIDE``
    verbs of what is said between colleagues before it is decided (a vote, one expert's score): told only to those who
    may read the trail itself, never in what a project's own unit sees.

All but the first may be missing. The trail knows no room: it looks for the module in every installed app.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext

from gis_projects.sentences import listed
from gis_projects.trail.models import Step

NOTHING = "—"
_SHA256 = re.compile(r"[0-9a-f]{64}")
#: Keys whose values are amounts and areas: long figures are read in groups of three digits.
_MEASURED = ("_yuan", "_m2")
_FIGURE = re.compile(r"-?\d+(\.\d+)?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_FILE_NAMES = ("name", "source", "file", "filename")


@dataclass(frozen=True)
class Vocabulary:
    """The words of one room."""

    words: Mapping[str, str]
    fields: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    inside: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Change:
    """What one field was, and what it became, as text in the reader's language."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class FileHash:
    """A file that a step speaks of: its name where the step says it, and the SHA-256 of its bytes."""

    name: str
    sha256: str


@lru_cache(maxsize=1)
def vocabularies() -> Mapping[str, Vocabulary]:
    """The words of every installed room, by what its verbs begin with.

    Mostly that is the room's label, but steps that a room took over keep the name that they were written under.
    """
    found = {}
    for app in apps.get_app_configs():
        name = f"{app.name}.words"
        if app.name == __name__.rpartition(".")[0] or find_spec(name) is None:
            continue  # this very module is no room's vocabulary
        module = import_module(name)
        if hasattr(module, "WORDS"):
            inside = frozenset(getattr(module, "INSIDE", ()))
            for room in {verb.partition(".")[0] for verb in module.WORDS}:
                found[room] = Vocabulary(
                    {verb: words for verb, words in module.WORDS.items() if verb.startswith(f"{room}.")},
                    getattr(module, "FIELDS", {}),
                    getattr(module, "VALUES", {}),
                    frozenset(verb for verb in inside if verb.startswith(f"{room}.")),
                )
    return found


def template_of(verb: str) -> str | None:
    """The sentence of a verb as its room wrote it; None for one that no room knows (any more)."""
    room = vocabularies().get(verb.partition(".")[0])
    return None if room is None else room.words.get(verb)


def is_inside(verb: str) -> bool:
    """Whether only readers of the trail are told of it."""
    room = vocabularies().get(verb.partition(".")[0])
    return room is None or verb in room.inside


def inside_verbs() -> list[str]:
    return sorted(verb for room in vocabularies().values() for verb in room.inside)


def known_verbs() -> list[tuple[str, str]]:
    """Every verb that has words, with its sentence without what stands in the places: for a filter."""
    return [
        (verb, heading(verb)) for room in vocabularies().values() for verb, template in room.words.items()
    ]


def heading(verb: str) -> str:
    """A verb's sentence up to its first place: 登记项目 of 登记项目“%(name)s”."""
    template = template_of(verb)
    if template is None:
        return verb
    return (
        re.split(r"\s*[“\"(（：:，,]?\s*%\(", gettext(template), maxsplit=1)[0].rstrip('“"（(：:，, ') or verb
    )


def sentence(step: Step) -> str:
    """A step in the reader's language; one that no room has words for is named by its verb."""
    template = template_of(step.verb)
    if template is None:
        return step.verb
    return gettext(template) % _Places(step)


def changes(step: Step) -> list[Change]:
    """What was before and what is after, field by field; only what differs."""
    if not isinstance(step.data, dict) or "before" not in step.data or "after" not in step.data:
        return []
    before, after = step.data["before"], step.data["after"]
    room = _room(step)
    if isinstance(before, dict) or isinstance(after, dict):
        old, new = (side if isinstance(side, dict) else {} for side in (before, after))
        return [
            Change(
                gettext(str(room.fields.get(name, name))),
                _shown(room, name, old.get(name)),
                _shown(room, name, new.get(name)),
            )
            for name in [*new, *(name for name in old if name not in new)]
            if old.get(name) != new.get(name)
        ]
    if before == after:
        return []
    name = room.fields.get(step.verb, "")
    return [
        Change(
            gettext(str(name)) if name else "",
            _shown(room, step.verb, before),
            _shown(room, step.verb, after),
        )
    ]


def file_hashes(step: Step) -> list[FileHash]:
    """The files that a step speaks of, wherever its data names a SHA-256 under a key that says so."""
    return list(_hashes(step.data))


def _hashes(data: Any) -> Iterator[FileHash]:
    if isinstance(data, dict):
        name = next((str(data[key]) for key in _FILE_NAMES if isinstance(data.get(key), str)), "")
        for key, value in data.items():
            if "sha256" in key and isinstance(value, str) and _SHA256.fullmatch(value):
                yield FileHash(name, value)
            else:
                yield from _hashes(value)
    elif isinstance(data, list):
        for item in data:
            yield from _hashes(item)


class _Places(dict[str, Any]):
    """What stands in the places of a sentence."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        self._step, self._room = step, _room(step)

    def __missing__(self, key: str) -> str:
        data = self._step.data if isinstance(self._step.data, dict) else {}
        if key in data:
            return _shown(self._room, key, data[key])
        if key in ("verb", "subject", "actor"):
            return str(getattr(self._step, key)) or NOTHING
        return NOTHING


def _room(step: Step) -> Vocabulary:
    return vocabularies().get(step.verb.partition(".")[0]) or Vocabulary({})


def _shown(room: Vocabulary, key: str, value: Any) -> str:
    if value is None or value == "" or value == []:
        return NOTHING
    if isinstance(value, bool):
        return gettext("是") if value else gettext("否")
    if isinstance(value, list):
        return listed(_shown(room, key, item) for item in value)
    if isinstance(value, dict):
        return gettext("；").join(
            f"{gettext(str(room.fields.get(name, name)))} {_shown(room, name, item)}"
            for name, item in value.items()
        )
    labels = room.values.get(key, {})
    if str(value) in labels:
        return gettext(str(labels[str(value)]))
    if isinstance(value, str) and _INSTANT.match(value) and (at := parse_datetime(value)) is not None:
        return f"{timezone.localtime(at) if timezone.is_aware(at) else at:%Y-%m-%d %H:%M}"
    if key.endswith(_MEASURED) and _FIGURE.fullmatch(str(value)):
        return f"{Decimal(str(value)):,f}"
    return str(value)
