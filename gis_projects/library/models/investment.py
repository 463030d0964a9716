"""What was planned and spent on a project."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models.projects import Project


class InvestmentRecord(models.Model):
    """What was known of a project's money from a day on: planned and cumulative investment in 元.

    Rows are only ever inserted (trigger ``library_investment_unchanged``), so a report as of a past day
    stays what it was. ``recorded_on`` is the day from which the figures hold, never before the project's
    last record and never in the future (trigger ``library_investment_in_order``); ``entered_at`` is when
    they were typed in: figures taken over from an older ledger have a ``recorded_on`` long before it.
    ``region`` is the project's row of the statistics table at that time.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="investments")
    region = models.ForeignKey("people.Region", on_delete=models.PROTECT, related_name="+")
    planned_yuan = models.DecimalField(_("计划投资"), max_digits=18, decimal_places=2)
    cumulative_yuan = models.DecimalField(_("累计投资"), max_digits=18, decimal_places=2)
    recorded_on = models.DateField(_("记录日期"))
    entered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["project_id", "-recorded_on", "-pk"]
        indexes = [
            models.Index(fields=["project", "-recorded_on", "-id"], name="library_investment_latest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(planned_yuan__gte=0) & Q(cumulative_yuan__gte=0),
                name="library_investment_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.recorded_on}: {self.cumulative_yuan} / {self.planned_yuan}"
