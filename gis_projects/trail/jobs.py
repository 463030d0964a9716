"""Work in the background, with a row that a page can show.

>>> @job
... def revalidate(progress: Progress, *, layer: str) -> dict: ...
>>> start(revalidate, by=user, kind="sites.revalidate", subject="layers.layer:DLTB", layer="DLTB")
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_noop
from django_tasks import task
from django_tasks.base import Task

from gis_projects.trail.actions import Actor
from gis_projects.trail.models import Job, JobState, JobStep

FAILED_MESSAGE = gettext_noop("任务失败，详情见服务器日志。")
OPEN = [JobState.QUEUED, JobState.RUNNING]
_STARTING = 7042  # first half of the advisory locks of starting a job once


class Cancelled(Exception):
    """Whoever started a job has called it off."""


class Later(Exception):
    """A job's turn has not come: it goes back among those that wait, for so many seconds, and its worker does
    something else. ``message`` is shown meanwhile.
    """

    def __init__(self, seconds: int, message: str = "") -> None:
        super().__init__(message)
        self.seconds, self.message = seconds, message


class Progress:
    """What a running job tells, and what it has already done in an earlier run."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def report(self, percent: float, message: str = "") -> None:
        """Show how far the job is. Outside a transaction it shows at once."""
        Job.objects.filter(pk=self.job.pk, state=JobState.RUNNING).update(
            progress=max(0, min(100, int(percent))), message=message[:300]
        )

    def stop_if_cancelled(self) -> None:
        """To be asked between two steps by a job that can be called off.

        Raises
        ------
        Cancelled
            It was; what the job then leaves behind it has to take away itself, and let this pass.
        """
        if Job.objects.filter(pk=self.job.pk, state=JobState.CANCELLED).exists():
            raise Cancelled

    def hold(self) -> None:
        """To be asked first in the step after which nothing can be called off: until it is committed nobody can.

        Raises
        ------
        Cancelled
            The job was called off, or ended as failed by its supervisor.
        """
        state = Job.objects.select_for_update().values_list("state", flat=True).get(pk=self.job.pk)
        if state != JobState.RUNNING:
            raise Cancelled

    def once(self, name: str, work: Callable[[], Any]) -> Any:
        """Do a step in one transaction with the mark that it is done; a repeated run returns the first's
        result.

        ``work`` returns JSON.
        """
        done = self.job.steps.filter(name=name).first()
        if done is not None:
            return done.result
        with transaction.atomic():
            result = work()
            JobStep.objects.create(job=self.job, name=name, result=result)
        return result


def job(function: Callable[..., Any]) -> Task[..., Any]:
    """A module's function as a task that keeps its `Job` row; it is called with a `Progress` first."""

    @wraps(function)
    def run(*, job_id: int, **arguments: Any) -> None:
        now = timezone.now()
        taken = Job.objects.filter(pk=job_id, state__in=OPEN).update(
            state=JobState.RUNNING, started_at=Coalesce("started_at", now), message=""
        )
        if not taken:
            return  # called off while it waited, or delivered a second time after it had ended
        row = Job.objects.get(pk=job_id)
        try:
            result = function(Progress(row), **arguments)
        except Cancelled:
            return
        except Later as later:
            _put_back(made, job_id, later, arguments)
            return
        except Exception:
            fail([job_id], FAILED_MESSAGE)
            raise
        Job.objects.filter(pk=job_id).exclude(state=JobState.CANCELLED).update(
            state=JobState.DONE, progress=100, result=result, finished_at=timezone.now()
        )

    made: Task[..., Any] = task()(run)
    return made


def _put_back(work: Task[..., Any], key: int, later: Later, arguments: dict[str, Any]) -> None:
    """Queue a running job once more; one that was called off meanwhile stays so."""
    with transaction.atomic():
        waits = Job.objects.filter(pk=key, state=JobState.RUNNING).update(
            state=JobState.QUEUED, started_at=None, message=later.message[:300]
        )
        if waits:
            moment = timezone.now() + timedelta(seconds=later.seconds)
            queued = work.using(run_after=moment).enqueue(job_id=key, **arguments)
            Job.objects.filter(pk=key).update(task_id=queued.id)


def start(
    work: Task[..., Any],
    *,
    by: Actor | None,
    kind: str,
    subject: str = "",
    limit_seconds: int = 3600,
    **arguments: Any,
) -> Job:
    """Queue a job in the caller's transaction: if that is rolled back, so is the job."""
    with transaction.atomic():
        row = Job.objects.create(
            kind=kind,
            subject=subject,
            limit_seconds=limit_seconds,
            actor=by.get_username() if by else "",
            actor_id=str(by.pk) if by else "",
        )
        queued = work.enqueue(job_id=row.pk, **arguments)
        row.task_id = queued.id
        row.save(update_fields=["task_id"])
    return row


def start_once(work: Task[..., Any], *, kind: str, subject: str) -> Job | None:
    """Queue a job unless there ever was one of this kind with this subject, however many ask at once.

    A subject that names an hour (``desk.hour:2026-11-22T15``) makes it a job of every hour.
    """
    if Job.objects.filter(kind=kind, subject=subject).exists():
        return None
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_STARTING, f"{kind} {subject}"])
        if Job.objects.filter(kind=kind, subject=subject).exists():
            return None
        return start(work, by=None, kind=kind, subject=subject)


def cancel(job: Job) -> bool:
    """Call an open job off: one that waits never runs, one that runs ends at its next `Progress.stop_if_cancelled`.

    Whoever calls asks for the permission. Returns whether it was still open.
    """
    return bool(
        Job.objects.filter(pk=job.pk, state__in=OPEN).update(
            state=JobState.CANCELLED, message="", finished_at=timezone.now()
        )
    )


def fail(keys: list[int], message: str) -> int:
    """End open jobs as failed."""
    return Job.objects.filter(pk__in=keys, state__in=OPEN).update(
        state=JobState.FAILED, message=message, finished_at=timezone.now()
    )
