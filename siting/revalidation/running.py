"""A run from its plan to its end, in steps that are each done once: a killed worker costs time, nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from siting.models import Change, RevalidatedSite, Revalidation, RunState
from siting.revalidation.answering import answer
from siting.revalidation.locking import alone
from siting.revalidation.planning import plan

PLANNING, CHECKING = "比对差异", "重新检查"


class Steps(Protocol):
    """How the steps of a run are done and told: `gis_projects.trail.jobs.Progress`, or `InOneGo`."""

    def once(self, name: str, work: Callable[[], Any]) -> Any:
        """Do a step in one transaction, unless it was done before; JSON."""

    def report(self, percent: float, message: str = "") -> None:
        """Tell how far the run is."""


class InOneGo:
    """Steps that nobody repeats: of a command, which is run again as a whole."""

    def once(self, name: str, work: Callable[[], Any]) -> Any:
        with transaction.atomic():
            return work()

    def report(self, percent: float, message: str = "") -> None:
        pass


@dataclass(frozen=True)
class Report:
    """What a run did.

    ``sites`` live ones: of these ``affected`` were ``rechecked`` (or ``failed``); for the other ones
    ``proved_unchanged`` is on record, for ``already_current`` of these since an earlier run. ``changed`` ones got
    another verdict; ``changes`` counts the affected by what became of them. ``state`` is ``superseded`` where a
    later run went on instead.
    """

    run: int
    state: str
    sites: int
    affected: int
    rechecked: int
    failed: int
    changed: int
    proved_unchanged: int
    already_current: int
    changes: dict[str, int]
    digest: str
    seconds: float


def begin(causes: Sequence[dict[str, Any]] = (), *, everything: bool = False) -> Revalidation:
    """Keep that a run is due; `run` does it."""
    return Revalidation.objects.create(causes=list(causes), everything=everything)


def run(
    key: int,
    steps: Steps,
    *,
    processes: int = 1,
    ended: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Bring every live site's answer to the versions in force when this begins.

    Parameters
    ----------
    key
        Of the `Revalidation`.
    steps
        Where the steps that are done are kept. The first step is the plan, then there is one per block of sites.
    processes
        In how many the sites are checked.
    ended
        Called with the report in the transaction that ends the run.

    Returns
    -------
    Report
    """
    steps.report(0, PLANNING)
    blocks = steps.once("plan", partial(_planned, key, processes))
    for number, sites in enumerate(blocks):
        steps.report(5 + 90 * number / len(blocks), CHECKING)
        goes_on = steps.once(f"block {number}", partial(_answered, key, sites, processes))
        if not goes_on:
            return report(Revalidation.objects.get(pk=key))
    steps.once("end", partial(_end, key, ended))
    return report(Revalidation.objects.get(pk=key))


def _planned(key: int, processes: int) -> list[list[int]]:
    alone()
    # Held until the plan is made: whoever adds a cause meanwhile makes another run of it.
    row = Revalidation.objects.select_for_update().get(pk=key)
    if row.state != RunState.QUEUED:
        return []  # a later one has begun before this
    return plan(row, processes=processes)


def _answered(key: int, sites: Sequence[int], processes: int) -> bool:
    return answer(
        Revalidation.objects.select_related("footing__rulebook").get(pk=key), sites, processes=processes
    )


def _end(key: int, ended: Callable[[Report], None]) -> None:
    alone()
    going_on = Revalidation.objects.filter(pk=key, state=RunState.RUNNING)
    if going_on.update(state=RunState.DONE, finished_at=timezone.now(), digest=_digest(key)):
        ended(report(Revalidation.objects.get(pk=key)))


def _digest(key: int) -> str:
    """SHA-256 over what became of each site, with the digest of the check that is its answer."""
    rows = RevalidatedSite.objects.filter(revalidation=key).order_by("site_version_id")
    digest = hashlib.sha256()
    for row in rows.values_list("site_version", "how", "change", "proof", "after__digest").iterator():
        digest.update((" ".join(map(str, row)) + "\n").encode())
    return digest.hexdigest()


def report(row: Revalidation) -> Report:
    """What a run has done so far."""
    counted = (
        RevalidatedSite.objects.filter(revalidation=row)
        .exclude(how="proved")
        .values_list("change")
        .annotate(n=Count("pk"))
        .order_by()
    )
    found = dict(counted)
    started = row.started_at or row.created_at
    return Report(
        run=row.pk,
        state=row.state,
        sites=row.sites,
        affected=row.affected,
        rechecked=row.rechecked,
        failed=row.failed,
        changed=row.changed,
        proved_unchanged=row.proved + row.current,
        already_current=row.current,
        changes={str(change.value): found.get(change.value, 0) for change in Change},
        digest=row.digest,
        seconds=round(((row.finished_at or timezone.now()) - started).total_seconds(), 3),
    )
