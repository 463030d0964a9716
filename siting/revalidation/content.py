"""What a check says, apart from what it names as its sources: equal contents are the same answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from siting.documents import canonical
from siting.engine.judging import PRESENT_LAND_LAYER

#: About the site, the law and the ground. Not among them: the day, the versions, and the list of clear rules, which
#: grows with every rule that doesn't concern the site.
_SAID = ("verdict", "site", "boundary", "findings", "present_land", "not_checked", "facts", "questions")
#: Reasons that come from the project's facts alone, so that no layer can change them.
_OF_FACTS = frozenset({"use-unknown", "use-not-listed"})
#: Reasons that may be gone the next time, though no version and no rule changed: the machine was busy, or failed.
_PASSING = frozenset({"layer-timeout", "layer-failed"})


@dataclass(frozen=True)
class Content:
    """An answer in short: what later changes are held against.

    ``sha256`` is over what it says. ``concerned`` are the layers with a finding, ``open`` the layers that left a rule
    unanswered (their next version may answer it), ``rules`` the rules that were not clear; all sorted. ``passing``: one
    was left unanswered for a reason that may be gone the next time.
    """

    sha256: str
    verdict: str
    concerned: tuple[str, ...]
    open: tuple[str, ...]
    rules: tuple[str, ...]
    passing: bool


def content(document: Mapping[str, Any]) -> Content:
    """Sum up a check's document (sealed or not)."""
    said = {name: document[name] for name in _SAID}
    for name in ("findings", "not_checked"):
        said[name] = sorted(said[name], key=lambda item: str(item["rule"]))
    findings, unanswered = document["findings"], document["not_checked"]
    open_ = {item["layer"] for item in unanswered if item["reason"]["code"] not in _OF_FACTS}
    if document["present_land"] is None:
        open_.add(PRESENT_LAND_LAYER)
    return Content(
        sha256=hashlib.sha256(canonical(said).encode()).hexdigest(),
        verdict=document["verdict"],
        concerned=tuple(sorted({item["layer"] for item in findings})),
        open=tuple(sorted(open_)),
        rules=tuple(sorted({item["rule"] for item in [*findings, *unanswered]})),
        passing=any(item["reason"]["code"] in _PASSING for item in unanswered),
    )
