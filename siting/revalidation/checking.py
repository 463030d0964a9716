"""Stored boundaries checked together, each failing by itself."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

from layers.queries import PinnedVersion
from siting import checks, versions
from siting.checks import CheckResult
from siting.engine.boundary import Boundary
from siting.models import SiteVersion
from siting.rulebook import PinnedRulebook, still_asked

logger = logging.getLogger(__name__)

#: A boundary's key, and the facts of its site as they are stored.
Asked = tuple[int, Mapping[str, str]]
Site = tuple[Boundary, Mapping[str, object]]


def results(
    wanted: Sequence[Asked],
    rulebook: PinnedRulebook,
    pinned: Mapping[str, PinnedVersion],
    *,
    processes: int = 1,
) -> Iterator[tuple[SiteVersion, CheckResult | None]]:
    """Check stored boundaries, in their order; None for one that can't be, which is logged."""
    stored = SiteVersion.objects.defer("source_file", "geometry").in_bulk([version for version, _ in wanted])
    read = [_read(stored[version], facts, rulebook) for version, facts in wanted]
    found = iter(_checked([site for site in read if site is not None], rulebook, pinned, processes))
    for (version, _), site in zip(wanted, read, strict=True):
        yield stored[version], None if site is None else next(found)


def _read(version: SiteVersion, facts: Mapping[str, str], rulebook: PinnedRulebook) -> Site | None:
    try:
        return versions.stored(version), still_asked(rulebook, facts)
    except ValueError:  # it was taken by an older reader, and this one refuses it
        logger.exception("boundary %s can't be read again", version.pk)
        return None


def _checked(
    sites: Sequence[Site], rulebook: PinnedRulebook, pinned: Mapping[str, PinnedVersion], processes: int
) -> Iterator[CheckResult | None]:
    try:
        together = list(checks.run_many(sites, rulebook=rulebook, versions=pinned, processes=processes))
    except ValueError:
        logger.exception("sites can't be checked together")
    else:
        yield from together
        return
    for boundary, facts in sites:
        try:
            yield checks.run(boundary, facts=facts, rulebook=rulebook, versions=pinned)
        except ValueError:
            logger.exception("a site can't be checked")
            yield None
