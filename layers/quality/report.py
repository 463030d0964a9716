"""The quality report of a staged version: its features among each other, and each in its shape."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from django.contrib.gis.geos import GEOSGeometry
from shapely.geometry import MultiPolygon

from layers import standards
from layers.models import LayerVersion, QualityFinding
from layers.progress import Phase, Progress, silent
from layers.quality import attributes, duplicates, findings, outline, overlaps, rows, sentences
from layers.quality.decision import Outcome, Summary, arrangement_of, decide, thresholds_of
from layers.quality.findings import Finding, Kind
from layers.quality.outside import outside
from layers.quality.overlaps import Overlaps
from layers.quality.rings import Rings, rings
from layers.quality.rows import Block, Rows
from layers.quality.shapes import Shapes, shapes

KINDS = (
    Kind.DUPLICATE_KEY, Kind.DUPLICATE, Kind.OVERLAP, Kind.GAP, Kind.SLIVER, Kind.SPIKE, Kind.TINY, Kind.OUTSIDE,
)  # fmt: skip
_WRITTEN_FROM = 5_000  # findings that are written together


@dataclass(frozen=True)
class _Examined:
    """What one block says; positions in `Rows`."""

    block: Block
    overlaps: Overlaps
    shapes: list[Shapes]
    outline: npt.NDArray[np.object_]


def inspect(version: LayerVersion, *, region: Any = None, progress: Progress = silent) -> Summary:
    """Look at all features of a version that isn't published yet, and write down what is found.

    Kept are the findings, and in the version `non_overlapping`, `coverage` (where none was given) and `quality`.
    Findings of other kinds (of the reading, of attributes) are counted with them. It may be done again: its own
    findings are replaced.

    Parameters
    ----------
    version
        Staging or staged; its rows are read in the transaction that is open.
    region
        Where features may lie (shapely, EPSG:4490); without it nothing lies outside.
    progress
        Told the features done; what it raises ends the work.
    """
    started = time.perf_counter()
    layer = version.layer
    findings.clear(version, KINDS)
    everything = rows.read(version)
    gapless = arrangement_of(layer) == "coverage"
    outlined = gapless or not version.coverage_given
    collected = _Collected(version)
    originals = duplicates.originals(everything)
    copies = np.flatnonzero(originals != np.arange(len(everything)))
    if len(everything):
        collected.add(_absent(version))
    collected.add(sentences.repeated_keys(version, everything))
    collected.add(sentences.duplicates(everything, originals, copies))

    done = 0
    outlines: list[npt.NDArray[np.object_]] = []
    of_pieces: list[Overlaps] = []
    apart = not (everything.areas[copies] > 0).any()
    progress(Phase.QUALITY, 0, len(everything))
    for one in _examined(everything, copies, outlined):
        whole = ~everything.in_pieces
        complete = whole[one.overlaps.first] & whole[one.overlaps.second]
        of_pieces.append(one.overlaps.only(~complete))
        apart = apart and not len(one.overlaps)
        collected.add(sentences.overlaps(everything, one.overlaps.only(complete)))
        for shape in one.shapes:
            collected.add(sentences.shapes(everything, shape))
        if region is not None:
            collected.add(sentences.outside(everything, outside(one.block.home, one.block.wholes, region)))
        outlines.append(one.outline)
        done += len(one.block.home)
        progress(Phase.QUALITY, done, len(everything))
    merged = overlaps.by_pair(overlaps.joined(of_pieces))
    collected.add(sentences.overlaps(everything, merged))
    if not merged.complete:
        collected.add([sentences.too_many_overlaps()])
    if outlined:
        covered = outline.joined(outlines)
        if gapless:
            collected.add(sentences.gaps(outline.gaps(covered)))
        if not version.coverage_given:
            version.coverage = _stored(covered)  # points and lines answer for no ground around them
    collected.write()
    version.non_overlapping = apart
    return _summed_up(version, len(everything), started)


def _summed_up(version: LayerVersion, features: int, started: float) -> Summary:
    tally = findings.tally(version)
    undecided = Summary(features, tally.counts, tally.areas, Outcome.PASS, (), time.perf_counter() - started)
    decision = decide(undecided, thresholds_of(version.layer))
    summary = replace(undecided, outcome=decision.outcome, because=decision.because)
    version.quality = summary.to_json()
    changed = ["non_overlapping", "quality", *([] if version.coverage_given else ["coverage"])]
    version.save(update_fields=changed)
    return summary


def _examined(everything: Rows, copies: npt.NDArray[np.int64], outlined: bool) -> Iterator[_Examined]:
    """Each block's answer, in order. The next blocks are read while the ones before are looked at."""
    blocks = rows.blocks(everything)
    first = next(blocks)
    second = next(blocks, None)
    if second is None:
        yield _examine(first, everything, copies, outlined)
        return
    workers = min(os.cpu_count() or 1, 4)
    waiting: deque[Future[_Examined]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for block in _chained(first, second, blocks):
                waiting.append(pool.submit(_examine, block, everything, copies, outlined))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _chained(first: Block, second: Block, others: Iterator[Block]) -> Iterator[Block]:
    yield first
    yield second
    yield from others


def _examine(block: Block, everything: Rows, copies: npt.NDArray[np.int64], outlined: bool) -> _Examined:
    """No database in here: it runs beside the reading."""
    surface = shapely.get_dimensions(block.parts) == 2
    used = surface & ~np.isin(block.owners, copies)
    edges = rings(block.parts[used])
    found, loose = overlaps.overlaps(block, edges, used)
    covered = np.empty(0, dtype=object)
    if outlined:
        own = ~np.isin(block.home, copies)
        hanging = np.isin(block.home, block.owners[loose]) | everything.in_pieces[block.home]
        covered = outline.outline_of(block.wholes[own], hanging[own])
    return _Examined(block, found, _shapes(block, everything, edges, used), covered)


def _shapes(block: Block, everything: Rows, edges: Rings, used: npt.NDArray[np.bool_]) -> list[Shapes]:
    """Small features by the edges that are at hand; big ones, which stand there in pieces, by their own."""
    owners = block.owners[used]
    whole = np.isin(owners, block.home) & ~everything.in_pieces[owners]
    small = owners[whole]
    found = [shapes(small, edges.of(whole), everything.areas[small])]
    big = everything.in_pieces[block.home]
    if big.any():
        features = block.home[big]
        found.append(shapes(features, rings(block.wholes[big]), everything.areas[features]))
    return found


def _absent(version: LayerVersion) -> list[Finding]:
    """Required columns that no feature has, and that weren't reported before (feature by feature, or as absent)."""
    standard = standards.get(version.layer.standard)
    if standard is None:
        return []
    known = QualityFinding.objects.filter(version=version, kind=Kind.REQUIRED)
    found_before = set(known.values_list("field", flat=True).distinct())
    # the role fields are columns of every feature
    roles = {field.name for field in standard.fields if field.role in ("key", "class", "name")}
    return attributes.absent(standard, rows.attribute_names(version) | found_before | roles)


def _stored(area: MultiPolygon) -> Any:
    return GEOSGeometry(memoryview(shapely.to_wkb(area)), srid=4490)


class _Collected:
    """Findings until there are enough to be written together."""

    def __init__(self, version: LayerVersion) -> None:
        self._version = version
        self._waiting: list[Finding] = []

    def add(self, found: list[Finding]) -> None:
        self._waiting += found
        if len(self._waiting) >= _WRITTEN_FROM:
            self.write()

    def write(self) -> None:
        findings.write(self._version, self._waiting)
        self._waiting = []
