"""The check: a boundary, the layers as pinned, a rulebook and facts → one result.

The walk: :mod:`siting.grounds` chooses candidates in one SQL, :mod:`siting.engine.judging` overlays and judges them,
and the result is data that the page, the API, the command and the report read alike. An error in one layer is logged
and makes that layer's rules *not checked*; it never fails the others and is never taken for *clear*.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.db import connection
from django.utils import timezone

import layers.queries
from layers.queries import PinnedVersion
from siting import grounds
from siting.engine.boundary import Boundary, DeclaredBoundary
from siting.engine.judging import PRESENT_LAND_LAYER, Judgement, judge
from siting.engine.neighbourhood import along_a_curve
from siting.engine.pools import answered
from siting.engine.present_land import PresentLand
from siting.engine.rules import RuleResult
from siting.engine.verdict import Verdict
from siting.grounds import pieces_of
from siting.judging_processes import Block, born, judged
from siting.rulebook import PinnedRulebook, given_facts, in_force, still_asked

__all__ = [
    "DEFAULT_RULEBOOK",
    "PRESENT_LAND_LAYER",
    "CheckResult",
    "codes",
    "known_facts",
    "pieces_of",
    "run",
    "run_many",
]

DEFAULT_RULEBOOK = "default"
_BLOCK = 32  # neighbours that are fetched together: more would fetch the ground between them too
_AT_ONCE = 1024


@dataclass(frozen=True)
class CheckResult:
    """All that a check found, before it becomes a document.

    ``land`` is None where the land survey could not be read; then its rules are among the not checked.
    """

    boundary: Boundary
    rulebook: PinnedRulebook
    facts: Mapping[str, str]
    versions: Mapping[str, PinnedVersion]
    results: tuple[RuleResult, ...]
    land: tuple[PresentLand, ...] | None
    verdict: Verdict

    @property
    def questions(self) -> tuple[str, ...]:
        """Facts that nobody gave and that could change the answer, in the rulebook's order."""
        asked = {name for result in self.results for name in result.questions}
        return tuple(fact["name"] for fact in self.rulebook.facts if fact["name"] in asked)


def run(
    boundary: Boundary,
    *,
    facts: Mapping[str, object] | None = None,
    rulebook: PinnedRulebook | None = None,
    on: dt.date | None = None,
    versions: Mapping[str, PinnedVersion] | None = None,
) -> CheckResult:
    """Check a boundary; nothing is stored.

    Parameters
    ----------
    boundary
        From :mod:`siting.boundaries`.
    facts
        What the project tells of itself, by the rulebook's names. Where the use isn't given, the plots' own declared
        use (地块用途) answers if all plots agree on a planning code.
    rulebook
        Pinned; by default the default one in force ``on`` that day.
    on
        Day of the law and of the layers, by default today in Asia/Shanghai.
    versions
        Layer versions to read, by layer code; by default the current ones of that day.

    Raises
    ------
    siting.rulebook.NoRulebook
        No rulebook applies.
    siting.engine.notices.UnusableInput
        A fact that no rule asks for, or a value it can't have.
    """
    day = on or timezone.localdate()
    rulebook = rulebook or in_force(DEFAULT_RULEBOOK, day)
    known = known_facts(rulebook, boundary.declared, facts or {})
    if versions is None:
        versions = layers.queries.current(codes(rulebook), as_of=None if on is None else _end_of(day))
    judgement = judge(boundary, rulebook.rules, known, grounds.fetch(boundary, rulebook.rules, versions))
    return CheckResult(
        boundary=boundary,
        rulebook=rulebook,
        facts=known,
        versions={code: versions[code] for code in sorted(versions)},
        results=judgement.results,
        land=judgement.land,
        verdict=judgement.verdict,
    )


def run_many(
    sites: Sequence[tuple[Boundary, Mapping[str, object]]],
    *,
    rulebook: PinnedRulebook,
    versions: Mapping[str, PinnedVersion],
    processes: int = 1,
) -> Iterator[CheckResult]:
    """Check many boundaries; nothing is stored. What `run` gives for each, in their order, in less time.

    Neighbours are fetched in one question. Some `_AT_ONCE` results wait in memory for their turn.

    Parameters
    ----------
    sites
        Each boundary with what its project tells of itself.
    rulebook, versions
        Pinned, for all of them.
    processes
        More than one are spawned, each with its own connection: they see what is committed. One that dies costs
        time only.

    Raises
    ------
    siting.engine.notices.UnusableInput
        A fact that no rule asks for, or a value it can't have; before anything is checked.
    siting.engine.pools.WorkersDied
        Processes died over the same sites again and again.
    """
    asked = [(boundary, known_facts(rulebook, boundary.declared, facts)) for boundary, facts in sites]
    pinned = {code: versions[code] for code in sorted(versions)}
    answers = _judged(asked, rulebook, versions, processes)
    for (boundary, facts), judgement in zip(asked, answers, strict=True):
        yield CheckResult(
            boundary=boundary,
            rulebook=rulebook,
            facts=facts,
            versions=pinned,
            results=judgement.results,
            land=judgement.land,
            verdict=judgement.verdict,
        )


def _judged(
    sites: Sequence[tuple[Boundary, Mapping[str, str]]],
    rulebook: PinnedRulebook,
    versions: Mapping[str, PinnedVersion],
    processes: int,
) -> Iterator[Judgement]:
    """Judge sites block by block, neighbours together; they come in the order of the sites."""
    spans = list(_neighbours([boundary for boundary, _ in sites]))
    blocks = [Block([sites[place] for place in span], rulebook.rules, versions) for span in spans]
    answers: Iterator[tuple[int, list[Judgement]]]
    if processes <= 1 or len(blocks) <= 1:
        answers = ((number, judged(block)) for number, block in enumerate(blocks))
    else:
        where = (connection.settings_dict, str(settings.MEDIA_ROOT))
        answers = answered(judged, blocks, processes, initializer=born, initargs=where)
    early: dict[int, Judgement] = {}
    place = 0
    for number, judgements in answers:
        early.update(zip(spans[number], judgements, strict=True))
        while place in early:
            yield early.pop(place)
            place += 1


def _neighbours(boundaries: Sequence[Boundary]) -> Iterator[list[int]]:
    """Positions of sites that lie side by side, some at a time, so that no result waits long for its turn."""
    for start in range(0, len(boundaries), _AT_ONCE):
        part = np.array(
            [boundary.geometry for boundary in boundaries[start : start + _AT_ONCE]], dtype=object
        )
        order = along_a_curve(part) + start
        yield from (order[at : at + _BLOCK].tolist() for at in range(0, len(order), _BLOCK))


def _end_of(day: dt.date) -> dt.datetime:
    """The last moment of a day in Asia/Shanghai: what was published on that day counts."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.max))


def codes(rulebook: PinnedRulebook) -> list[str]:
    """The layers that a check reads: those of the rules, and the land survey."""
    return sorted({*rulebook.layers, PRESENT_LAND_LAYER})


def known_facts(
    rulebook: PinnedRulebook, declared: DeclaredBoundary, given: Mapping[str, object]
) -> dict[str, str]:
    """What the rules know of a project: what is given, else the use that its file declares.

    Raises
    ------
    siting.engine.notices.UnusableInput
        A fact that no rule asks for, or a value it can't have.
    """
    return given_facts(rulebook, {**_declared_facts(declared, rulebook), **given})


def _declared_facts(declared: DeclaredBoundary, rulebook: PinnedRulebook) -> dict[str, str]:
    """The intended use as the file itself declares it, where all plots name the same planning code and a rule asks."""
    uses = {plot.use.strip() for plot in declared.plots}
    use = uses.pop() if len(uses) == 1 else ""
    is_planned = use[:2].isdigit() and "06" <= use[:2] <= "17"
    return still_asked(rulebook, {"intended_use": use[:2]}) if is_planned else {}
