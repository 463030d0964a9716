"""What a comparison of two plans found, as columns of numbers and shapes."""

from __future__ import annotations

from dataclasses import dataclass

from siting.engine.area import FloatArray, IntArray
from siting.engine.conflict import BoolArray
from siting.engine.slivers import ObjectArray


@dataclass(frozen=True)
class Side:
    """The sums of one plan by class, m² (float64, in the order of `classes`).

    Attributes
    ----------
    ground
        All its ground, each place once.
    doubled
        What its features cover more than once: stored areas less `ground`.
    only
        What the other plan doesn't cover.
    not_overlaid
        What lies in or under features that couldn't be overlaid: neither agreed nor in conflict.
    unlisted
        Whether the crosswalk has no entry for the class.
    """

    classes: tuple[str, ...]
    ground: FloatArray
    doubled: FloatArray
    only: FloatArray
    not_overlaid: FloatArray
    unlisted: BoolArray


@dataclass(frozen=True)
class Patches:
    """差异图斑, sorted by class pair and place.

    Attributes
    ----------
    a, b
        Class numbers on either side.
    areas, widths, slivers
        Exact m², 2·area/perimeter in m, and whether that is below the bound (疑似误差).
    shapes
        Polygons, EPSG:4490.
    keys_a, keys_b
        Of each patch, the keys of the first features on either side.
    count_a, count_b
        How many features there are.
    """

    a: IntArray
    b: IntArray
    areas: FloatArray
    widths: FloatArray
    slivers: BoolArray
    shapes: ObjectArray
    keys_a: tuple[tuple[str, ...], ...]
    keys_b: tuple[tuple[str, ...], ...]
    count_a: IntArray
    count_b: IntArray

    def __len__(self) -> int:
        return len(self.a)


@dataclass(frozen=True)
class NotOverlaid:
    """A feature that is neither agreed nor in conflict, as it couldn't be overlaid. `side` is "a" or "b"."""

    side: str
    key: str


@dataclass(frozen=True)
class Comparison:
    """Two plans held against each other.

    Attributes
    ----------
    m2
        float64 (classes of A, classes of B): exact m² of each class on each.
    conflicting
        bool, alike: which of these are in conflict by the crosswalk.
    contact_m2
        Of the conflicts, what lies in strips narrower than a millimetre: in the sums, and not listed as patches.
    """

    a: Side
    b: Side
    m2: FloatArray
    conflicting: BoolArray
    patches: Patches
    contact_m2: float
    not_overlaid: tuple[NotOverlaid, ...]

    @property
    def agreed_m2(self) -> float:
        return float(self.m2[~self.conflicting].sum())

    @property
    def conflict_m2(self) -> float:
        return float(self.m2[self.conflicting].sum())

    @property
    def residual_a(self) -> FloatArray:
        """Of each class of A, ground that is in none of the sums: rounding."""
        return self.a.ground - self.m2.sum(axis=1) - self.a.only - self.a.not_overlaid

    @property
    def residual_b(self) -> FloatArray:
        return self.b.ground - self.m2.sum(axis=0) - self.b.only - self.b.not_overlaid
