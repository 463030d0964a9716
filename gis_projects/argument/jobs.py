"""What follows from a day: overdue opinions are deemed given or put before the superior, by its routing table."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from gis_projects.argument.actions import timeouts
from gis_projects.clock.calendar import ZONE
from gis_projects.trail import jobs
from gis_projects.trail.models import Job

KIND = "argument.timeouts"


def tick(*, now: datetime | None = None) -> Job | None:
    """Start the job once an hour while there is something for it; the supervisor asks every few seconds."""
    if not timeouts.something_due():
        return None
    hour = timezone.localtime(now, ZONE)
    return jobs.start_once(apply_timeouts, kind=KIND, subject=f"argument.hour:{hour:%Y-%m-%dT%H}")


@jobs.job
def apply_timeouts(progress: jobs.Progress) -> dict[str, int]:
    """Apply the rules to what is overdue; run again it goes on with what is left."""
    return timeouts.apply_due()
