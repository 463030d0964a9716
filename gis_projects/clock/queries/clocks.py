"""What clocks say: how much has gone by, what is left, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import QuerySet
from django.utils import timezone

from gis_projects.clock import calendar as days
from gis_projects.clock.calendar import Due
from gis_projects.clock.models import Clock, ClockState
from gis_projects.clock.queries.overrides import calendar


class Standing(StrEnum):
    """Where a clock stands: `ClockState`, and whether it ran past its last day."""

    RUNNING = "running"
    OVERDUE = "overdue"
    PAUSED = "paused"
    STOPPED = "stopped"  # in time
    LATE = "late"  # stopped, but after its last day


@dataclass(frozen=True)
class Reading:
    """What a page shows of a clock. ``remaining`` is below zero by the working days that it is overdue."""

    standing: Standing
    limit: int
    elapsed: int
    remaining: int
    due: Due


def spans(clock: Clock) -> list[days.Pause]:
    return [(pause.paused_on, pause.resumed_on) for pause in clock.pauses.all()]


def due(clock: Clock, *, today: date | None = None) -> Due:
    """The last day; of a paused clock the one that it would have if it were resumed today.

    Of a stopped clock as it was when it stopped: what was in time then stays so.
    """
    if clock.state == ClockState.STOPPED:
        assert clock.due_on is not None
        return Due(clock.due_on, clock.provisional)
    today = today or timezone.localdate()
    return calendar().due(clock.starts_on, clock.limit_days, spans(clock), today=today)


def elapsed(clock: Clock, on: date | None = None) -> int:
    """Working days of the limit gone by at the end of a day (today unless given)."""
    if clock.elapsed_days is not None:
        return clock.elapsed_days
    return calendar().elapsed(clock.starts_on, on or timezone.localdate(), spans(clock))


def remaining(clock: Clock, on: date | None = None) -> int:
    """Working days left of the limit; below zero by those that it is overdue."""
    return clock.limit_days - elapsed(clock, on)


def state(clock: Clock, today: date | None = None) -> Standing:
    """Where a clock stands. It is overdue from the day after its last one."""
    if clock.state == ClockState.PAUSED:
        return Standing.PAUSED
    if clock.state == ClockState.STOPPED:
        assert clock.stopped_on is not None
        assert clock.due_on is not None
        return Standing.LATE if clock.stopped_on > clock.due_on else Standing.STOPPED
    assert clock.due_on is not None
    return Standing.OVERDUE if clock.due_on < (today or timezone.localdate()) else Standing.RUNNING


def read(clock: Clock, today: date | None = None) -> Reading:
    """All that a page shows of a clock."""
    gone = elapsed(clock, today)
    return Reading(
        state(clock, today), clock.limit_days, gone, clock.limit_days - gone, due(clock, today=today)
    )


def open_of(subject: str) -> Clock | None:
    """The clock that runs (or stands still) on a thing."""
    return Clock.objects.filter(subject=subject).exclude(state=ClockState.STOPPED).first()


def of_subjects(subjects: Iterable[str]) -> dict[str, Clock]:
    """The newest clock of each of these things, with its pauses. Two queries."""
    rows = Clock.objects.filter(subject__in=list(subjects)).prefetch_related("pauses").order_by("pk")
    return {clock.subject: clock for clock in rows}


def running() -> QuerySet[Clock]:
    return Clock.objects.filter(state=ClockState.RUNNING)


def overdue(today: date | None = None) -> QuerySet[Clock]:
    """Clocks whose last day has gone by, the longest overdue first."""
    return running().filter(due_on__lt=today or timezone.localdate()).order_by("due_on", "pk")


def due_by(day: date) -> QuerySet[Clock]:
    """Running clocks whose last day is this one or earlier."""
    return running().filter(due_on__lte=day).order_by("due_on", "pk")
