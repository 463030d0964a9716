"""A batch from its sites to its findings: blocks of neighbours, judged by whichever engine, sorted by site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from layers.queries import PinnedVersion
from siting.batch.engines import Engine, judged
from siting.batch.exporting import snapshot
from siting.batch.sites import SitesFile
from siting.engine.batch import BlockTask, SiteAnswer, SiteTask, digest
from siting.engine.boundary import DeclaredBoundary
from siting.engine.crs import to_degrees
from siting.engine.document import engine_versions, notice_data
from siting.engine.neighbourhood import along_a_curve
from siting.rulebook import PinnedRulebook

_BLOCK = 32


@dataclass(frozen=True)
class Findings:
    """What a batch found.

    Attributes
    ----------
    answers
        Of every feature of the file, sorted by id and number; those that are no usable site say why.
    shared
        What all sites were judged by, JSON-ready: rulebook, manifest of layer versions, library versions.
    digest
        SHA-256 (hex): the same for the same sites, rulebook, layer and library versions, whoever did the work.
    """

    answers: tuple[SiteAnswer, ...]
    shared: Mapping[str, Any]
    digest: str

    @property
    def verdicts(self) -> dict[str, int]:
        """How many sites ended how."""
        return dict(sorted(Counter(answer.verdict for answer in self.answers if answer.verdict).items()))

    @property
    def refused(self) -> tuple[SiteAnswer, ...]:
        """Features that are no usable site."""
        return tuple(answer for answer in self.answers if answer.refusal)


def run(
    sites: SitesFile,
    *,
    rulebook: PinnedRulebook,
    versions: Mapping[str, PinnedVersion],
    folder: Path,
    engine: Engine = Engine.SERIAL,
    workers: int = 1,
    scheduler: str | None = None,
    told: Callable[[int, int], object] = lambda done, of: None,
) -> Findings:
    """Judge the sites of a file.

    Parameters
    ----------
    sites
        From `siting.batch.read_sites`.
    rulebook, versions
        Pinned; written to ``folder`` as files first, if it doesn't have them.
    folder
        Where workers find the files: for machines of a cluster a shared one, or each its own copy.
    engine, workers, scheduler
        See `siting.batch.engines.judged`.
    told
        Called with how many sites are done, of how many.

    Raises
    ------
    siting.batch.EngineFailed
        The work could not be done.
    OSError
        The folder can't be written.
    """
    path = snapshot(rulebook, versions, folder)
    blocks = [
        BlockTask(str(path.parent.resolve()), path.name, tuple(sites.tasks[place] for place in span))
        for span in _neighbours(sites.tasks)
    ]
    found = [
        SiteAnswer(row.id, row.number, refusal=tuple(notice_data(notice) for notice in row.notices))
        for row in sites.bad
    ]
    told(len(found), len(sites.tasks) + len(sites.bad))
    for answer in judged(blocks, engine, workers=workers, scheduler=scheduler):
        found += answer.sites
        told(len(found), len(sites.tasks) + len(sites.bad))
    shared = {
        "rulebook": {
            "code": rulebook.code,
            "version": rulebook.version,
            "sha256": rulebook.sha256,
            "on": rulebook.on.isoformat(),
        },
        "manifest": {
            code: {"version": versions[code].number, "root_hash": versions[code].root_hash}
            for code in sorted(versions)
        },
        "versions": engine_versions(),
    }
    found.sort(key=lambda answer: (answer.id, answer.number))
    return Findings(tuple(found), shared, digest(shared, found))


def _neighbours(tasks: tuple[SiteTask, ...]) -> list[list[int]]:
    """Positions of sites that lie side by side, a block at a time."""
    places = np.array([_place(task.declared) for task in tasks], dtype=object)
    order = along_a_curve(places)
    return [order[start : start + _BLOCK].tolist() for start in range(0, len(order), _BLOCK)]


def _place(declared: DeclaredBoundary) -> shapely.Point:
    """About where a site is; enough to put neighbours together."""
    xy = np.concatenate([ring.xy[:1] for plot in declared.plots for ring in plot.rings])[:1]
    return shapely.Point(*(xy[0] if declared.crs.is_geographic else to_degrees(xy, declared.crs)[0]))
