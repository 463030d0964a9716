"""What a rule says and what its answer holds: data only. `siting.engine.rules` answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from math import inf
from types import MappingProxyType
from typing import Any

from shapely.geometry.base import BaseGeometry

from siting.engine.attributes import AttributeClause
from siting.engine.notices import Notice
from siting.engine.verdict import Outcome, Severity

_NO_DISTANCES: Mapping[str, float] = MappingProxyType({})
_NO_CROSSWALK: Mapping[str, tuple[str, ...]] = MappingProxyType({})

FARTHEST_M = 50_000.0
"""No rule looks farther than this from a site: a plane of one zone measures so far to 0.1 %."""


class Relation(StrEnum):
    """How the site must stand to the layer for a rule to be hit."""

    OVERLAPS = "overlaps"
    WITHIN_DISTANCE = "within_distance"
    INSIDE = "inside"  # hit by what lies outside
    COMPATIBLE_USE = "compatible_use"
    SHARE_AT_MOST = "share_at_most"
    SHARE_AT_LEAST = "share_at_least"
    NEAREST_DISTANCE = "nearest_distance"
    COUNT = "count"
    RASTER_SHARE = "raster_share"
    RASTER_MEAN = "raster_mean"

    @property
    def asks_raster(self) -> bool:
        """Whether it is asked of a raster layer."""
        return self in (Relation.RASTER_SHARE, Relation.RASTER_MEAN)

    @property
    def searches(self) -> bool:
        """Whether it is answered from the candidates as stored, by their distance, not from an overlay."""
        return self in (Relation.WITHIN_DISTANCE, Relation.NEAREST_DISTANCE, Relation.COUNT)


@dataclass(frozen=True)
class FactClause:
    """If the project's ``fact`` is one of ``values``: this severity instead; None: the rule doesn't apply.

    ``approval`` is what such a project needs (批准文件), which the finding then names; ``note`` says why.
    """

    fact: str
    values: tuple[str, ...]
    severity: Severity | None
    approval: str = ""
    note: str = ""

    def matches(self, value: str) -> bool:
        """Whether a project's answer is one of its values, or more exact below one (0701 is 07 too)."""
        return any(answers(value, choice) for choice in self.values)


def answers(value: str, choice: str) -> bool:
    """Whether a fact's value gives an answer: the answer itself, or of a code something more exact below it."""
    return value == choice or (choice.isdigit() and value.isdigit() and value.startswith(choice))


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
    class_required
        Whether a feature without a class code leaves the rule unanswered where it is concerned. False is how
        the first rulebook took it: such a feature isn't of the classes.
    where
        What the attributes of a feature must say for it to count, all of them. A feature that doesn't say leaves
        the rule unanswered where it is concerned.
    distances_m
        For ``within_distance``: metres by class prefix, ``""`` for any class. The longest prefix counts.
    share
        For ``share_at_most`` and ``share_at_least``: which part of the site may, or must, lie in the features.
    nearest_at_least_m, nearest_at_most_m
        For ``nearest_distance``: hit where the nearest feature is nearer than the one or farther than the other, m.
    count_at_least, count_at_most, within_m
        For ``count``: hit where fewer, or more, features lie within ``within_m`` of the site (0: on the site).
    raster_threshold, raster_min_share
        For ``raster_share``: cells above the threshold (the raster's unit) count, and hit from this share of
        the site on (0 to 1; None: any). For ``raster_mean``: hit where the mean is above the threshold.
    tolerance_m2, tolerance_share
        A hit is more than this in **sum** over all features: m², and as a part of the site; both must be exceeded.
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
    basis, article, basis_status
        Legal basis and article; ``verified`` 已核对 or ``to-confirm`` 待核.
    valid_from, valid_to
        First day in force and first day no more, ISO text; empty: open.
    authority, consult, advice
        Whom to ask, which departments to hear besides, what to do; Chinese text.

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
    class_required: bool = False
    where: tuple[AttributeClause, ...] = ()
    share: float | None = None
    nearest_at_least_m: float | None = None
    nearest_at_most_m: float | None = None
    count_at_least: int | None = None
    count_at_most: int | None = None
    within_m: float = 0.0
    tolerance_share: float = 0.0
    basis_status: str = ""
    valid_from: str = ""
    valid_to: str = ""
    consult: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        limits = (
            *self.distances_m.values(),
            self.tolerance_m2,
            self.tolerance_share,
            self.sliver_width_m,
            self.within_m,
            *(
                limit
                for limit in (
                    self.raster_min_share, self.share, self.nearest_at_least_m, self.nearest_at_most_m,
                    self.count_at_least, self.count_at_most,
                )
                if limit is not None
            ),
        )  # fmt: skip
        if not all(0 <= limit < inf for limit in limits):
            raise ValueError(f"{self.code}: a limit is negative or not a number")
        lacking = {
            Relation.WITHIN_DISTANCE: not self.distances_m,
            Relation.COMPATIBLE_USE: not self.crosswalk,
            Relation.SHARE_AT_MOST: self.share is None,
            Relation.SHARE_AT_LEAST: self.share is None,
            Relation.NEAREST_DISTANCE: self.nearest_at_least_m is None and self.nearest_at_most_m is None,
            Relation.COUNT: self.count_at_least is None and self.count_at_most is None,
            Relation.RASTER_SHARE: self.raster_threshold is None,
            Relation.RASTER_MEAN: self.raster_threshold is None,
        }
        if lacking.get(self.relation, False):
            raise ValueError(f"{self.code}: {self.relation.value} lacks its setting")

    @property
    def reach_m(self) -> float:
        """How far beyond the site's outline a feature can change this rule's answer, m."""
        match self.relation:
            case Relation.WITHIN_DISTANCE:
                return max(self.distances_m.values())
            case Relation.NEAREST_DISTANCE:
                return max(self.nearest_at_least_m or 0.0, self.nearest_at_most_m or 0.0)
            case Relation.COUNT:
                return self.within_m
            case _:
                return 0.0

    @property
    def fields(self) -> tuple[str, ...]:
        """The attributes that it reads of the layer's features."""
        return tuple(dict.fromkeys(clause.field for clause in self.where))

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that can change its answer."""
        uses = (self.use_fact,) if self.relation is Relation.COMPATIBLE_USE else ()
        return tuple(dict.fromkeys((*uses, *(clause.fact for clause in self.clauses))))

    def answers_like(self, other: RuleSpec) -> bool:
        """Whether both give every site the same outcome and severity: only their words differ."""
        mine, its = self.to_json(), other.to_json()
        for said in (mine, its):
            for key in _WORDS:
                said.pop(key, None)
            for clause in said.get("clauses", ()):
                clause.pop("approval", None)
                clause.pop("note", None)
        return mine == its

    def to_json(self) -> dict[str, Any]:
        """Write the rule as JSON-ready data: what isn't said is left out, so a rule that knew nothing of a later
        setting stays the text it was.
        """
        said = {}
        for item in fields(self):
            value = getattr(self, item.name)
            default = item.default if item.default_factory is MISSING else item.default_factory()
            if (item.default is MISSING and item.default_factory is MISSING) or value != default:
                said[item.name] = _plain(value)
        return said

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RuleSpec:
        """Read a rule from such data, or from an entry of a rulebook file.

        Raises
        ------
        KeyError, TypeError, ValueError
            An entry is missing or none that a rule can have. `siting.rulebook.validation` says where.
        """
        given = {item.name: data[item.name] for item in fields(cls) if item.name in data}
        given |= {
            "relation": Relation(data["relation"]),
            "severity": Severity(data["severity"]),
            "classes": tuple(data.get("classes", ())),
            "consult": tuple(data.get("consult", ())),
            "distances_m": MappingProxyType(
                {str(code): float(metres) for code, metres in data.get("distances_m", {}).items()}
            ),
            "crosswalk": MappingProxyType(
                {use: tuple(zones) for use, zones in data.get("crosswalk", {}).items()}
            ),
            "where": tuple(AttributeClause.from_json(clause) for clause in data.get("where", ())),
            "clauses": tuple(
                FactClause(
                    fact=clause["fact"],
                    values=tuple(clause["values"]),
                    severity=Severity(clause["severity"]) if clause["severity"] else None,
                    approval=clause.get("approval", ""),
                    note=clause.get("note", ""),
                )
                for clause in data.get("clauses", ())
            ),
        }
        return cls(**given)


#: What a rule tells people and what doesn't move its answer. Whether it is in force is the rulebook's question.
_WORDS = (
    "name", "basis", "article", "basis_status", "authority", "consult", "advice", "valid_from", "valid_to",
)  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, AttributeClause):
        return value.to_json()
    if isinstance(value, FactClause):
        said = {"fact": value.fact, "values": list(value.values), "severity": str(value.severity or "")}
        return said | {key: text for key in ("approval", "note") if (text := getattr(value, key))}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, StrEnum) else value


@dataclass(frozen=True)
class ClassArea:
    """A class's part of a conflict. The same code means different things in different systems."""

    code: str
    system: str
    name: str
    area_m2: float


@dataclass(frozen=True)
class Measure:
    """The one figure that a rule was decided by, beside what it must hold to.

    ``value`` is None where the figure is beyond what was searched (no feature within the distance). ``unit`` is
    ``m``, ``share`` (0 to 1), ``features`` or ``raster`` (the raster's own).
    """

    value: float | None
    unit: str
    at_least: float | None = None
    at_most: float | None = None


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
    measure
        Of relations with a limit of their own: the figure and the limit; None for the others.
    by_clause, by_value
        Of a hit or a suspect: the clause that gave it its severity and the fact's value; None where none did.
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
    measure: Measure | None = None
    by_clause: FactClause | None = None
    by_value: str = ""
