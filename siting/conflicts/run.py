"""Two published versions → one comparison: read into files, held against each other, with what it was made from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import layers.queries
from layers.models import LayerVersion
from layers.notices import Notice, Refused
from layers.queries import PinnedVersion
from siting.conflicts import overlaying, plans, publishing, towns
from siting.conflicts.comparison import Comparison
from siting.conflicts.crosswalk import Crosswalk
from siting.conflicts.overlaying import BLOCK, Progress, Stage, Way, silent
from siting.conflicts.plans import Batch, Plan
from siting.models import Crosswalk as CrosswalkRow

SLIVER_WIDTH_M = 1.0
"""Metres: narrower patches are told apart as 疑似误差 unless a comparison says otherwise; no national bound exists."""
MAX_SLIVER_WIDTH_M = 100.0
PROCESSES = max(1, os.cpu_count() or 1)


@dataclass(frozen=True)
class Question:
    """What is compared with what, and how."""

    a: PinnedVersion
    b: PinnedVersion
    crosswalk: CrosswalkRow
    turned: bool
    sliver_width_m: float = SLIVER_WIDTH_M

    @property
    def classes(self) -> Crosswalk:
        """The crosswalk from A's classes to B's."""
        found = publishing.of(self.crosswalk)
        return found.turned() if self.turned else found


@dataclass(frozen=True)
class Answer:
    """A comparison with the town of each patch, and which layer named the towns."""

    question: Question
    comparison: Comparison
    towns: tuple[str, ...]
    town_names: dict[str, str]
    town_source: str


def question(
    a: LayerVersion, b: LayerVersion, crosswalk: CrosswalkRow | None, sliver_width_m: float = SLIVER_WIDTH_M
) -> Question:
    """What to ask of two versions.

    Parameters
    ----------
    crosswalk
        None takes the one there is between the two class systems.

    Raises
    ------
    Refused
        The versions can't be compared, or not by this crosswalk.
    """
    found = layers.queries.pinned({a.layer.code: a.number}) | layers.queries.pinned({b.layer.code: b.number})
    if a.layer_id == b.layer_id:
        raise Refused(
            Notice(
                "comparison-same-layer",
                "请选择两个不同的图层；同一图层的两个版本请用版本比较。",
                field="layer_b",
            )
        )
    for field, version in (("layer_a", a), ("layer_b", b)):
        if version.layer.code not in found:
            raise Refused(
                Notice(
                    "comparison-no-version", "图层 %(layer)s 没有第 %(number)d 版。",
                    {"layer": version.layer.code, "number": version.number}, field=field,
                )
            )  # fmt: skip
        if found[version.layer.code].kind != "vector":
            raise Refused(
                Notice(
                    "comparison-raster", "%(layer)s 是栅格图层，不能逐图斑比对。",
                    {"layer": version.layer_name}, field=field,
                )
            )  # fmt: skip
    if not 0 <= sliver_width_m <= MAX_SLIVER_WIDTH_M:
        raise Refused(
            Notice(
                "comparison-bound", "误差宽度应在 0 到 %(most)d 米之间。", {"most": int(MAX_SLIVER_WIDTH_M)},
                field="sliver_width_m",
            )
        )  # fmt: skip
    pin_a, pin_b = found[a.layer.code], found[b.layer.code]
    row, turned = _crosswalk(pin_a, pin_b, crosswalk)
    return Question(pin_a, pin_b, row, turned, sliver_width_m)


def _crosswalk(a: PinnedVersion, b: PinnedVersion, asked: CrosswalkRow | None) -> tuple[CrosswalkRow, bool]:
    systems = {"a": a.class_system or "—", "b": b.class_system or "—"}
    if asked is None:
        there = publishing.between(a.class_system, b.class_system)
        if not there:
            raise Refused(
                Notice(
                    "comparison-no-crosswalk", "没有从 %(a)s 到 %(b)s 的分类对照表，请先导入。", systems,
                    field="crosswalk",
                )
            )  # fmt: skip
        return there[0]
    kept = publishing.of(asked)
    for turned, one in ((False, kept), (True, kept.turned())):
        if one.joins(a.class_system, b.class_system):
            return asked, turned
    raise Refused(
        Notice(
            "comparison-other-crosswalk", "对照表 %(code)s 不适用于 %(a)s 与 %(b)s。",
            {"code": asked.code, **systems}, field="crosswalk",
        )
    )  # fmt: skip


def compare(
    asked: Question, *, folder: Path | None = None, processes: int = PROCESSES, block: int = BLOCK,
    progress: Progress = silent,
) -> Answer:  # fmt: skip
    """Hold one version against the other.

    Parameters
    ----------
    folder
        Where parts are kept; with the same folder a run that was broken off goes on where it was. A temporary one
        if none is given.
    processes, block
        How the work is shared out; the answer is the same.

    Raises
    ------
    Refused
        A layer has no surfaces.
    """
    if folder is None:
        with TemporaryDirectory(prefix="compare-plans-") as temporary:
            return compare(asked, folder=Path(temporary), processes=processes, block=block, progress=progress)
    folder.mkdir(parents=True, exist_ok=True)
    a, b = (_plan(pin, folder, progress, n) for n, pin in enumerate((asked.a, asked.b)))
    found = overlaying.overlay(
        a, b, asked.classes, Way(folder, processes, block, progress), sliver_width_m=asked.sliver_width_m,
        non_overlapping=(asked.a.non_overlapping, asked.b.non_overlapping),
    )  # fmt: skip
    divisions = towns.read()
    return Answer(asked, found, tuple(divisions.of(found.patches.shapes)), divisions.names, divisions.source)


def _plan(pin: PinnedVersion, folder: Path, progress: Progress, number: int) -> Plan:
    """A version's pieces as files. Its root hash is in the name, so a folder never holds another version's."""
    place = folder / f"{'ab'[number]}-{pin.layer}-{pin.number}-{pin.root_hash[:16]}"
    progress(Stage.READING, number, 2)
    plan = Plan(place) if place.exists() else plans.write(place, _batches(pin))
    if not len(plan) or not plan.areas.any():
        raise Refused(
            Notice(
                "comparison-no-surfaces", "%(layer)s 没有面状要素，不能比对。", {"layer": pin.layer_name},
                field="layer_a" if number == 0 else "layer_b",
            )
        )  # fmt: skip
    progress(Stage.READING, number + 1, 2)
    return plan


def _batches(pin: PinnedVersion) -> Iterator[Batch]:
    for found in layers.queries.everything(pin):
        yield found.keys, found.classes, found.areas, found.geometries
