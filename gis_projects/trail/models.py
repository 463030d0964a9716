"""The record of every step, its readers' places in it, and the work that runs in the background."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Step(models.Model):
    """One thing that someone did. Rows are only ever inserted, kept so by the triggers
    ``trail_step_unchanged`` and ``trail_step_not_emptied``.

    ``number`` counts from 1 without a gap. ``digest`` is SHA-256 over the step's canonical form, which
    contains the digest before it, so a changed, removed or inserted row breaks the chain from there on. No
    foreign keys: the record outlives what it is about. ``actor`` is the user name at that time, empty for
    the platform itself.
    """

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150, blank=True)
    actor_id = models.CharField(max_length=40, blank=True)
    verb = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    data = models.JSONField(default=dict)
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["number"]
        indexes = [
            models.Index(fields=["subject", "number"], name="trail_step_by_subject"),
            models.Index(fields=["verb", "number"], name="trail_step_by_verb"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1), name="trail_step_counts_from_one"),
            models.CheckConstraint(
                condition=(Q(number=1) & Q(previous="")) | (Q(number__gt=1) & ~Q(previous="")),
                name="trail_step_has_a_previous_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.verb} {self.subject}"


class Cursor(models.Model):
    """How far a named reader has read: the number of the last step that it has dealt with."""

    name = models.CharField(max_length=80, primary_key=True)
    position = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(position__gte=0), name="trail_cursor_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.name} @ {self.position}"


class JobState(models.TextChoices):
    QUEUED = "queued", _("等待中")
    RUNNING = "running", _("进行中")
    DONE = "done", _("已完成")
    FAILED = "failed", _("失败")
    CANCELLED = "cancelled", _("已取消")


class Job(models.Model):
    """A piece of work in the background, as a person sees it.

    Delivery is at least once: a worker that dies is replaced and the task runs again, so what a job does is
    cut into steps (`JobStep`) that are each done once. ``limit_seconds`` ends a job that lives but is
    stuck.
    """

    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)  # per cent
    message = models.CharField(max_length=300, blank=True)
    result = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)
    actor = models.CharField(max_length=150, blank=True)
    actor_id = models.CharField(max_length=40, blank=True)
    task_id = models.UUIDField(null=True, unique=True)
    limit_seconds = models.PositiveIntegerField(default=3600)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["subject", "-created_at"], name="trail_job_by_subject")]
        constraints = [
            models.CheckConstraint(
                condition=Q(progress__range=(0, 100)), name="trail_job_progress_in_percent"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["done", "failed", "cancelled"], finished_at__isnull=False)
                | Q(state__in=["queued", "running"], finished_at=None),
                name="trail_job_ended_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(finished_at__gte=F("created_at")),
                name="trail_job_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.state}"


class JobStep(models.Model):
    """A step of a job that is done, written in the transaction that did it; a repeated run skips it."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="steps")
    name = models.CharField(max_length=120)
    result = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    done_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["job", "name"], name="trail_each_job_step_once")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.name}"
