"""Development plans, their items, and the projects that realise them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library import databases
from gis_projects.library.models.projects import Project
from gis_projects.library.terms import Level
from gis_projects.people.permissions import Scoped, ScopePaths

PARTS = tuple(term.code for term in databases.project_databases()["planned"].parts)


class DevelopmentPlan(Scoped, models.Model):
    """A plan in force from ``first_year`` to ``last_year``: overall, special or regional (``kind``)."""

    SCOPE = ScopePaths(region="region_id")

    code = models.CharField(_("规划编号"), max_length=40, unique=True)
    name = models.CharField(_("规划名称"), max_length=200)
    kind = models.CharField(_("规划类别"), max_length=20)
    level = models.CharField(_("级次"), max_length=10, choices=Level)
    region = models.ForeignKey(
        "people.Region", on_delete=models.PROTECT, related_name="+", verbose_name=_("地区")
    )
    issuer = models.CharField(_("编制机关"), max_length=120, blank=True)
    first_year = models.PositiveSmallIntegerField(_("起始年"))
    last_year = models.PositiveSmallIntegerField(_("截止年"))
    summary = models.TextField(_("要点"), blank=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=PARTS), name="library_plan_kind"),
            models.CheckConstraint(condition=Q(level__in=Level.values), name="library_plan_level"),
            models.CheckConstraint(
                condition=Q(first_year__gte=1949, last_year__lte=2100, last_year__gte=F("first_year")),
                name="library_plan_years",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PlanItem(Scoped, models.Model):
    """One thing that a plan sets out to have done; projects realise it."""

    SCOPE = ScopePaths(region="plan__region_id")

    plan = models.ForeignKey(DevelopmentPlan, on_delete=models.CASCADE, related_name="items")
    number = models.CharField(_("序号"), max_length=20)
    title = models.CharField(_("任务"), max_length=200)
    target = models.CharField(_("目标"), max_length=300, blank=True)
    projects = models.ManyToManyField(Project, through="Realisation", related_name="plan_items")

    class Meta:
        ordering = ["plan_id", "number"]
        constraints = [models.UniqueConstraint(fields=["plan", "number"], name="library_plan_item_number")]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class Realisation(Scoped, models.Model):
    """A project realises an item of a plan."""

    SCOPE = ScopePaths(
        region="project__region_id",
        organisation="project__organisation_id",
        project="project_id",
        secrecy="project__secrecy",
    )

    item = models.ForeignKey(PlanItem, on_delete=models.CASCADE, related_name="realisations")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="realisations")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["item_id", "project_id"]
        constraints = [
            models.UniqueConstraint(fields=["item", "project"], name="library_realised_once_per_item")
        ]

    def __str__(self) -> str:
        return f"{self.project_id} → {self.item_id}"
