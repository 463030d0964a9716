"""The budget's lines on projects of the libraries, and what is paid from them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models.evidence import Evidence
from gis_projects.library.models.libraries import PROJECT_PATHS
from gis_projects.library.models.projects import Project
from gis_projects.people.permissions import Scoped, ScopePaths


class BudgetInstrument(models.TextChoices):
    BUDGET = "budget", _("预算投资")
    BOND = "bond", _("债券投资")
    FUND = "fund", _("基金投资")


class BudgetLine(Scoped, models.Model):
    """Money that a year's budget sets aside for one project, on the strength of a review report.

    Only a project in one of the three libraries has one, and only with a review report that stands (trigger
    ``library_budget_line_gate``). Rows are only ever inserted (``library_budget_line_unchanged``): a change is a
    `BudgetChange`.
    """

    SCOPE = PROJECT_PATHS

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="budget_lines")
    year = models.PositiveSmallIntegerField(_("预算年度"))
    instrument = models.CharField(_("资金类型"), max_length=8, choices=BudgetInstrument)
    amount_yuan = models.DecimalField(_("预算安排（元）"), max_digits=18, decimal_places=2)
    reference = models.CharField(_("文号或依据"), max_length=120)
    review = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-year", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_yuan__gt=0), name="library_budget_line_positive"),
            models.CheckConstraint(condition=Q(year__range=(2000, 2100)), name="library_budget_line_year"),
            models.CheckConstraint(
                condition=Q(instrument__in=BudgetInstrument.values), name="library_budget_line_instrument"
            ),
            models.CheckConstraint(condition=~Q(reference=""), name="library_budget_line_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.year}: {self.amount_yuan}"


_LINE_PATHS = ScopePaths(
    region="line__project__region_id",
    organisation="line__project__organisation_id",
    project="line__project_id",
    secrecy="line__project__secrecy",
)


class BudgetChange(Scoped, models.Model):
    """More or less of a line, with the reason. Never less than what is paid already (trigger
    ``library_budget_change_covered``); only ever inserted (``library_budget_change_unchanged``).
    """

    SCOPE = _LINE_PATHS

    line = models.ForeignKey(BudgetLine, on_delete=models.PROTECT, related_name="changes")
    delta_yuan = models.DecimalField(_("调整额（元）"), max_digits=18, decimal_places=2)
    reason = models.CharField(_("调整依据"), max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(delta_yuan=0), name="library_budget_change_of_something"),
            models.CheckConstraint(condition=~Q(reason=""), name="library_budget_change_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.delta_yuan:+}"


class Appropriation(Scoped, models.Model):
    """Money paid from a line: never more than it holds, never for a project outside the libraries (trigger
    ``library_appropriation_gate``, which locks the line); only ever inserted (``library_appropriation_unchanged``).
    """

    SCOPE = _LINE_PATHS

    line = models.ForeignKey(BudgetLine, on_delete=models.PROTECT, related_name="appropriations")
    amount_yuan = models.DecimalField(_("拨付金额（元）"), max_digits=18, decimal_places=2)
    reference = models.CharField(_("拨款单号"), max_length=120)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_yuan__gt=0), name="library_appropriation_positive"),
            models.CheckConstraint(condition=~Q(reference=""), name="library_appropriation_reference"),
            models.UniqueConstraint(fields=["line", "reference"], name="library_appropriation_once"),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.amount_yuan}"
