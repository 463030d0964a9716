"""Programmes: groups of projects with a target of investment."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models.projects import Project
from gis_projects.library.money import Rounding
from gis_projects.people.permissions import Scoped, ScopePaths


class Programme(Scoped, models.Model):
    """A target of investment over some years that projects work towards together.

    ``target_yuan`` is to be reached in ``years`` years from the beginning of ``starts_year``. ``rounding`` is how its
    completion is shown; the figure itself is exact.
    """

    SCOPE = ScopePaths(region="region_id")

    name = models.CharField(_("示范任务"), max_length=100, unique=True)
    region = models.ForeignKey(
        "people.Region", on_delete=models.PROTECT, related_name="+", verbose_name=_("所属地区")
    )
    target_yuan = models.DecimalField(_("目标投资"), max_digits=18, decimal_places=2)
    starts_year = models.PositiveSmallIntegerField(
        _("起始年度"), validators=[MinValueValidator(1990), MaxValueValidator(2100)]
    )
    years = models.PositiveSmallIntegerField(
        _("年数"), validators=[MinValueValidator(1), MaxValueValidator(30)]
    )
    rounding = models.CharField(
        _("取整方式"), max_length=10, choices=Rounding.choices(), default=Rounding.HALF_UP
    )
    note = models.CharField(_("说明"), max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-starts_year", "name"]
        constraints = [
            models.CheckConstraint(condition=Q(target_yuan__gt=0), name="library_programme_target_positive"),
            models.CheckConstraint(
                condition=Q(years__range=(1, 30), starts_year__range=(1990, 2100)),
                name="library_programme_period",
            ),
            models.CheckConstraint(
                condition=Q(rounding__in=[str(way) for way in Rounding]), name="library_programme_rounding"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def ends_year(self) -> int:
        """The last of its years."""
        return self.starts_year + self.years - 1


class ProgrammeMember(models.Model):
    """A project counts for a programme; it may count for several."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="members")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="programmes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    since = models.DateField(default=timezone.localdate)

    class Meta:
        ordering = ["programme_id", "project_id"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "project"], name="library_programme_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.programme_id}: {self.project_id}"
