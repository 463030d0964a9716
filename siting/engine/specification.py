"""What a rule says and what its answer holds: data only. `siting.engine.rules` answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from types import MappingProxyType

from shapely.geometry.base import BaseGeometry

from siting.engine.notices import Notice
from siting.engine.verdict import Outcome, Severity

_NO_DISTANCES: Mapping[str, float] = MappingProxyType({})
_NO_CROSSWALK: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class Relation(StrEnum):
    """How the site must stand to the layer for a rule to be hit."""

    OVERLAPS = "overlaps"
    WITHIN_DISTANCE = "within_distance"
    INSIDE = "inside"  # hit by what lies outside
    COMPATIBLE_USE = "compatible_use"
    RASTER_SHARE = "raster_share"


@dataclass(frozen=True)
class FactClause:
    """If the project's ``fact`` is one of ``values``: this severity instead; None: the rule doesn't apply."""

    fact: str
    values: tuple[str, ...]
    severity: Severity | None


@dataclass(frozen=True)
class RuleSpec:
    """One rule of a rulebook.

    Attributes
    ----------
    code, name, layer
        The rule's own code and Chinese name, and the code of the layer that it asks.
    relation, severity
        What is a hit, and what that means unless a clause says otherwise.
    classes
        Prefixes of the class codes that count; empty: all.
    distances_m
        For ``within_distance``: metres by class prefix, ``""`` for any class. The longest prefix counts.
    raster_threshold, raster_min_share
        For ``raster_share``: cells above the threshold (the raster's unit) count, and hit from this share of
        the site on (0 to 1; None: any).
    tolerance_m2
        A hit is more than this in **sum** over all features, m².
    sliver_width_m
        Parts narrower than this (2·area/perimeter, m) are slivers.
    keep_slivers
        Slivers, and what stays within the tolerance, make the rule suspect instead of clear.
    required
        Whether the verdict is incomplete while the rule isn't checked.
    clauses
        In order, the first that matches wins.
    crosswalk, use_fact
        For ``compatible_use``: the intended use (its longest prefix listed) to prefixes of the zone classes
        that it may stand in; and the fact that states it.
    basis, article, authority, advice
        Legal basis, article, whom to ask, what to do; Chinese text.

    Raises
    ------
    ValueError
        If the relation lacks its setting, or a limit is negative or not a number.
    """

    code: str
    name: str
    layer: str
    relation: Relation
    severity: Severity
    classes: tuple[str, ...] = ()
    distances_m: Mapping[str, float] = field(default_factory=lambda: _NO_DISTANCES)
    raster_threshold: float | None = None
    raster_min_share: float | None = None
    tolerance_m2: float = 0.0
    sliver_width_m: float = 0.01
    keep_slivers: bool = False
    required: bool = True
    clauses: tuple[FactClause, ...] = ()
    crosswalk: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NO_CROSSWALK)
    use_fact: str = "intended_use"
    basis: str = ""
    article: str = ""
    authority: str = ""
    advice: str = ""

    def __post_init__(self) -> None:
        limits = (
            *self.distances_m.values(),
            self.tolerance_m2,
            self.sliver_width_m,
            self.raster_min_share or 0.0,
        )
        if not all(0 <= limit < inf for limit in limits):
            raise ValueError(f"{self.code}: a limit is negative or not a number")
        lacking = {
            Relation.WITHIN_DISTANCE: not self.distances_m,
            Relation.COMPATIBLE_USE: not self.crosswalk,
            Relation.RASTER_SHARE: self.raster_threshold is None,
        }
        if lacking.get(self.relation, False):
            raise ValueError(f"{self.code}: {self.relation.value} lacks its setting")


@dataclass(frozen=True)
class ClassArea:
    """A class's part of a conflict. The same code means different things in different systems."""

    code: str
    system: str
    name: str
    area_m2: float


@dataclass(frozen=True)
class RuleResult:
    """How a rule ended for a site.

    Attributes
    ----------
    rule, outcome
        Which rule, and how it ended.
    severity
        In force after the clauses; the strictest reachable where a fact is unknown.
    raw_area_m2
        With slivers, before the tolerance, m². Contact below 1 mm of width is no area at all.
    area_m2
        Of a hit: dissolved, without slivers, m². 0 otherwise. Both are scaled to the site's official area.
    share
        ``area_m2`` of the site, 0 to 1.
    length_m
        Length of the outlines of ``geometry``, m.
    count
        Number of features concerned (of ``inside``: of separate parts that lie outside).
    classes
        By class code; they add up to ``area_m2`` of a hit, to ``raw_area_m2`` of a suspect.
    keys
        Features concerned, sorted.
    geometry
        The part of the site concerned, MultiPolygon in EPSG:4490; None where there is none or it is a raster's.
    reason
        Why it is not checked, why it is clear by a fact, or which features of a hit couldn't be overlaid.
    questions
        Facts that nobody stated and that decide its severity (or, of ``compatible_use``, whether it is hit).
    """

    rule: RuleSpec
    outcome: Outcome
    severity: Severity
    raw_area_m2: float = 0.0
    area_m2: float = 0.0
    share: float = 0.0
    length_m: float = 0.0
    count: int = 0
    classes: tuple[ClassArea, ...] = ()
    keys: tuple[str, ...] = ()
    geometry: BaseGeometry | None = None
    reason: Notice | None = None
    questions: tuple[str, ...] = ()
