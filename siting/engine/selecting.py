"""Which features of a layer a rule concerns, and of which nobody can tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from siting.engine.affected import affected
from siting.engine.attributes import matching
from siting.engine.boundary import Boundary
from siting.engine.notices import Notice
from siting.engine.overlap import BoolArray, LayerPieces, Overlay, overlay
from siting.engine.proximity import distance_of, distances
from siting.engine.slivers import ObjectArray, Width
from siting.engine.specification import RuleSpec


@dataclass(frozen=True)
class Unsure:
    """Features that may concern the site and that nothing certain can be said about, by their keys, sorted.

    ``failed`` could not be overlaid; of ``unknown`` the class or an attribute that the rule asks for isn't said.
    False if there are none.
    """

    failed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.failed or self.unknown)

    def __len__(self) -> int:
        return len({*self.failed, *self.unknown})

    def notice(self) -> Notice:
        """Name them."""
        keys = self.failed or self.unknown
        shown = "、".join(keys[:5])
        return Notice(
            "features-failed" if self.failed else "features-unknown",
            "%(count)s 个要素无法参与叠加：%(keys)s"
            if self.failed
            else "%(count)s 个要素未填写规则所依据的类别或属性，无法判断：%(keys)s",
            {"count": len(keys), "keys": shown if len(keys) <= 5 else f"{shown}…"},
        )


def of_classes(codes: ObjectArray, prefixes: tuple[str, ...]) -> BoolArray:
    """Say which class codes begin with one of the prefixes; all where there are none."""
    if not prefixes or len(codes) == 0:
        return np.ones(len(codes), dtype=bool)
    known = {code: code.startswith(prefixes) for code in set(codes.tolist())}
    return np.fromiter((known[code] for code in codes.tolist()), dtype=bool, count=len(codes))


@dataclass(frozen=True)
class Selection:
    """Rows that a rule concerns, and rows of which that can't be told; bool arrays, never both."""

    certain: BoolArray
    unknown: BoolArray


def select(rule: RuleSpec, pieces: LayerPieces) -> Selection:
    """Choose among a layer's candidates by class and attributes."""
    classes, unknown = _by_class(rule, pieces.classes)
    if not rule.where:
        return Selection(classes, unknown)
    holds, doubtful = matching(rule.where, pieces.attributes, len(pieces.keys))
    return Selection(classes & holds, (classes | unknown) & (holds | doubtful) & ~(classes & holds))


def _by_class(rule: RuleSpec, codes: ObjectArray) -> tuple[BoolArray, BoolArray]:
    classes = of_classes(codes, rule.classes)
    asks = rule.class_required and (rule.classes or (rule.distances_m and "" not in rule.distances_m))
    if not asks:
        return classes, np.zeros(len(codes), dtype=bool)
    uncoded = ~codes.astype(bool)
    return classes & ~uncoded, uncoded


def select_cut(
    rule: RuleSpec, boundary: Boundary, cut: Overlay, pieces: LayerPieces | None
) -> tuple[BoolArray, Unsure]:
    """Choose among the rows of an overlay; ``pieces`` are what it was cut from, for their attributes.

    Of the rest, a feature is unsure if it failed, or if nobody can tell whether it counts and it takes up
    part of the site (contact is none).
    """
    if not rule.where and not rule.class_required:  # most rules
        failed = tuple(
            key
            for key, code in zip(cut.failed_keys, cut.failed_classes, strict=True)
            if not rule.classes or code.startswith(rule.classes)
        )
        return of_classes(cut.classes, rule.classes), Unsure(failed)
    if rule.where:
        assert pieces is not None, "a rule about attributes is given the pieces that have them"
        chosen = select(rule, pieces)
        certain = set(pieces.keys[chosen.certain].tolist())
        open_ = set(pieces.keys[chosen.unknown].tolist())
        selected = np.array([key in certain for key in cut.keys.tolist()], dtype=bool)
        unknown = np.array([key in open_ for key in cut.keys.tolist()], dtype=bool)
        failed = tuple(key for key in cut.failed_keys if key in certain or key in open_)
    else:
        selected, unknown = _by_class(rule, cut.classes)
        codes = np.array(cut.failed_classes, dtype=object)
        concerned = np.logical_or(*_by_class(rule, codes))
        failed = tuple(key for key, counts in zip(cut.failed_keys, concerned.tolist(), strict=True) if counts)
    if not unknown.any():
        return selected, Unsure(failed)
    real = affected(boundary.geometry, cut, unknown, rule.sliver_width_m).measured(Width.SLIVER)
    return selected, Unsure(failed, real.keys)


def unsure_within(
    rule: RuleSpec, boundary: Boundary, pieces: LayerPieces, unknown: BoolArray
) -> tuple[str, ...]:
    """Give the features that may count and lie within the rule's reach, sorted by key."""
    if not unknown.any():
        return ()
    near = distances(boundary, pieces, unknown)
    limits = {
        key: rule.reach_m if not rule.distances_m or not code else distance_of(code, rule.distances_m) or 0.0
        for key, code in zip(pieces.keys.tolist(), pieces.classes.tolist(), strict=True)
    }
    inside = [
        key
        for key, metres in zip(near.keys.tolist(), near.metres.tolist(), strict=True)
        if metres <= limits[key]
    ]
    return tuple(sorted({*inside, *near.failed_keys}))


def counted(
    rule: RuleSpec, boundary: Boundary, pieces: LayerPieces, selection: Selection
) -> tuple[tuple[str, ...], Unsure]:
    """Give the features within ``rule.within_m`` of the site, sorted by key, and those nobody can tell of.

    With 0 m an area counts where it takes up part of the site: one that merely touches isn't on it.
    """
    if rule.within_m > 0:
        near = distances(boundary, pieces, selection.certain)
        found = set(near.keys[near.metres <= rule.within_m].tolist())
        unknown = set(unsure_within(rule, boundary, pieces, selection.unknown))
        return tuple(sorted(found)), Unsure(near.failed_keys, tuple(sorted(unknown - found)))
    on_certain, failed = _on_site(rule, boundary, pieces, selection.certain)
    on_unknown, doubtful = _on_site(rule, boundary, pieces, selection.unknown)
    return tuple(sorted(on_certain)), Unsure(
        tuple(sorted(failed)), tuple(sorted((on_unknown | doubtful) - on_certain))
    )


def _on_site(
    rule: RuleSpec, boundary: Boundary, pieces: LayerPieces, rows: BoolArray
) -> tuple[set[str], set[str]]:
    areal = np.isin(shapely.get_type_id(pieces.geometries), (3, 6))
    cut = overlay(boundary.geometry, taken(pieces, rows & areal))
    everything = np.ones(len(cut.keys), dtype=bool)
    wide = affected(boundary.geometry, cut, everything, rule.sliver_width_m).measured(Width.WIDE)
    near = distances(boundary, pieces, rows & ~areal)
    found = {*wide.keys, *near.keys[near.metres == 0].tolist()}
    return found, {*cut.failed_keys, *near.failed_keys} - found


def taken(pieces: LayerPieces, rows: BoolArray) -> LayerPieces:
    """Give some of a layer's candidates; bool (n,)."""
    return LayerPieces(
        keys=pieces.keys[rows],
        classes=pieces.classes[rows],
        areas=pieces.areas[rows],
        geometries=pieces.geometries[rows],
        non_overlapping=pieces.non_overlapping,
        known_valid=pieces.known_valid,
        attributes={field: values[rows] for field, values in pieces.attributes.items()},
    )
