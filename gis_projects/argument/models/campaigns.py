"""Batches of a year: many projects taken in, reviewed or evaluated under one heading."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.argument.models.reviews import ExpertReview
from gis_projects.library.models import Project
from gis_projects.people.models import Region
from gis_projects.people.permissions import Scoped, ScopePaths


class CampaignKind(models.TextChoices):
    ADMISSION = "admission", _("集中入库")
    REVIEW = "review", _("集中评审")
    EVALUATION = "evaluation", _("绩效评价")


class Campaign(Scoped, models.Model):
    """One batch of one year. Its projects are fixed when it is opened, by a filter of the project list
    (``selection``, its query string) or by their codes; what a reader may not read of them is neither shown nor summed.
    """

    SCOPE = ScopePaths(region="region_id")

    year = models.PositiveSmallIntegerField(
        _("年度"), validators=[MinValueValidator(1990), MaxValueValidator(2100)]
    )
    name = models.CharField(_("批次名称"), max_length=120)
    kind = models.CharField(_("批次类型"), max_length=12, choices=CampaignKind)
    note = models.TextField(_("说明"), blank=True)
    selection = models.TextField(blank=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name=_("组织地区"))
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-year", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CampaignKind.values), name="argument_campaign_kind"),
            models.CheckConstraint(condition=Q(year__range=(1990, 2100)), name="argument_campaign_year"),
            models.UniqueConstraint(fields=["year", "name"], name="argument_campaign_name_of_a_year"),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.name}"


class CampaignItem(Scoped, models.Model):
    """A project of a campaign, with its planned investment (元) as it was when the campaign was opened."""

    SCOPE = ScopePaths(
        region="project__region_id",
        organisation="project__organisation_id",
        project="project_id",
        secrecy="project__secrecy",
    )

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="items")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="campaign_items")
    planned_yuan = models.DecimalField(_("计划投资"), max_digits=18, decimal_places=2, null=True, blank=True)
    review = models.OneToOneField(
        ExpertReview, null=True, blank=True, on_delete=models.PROTECT, related_name="campaign_item"
    )

    class Meta:
        ordering = ["campaign_id", "project_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "project"], name="argument_project_once_in_a_campaign"
            ),
        ]

    def __str__(self) -> str:
        return f"project {self.project_id} in campaign {self.campaign_id}"


class Evaluator(models.TextChoices):
    """Who evaluates: the project's own unit, a third party, the managing department."""

    SELF = "self", _("绩效自评")
    THIRD_PARTY = "third_party", _("第三方评价")
    DEPARTMENT = "department", _("部门重点评价")


class Assessment(models.Model):
    """One evaluator's score (0 to 100) of a project in a campaign; each kind of evaluator once.

    Rows are only ever inserted (``argument_assessment_append_only``).
    """

    item = models.ForeignKey(CampaignItem, on_delete=models.PROTECT, related_name="assessments")
    evaluator = models.CharField(_("评价主体"), max_length=12, choices=Evaluator)
    score = models.DecimalField(_("得分"), max_digits=5, decimal_places=2)
    note = models.TextField(_("评价说明"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["item_id", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["item", "evaluator"], name="argument_assessed_once_by_each"),
            models.CheckConstraint(condition=Q(evaluator__in=Evaluator.values), name="argument_evaluator"),
            models.CheckConstraint(condition=Q(score__range=(0, 100)), name="argument_assessment_score"),
        ]

    def __str__(self) -> str:
        return f"{self.evaluator} of item {self.item_id}: {self.score}"
