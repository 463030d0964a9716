"""What a leader asks of departments, and what they answer."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.people.models import Organisation
from gis_projects.people.permissions import ScopePaths


class Instruction(models.Model):
    """One instruction, about a project or about none, to one or more departments.

    What it says never changes (trigger ``desk_instruction_append_only``).
    """

    text = models.TextField(_("批示内容"))
    project = models.ForeignKey(
        "library.Project", null=True, blank=True, on_delete=models.PROTECT, related_name="instructions",
        verbose_name=_("项目"),
    )  # fmt: skip
    due_on = models.DateField(_("办理期限"), null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("批示人")
    )
    at = models.DateTimeField(_("批示时间"), default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(text__regex=r"\S"), name="desk_instruction_says_something"),
        ]

    def __str__(self) -> str:
        return f"instruction {self.pk}"


class TaskState(models.TextChoices):
    SENT = "sent", _("待签收")
    READ = "read", _("办理中")
    REPLIED = "replied", _("已反馈")
    CLOSED = "closed", _("已办结")


class InstructionTask(models.Model):
    """An instruction as one department has it: received (``read_at``), answered, closed by who gave it.

    An answer that doesn't satisfy is sent back, and the task waits for another. Each time is written once (trigger
    ``desk_instructiontask_guarded``), and the row is never deleted.
    """

    SCOPE: ClassVar[ScopePaths] = ScopePaths(region="organisation__region_id", organisation="organisation_id")
    #: Of the department itself: nobody above it answers in its place.
    OWN: ClassVar[ScopePaths] = ScopePaths(organisation="organisation_id")

    instruction = models.ForeignKey(Instruction, on_delete=models.PROTECT, related_name="tasks")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("承办单位")
    )
    state = models.CharField(_("状态"), max_length=8, choices=TaskState, default=TaskState.SENT)
    read_at = models.DateTimeField(_("签收时间"), null=True, blank=True)
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    replied_at = models.DateTimeField(_("反馈时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("办结时间"), null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["organisation", "state"], name="desk_task_of_a_department")]
        constraints = [
            models.UniqueConstraint(
                fields=["instruction", "organisation"], name="desk_one_task_per_department"
            ),
            models.CheckConstraint(
                condition=Q(state="sent", read_at=None, closed_at=None)
                | Q(state="read", read_at__isnull=False, closed_at=None)
                | Q(state="replied", read_at__isnull=False, replied_at__isnull=False, closed_at=None)
                | Q(state="closed", read_at__isnull=False, closed_at__isnull=False),
                name="desk_task_state_has_its_times",
            ),
            models.CheckConstraint(
                condition=Q(read_at=None, read_by=None) | Q(read_at__isnull=False, read_by__isnull=False),
                name="desk_task_read_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("read_at")),
                name="desk_task_closed_after_read",
            ),
        ]

    def __str__(self) -> str:
        return f"instruction {self.instruction_id} to {self.organisation_id}: {self.state}"


class ReplyKind(models.TextChoices):
    REPLY = "reply", _("反馈")
    RETURN = "return", _("退回补充")
    CLOSE = "close", _("办结")


class Reply(models.Model):
    """What was said about a task: the department's answer, or the leader's return or closing word.

    Rows are only ever inserted (trigger ``desk_reply_append_only``).
    """

    task = models.ForeignKey(InstructionTask, on_delete=models.PROTECT, related_name="replies")
    kind = models.CharField(max_length=8, choices=ReplyKind)
    text = models.TextField(_("内容"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"), default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ReplyKind.values), name="desk_reply_kind_known"),
            models.CheckConstraint(
                condition=Q(kind="close") | Q(text__regex=r"\S"), name="desk_reply_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to task {self.task_id}"
