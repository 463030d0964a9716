"""What a batch's worker does: read a block of sites' grounds from a snapshot's files and judge them.

A worker is a plain process with this package, on this machine or another that has the files; it knows no Django and
no database. Each site is judged by itself, so what it is told doesn't depend on the block it came in.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import shapely

from siting.engine.boundary import Boundary, DeclaredBoundary, build
from siting.engine.document import canonical, document, engine_versions, notice_data
from siting.engine.judging import judge
from siting.engine.notices import UnusableInput
from siting.engine.present_land import PresentLand
from siting.engine.rules import RuleResult
from siting.engine.snapshots import Book, LayerEntry, OpenSnapshot
from siting.engine.verdict import Outcome, Verdict

#: Where a worker finds the snapshot's files if not where whoever asks has them.
FOLDER_VARIABLE = "SNAPSHOT_DIR"


@dataclass(frozen=True)
class SiteTask:
    """One site of a batch: its id, its number in the file (from 1), what the file declares, and its facts."""

    id: str
    number: int
    declared: DeclaredBoundary
    facts: Mapping[str, str]


@dataclass(frozen=True)
class BlockTask:
    """Sites that lie side by side, and the snapshot to judge them by: folder and name of its JSON."""

    folder: str
    snapshot: str
    sites: tuple[SiteTask, ...]


@dataclass(frozen=True)
class FindingRow:
    """How a rule ended for a site, where it isn't clear: the entry of the check's document, and the ground as WKB."""

    rule: str
    outcome: str
    entry: Mapping[str, Any]
    geometry: bytes | None


@dataclass(frozen=True)
class SiteAnswer:
    """What was found of one site.

    ``digest`` (SHA-256 of the check's canonical document, hex), ``verdict``, ``area_m2`` and ``geometry`` (WKB) are
    None where the boundary can't be used; then ``refusal`` says why, as notices' data.
    """

    id: str
    number: int
    digest: str | None = None
    verdict: str | None = None
    area_m2: float | None = None
    geometry: bytes | None = None
    questions: tuple[str, ...] = ()
    findings: tuple[FindingRow, ...] = ()
    refusal: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class BlockAnswer:
    """Answers to a block's sites in their order, and the library versions that computed them."""

    sites: tuple[SiteAnswer, ...]
    versions: Mapping[str, str]


@dataclass(frozen=True)
class _Answer:
    """A check's result as the document needs it."""

    boundary: Boundary
    rulebook: Book
    facts: Mapping[str, str]
    versions: Mapping[str, LayerEntry]
    results: tuple[RuleResult, ...]
    land: tuple[PresentLand, ...] | None
    verdict: Verdict

    @property
    def questions(self) -> tuple[str, ...]:
        asked = {name for result in self.results for name in result.questions}
        return tuple(name for name in self.rulebook.questions if name in asked)


def judge_block(task: BlockTask) -> BlockAnswer:
    """Judge a block of sites.

    Raises
    ------
    siting.engine.snapshots.DamagedSnapshot
        A file is missing or was altered: nothing is judged by something else than what was asked for.
    """
    folder = os.environ.get(FOLDER_VARIABLE) or task.folder
    opened = _opened(str(Path(folder) / task.snapshot))
    built: dict[int, Boundary] = {}
    refused: dict[int, tuple[Mapping[str, Any], ...]] = {}
    for place, site in enumerate(task.sites):
        try:
            built[place] = build(site.declared)
        except UnusableInput as refusal:
            refused[place] = tuple(notice_data(notice) for notice in refusal.notices)
    grounds = dict(zip(built, opened.grounds(list(built.values())), strict=True)) if built else {}
    answers = []
    for place, site in enumerate(task.sites):
        if place in refused:
            answers.append(SiteAnswer(site.id, site.number, refusal=refused[place]))
            continue
        book = opened.snapshot.book
        judgement = judge(built[place], book.rules, site.facts, grounds[place])
        answers.append(
            _answer(
                site,
                _Answer(
                    boundary=built[place],
                    rulebook=book,
                    facts=site.facts,
                    versions=dict(sorted(opened.snapshot.layers.items())),
                    results=judgement.results,
                    land=judgement.land,
                    verdict=judgement.verdict,
                ),
            )
        )
    return BlockAnswer(tuple(answers), engine_versions())


@lru_cache(maxsize=2)
def _opened(path: str) -> OpenSnapshot:
    return OpenSnapshot(Path(path))


def _answer(site: SiteTask, answer: _Answer) -> SiteAnswer:
    whole = document(answer)
    entries = {entry["rule"]: entry for entry in (*whole["findings"], *whole["not_checked"])}
    findings = tuple(
        FindingRow(
            rule=result.rule.code,
            outcome=str(result.outcome),
            entry={name: value for name, value in entries[result.rule.code].items() if name != "geometry"}
            | {"severity": str(result.severity), "name": result.rule.name},
            geometry=None if result.geometry is None else shapely.to_wkb(shapely.normalize(result.geometry)),
        )
        for result in answer.results
        if result.outcome is not Outcome.CLEAR
    )
    return SiteAnswer(
        id=site.id,
        number=site.number,
        digest=hashlib.sha256(canonical(whole).encode()).hexdigest(),
        verdict=str(answer.verdict),
        area_m2=whole["site"]["area_m2"],
        geometry=shapely.to_wkb(answer.boundary.geometry),
        questions=answer.questions,
        findings=findings,
    )


def digest(opened: Mapping[str, Any], answers: Sequence[SiteAnswer]) -> str:
    """SHA-256 (hex) over what a batch found: every site's id with the digest of its document, sorted by id.

    Parameters
    ----------
    opened
        What all sites share: rulebook, manifest and library versions, JSON-ready.
    answers
        In any order. A site that couldn't be used counts with the codes of its notices.
    """
    sites = sorted(
        [answer.id, answer.number, answer.digest, [notice["code"] for notice in answer.refusal]]
        for answer in answers
    )
    text = json.dumps(
        {"format": "gis-projects/batch/1", **opened, "sites": sites},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(text.encode()).hexdigest()
