"""What runs in a process that was spawned to judge sites: Django is set up there first, so nothing here imports it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from layers.queries import PinnedVersion
    from siting.engine.boundary import Boundary
    from siting.engine.judging import Judgement
    from siting.engine.rules import RuleSpec


@dataclass(frozen=True)
class Block:
    """Sites that lie side by side, each with its facts, and what they are judged by."""

    sites: Sequence[tuple[Boundary, Mapping[str, str]]]
    rules: tuple[RuleSpec, ...]
    versions: Mapping[str, PinnedVersion]


def born(database: Mapping[str, Any], media_root: str) -> None:
    """Set Django up where whoever spawned this process works: with its database and its files."""
    from layers.alone import set_up

    set_up("layers", "siting")
    from django.conf import settings
    from django.db import connection

    settings.MEDIA_ROOT = media_root
    connection.settings_dict.update(database)


def judged(block: Block) -> list[Judgement]:
    """Fetch a block's grounds in one question and judge its sites one by one, in their order."""
    from siting import grounds
    from siting.engine.judging import judge

    found = grounds.fetch_many([boundary for boundary, _ in block.sites], block.rules, block.versions)
    return [
        judge(boundary, block.rules, facts, ground)
        for (boundary, facts), ground in zip(block.sites, found, strict=True)
    ]
