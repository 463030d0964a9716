"""Videos of a project that are being encoded anew, or lately were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from gis_projects.library.models import Project
from gis_projects.library.subjects import subject
from gis_projects.trail.jobs import OPEN
from gis_projects.trail.models import Job, JobState

KIND = "publishing.transcode_video"
_SHOWN = timedelta(days=7)


@dataclass(frozen=True)
class Film:
    """``why`` is why it could not be taken in; empty for one that is under way."""

    job: Job
    open: bool
    name: str
    why: str


def jobs(project: Project) -> QuerySet[Job]:
    return Job.objects.filter(kind=KIND, subject=subject(project))


def recent(project: Project) -> list[Film]:
    """Those under way, and those of the last week that came to nothing."""
    found = jobs(project).filter(
        Q(state__in=OPEN)
        | Q(finished_at__gte=timezone.now() - _SHOWN)
        & (Q(state=JobState.FAILED) | Q(state=JobState.DONE, result__has_key="refused"))
    )
    return [_film(job) for job in found.order_by("-pk")]


def _film(job: Job) -> Film:
    result = job.result or {}
    why = "".join(result.get("refused", [])) or (job.message if job.state == JobState.FAILED else "")
    return Film(job, job.state in OPEN, result.get("name") or ("" if why else job.message), why)
