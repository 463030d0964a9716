"""Limits that start, stand still, go on and end. The room that calls has asked whether ``by`` may.

Every action takes the day that it counts from (``on``, today unless given). A clock's days never run backwards.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.clock.calendar import Due
from gis_projects.clock.models import Clock, ClockEvent, ClockState, EventKind, Pause
from gis_projects.clock.queries import calendar
from gis_projects.clock.queries.clocks import due, elapsed
from gis_projects.people.models import User
from gis_projects.trail import actions as trail

_VERBS = {
    EventKind.START: "clock.start",
    EventKind.PAUSE: "clock.pause",
    EventKind.RESUME: "clock.resume",
    EventKind.STOP: "clock.stop",
    EventKind.RECOMPUTE: "clock.recompute",
}


@transaction.atomic
def start(*, by: User | None, limit_days: int, starts_on: date, subject: str, reason: str = "") -> Clock:
    """Let a limit run on a thing. ``starts_on`` itself is not counted.

    Raises
    ------
    ValidationError
        The thing has a clock that isn't stopped, or the limit has no day.
    OutsideCalendar
        The limit begins before the calendar does.
    """
    if limit_days < 1:
        raise ValidationError(_("时限至少为1个工作日。"), code="limit")
    if Clock.objects.filter(subject=subject).exclude(state=ClockState.STOPPED).exists():
        raise ValidationError(_("该事项已有未结束的时限。"), code="running")
    reckoned = calendar().after(starts_on, limit_days)
    clock = Clock.objects.create(
        subject=subject,
        limit_days=limit_days,
        starts_on=starts_on,
        due_on=reckoned.day,
        provisional=reckoned.provisional,
    )
    return _written(clock, EventKind.START, starts_on, by, reason, None)


@transaction.atomic
def pause(*, by: User | None, clock: Clock, reason: str, on: date | None = None) -> Clock:
    """Let a running clock stand still from the end of a day on.

    Raises
    ------
    ValidationError
        It doesn't run, no reason is given, or the day is before its last event or after today.
    """
    clock, on, before = _locked(clock, on)
    _demand(clock, ClockState.RUNNING)
    if not reason.strip():
        raise ValidationError({"reason": _("请填写暂停计时的原因。")})
    Pause.objects.create(clock=clock, paused_on=on, reason=reason)
    clock.state, clock.due_on, clock.provisional = ClockState.PAUSED, None, False
    clock.save(update_fields=["state", "due_on", "provisional"])
    return _written(clock, EventKind.PAUSE, on, by, reason, before)


@transaction.atomic
def resume(*, by: User | None, clock: Clock, reason: str = "", on: date | None = None) -> Clock:
    """Let a paused clock go on: the first working day after this one is the next that counts.

    Raises
    ------
    ValidationError
        It isn't paused, or the day is before its last event or after today.
    """
    clock, on, before = _locked(clock, on)
    _demand(clock, ClockState.PAUSED)
    _end_pause(clock, on)
    reckoned = due(clock, today=on)
    clock.state, clock.due_on, clock.provisional = ClockState.RUNNING, reckoned.day, reckoned.provisional
    clock.save(update_fields=["state", "due_on", "provisional"])
    return _written(clock, EventKind.RESUME, on, by, reason, before)


@transaction.atomic
def stop(*, by: User | None, clock: Clock, reason: str = "", on: date | None = None) -> Clock:
    """End a clock, running or paused: what it was for is done.

    Raises
    ------
    ValidationError
        It is stopped already, or the day is before its last event or after today.
    """
    clock, on, before = _locked(clock, on)
    if clock.state == ClockState.STOPPED:
        raise ValidationError(_("该时限已结束。"), code="state")
    reckoned = due(clock, today=on)
    taken = elapsed(clock, on)
    if clock.state == ClockState.PAUSED:
        _end_pause(clock, on)
    clock.state, clock.stopped_on, clock.elapsed_days = ClockState.STOPPED, on, taken
    clock.due_on, clock.provisional = reckoned.day, reckoned.provisional
    clock.save(update_fields=["state", "stopped_on", "elapsed_days", "due_on", "provisional"])
    return _written(clock, EventKind.STOP, on, by, reason, before)


@transaction.atomic
def recompute(*, by: User | None, reason: str) -> list[Clock]:
    """Bring the last days of running clocks to the calendar of now; returns those that changed.

    After an override, or an edition of the official calendar that knows another year.
    """
    changed = []
    running = Clock.objects.filter(state=ClockState.RUNNING).select_for_update().order_by("pk")
    for clock in running.prefetch_related("pauses"):
        reckoned: Due = due(clock)
        if (clock.due_on, clock.provisional) == (reckoned.day, reckoned.provisional):
            continue
        before = clock.due_on
        clock.due_on, clock.provisional = reckoned.day, reckoned.provisional
        clock.save(update_fields=["due_on", "provisional"])
        changed.append(_written(clock, EventKind.RECOMPUTE, timezone.localdate(), by, reason, before))
    return changed


def _locked(clock: Clock, on: date | None) -> tuple[Clock, date, date | None]:
    clock = Clock.objects.select_for_update().get(pk=clock.pk)
    today = timezone.localdate()
    on = on or today
    last = ClockEvent.objects.filter(clock=clock).exclude(kind=EventKind.RECOMPUTE).order_by("-pk").first()
    assert last is not None, "a clock begins with its first event"
    if on > max(today, last.on):
        raise ValidationError({"on": _("日期不能晚于今天。")})
    if on < last.on:
        raise ValidationError(
            {"on": _("日期不能早于该时限的上一事件（%(day)s）。") % {"day": last.on.isoformat()}}
        )
    return clock, on, clock.due_on


def _demand(clock: Clock, state: ClockState) -> None:
    if clock.state != state:
        raise ValidationError(
            _("时限处于“%(state)s”状态，不能这样操作。") % {"state": clock.get_state_display()}, code="state"
        )


def _end_pause(clock: Clock, on: date) -> None:
    row = Pause.objects.get(clock=clock, resumed_on=None)
    row.resumed_on = on
    row.save(update_fields=["resumed_on"])


def _written(
    clock: Clock, kind: EventKind, on: date, by: User | None, reason: str, before: date | None
) -> Clock:
    ClockEvent.objects.create(
        clock=clock,
        kind=kind,
        on=on,
        reason=reason,
        due_before=before,
        due_after=clock.due_on,
        provisional=clock.provisional,
        by=by,
    )
    data: dict[str, Any] = {
        "clock": clock.pk,
        "on": on.isoformat(),
        "limit_days": clock.limit_days,
        "due_on": clock.due_on.isoformat() if clock.due_on else "",
        "provisional": clock.provisional,
        "reason": reason,
    }
    if before is not None and before != clock.due_on:
        data["due_before"] = before.isoformat()
    if clock.elapsed_days is not None:
        data["elapsed_days"] = clock.elapsed_days
    trail.record(by=by, verb=_VERBS[kind], subject=clock.subject, data=data)
    return clock
