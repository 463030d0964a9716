"""Trials of rulebook drafts in the background, site by site in resumable steps."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from gis_projects.people.models import User
from gis_projects.trail.jobs import Progress, job, start
from gis_projects.trail.models import Job
from siting.models import RulebookTrial
from siting.rulebook import trials

KIND = "sites.rulebook_trial"


def subject(trial: RulebookTrial) -> str:
    """What its job is about."""
    return f"sites.rulebook_trial:{trial.pk}"


def start_trial(*, by: User, trial: RulebookTrial) -> Job:
    """Queue a trial in the caller's transaction."""
    return start(run_trial, by=by, kind=KIND, subject=subject(trial), trial=trial.pk)


@job
def run_trial(progress: Progress, *, trial: int) -> dict[str, Any]:
    """Try every live site. What was tried in an earlier run stands: its rows are the marks."""
    row = RulebookTrial.objects.select_related("draft", "against").get(pk=trial)
    if row.finished_at is None:
        waiting = trials.remaining(row)
        done = row.tried.count()
        total = done + len(waiting)
        for start_at in range(0, len(waiting), trials.AT_ONCE):
            with transaction.atomic():
                done += trials.attempt(row, waiting[start_at : start_at + trials.AT_ONCE])
            progress.report(100 * done / max(total, 1), f"{done} / {total}")
        with transaction.atomic():
            row = trials.finish(RulebookTrial.objects.select_for_update().get(pk=trial))
    return {"sites": row.sites, "changed": row.changed}
