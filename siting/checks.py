"""The check: a boundary, the layers as pinned, a rulebook and facts → one result.

The walk: :mod:`siting.grounds` chooses candidates in one SQL, :mod:`siting.engine.judging` overlays and judges them,
and the result is data that the page, the API, the command and the report read alike. An error in one layer is logged
and makes that layer's rules *not checked*; it never fails the others and is never taken for *clear*.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone

import layers.queries
from layers.queries import PinnedVersion
from siting import grounds
from siting.engine.boundary import Boundary
from siting.engine.judging import PRESENT_LAND_LAYER, judge
from siting.engine.present_land import PresentLand
from siting.engine.rules import RuleResult
from siting.engine.verdict import Verdict
from siting.grounds import pieces_of
from siting.rulebook import PinnedRulebook, given_facts, in_force

__all__ = ["DEFAULT_RULEBOOK", "PRESENT_LAND_LAYER", "CheckResult", "pieces_of", "run"]

DEFAULT_RULEBOOK = "default"


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
    known_facts = given_facts(rulebook, {**_declared_facts(boundary), **(facts or {})})
    if versions is None:
        versions = layers.queries.current(_codes(rulebook), as_of=None if on is None else _end_of(day))
    judgement = judge(
        boundary, rulebook.rules, known_facts, grounds.fetch(boundary, rulebook.rules, versions)
    )
    return CheckResult(
        boundary=boundary,
        rulebook=rulebook,
        facts=known_facts,
        versions={code: versions[code] for code in sorted(versions)},
        results=judgement.results,
        land=judgement.land,
        verdict=judgement.verdict,
    )


def _end_of(day: dt.date) -> dt.datetime:
    """The last moment of a day in Asia/Shanghai: what was published on that day counts."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.max))


def _codes(rulebook: PinnedRulebook) -> list[str]:
    return sorted({*rulebook.layers, PRESENT_LAND_LAYER})


def _declared_facts(boundary: Boundary) -> dict[str, str]:
    """The intended use as the file itself declares it, where every plot names the same planning code."""
    uses = {plot.use.strip() for plot in boundary.declared.plots}
    use = uses.pop() if len(uses) == 1 else ""
    return {"intended_use": use[:2]} if use[:2].isdigit() and "06" <= use[:2] <= "17" else {}
