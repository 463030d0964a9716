"""A bureau's own word on single days, and the limits that run in working days."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class DayOverride(models.Model):
    """A day that is worked, or isn't, against what the official calendar says; ``working`` None takes an override back.

    Rows are only ever inserted (trigger ``clock_dayoverride_append_only``). A later word about a day ``replaces`` the
    one before, of the same day (trigger ``clock_dayoverride_same_day``): each is replaced once, so of two who speak at
    once one is refused, and the row that nothing replaces stands.
    """

    day = models.DateField(_("日期"))
    working = models.BooleanField(_("是否工作日"), null=True)
    reason = models.CharField(_("原因"), max_length=300)
    source = models.CharField(_("依据"), max_length=300)
    replaces = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"), default=timezone.now)

    class Meta:
        ordering = ["-day", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["day"], condition=Q(replaces=None), name="clock_one_first_word_per_day"
            ),
            models.CheckConstraint(
                condition=Q(working__isnull=False) | Q(replaces__isnull=False),
                name="clock_taken_back_what_was_said",
            ),
            models.CheckConstraint(
                condition=Q(reason__regex=r"\S") & Q(source__regex=r"\S"), name="clock_override_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.working}"


class ClockState(models.TextChoices):
    RUNNING = "running", _("计时中")
    PAUSED = "paused", _("已暂停")
    STOPPED = "stopped", _("已结束")


class Clock(models.Model):
    """A limit in working days that runs on one thing.

    ``subject`` names the thing as the trail does (``argument.task:12``); it has one clock that isn't stopped. Where the
    limit began and how long it is never change, a stopped clock doesn't at all, and none is deleted (trigger
    ``clock_clock_guarded``). ``due_on`` is the last day as the calendar stands now (`recompute` keeps it so); None
    while the clock is paused, as nobody knows then. ``elapsed_days`` is written when it stops.
    """

    subject = models.CharField(max_length=120)
    limit_days = models.PositiveSmallIntegerField(_("时限（工作日）"))
    starts_on = models.DateField(_("起算日"))
    state = models.CharField(_("状态"), max_length=8, choices=ClockState, default=ClockState.RUNNING)
    due_on = models.DateField(_("到期日"), null=True, blank=True)
    provisional = models.BooleanField(_("暂定"), default=False)
    stopped_on = models.DateField(_("办结日"), null=True, blank=True)
    elapsed_days = models.PositiveSmallIntegerField(_("用时（工作日）"), null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["subject"], name="clock_by_subject"),
            models.Index(fields=["due_on"], name="clock_running", condition=Q(state="running")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subject"], condition=~Q(state="stopped"), name="clock_one_open_per_subject"
            ),
            models.CheckConstraint(condition=Q(limit_days__gte=1), name="clock_limit_has_days"),
            models.CheckConstraint(condition=Q(state__in=ClockState.values), name="clock_state_known"),
            models.CheckConstraint(
                condition=Q(state="running", due_on__isnull=False, stopped_on=None, elapsed_days=None)
                | Q(state="paused", due_on=None, stopped_on=None, elapsed_days=None)
                | Q(
                    state="stopped",
                    due_on__isnull=False,
                    stopped_on__gte=F("starts_on"),
                    elapsed_days__isnull=False,
                ),
                name="clock_state_has_its_days",
            ),
            models.CheckConstraint(
                condition=Q(due_on=None) | Q(due_on__gt=F("starts_on")), name="clock_due_after_its_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.limit_days} from {self.starts_on}"


class Pause(models.Model):
    """A time for which a clock stands still: from after ``paused_on`` up to and with ``resumed_on``.

    Those of one clock don't overlap (exclusion constraint, which also lets only the last one be open). Only
    ``resumed_on`` is ever written, once, and none is deleted (trigger ``clock_pause_guarded``).
    """

    clock = models.ForeignKey(Clock, on_delete=models.PROTECT, related_name="pauses")
    paused_on = models.DateField(_("暂停日"))
    resumed_on = models.DateField(_("恢复日"), null=True, blank=True)
    reason = models.CharField(_("原因"), max_length=300)

    class Meta:
        ordering = ["paused_on", "pk"]
        constraints = [
            ExclusionConstraint(
                name="clock_pauses_apart",
                expressions=[
                    ("clock", RangeOperators.EQUAL),
                    (
                        Func(
                            F("paused_on"),
                            F("resumed_on"),
                            Value("(]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            models.UniqueConstraint(
                fields=["clock"], condition=Q(resumed_on=None), name="clock_one_open_pause"
            ),
            models.CheckConstraint(
                condition=Q(resumed_on=None) | Q(resumed_on__gte=F("paused_on")),
                name="clock_pause_ends_later",
            ),
            models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="clock_pause_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.clock_id}: {self.paused_on}-{self.resumed_on or ''}"


class EventKind(models.TextChoices):
    START = "start", _("起算")
    PAUSE = "pause", _("暂停")
    RESUME = "resume", _("恢复")
    STOP = "stop", _("办结")
    RECOMPUTE = "recompute", _("重新计算")


class ClockEvent(models.Model):
    """One thing that happened to a clock, and the last day before and after it.

    Rows are only ever inserted (trigger ``clock_clockevent_append_only``).
    """

    clock = models.ForeignKey(Clock, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(_("事件"), max_length=10, choices=EventKind)
    on = models.DateField(_("日期"))
    reason = models.CharField(_("原因"), max_length=300, blank=True)
    due_before = models.DateField(null=True, blank=True)
    due_after = models.DateField(null=True, blank=True)
    provisional = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"), default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=EventKind.values), name="clock_event_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.clock_id} {self.kind} {self.on}"
