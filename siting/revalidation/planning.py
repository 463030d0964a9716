"""Which live sites a run re-checks, and for which it records a proof: one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from django.db import connection
from django.utils import timezone

from layers.queries import PinnedVersion
from siting.engine.verdict import Outcome
from siting.models import (
    Change,
    CurrentAnswer,
    Footing,
    How,
    Proof,
    RevalidatedSite,
    Revalidation,
    RunState,
    Site,
    SiteVersion,
)
from siting.revalidation import proofs, standing
from siting.revalidation.checking import results
from siting.revalidation.neighbourhood import Objects
from siting.revalidation.standing import Standing
from siting.rulebook import PinnedRulebook

#: Sites that are re-checked in one transaction: what a killed worker loses. Several processes are born anew for each
#: block, so there it has to be worth it.
BLOCK, BLOCK_OF_PROCESSES = 100, 1000
OPEN = (RunState.QUEUED, RunState.RUNNING)


@dataclass(frozen=True)
class _Live:
    """A live site with the answer that it has, if any, as columns of `Site` and `CurrentAnswer`."""

    site: int
    version: int
    facts: Mapping[str, str]
    answered: int | None
    footing: int | None
    answered_facts: Mapping[str, str]
    concerned: Sequence[str]
    open: Sequence[str]
    rules: Sequence[str]
    passing: bool | None

    @property
    def is_stale(self) -> bool:
        """Whether its answer is of another boundary or of other facts, or lacks what may be found the next time, or
        there is none.
        """
        return self.answered != self.version or self.answered_facts != self.facts or bool(self.passing)


def live() -> Iterator[_Live]:
    """Every live site: neither withdrawn nor completed, with a boundary."""
    columns = ("site_version_id", "footing_id", "facts", "concerned", "open", "rules", "passing")
    rows = Site.objects.filter(is_live=True, current__isnull=False).order_by("pk")
    for row in rows.values_list("pk", "current_id", "facts", *(f"answer__{name}" for name in columns)):
        yield _Live(*row)


def plan(run: Revalidation, *, processes: int = 1) -> list[list[int]]:
    """Pin what the run aims at, prove what can be proved, and return the sites to re-check, in blocks of neighbours.

    In the caller's transaction, under the lock of `siting.revalidation.running`. Runs that have not ended yet are
    superseded: this one aims at what is newer.
    """
    now = timezone.now()
    Revalidation.objects.filter(pk__lt=run.pk, state__in=OPEN).update(
        state=RunState.SUPERSEDED, finished_at=now
    )
    target = standing.current()
    to_check: list[int] = []
    groups: dict[int, list[_Live]] = defaultdict(list)
    sites = current = 0
    for row in live():
        sites += 1
        if run.everything or row.is_stale:
            to_check.append(row.site)
        elif row.footing == target.footing.pk:
            current += 1
        else:
            assert row.footing is not None
            groups[row.footing].append(row)
    proved = 0
    for footing in Footing.objects.filter(pk__in=groups).select_related("rulebook").order_by("pk"):
        held, touched = _hold(run, standing.of(footing), target, groups[footing.pk], processes)
        proved += held
        to_check += touched
    Revalidation.objects.filter(pk=run.pk).update(
        state=RunState.RUNNING,
        footing=target.footing,
        started_at=now,
        sites=sites,
        current=current,
        proved=proved,
        affected=len(to_check),
    )
    ordered = _by_place(to_check)
    size = BLOCK if processes == 1 else BLOCK_OF_PROCESSES
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def _hold(
    run: Revalidation, before: Standing, after: Standing, rows: Sequence[_Live], processes: int
) -> tuple[int, list[int]]:
    """Record the proof for those of these answers that hold; how many, and which sites must be re-checked."""
    answers = proofs.Answers(
        sites=[row.site for row in rows],
        outlines=_outlines([row.version for row in rows]),
        facts=[row.facts for row in rows],
        concerned=[row.concerned for row in rows],
        open=[row.open for row in rows],
        rules=[row.rules for row in rows],
    )

    def evaluate(
        positions: Sequence[int], rulebook: PinnedRulebook, asked: Mapping[str, PinnedVersion]
    ) -> Iterator[Sequence[Outcome] | None]:
        wanted = [(rows[position].version, rows[position].facts) for position in positions]
        for _, result in results(wanted, rulebook, asked, processes=processes):
            yield None if result is None else [item.outcome for item in result.results]

    mask, statements = proofs.affected(answers, before, after, evaluate)
    held = [row.site for row, touched in zip(rows, mask.tolist(), strict=True) if not touched]
    if held:
        proof = Proof.objects.create(
            revalidation=run,
            before=before.footing,
            after=after.footing,
            statements=statements,
            sites=len(held),
        )
        _record(run, proof, held)
    return len(held), [row.site for row, touched in zip(rows, mask.tolist(), strict=True) if touched]


# A city's worth of rows in two statements.
_ROWS = """
INSERT INTO {outcomes} (revalidation_id, site_version_id, how, change, proof_id, before_id, after_id)
SELECT %(run)s, site_version_id, %(how)s, %(change)s, %(proof)s, evidence_id, evidence_id
FROM {answers} WHERE site_id = ANY(%(sites)s) ORDER BY site_id
"""


def _record(run: Revalidation, proof: Proof, sites: list[int]) -> None:
    tables = {"outcomes": RevalidatedSite._meta.db_table, "answers": CurrentAnswer._meta.db_table}
    with connection.cursor() as cursor:
        cursor.execute(
            _ROWS.format(**tables),
            {
                "run": run.pk,
                "how": How.PROVED.value,
                "change": Change.SAME.value,
                "proof": proof.pk,
                "sites": sites,
            },
        )
    CurrentAnswer.objects.filter(site__in=sites).update(
        footing=proof.after_id, proof=proof, revalidation=run, held_at=timezone.now()
    )


def _outlines(keys: Sequence[int]) -> Objects:
    """Stored boundaries as shapely geometries, EPSG:4490, in the order of the keys."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, ST_AsBinary(geometry) FROM {SiteVersion._meta.db_table} WHERE id = ANY(%s)",
            [list(keys)],
        )
        found = {key: bytes(wkb) for key, wkb in cursor.fetchall()}
    outlines: Objects = np.asarray(shapely.from_wkb([found[key] for key in keys]), dtype=object)
    return outlines


def _by_place(sites: Sequence[int]) -> list[int]:
    """Neighbours beside each other: what one of them reads, the next one finds at hand."""
    with connection.cursor() as cursor:
        # the order of geometries follows a Hilbert curve
        cursor.execute(
            f"SELECT s.id FROM {Site._meta.db_table} s JOIN {SiteVersion._meta.db_table} v ON v.id = s.current_id"
            " WHERE s.id = ANY(%s) ORDER BY v.geometry, s.id",
            [list(sites)],
        )
        return [row[0] for row in cursor.fetchall()]
