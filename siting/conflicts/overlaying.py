"""Two plans in files → one comparison: dissolved where they overlap within themselves, overlaid, measured, joined.

The same answer to the last bit, however large the blocks are and however many processes there are: pairs of pieces are
overlaid whole, sums are exactly rounded, and pieces are joined in the order of their rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from siting.conflicts import plans, pool
from siting.conflicts.blocks import Flatten, Join, Overlay, Uncover, shapes_of, stored
from siting.conflicts.comparison import Comparison, NotOverlaid, Patches, Side
from siting.conflicts.crosswalk import Crosswalk
from siting.conflicts.plans import Plan
from siting.engine.area import FloatArray, IntArray
from siting.engine.conflict import REST_M2, REST_SHARE, BoolArray, summed
from siting.engine.slivers import Width

BLOCK = 4_000  # rows of A in a part
SAMPLE = 5  # keys of features that a patch names


class Stage(StrEnum):
    """The parts of the work, in their order; a page has words for them."""

    READING = "reading"
    FLATTENING = "flattening"
    OVERLAYING = "overlaying"
    MEASURING = "measuring"
    JOINING = "joining"
    KEEPING = "keeping"


#: Called with the stage, how much of it is done and how much there is. May raise to stop.
Progress = Callable[[Stage, int, int], None]


def silent(stage: Stage, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Way:
    """How the work is shared out. Nothing of it shows in the answer."""

    folder: Path
    processes: int = 1
    block: int = BLOCK
    progress: Progress = silent

    def run(self, stage: Stage, parts: Sequence[Any]) -> None:
        self.progress(stage, 0, max(len(parts), 1))
        pool.run(parts, self.processes, lambda done, total: self.progress(stage, done, total))

    def spans(self, count: int) -> list[tuple[int, int]]:
        return [(begin, min(begin + self.block, count)) for begin in range(0, count, self.block)]


@dataclass(frozen=True)
class _Ground:
    """A plan whose features share no ground, and what had to be taken from it for that."""

    plan: Plan
    stored: FloatArray  # of each row, before
    failed: IntArray  # rows whose share couldn't be found out


@dataclass(frozen=True)
class _Pairs:
    """All pairs of rows that share ground, sorted."""

    a: IntArray
    b: IntArray
    areas: FloatArray


def overlay(
    a: Plan, b: Plan, crosswalk: Crosswalk, way: Way, *, sliver_width_m: float,
    non_overlapping: tuple[bool, bool] = (True, True),
) -> Comparison:  # fmt: skip
    """Hold plan A against plan B.

    Parameters
    ----------
    crosswalk
        From A's classes to B's.
    way
        Where the parts' files go, how many processes and how large blocks.
    sliver_width_m
        Patches narrower than this, m, are told apart as slivers.
    non_overlapping
        Of either plan, whether its features are known to share no ground; else they are dissolved first.

    Raises
    ------
    concurrent.futures.process.BrokenProcessPool
        Processes died again and again.
    """
    way.folder.mkdir(parents=True, exist_ok=True)
    ground_a = _flat(a, "a", way, non_overlapping[0])
    ground_b = _flat(b, "b", way, non_overlapping[1])
    a, b = ground_a.plan, ground_b.plan
    conflicting = crosswalk.conflicting(a.classes, b.classes)
    table = tuple(map(tuple, conflicting.tolist()))
    parts = [
        Overlay(a.folder, b.folder, begin, end, table, way.folder / f"overlay-{begin}-{end}.npz")
        for begin, end in way.spans(len(a))
    ]
    way.run(Stage.OVERLAYING, parts)
    sources = tuple(part.result for part in parts)
    columns = [stored(path) for path in sources]
    pairs = _Pairs(*(_all(columns, name) for name in ("a", "b", "areas")))
    broken_a, broken_b = (
        _broken(columns, name, ground) for name, ground in (("a", ground_a), ("b", ground_b))
    )
    only_a, lost_a = _left_over(a, b, "a", pairs.a, pairs.b, pairs.areas, broken_a, broken_b, way)
    only_b, lost_b = _left_over(b, a, "b", pairs.b, pairs.a, pairs.areas, broken_b, broken_a, way)
    patches, contact = _joined(a, b, sources, columns, way, sliver_width_m)
    cells = a.class_numbers[pairs.a] * len(b.classes) + b.class_numbers[pairs.b]
    m2 = summed(cells, pairs.areas, conflicting.size).reshape(conflicting.shape)
    return Comparison(
        _side(ground_a, only_a, lost_a, [not crosswalk.knows_a(code) for code in a.classes]),
        _side(ground_b, only_b, lost_b, [not crosswalk.knows_b(code) for code in b.classes]),
        m2, conflicting, patches, contact, (*_told("a", a, lost_a, broken_a), *_told("b", b, lost_b, broken_b)),
    )  # fmt: skip


def _all(columns: list[dict[str, Any]], name: str) -> Any:
    kind = np.float64 if "areas" in name else np.int64
    return np.concatenate([np.empty(0, dtype=kind), *(part[name] for part in columns)])


def _broken(columns: list[dict[str, Any]], side: str, ground: _Ground) -> IntArray:
    """Rows that couldn't be overlaid at all or with one of the others; and those without a place."""
    nowhere = np.flatnonzero(~np.isfinite(ground.plan.boxes).all(axis=1) & (ground.stored > 0))
    found = [_all(columns, f"broken_{side}"), _all(columns, f"failed_{side}"), ground.failed, nowhere]
    return np.unique(np.concatenate(found)).astype(np.int64)


# --- layers that overlap within themselves ---------------------------------------------------------


def _flat(plan: Plan, side: str, way: Way, non_overlapping: bool) -> _Ground:
    if non_overlapping:
        return _Ground(plan, plan.areas, np.empty(0, dtype=np.int64))
    folder = way.folder / f"flat-{side}"
    parts = [
        Flatten(plan.folder, begin, end, way.folder / f"flat-{side}-{begin}-{end}.npz")
        for begin, end in way.spans(len(plan))
    ]
    np.save(plan.folder / "feature_areas.npy", summed(plan.feature_numbers, plan.areas, len(plan.keys)))
    way.run(Stage.FLATTENING, parts)
    columns = [stored(part.result) for part in parts]
    if not folder.exists():
        keys, classes = np.array(plan.keys, dtype=object), np.array(plan.classes, dtype=object)
        plans.write(
            folder,
            (
                (
                    keys[plan.feature_numbers[part.begin : part.end]],
                    classes[plan.class_numbers[part.begin : part.end]],
                    found["areas"],
                    shapes_of(part.result, found["ends"]),
                )
                for part, found in zip(parts, columns, strict=True)
            ),
        )
    failed = np.concatenate([np.empty(0, dtype=bool), *(found["failed"] for found in columns)])
    return _Ground(Plan(folder), plan.areas, np.flatnonzero(failed).astype(np.int64))


# --- what only one plan has ------------------------------------------------------------------------


def _left_over(
    plan: Plan, other: Plan, side: str, own: IntArray, others: IntArray, areas: FloatArray, broken: IntArray,
    broken_others: IntArray, way: Way,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Of each row, the ground under nothing of the other plan, measured; and the ground that nothing can be said of."""
    order = np.lexsort((others, own))
    own, others = own[order], others[order]
    left = plan.areas - summed(own, areas[order], len(plan))
    only, lost = np.zeros(len(plan)), np.zeros(len(plan))
    unsure = np.union1d(broken, _beside(plan, other, broken_others))
    rest = np.minimum(REST_M2, plan.areas * REST_SHARE)
    asked = np.setdiff1d(np.flatnonzero(left > rest), unsure)
    lost[unsure] = np.where(left[unsure] > rest[unsure], left[unsure], 0.0)
    starts, ends = np.searchsorted(own, asked, "left"), np.searchsorted(own, asked, "right")
    members = np.concatenate(
        [np.empty(0, dtype=np.int64), *(others[s:e] for s, e in zip(starts, ends, strict=True))]
    )
    path = way.folder / f"left-{side}.npz"
    np.savez(path, rows=asked, starts=np.r_[0, np.cumsum(ends - starts)], members=members)
    parts = [
        Uncover(plan.folder, other.folder, path, begin, end, way.folder / f"left-{side}-{begin}-{end}.npz")
        for begin, end in way.spans(len(asked))
    ]
    way.run(Stage.MEASURING, parts)
    for part in parts:
        found = stored(part.result)
        rows = asked[part.begin : part.end]
        only[rows] = found["areas"]
        lost[rows] = np.where(found["failed"], left[rows], 0.0)
    return only, lost


def _beside(plan: Plan, other: Plan, broken: IntArray) -> IntArray:
    """Rows that may lie under something of the other plan that couldn't be overlaid."""
    return plan.near(other.boxes[broken]) if len(broken) else np.empty(0, dtype=np.int64)


# --- patches ---------------------------------------------------------------------------------------


def _joined(
    a: Plan, b: Plan, sources: tuple[Path, ...], columns: list[dict[str, Any]], way: Way, sliver_width_m: float
) -> tuple[Patches, float]:  # fmt: skip
    rows_a, rows_b, areas = (_all(columns, f"conflict_{name}") for name in ("a", "b", "areas"))
    counts = [len(part["ends"]) for part in columns]
    ends = _all(columns, "ends")
    begins = np.concatenate(
        [np.empty(0, dtype=np.int64), *(np.r_[0, part["ends"][:-1]][: len(part["ends"])] for part in columns)]
    )
    source = np.repeat(np.arange(len(columns)), counts)
    pair = a.class_numbers[rows_a] * len(b.classes) + b.class_numbers[rows_b]
    order = np.argsort(pair, kind="stable")  # within a pair they stay sorted by row
    pair = pair[order]
    asked = way.folder / "join.npz"
    np.savez(
        asked, source=source[order], begin=begins[order], end=ends[order], areas=areas[order],
        a=rows_a[order], b=rows_b[order],
    )  # fmt: skip
    cuts = np.flatnonzero(np.r_[True, np.diff(pair) > 0, True]) if len(pair) else np.zeros(1, dtype=np.int64)
    parts = [
        Join(
            a.folder,
            b.folder,
            sources,
            asked,
            begin,
            end,
            sliver_width_m,
            way.folder / f"join-{begin}-{end}.npz",
        )
        for begin, end in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)
    ]
    # the largest first, so that none is left alone at the end
    way.run(Stage.JOINING, sorted(parts, key=lambda part: part.begin - part.end))
    return _patches(a, b, parts, pair, rows_a[order], rows_b[order])


def _patches(
    a: Plan, b: Plan, parts: Sequence[Join], pair: IntArray, rows_a: IntArray, rows_b: IntArray
) -> tuple[Patches, float]:
    found = [stored(part.result) for part in parts]
    shapes = np.concatenate(
        [np.empty(0, dtype=object)]
        + [shapes_of(part.result, one["ends"]) for part, one in zip(parts, found, strict=True)]
    )
    sizes = [len(one["areas"]) for one in found]
    of_pair = np.repeat(np.array([pair[part.begin] for part in parts], dtype=np.int64), sizes)
    offsets = np.cumsum([0, *sizes])[:-1]
    of_patch = np.full(len(pair), -1, dtype=np.int64)
    for part, one, offset in zip(parts, found, offsets.tolist(), strict=True):
        own = one["of_patch"]
        of_patch[part.begin : part.end] = np.where(own >= 0, own + offset, -1)
    west, south, east, north = shapely.bounds(shapes).T if len(shapes) else np.empty((4, 0))
    order = np.lexsort((north, east, south, west, of_pair))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    listed = of_patch >= 0
    keys_a, count_a = _named(a, rows_a[listed], place[of_patch[listed]], len(order))
    keys_b, count_b = _named(b, rows_b[listed], place[of_patch[listed]], len(order))

    def column(name: str) -> Any:
        return np.concatenate([np.empty(0), *(one[name] for one in found)])[order]

    patches = Patches(
        of_pair[order] // max(len(b.classes), 1), of_pair[order] % max(len(b.classes), 1), column("areas"),
        column("widths"), column("kinds") == Width.SLIVER, shapes[order], keys_a, keys_b, count_a, count_b,
    )  # fmt: skip
    contact = float(
        summed(np.zeros(len(found), np.int64), np.array([float(o["contact_m2"]) for o in found]), 1)[0]
    )
    return patches, contact


def _named(
    plan: Plan, rows: IntArray, patch: IntArray, count: int
) -> tuple[tuple[tuple[str, ...], ...], IntArray]:
    """Of each patch the first keys of its features, and how many there are. Features are numbered by key."""
    features = plan.feature_numbers[rows]
    both = np.unique(np.column_stack([patch, features]), axis=0) if len(rows) else np.empty((0, 2), np.int64)
    bounds = np.searchsorted(both[:, 0], np.arange(count + 1))
    keys = plan.keys
    named = tuple(
        tuple(keys[number] for number in both[begin : min(end, begin + SAMPLE), 1].tolist())
        for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    )
    return named, np.diff(bounds)


# --- sums ------------------------------------------------------------------------------------------


def _side(ground: _Ground, only: FloatArray, lost: FloatArray, unlisted: list[bool]) -> Side:
    plan = ground.plan
    by_class = plan.class_numbers

    def by(values: FloatArray) -> FloatArray:
        return summed(by_class, values, len(plan.classes))

    # a piece whose share couldn't be found out keeps all of its ground, of which nothing can be said
    whole = plan.areas.copy()
    whole[ground.failed] = ground.stored[ground.failed]
    lost = lost.copy()
    lost[ground.failed] = ground.stored[ground.failed]
    flags: BoolArray = np.array(unlisted, dtype=bool)
    return Side(tuple(plan.classes), by(whole), by(ground.stored) - by(whole), by(only), by(lost), flags)


def _told(side: str, plan: Plan, lost: FloatArray, broken: IntArray) -> list[NotOverlaid]:
    rows = np.union1d(np.flatnonzero(lost > 0), broken)
    keys = plan.keys
    return [NotOverlaid(side, keys[number]) for number in np.unique(plan.feature_numbers[rows]).tolist()]
