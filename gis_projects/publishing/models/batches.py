"""Many projects shown to the public by one proposal and one decision."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.people.permissions import Scoped, ScopePaths
from gis_projects.publishing.models.projects import Chosen


class BatchState(models.TextChoices):
    PREPARING = "preparing", _("准备中")
    OPEN = "open", _("待审批")
    SCHEDULED = "scheduled", _("定时待公开")
    PUBLISHING = "publishing", _("公开中")
    DONE = "done", _("已办结")
    REJECTED = "rejected", _("已退回")


class Taken(models.TextChoices):
    """What of each project a batch takes besides its fields; which ones stands with each item."""

    MILESTONES = "milestones", _("时间线")
    MEDIA = "media", _("照片与视频")
    RESULTS = "results", _("绩效目标与评价结果")


class PublicationBatch(Scoped, Chosen):
    """A selection of the library's list, to be shown with the same choices; someone else approves it as a whole.

    ``query`` is the filter as the list has it in its address; ``region`` whose list it was. ``digest`` is SHA-256 over
    the digests of all its items: what was approved is the list that was seen. ``job`` is the work that goes on now.
    ``takes`` are `Taken`; its own ``milestones``, ``media`` and ``results`` are empty, as they are each item's.
    Approved with a ``starts_at`` to come it is scheduled, and published when that moment has come.
    """

    SCOPE = ScopePaths(region="region_id")

    query = models.TextField(_("筛选条件"), blank=True)
    region = models.ForeignKey("people.Region", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("状态"), max_length=12, choices=BatchState, default=BatchState.PREPARING)
    digest = models.CharField(max_length=64, blank=True)
    job = models.BigIntegerField(null=True)
    takes = ArrayField(models.CharField(max_length=12, choices=Taken), default=list, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(_("意见"), max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=BatchState.values), name="publishing_batch_state"),
            models.CheckConstraint(
                condition=Q(state__in=["preparing", "open"], decided_by=None, decided_at=None)
                | Q(state__in=["scheduled", "publishing", "done", "rejected"])
                & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="publishing_batch_decided_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["scheduled", "publishing", "done"]) | ~Q(decided_by=F("proposed_by")),
                name="publishing_two_people_decide_batch",
            ),
            models.CheckConstraint(
                condition=~Q(state="scheduled") | Q(starts_at__isnull=False),
                name="publishing_batch_scheduled_for_a_moment",
            ),
            models.CheckConstraint(
                condition=Q(precision_m__range=(10, 10_000)), name="publishing_batch_precision"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.state}"


class BatchItem(models.Model):
    """One project of a batch: the copy as it would have been (``content``, ``digest``), or why there can be none.

    ``chosen`` holds its ``milestones``, ``media`` and ``results`` as `Chosen` has them.
    ``refusal`` is empty for one that can be, or was, shown. ``after`` is the last record of its disclosure when it was
    prepared: a newer one (a withdrawal) makes the approval void for it.
    """

    batch = models.ForeignKey(PublicationBatch, on_delete=models.CASCADE, related_name="items")
    project = models.ForeignKey("library.Project", on_delete=models.PROTECT, related_name="+")
    chosen: Any = models.JSONField(default=dict)
    content: Any = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    after = models.BigIntegerField(null=True)
    refusal = models.CharField(_("未公开原因"), max_length=300, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "project"], name="publishing_batch_item_once"),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(refusal=""), name="publishing_item_done_or_refused"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.project_id}"
