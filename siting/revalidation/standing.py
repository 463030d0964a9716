"""What answers stand on, now and then."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone

import layers.queries
from layers.queries import PinnedVersion
from siting.checks import DEFAULT_RULEBOOK, PRESENT_LAND_LAYER
from siting.documents import canonical
from siting.models import Footing
from siting.rulebook import PinnedRulebook, in_force, pinned


@dataclass(frozen=True)
class Standing:
    """A footing with what it names: the rulebook with its rules in force, and the layer versions by code."""

    footing: Footing
    rulebook: PinnedRulebook
    versions: Mapping[str, PinnedVersion]


def current(on: dt.date | None = None) -> Standing:
    """What a check would stand on now: the layer versions in force, and the rulebook of a day (by default today).

    The same footing is the same row whenever it is met, so an answer that stands on it is current, whatever the day.

    Raises
    ------
    siting.rulebook.NoRulebook
        No rulebook applies.
    """
    rulebook = in_force(DEFAULT_RULEBOOK, on or timezone.localdate())
    versions = layers.queries.current(sorted({*rulebook.layers, PRESENT_LAND_LAYER}))
    manifest = {
        code: {"version": version.number, "root_hash": version.root_hash}
        for code, version in sorted(versions.items())
    }
    rules = [rule.code for rule in rulebook.rules]
    named = {
        "rulebook": {"code": rulebook.code, "version": rulebook.version, "sha256": rulebook.sha256},
        "rules": rules,
        "manifest": manifest,
    }
    footing, _ = Footing.objects.get_or_create(
        sha256=hashlib.sha256(canonical(named).encode()).hexdigest(),
        defaults={
            "rulebook_id": rulebook.id,
            "on": rulebook.on,
            "rules": rules,
            "manifest": manifest,
        },
    )
    return Standing(footing, rulebook, versions)


def of(footing: Footing) -> Standing:
    """What a footing of earlier named; versions and rulebooks never change."""
    book = footing.rulebook
    return Standing(
        footing,
        pinned(book.code, book.version, footing.on),
        layers.queries.pinned({code: entry["version"] for code, entry in footing.manifest.items()}),
    )
