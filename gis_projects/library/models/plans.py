"""How much a project will cost, of what, paid by whom and when; and what land it asks for. Versioned, and adding up."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models.attachments import Attachment
from gis_projects.library.models.codes import Code
from gis_projects.library.models.projects import Project
from gis_projects.people.permissions import Scoped, ScopePaths

_OF_PROJECT = ScopePaths(
    region="project__region_id",
    organisation="project__organisation_id",
    project="project_id",
    secrecy="project__secrecy",
)


class InvestmentPlan(Scoped, models.Model):
    """One version of a project's estimate (投资匡算): the total in 元, its sources, its years and its composition.

    A change is a new version; the one with the highest number is in force. Sources and years each sum to the total to
    the fen, and so does the composition where one is given: a deferred trigger (``library_plan_adds_up``) refuses the
    transaction otherwise. Rows of all four tables are only ever inserted (triggers ``…_unchanged``).
    """

    SCOPE = _OF_PROJECT

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="plans")
    number = models.PositiveIntegerField(_("版本"))
    total_yuan = models.DecimalField(_("投资匡算"), max_digits=18, decimal_places=2)
    reason = models.CharField(_("调整理由"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"), default=timezone.now)

    class Meta:
        ordering = ["project_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="library_plan_versions_count"),
            models.CheckConstraint(condition=Q(total_yuan__gt=0), name="library_plan_total_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} v{self.number}: {self.total_yuan}"


class FundSource(models.Model):
    """One source of a plan's money. ``instrument`` is what reports separate: budget, bond, fund, other.

    ``definite`` says that the money is promised (落实), ``document`` by which paper.
    """

    plan = models.ForeignKey(InvestmentPlan, on_delete=models.PROTECT, related_name="sources")
    kind = models.ForeignKey(
        Code, on_delete=models.PROTECT, related_name="+", limit_choices_to={"list": "fund_source"},
        verbose_name=_("资金来源"),
    )  # fmt: skip
    instrument = models.ForeignKey(
        Code, on_delete=models.PROTECT, related_name="+", limit_choices_to={"list": "instrument"},
        verbose_name=_("资金类型"),
    )  # fmt: skip
    amount_yuan = models.DecimalField(_("金额"), max_digits=18, decimal_places=2)
    definite = models.BooleanField(_("已落实"), default=False)
    document = models.ForeignKey(
        Attachment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("落实文件"),
    )
    note = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        ordering = ["plan_id", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_yuan__gt=0), name="library_fund_source_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.kind_id}: {self.amount_yuan}"


class YearPlan(models.Model):
    """What of a plan is to be invested in one year."""

    plan = models.ForeignKey(InvestmentPlan, on_delete=models.PROTECT, related_name="years")
    year = models.PositiveSmallIntegerField(
        _("年度"), validators=[MinValueValidator(1990), MaxValueValidator(2100)]
    )
    amount_yuan = models.DecimalField(_("金额"), max_digits=18, decimal_places=2)

    class Meta:
        ordering = ["plan_id", "year"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "year"], name="library_year_plan_once_a_year"),
            models.CheckConstraint(condition=Q(year__range=(1990, 2100)), name="library_year_plan_year"),
            models.CheckConstraint(condition=Q(amount_yuan__gt=0), name="library_year_plan_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.year}: {self.amount_yuan}"


class CostPart(models.Model):
    """One part of what the money is spent on (投资构成): building, equipment, land, reserves."""

    plan = models.ForeignKey(InvestmentPlan, on_delete=models.PROTECT, related_name="parts")
    kind = models.ForeignKey(
        Code, on_delete=models.PROTECT, related_name="+", limit_choices_to={"list": "cost_part"},
        verbose_name=_("投资构成"),
    )  # fmt: skip
    amount_yuan = models.DecimalField(_("金额"), max_digits=18, decimal_places=2)

    class Meta:
        ordering = ["plan_id", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "kind"], name="library_cost_part_once"),
            models.CheckConstraint(condition=Q(amount_yuan__gt=0), name="library_cost_part_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.kind_id}: {self.amount_yuan}"


class LandStatement(Scoped, models.Model):
    """One version of the land that a project asks for (总用地面积), m², with its composition, which sums to it.

    Declared, not measured: the site's area stands in its boundary's versions, and the page holds the two against each
    other. Only ever inserted (triggers ``…_unchanged``); the sum is held by ``library_land_adds_up``.
    """

    SCOPE = _OF_PROJECT

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="land_statements")
    number = models.PositiveIntegerField(_("版本"))
    total_m2 = models.DecimalField(_("总用地面积"), max_digits=16, decimal_places=2)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"), default=timezone.now)

    class Meta:
        ordering = ["project_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="library_land_versions_count"),
            models.CheckConstraint(condition=Q(total_m2__gt=0), name="library_land_total_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} v{self.number}: {self.total_m2} m²"


class LandPart(models.Model):
    """One part of the land asked for: farmland, other agricultural, construction or unused land."""

    statement = models.ForeignKey(LandStatement, on_delete=models.PROTECT, related_name="parts")
    kind = models.ForeignKey(
        Code, on_delete=models.PROTECT, related_name="+", limit_choices_to={"list": "land_part"},
        verbose_name=_("用地类别"),
    )  # fmt: skip
    area_m2 = models.DecimalField(_("面积"), max_digits=16, decimal_places=2)

    class Meta:
        ordering = ["statement_id", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["statement", "kind"], name="library_land_part_once"),
            models.CheckConstraint(condition=Q(area_m2__gt=0), name="library_land_part_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.kind_id}: {self.area_m2} m²"
