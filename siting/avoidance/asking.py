"""What both ways of avoiding conflicts ask: a check, the chosen conflicts, and their ground."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from layers.queries import PinnedVersion
from siting import boundaries, checks
from siting.checks import CheckResult
from siting.drawings import DEGREES, Drawing
from siting.engine import editing
from siting.engine.boundary import Boundary
from siting.engine.notices import Notice, UnusableInput
from siting.engine.rules import RuleResult
from siting.engine.verdict import Outcome
from siting.rulebook import PinnedRulebook


@dataclass(frozen=True)
class Question:
    """What a check is asked beside the drawing: facts, rulebook and layer versions, the same for every run."""

    facts: Mapping[str, object]
    rulebook: PinnedRulebook
    versions: Mapping[str, PinnedVersion]

    def check(self, drawing: Drawing) -> CheckResult:
        """Check a drawing."""
        return self.check_boundary(boundaries.measured(drawing))

    def check_boundary(self, boundary: Boundary) -> CheckResult:
        """Check a boundary."""
        return checks.run(boundary, facts=self.facts, rulebook=self.rulebook, versions=self.versions)


def conflicts(result: CheckResult, chosen: Collection[str]) -> list[RuleResult]:
    """The chosen rules' conflicts.

    Raises
    ------
    UnusableInput
        One of them is none any more, or has no ground of its own (a share of a raster, a count).
    """
    found = {
        item.rule.code: item for item in result.results if item.outcome in (Outcome.HIT, Outcome.SUSPECT)
    }
    if not chosen:
        raise UnusableInput(Notice("no-conflict-chosen", "请先选择要避让的冲突", field="rules"))
    for code in sorted(chosen):
        if code not in found:
            raise UnusableInput(
                Notice("conflict-gone", "规则“%(rule)s”现在没有冲突", {"rule": code}, field="rules")
            )
        if found[code].geometry is None:
            raise UnusableInput(
                Notice(
                    "conflict-without-ground",
                    "“%(rule)s”没有可避让的范围",
                    {"rule": found[code].rule.name},
                    field="rules",
                )
            )
    return [found[code] for code in sorted(chosen)]


def within(field: str, value: float, limit: float) -> None:
    if not 0 <= value <= limit:
        raise UnusableInput(
            Notice("number-beyond", "数值应在 0 到 %(limit)s 之间", {"limit": f"{limit:g}"}, field=field)
        )


def wider(geometry: BaseGeometry | None, metres: float) -> BaseGeometry:
    assert geometry is not None, "conflicts() gives none without"
    if metres == 0:
        return geometry
    frame = editing.plane_frame(editing.metric_plane(DEGREES, (geometry,)))
    wide = shapely.buffer(frame.take(editing.sound(geometry)), metres, join_style="mitre", mitre_limit=2.0)
    return frame.give(wide)


def joined(geometries: Sequence[BaseGeometry]) -> BaseGeometry:
    return shapely.union_all(np.array([editing.sound(geometry) for geometry in geometries], dtype=object))
