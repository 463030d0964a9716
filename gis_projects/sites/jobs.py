"""What follows from the trail: when something that answers stand on changed, they are re-validated as a job."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from gis_projects.people.models import User
from gis_projects.trail import queries as trail
from gis_projects.trail.actions import record
from gis_projects.trail.jobs import OPEN, Progress, job, start
from gis_projects.trail.models import Job, Step
from siting import revalidation
from siting.models import Revalidation, RunState, Site
from siting.revalidation import Report
from siting.rulebook import NoRulebook

CURSOR = "sites.revalidation"
KIND = "sites.revalidate"
#: Steps after which some answer may no longer hold. What is published, and which sites there are, is looked up then.
VERBS = frozenset(
    {
        "atlas.publish_layer",
        "atlas.withdraw_layer",
        "sites.publish_rulebook",
        "sites.save_boundary",
        "library.state_facts",
        "library.attach_site",
    }
)
LIMIT_SECONDS = 6 * 3600
MORE = "more"
MAX_CAUSES = 50  # that a run names one by one; of the others it says how many they are
OVERDUE_EVERY = 60.0  # seconds between two looks for what no step tells of
OVERDUE_AFTER = timedelta(minutes=10)  # a run that nobody works at any more


def follow_trail(*, limit: int = 500) -> int:
    """Queue a run for the next steps of the trail that may touch an answer; returns how many steps those were."""
    found = 0
    while True:
        with transaction.atomic():
            steps = trail.read_on(CURSOR, limit=limit)
            causes = [_cause(step) for step in steps if _touches(step)]
            if causes:
                queue(causes)
        found += len(causes)
        if len(steps) < limit:
            _overdue_in_turn()
            return found


def passed_over() -> int:
    """Read on without queueing anything, because a run that follows at once answers for all of it; how many steps."""
    with transaction.atomic():
        return len(trail.read_on(CURSOR, limit=10**9))


def _touches(step: Step) -> bool:
    if step.verb == "library.revise_project":
        return "stage" in step.data.get("after", {})  # its site may be live again
    return step.verb in VERBS


def _cause(step: Step) -> dict[str, Any]:
    return {"verb": step.verb, "subject": step.subject, "step": step.number}


@transaction.atomic
def queue(causes: list[dict[str, Any]], *, by: User | None = None, everything: bool = False) -> Revalidation:
    """Have a run done; causes join one that waits for its turn."""
    waiting = Revalidation.objects.filter(state=RunState.QUEUED, everything=everything)
    # Whoever begins a run holds its row until its plan is made: it may have looked before this.
    row = waiting.select_for_update(skip_locked=True).order_by("pk").last()
    if row is not None and by is None and _has_job(row):
        row.causes = _bounded([*row.causes, *causes])
        row.save(update_fields=["causes"])
        return row
    row = revalidation.begin(_bounded(causes), everything=everything)
    start(
        revalidate_sites,
        by=by,
        kind=KIND,
        subject=subject(row.pk),
        limit_seconds=LIMIT_SECONDS,
        run=row.pk,
        user=None if by is None else by.pk,
    )
    return row


def _bounded(causes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    named = [cause for cause in causes if cause["verb"] != MORE]
    more = sum(cause["count"] for cause in causes if cause["verb"] == MORE) + max(0, len(named) - MAX_CAUSES)
    return named[:MAX_CAUSES] + ([{"verb": MORE, "count": more}] if more else [])


def subject(key: int) -> str:
    """How the trail and the jobs name a run."""
    return f"sites.revalidation:{key}"


def _has_job(row: Revalidation) -> bool:
    return Job.objects.filter(subject=subject(row.pk), state__in=OPEN).exists()


@job
def revalidate_sites(progress: Progress, *, run: int, user: int | None = None) -> dict[str, Any]:
    """A run, block after block; a killed one goes on with the next block."""
    by = None if user is None else User.objects.get(pk=user)
    return asdict(
        revalidation.run(
            run,
            progress,
            processes=settings.REVALIDATION_PROCESSES,
            ended=lambda report: told(report, by=by),
        )
    )


def told(report: Report, *, by: User | None) -> None:
    """Write the end of a run into the trail: one step for all sites, with the digest over what became of each."""
    causes = Revalidation.objects.values_list("causes", flat=True).get(pk=report.run)
    record(
        by=by,
        verb=KIND,
        subject=subject(report.run),
        data={
            **{
                name: value
                for name, value in asdict(report).items()
                if name not in ("run", "state", "seconds")
            },
            "causes": causes,
        },
    )


_next_look = 0.0


def _overdue_in_turn() -> None:
    """Not at each turn: what no step tells of can wait a minute."""
    global _next_look
    if time.monotonic() >= _next_look:
        _next_look = time.monotonic() + OVERDUE_EVERY
        see_to_what_is_overdue()


def see_to_what_is_overdue() -> Revalidation | None:
    """Queue a run where answers are due and no step says so.

    A rule begins or ends on a day; a rulebook was published from the command line; nobody has run anything yet; a
    run's job failed.
    """
    with transaction.atomic():
        if Job.objects.filter(kind=KIND, state__in=OPEN).exists():
            return None
        last = Revalidation.objects.order_by("pk").last()
        if last is None:
            due = Site.objects.filter(is_live=True, current__isnull=False).exists()
            return queue([{"verb": "first"}]) if due else None
        if last.state != RunState.DONE:
            late = last.created_at < timezone.now() - OVERDUE_AFTER
            return queue([{"verb": "unfinished", "subject": subject(last.pk)}]) if late else None
        try:
            footing = revalidation.current().footing
        except NoRulebook:
            return None  # nothing can be checked; there is nothing to aim at
        return queue([{"verb": "day"}]) if footing.pk != last.footing_id else None
