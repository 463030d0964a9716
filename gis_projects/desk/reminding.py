"""What follows from a day rather than from a step: duties made and settled, limits that end, the week's digest.

Everything here may be done again at any time and is told once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.clock.actions.clocks import recompute
from gis_projects.clock.calendar import ZONE
from gis_projects.clock.queries import calendar
from gis_projects.desk import mail
from gis_projects.desk.actions import duties
from gis_projects.desk.models import Kind, Notice
from gis_projects.desk.periods import Every, period_of
from gis_projects.desk.queries import todo
from gis_projects.desk.queries.owed import DUTY
from gis_projects.desk.recording import keep
from gis_projects.people.models import User
from gis_projects.trail import jobs
from gis_projects.trail.models import Job, JobState

KIND = "desk.remind"
DELIVER = "desk.deliver"
#: People asked for in one transaction of the job.
TOGETHER = 100
_LOCK = 7_042_002  # advisory lock of starting to deliver; any number that nothing else uses
_KINDS = {todo.Urgency.SOON: Kind.DUE_SOON, todo.Urgency.OVERDUE: Kind.OVERDUE}


def tick(*, now: datetime | None = None) -> list[Job]:
    """Start what is due to be started: once an hour the duties and reminders of the day, letters whenever some wait.

    Cheap where nothing is: the supervisor asks every few seconds.
    """
    hour = timezone.localtime(now, ZONE)
    started = [jobs.start_once(remind, kind=KIND, subject=f"desk.hour:{hour:%Y-%m-%dT%H}")]
    if mail.configured() and mail.waiting():
        started.append(_start_delivery())
    return [job for job in started if job is not None]


def _start_delivery() -> Job | None:
    """Start sending letters unless somebody is at it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if Job.objects.filter(kind=DELIVER, state__in=jobs.OPEN).exists():
            return None
        return jobs.start(deliver, by=None, kind=DELIVER)


@jobs.job
def remind(progress: jobs.Progress) -> dict[str, Any]:
    """Duties, limits and reminders of now; see `everything`."""
    day = progress.job.subject[: len("desk.hour:2026-11-22")]
    told = Job.objects.filter(kind=KIND, subject__startswith=day, state=JobState.DONE).exists()
    return everything(progress.once, progress.report, tell=not told)


@jobs.job
def deliver(progress: jobs.Progress) -> dict[str, Any]:
    """Send the letters that wait."""
    return {"sent": mail.send_waiting()}


def everything(
    once: Callable[[str, Callable[[], Any]], Any],
    report: Callable[[float], Any] = lambda percent: None,
    *,
    today: date | None = None,
    tell: bool = True,
) -> dict[str, int]:
    """Make and settle duties, bring limits to the calendar of now, tell of what is due, write the week's digests."""
    today = today or timezone.localdate()
    done = {
        "made": once("make", lambda: duties.make_due(today=today)),
        "settled": once("settle", lambda: duties.settle(today=today)),
        "recomputed": once("recompute", lambda: len(recompute(by=None, reason=_("官方日历更新")))),
        "told": 0,
    }
    if not tell:  # what is due changes with the day, and every room is asked for every person
        return done
    people = list(
        User.objects.filter(is_active=True).exclude(roles=[]).order_by("pk").values_list("pk", flat=True)
    )
    for start in range(0, len(people), TOGETHER):
        some = people[start : start + TOGETHER]
        done["told"] += once(f"tell {some[0]}", partial(_tell, some, today))
        report(10 + 85 * (start + len(some)) / len(people))
    last_week = period_of(Every.WEEK, today - timedelta(days=7))
    done["digests"] = once("digests", lambda: mail.queue_digests(last_week))
    return done


def _tell(people: list[int], today: date) -> int:
    found = []
    for user in User.objects.filter(pk__in=people):
        found += list(due_notices(user, today))
    return keep(found)


def due_notices(user: User, today: date) -> Iterator[Notice]:
    """One notice per thing to do that is due soon, and one once it is overdue.

    A department's periodic duties are on everybody's desk and in the circular; a notice of each to each of them would
    bury the others.
    """
    days = calendar()
    for one in todo.waiting(user):
        if one.kind == DUTY:
            continue
        urgency = todo.urgency(one.due_on, today, days)
        if urgency in _KINDS:
            kind = _KINDS[urgency]
            yield Notice(
                user=user,
                kind=kind,
                project_id=one.project,
                mark=f"{kind}:{one.kind}:{one.address}:{one.due_on}"[:200],
                template=one.template,
                params=dict(one.params),
                address=one.address.partition("#")[0][:200],
                created_at=timezone.now(),
            )
