"""Lists of projects in preparation (前期项目谋划清单), held against the catalogue."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models.projects import Project
from gis_projects.people.permissions import Scoped, ScopePaths


class PlanningList(Scoped, models.Model):
    """One list as it was handed down, for a region and a year."""

    SCOPE = ScopePaths(region="region_id")

    code = models.CharField(_("清单编号"), max_length=40, unique=True)
    name = models.CharField(_("清单名称"), max_length=200)
    region = models.ForeignKey(
        "people.Region", on_delete=models.PROTECT, related_name="+", verbose_name=_("地区")
    )
    year = models.PositiveSmallIntegerField(
        _("年度"), validators=[MinValueValidator(1990), MaxValueValidator(2100)]
    )
    issued_on = models.DateField(_("下达日期"), default=timezone.localdate)
    note = models.TextField(_("说明"), blank=True)

    class Meta:
        ordering = ["-year", "code"]
        constraints = [
            models.CheckConstraint(condition=Q(year__range=(1990, 2100)), name="library_planning_list_year")
        ]

    def __str__(self) -> str:
        return self.name


class RowState(models.TextChoices):
    """What is known of a row: nothing, the project that it is, or that it needs none."""

    OPEN = "open", _("未对应")
    MATCHED = "matched", _("已对应")
    DROPPED = "dropped", _("不再实施")


class PlanningRow(Scoped, models.Model):
    """A project as a list names it.

    ``project`` is what a person (``settled_by``) said that it is; ``likeness`` is the score (0 to 100) with which it
    had been suggested, None where nobody suggested it. A project answers at most one row of a list.
    """

    SCOPE = ScopePaths(region="region_id")

    list = models.ForeignKey(PlanningList, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(_("序号"))
    code = models.CharField(_("项目代码"), max_length=40, blank=True)
    name = models.CharField(_("项目名称"), max_length=200)
    content = models.TextField(_("建设内容"), blank=True)
    region = models.ForeignKey(
        "people.Region", on_delete=models.PROTECT, related_name="+", verbose_name=_("地区")
    )
    owner = models.CharField(_("项目单位"), max_length=120, blank=True)
    industry = models.CharField(_("所属行业"), max_length=2, blank=True)
    planned_yuan = models.DecimalField(_("计划投资"), max_digits=18, decimal_places=2, null=True, blank=True)
    state = models.CharField(_("对应情况"), max_length=10, choices=RowState, default=RowState.OPEN)
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.PROTECT, related_name="planning_rows"
    )
    likeness = models.PositiveSmallIntegerField(null=True, blank=True)
    reason = models.CharField(_("理由"), max_length=200, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["list_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["list", "number"], name="library_planning_row_number"),
            models.UniqueConstraint(fields=["list", "project"], name="library_planning_row_one_per_project"),
            models.CheckConstraint(
                condition=Q(state__in=RowState.values)
                & (Q(state="matched", project__isnull=False) | (~Q(state="matched") & Q(project=None))),
                name="library_planning_row_matched_has_project",
            ),
            models.CheckConstraint(
                condition=Q(state="open", settled_at=None) | ~Q(state="open") & Q(settled_at__isnull=False),
                name="library_planning_row_settled_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(planned_yuan=None) | Q(planned_yuan__gte=0), name="library_planning_row_money"
            ),
            models.CheckConstraint(
                condition=Q(likeness=None) | Q(likeness__lte=100), name="library_planning_row_likeness"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"
