"""Which rules rule ground out in a search, and how each is told cell by cell.

Everything is on the safe side: what a rule allows up to some share or some number is ruled out altogether, since a
patch that has none of it breaks no such rule. Two relations can't be told cell by cell (a feature must be near enough,
there must be enough of them): those are left to the check that every patch is given.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from layers.queries import Candidates, PinnedVersion
from siting.engine.notices import Notice
from siting.engine.proximity import distance_of
from siting.engine.rules import Relation, RuleSpec, standing
from siting.engine.selecting import select
from siting.engine.slivers import ObjectArray
from siting.engine.suitability import Grid, Window, touched, untouched
from siting.engine.verdict import Severity
from siting.grounds import pieces_of

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]


class State(StrEnum):
    """What a search makes of a rule; values are stored."""

    OUT = "out"  # its ground is ruled out
    LEFT = "left"  # restricted or conditional, not chosen: the check tells
    NOT_APPLYING = "not_applying"  # exempted by a fact, or informative
    BY_CHECK = "by_check"  # can't be told cell by cell
    UNASKED = "unasked"  # its layer has no version, or a fact that it needs is not stated


@dataclass(frozen=True)
class Exclusion:
    """One rule of the rulebook in one search."""

    rule: RuleSpec
    severity: Severity | None
    state: State
    reason: Notice | None = None


def plan(
    rules: Collection[RuleSpec],
    facts: Mapping[str, str],
    optional: Collection[str],
    versions: Mapping[str, PinnedVersion],
) -> tuple[Exclusion, ...]:
    """Say what becomes of every rule.

    Parameters
    ----------
    rules
        In the rulebook's order, which the answer keeps.
    facts
        Of the project; an unknown one takes the strictest severity that it allows.
    optional
        Codes of rules below prohibited that are to rule ground out too.
    versions
        By layer code.
    """
    return tuple(_planned(rule, standing(rule, facts).severity, facts, optional, versions) for rule in rules)


def _planned(
    rule: RuleSpec,
    severity: Severity | None,
    facts: Mapping[str, str],
    optional: Collection[str],
    versions: Mapping[str, PinnedVersion],
) -> Exclusion:
    if severity is None or severity is Severity.INFORMATIVE:
        return Exclusion(rule, severity, State.NOT_APPLYING)
    if severity is not Severity.PROHIBITED and rule.code not in optional:
        return Exclusion(rule, severity, State.LEFT)
    if rule.nearest_at_most_m is not None or rule.count_at_least is not None:
        return Exclusion(rule, severity, State.BY_CHECK)
    if rule.layer not in versions:
        missing = Notice("layer-missing", "图层“%(layer)s”没有已发布的版本", {"layer": rule.layer})
        return Exclusion(rule, severity, State.UNASKED, missing)
    if rule.relation is Relation.COMPATIBLE_USE and _zones(rule, facts) is None:
        unknown = Notice("use-unknown", "未填写规划用途，无法判断是否与规划分区相符")
        return Exclusion(rule, severity, State.UNASKED, unknown)
    return Exclusion(rule, severity, State.OUT)


def _zones(rule: RuleSpec, facts: Mapping[str, str]) -> tuple[str, ...] | None:
    """The zone classes that the intended use may stand in; None where the use isn't known."""
    use = facts.get(rule.use_fact, "")
    listed = [prefix for prefix in rule.crosswalk if use.startswith(prefix)]
    return tuple(rule.crosswalk[max(listed, key=len)]) if use and listed else None


def ruled_out(
    exclusion: Exclusion,
    facts: Mapping[str, str],
    grid: Grid,
    window: Window,
    found: Candidates,
    placed: ObjectArray,
) -> BoolArray:
    """Tell the cells of a window that a rule about a vector layer rules out.

    Parameters
    ----------
    exclusion
        Of state `State.OUT`.
    found, placed
        The layer's candidates, as far around the window as the rule looks, and their geometries in cells.
    """
    rule = exclusion.rule
    selection = select(rule, pieces_of(found))
    match rule.relation:
        case Relation.INSIDE | Relation.SHARE_AT_LEAST:
            # What can't be told to be one of the features that it must lie in is none.
            return untouched(grid, window, placed[selection.certain])
        case Relation.COMPATIBLE_USE:
            zones = _zones(rule, facts)
            assert zones is not None, "a rule about an unknown use is not asked"
            fitting = np.array([code.startswith(zones) for code in found.classes.tolist()], dtype=bool)
            zoned = untouched(grid, window, placed[selection.certain & fitting])
            return zoned | touched(grid, window, placed[~fitting])
        case _:
            counts = selection.certain | selection.unknown
            margins = _margins(rule, found.classes[counts])
            near = margins >= 0
            return touched(grid, window, placed[counts][near], margins[near])


def _margins(rule: RuleSpec, classes: ObjectArray) -> FloatArray:
    """How far around each feature its ground is ruled out, m; -1 where the rule names no distance for the class."""
    if rule.relation is Relation.NEAREST_DISTANCE:
        return np.full(len(classes), rule.nearest_at_least_m or 0.0)
    if rule.relation is Relation.COUNT:
        return np.full(len(classes), rule.within_m)
    if rule.relation is not Relation.WITHIN_DISTANCE:
        return np.zeros(len(classes))
    widest = max(rule.distances_m.values())
    # Without a class nobody can tell which distance counts: the widest.
    found = [distance_of(str(code), rule.distances_m) if code else widest for code in classes]
    return np.array([-1.0 if metres is None else metres for metres in found])


def over_threshold(rule: RuleSpec, values: FloatArray) -> BoolArray:
    """Tell the cells that a rule about a raster rules out: above its threshold, beside such a one, or without a value.

    Beside, as a cell may reach into the next one of the raster.
    """
    from scipy import ndimage  # longer to load than all else that most importers of this module need

    assert rule.raster_threshold is not None, "a rule about a raster has a threshold"
    with np.errstate(invalid="ignore"):
        over = ~(values <= rule.raster_threshold)
    beside: BoolArray = ndimage.maximum_filter(over, size=3, mode="nearest")
    return beside
