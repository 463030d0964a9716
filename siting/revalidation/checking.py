"""Stored boundaries checked one after the other, each failing by itself."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

from layers.queries import PinnedVersion
from siting import checks, versions
from siting.checks import CheckResult
from siting.models import SiteVersion
from siting.rulebook import PinnedRulebook, still_asked

logger = logging.getLogger(__name__)

#: A boundary's key, and the facts of its site as they are stored.
Asked = tuple[int, Mapping[str, str]]


def results(
    wanted: Sequence[Asked],
    rulebook: PinnedRulebook,
    pinned: Mapping[str, PinnedVersion],
    *,
    processes: int = 1,
) -> Iterator[tuple[SiteVersion, CheckResult | None]]:
    """Check stored boundaries, in their order; None for one that can't be, which is logged."""
    stored = SiteVersion.objects.defer("source_file", "geometry").in_bulk([version for version, _ in wanted])
    for version, facts in wanted:
        yield stored[version], _result(stored[version], facts, rulebook, pinned)


def _result(
    version: SiteVersion,
    facts: Mapping[str, str],
    rulebook: PinnedRulebook,
    pinned: Mapping[str, PinnedVersion],
) -> CheckResult | None:
    try:
        return checks.run(
            versions.stored(version), facts=still_asked(rulebook, facts), rulebook=rulebook, versions=pinned
        )
    except Exception:
        logger.exception("boundary %s could not be checked", version.pk)
        return None
