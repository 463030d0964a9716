"""Who is let in to one project, for what and until when."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.people.models.organisations import Organisation


class Phase(models.TextChoices):
    """When in a project's life a service is rendered."""

    EARLY = "early", _("前期")
    MIDDLE = "middle", _("中期")
    LATE = "late", _("后期")


class Service(models.TextChoices):
    """What somebody is engaged to do; by ``REFERRAL`` a body of the joint meeting reads a project."""

    CONSULTING = "consulting", _("项目咨询")
    SUPERVISION = "supervision", _("项目监理")
    COST_AUDIT = "cost_audit", _("工程审价")
    EVALUATION = "evaluation", _("绩效评价")
    REVIEW = "review", _("专家评审")
    REFERRAL = "referral", _("移送知悉")


class EngagementQuerySet(models.QuerySet["Engagement"]):
    def current(self, day: date | None = None) -> EngagementQuerySet:
        """Those that let their holder in on a day (today unless given)."""
        day = day or timezone.localdate()
        return self.filter(starts_on__lte=day, ends_on__gte=day, ended_at=None)


class Engagement(models.Model):
    """An intermediary or a body of the joint meeting (``organisation``), or an expert (``user``), reaches one project,
    and nothing else, for a period.

    ``project`` is the key of a row of the library, which lies above this room: the foreign key is the database's alone
    (`library` adds it). Both days belong to the period; ``ended_at`` ends it before its last day.
    """

    project = models.BigIntegerField(db_index=True)
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="engagements"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="engagements"
    )
    phase = models.CharField(_("阶段"), max_length=8, choices=Phase)
    service = models.CharField(_("服务类型"), max_length=12, choices=Service)
    purpose = models.CharField(_("服务内容"), max_length=300, blank=True)
    starts_on = models.DateField(_("起始日期"))
    ends_on = models.DateField(_("截止日期"))
    engaged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    engaged_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(_("提前终止时间"), null=True, blank=True)
    ended_reason = models.CharField(_("终止原因"), max_length=300, blank=True)

    objects = EngagementQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        indexes = [
            models.Index(fields=["organisation", "project"], name="people_engaged_organisation"),
            models.Index(fields=["user", "project"], name="people_engaged_user"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(organisation=None, user__isnull=False) | Q(organisation__isnull=False, user=None),
                name="people_engagement_of_one",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="people_engagement_has_a_period"
            ),
            models.CheckConstraint(condition=Q(phase__in=Phase.values), name="people_engagement_phase"),
            models.CheckConstraint(condition=Q(service__in=Service.values), name="people_engagement_service"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id or self.user_id} for project {self.project}: {self.service}"
