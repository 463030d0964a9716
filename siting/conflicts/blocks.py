"""Parts of a comparison as a process does them: read rows of two plans, overlay, write one file.

A part's file stands complete under its name or not at all, so what a killed run had finished is not done again. Nothing
here knows a database.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from siting.conflicts.plans import Plan
from siting.engine import conflict, patches
from siting.engine.area import IntArray
from siting.engine.conflict import BoolArray
from siting.engine.slivers import ObjectArray

_SHAPES = ".wkb"


@dataclass(frozen=True)
class Flatten:
    """What of the rows from `begin` to `end` belongs to no smaller feature of the same plan."""

    plan: Path
    begin: int
    end: int
    result: Path

    def run(self) -> None:
        plan = Plan(self.plan)
        rows = np.arange(self.begin, self.end)
        own = plan.pieces(rows)
        around = plan.pieces(plan.near(plan.boxes[rows]))
        of_feature = np.load(self.plan / "feature_areas.npy")
        shapes, areas, failed = conflict.flattened(own, around, of_feature)
        store(self.result, shapes, areas=areas, failed=failed)


@dataclass(frozen=True)
class Overlay:
    """What the rows of A from `begin` to `end` share with B, and where their classes conflict."""

    a: Path
    b: Path
    begin: int
    end: int
    conflicting: tuple[tuple[bool, ...], ...]
    result: Path

    def run(self) -> None:
        a, b = Plan(self.a), Plan(self.b)
        rows = np.arange(self.begin, self.end)
        beside = b.near(a.boxes[rows])
        table: BoolArray = np.array(self.conflicting, dtype=bool).reshape(len(a.classes), len(b.classes))
        found = conflict.shared(a.pieces(rows), b.pieces(beside), table)
        store(
            self.result, found.conflict_shapes, a=found.a, b=found.b, areas=found.areas,
            conflict_a=found.conflict_a, conflict_b=found.conflict_b, conflict_areas=found.conflict_areas,
            broken_a=found.broken_a, broken_b=found.broken_b,
            failed_a=found.failed_a, failed_b=found.failed_b,
        )  # fmt: skip


@dataclass(frozen=True)
class Uncover:
    """How much of some rows of one plan lies on none of the pieces of the other that they share ground with."""

    plan: Path
    other: Path
    asked: Path  # a file with rows, starts and members (rows of the other)
    begin: int
    end: int
    result: Path

    def run(self) -> None:
        with np.load(self.asked) as file:
            rows = file["rows"][self.begin : self.end]
            starts = file["starts"][self.begin : self.end + 1]
            members = file["members"][starts[0] : starts[-1]]
        others, where = np.unique(members, return_inverse=True)
        pieces = Plan(self.plan).pieces(rows)
        fit = conflict.usable(pieces.geometries)
        areas, failed = np.zeros(len(rows)), ~fit
        counts = np.where(fit, np.diff(starts), 0)
        own = np.repeat(fit, np.diff(starts))
        areas[fit], failed[fit] = conflict.uncovered(
            pieces.only(fit), Plan(self.other).pieces(others).geometries,
            np.r_[0, np.cumsum(counts[fit])].astype(np.intp), where.ravel()[own],
        )  # fmt: skip
        store(self.result, None, areas=areas, failed=failed)


@dataclass(frozen=True)
class Join:
    """The patches of one pair of classes, from what the overlays left in their files: where to find it, row by row."""

    a: Path
    b: Path
    sources: tuple[Path, ...]
    asked: (
        Path  # a file with source, begin, end (bytes) and areas of the pieces, all pairs one after the other
    )
    begin: int
    end: int
    sliver_width_m: float
    result: Path

    def run(self) -> None:
        with np.load(self.asked) as file:
            source, begins, ends, areas, rows_a, rows_b = (
                file[name][self.begin : self.end] for name in ("source", "begin", "end", "areas", "a", "b")
            )
        shapes = np.empty(len(areas), dtype=object)
        for number in np.unique(source).tolist():
            blob = np.memmap(self.sources[number].with_suffix(_SHAPES), dtype=np.uint8, mode="r")
            own = np.flatnonzero(source == number)
            spans = zip(begins[own].tolist(), ends[own].tolist(), strict=True)
            shapes[own] = shapely.from_wkb([blob[start:end].tobytes() for start, end in spans])
        (rows_a, of_a), (rows_b, of_b) = (np.unique(rows, return_inverse=True) for rows in (rows_a, rows_b))
        pieces = patches.Pieces(
            shapes, areas, of_a.ravel(), of_b.ravel(),
            Plan(self.a).pieces(rows_a).geometries, Plan(self.b).pieces(rows_b).geometries,
        )  # fmt: skip
        found = patches.joined(pieces, self.sliver_width_m)
        store(
            self.result, found.shapes, areas=found.areas, widths=found.widths, kinds=found.kinds,
            of_patch=found.of_patch, contact_m2=np.array(found.contact_m2),
        )  # fmt: skip


Part = Flatten | Overlay | Uncover | Join


def do(part: Part) -> None:
    """Do a part, unless it is done."""
    if not part.result.exists():
        part.run()


def store(path: Path, shapes: ObjectArray | None, **columns: Any) -> None:
    """Write columns, and shapes beside them with the `ends` of each in bytes."""
    mark = f".{os.getpid()}"
    if shapes is not None:
        encoded = shapely.to_wkb(shapes).tolist()
        columns["ends"] = np.cumsum([len(shape) for shape in encoded], dtype=np.int64)
        beside = path.with_suffix(_SHAPES)
        unfinished = beside.with_name(beside.name + mark)
        unfinished.write_bytes(b"".join(encoded))
        unfinished.replace(beside)
    unfinished = path.with_name(path.name + mark)
    with unfinished.open("wb") as file:
        np.savez(file, **columns)
    unfinished.replace(path)


def stored(path: Path) -> dict[str, Any]:
    """The columns of a part's file."""
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def shapes_of(path: Path, ends: IntArray) -> ObjectArray:
    """The shapes beside a part's columns."""
    blob = path.with_suffix(_SHAPES).read_bytes()
    found = np.empty(len(ends), dtype=object)
    begins = np.r_[0, ends[:-1]].tolist() if len(ends) else []
    found[:] = [blob[begin:end] for begin, end in zip(begins, ends.tolist(), strict=True)]
    return np.asarray(shapely.from_wkb(found), dtype=object)
