"""The steps of this room, in words: each of its parts brings its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gis_projects.argument import case_words, committee_words, review_words

_PARTS: tuple[Any, ...] = (case_words, review_words, committee_words)


def _joined(parts: Iterable[Mapping[str, Mapping[str, Any]]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for part in parts:
        for key, values in part.items():
            found.setdefault(key, {}).update(values)
    return found


WORDS: dict[str, str] = {verb: said for part in _PARTS for verb, said in part.WORDS.items()}
FIELDS: dict[str, str] = {name: said for part in _PARTS for name, said in part.FIELDS.items()}
VALUES: dict[str, dict[str, Any]] = _joined(part.VALUES for part in _PARTS)
INSIDE: frozenset[str] = frozenset(verb for part in _PARTS for verb in part.INSIDE)
