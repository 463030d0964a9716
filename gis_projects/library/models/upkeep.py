"""Who keeps a project's record up, and when it counts as neglected: the bureau's own settings, as rows."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.terms import InvestmentKind, Stage


class Party(models.TextChoices):
    """Who may own a field of a project (共管共用)."""

    OWNER = "owner", _("项目单位")
    DEPARTMENT = "department", _("管理部门")
    FINANCE = "finance", _("财政部门")


class FieldRight(models.Model):
    """Which parties may change one field. Without a row the defaults of ``library/data/rights.toml`` hold."""

    field = models.SlugField(_("字段"), max_length=30, primary_key=True)
    parties = ArrayField(models.CharField(max_length=12, choices=Party), verbose_name=_("可维护方"))

    class Meta:
        ordering = ["field"]
        constraints = [
            models.CheckConstraint(
                condition=Q(parties__contained_by=Party.values), name="library_field_right_parties"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field}: {', '.join(self.parties)}"


class EntryRight(models.Model):
    """Which departments, by their function, enter projects of one kind of investment (F263, F264).

    Project units always enter their own. Without a row the defaults of ``library/data/rights.toml`` hold.
    """

    investment_kind = models.CharField(_("投资性质"), max_length=12, choices=InvestmentKind, primary_key=True)
    functions = ArrayField(models.SlugField(max_length=20), verbose_name=_("录入部门"))

    class Meta:
        ordering = ["investment_kind"]
        constraints = [
            models.CheckConstraint(
                condition=Q(investment_kind__in=InvestmentKind.values), name="library_entry_right_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.investment_kind}: {', '.join(self.functions)}"


class StalenessThreshold(models.Model):
    """After how many days without an update a project of a stage turns yellow, and red. Defaults as above."""

    stage = models.CharField(_("项目状态"), max_length=15, choices=Stage, primary_key=True)
    yellow_days = models.PositiveSmallIntegerField(_("黄色（天）"))
    red_days = models.PositiveSmallIntegerField(_("红色（天）"))

    class Meta:
        ordering = ["stage"]
        constraints = [
            models.CheckConstraint(
                condition=Q(stage__in=Stage.values)
                & Q(red_days__gt=F("yellow_days"))
                & Q(yellow_days__gte=1),
                name="library_staleness_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage}: {self.yellow_days}/{self.red_days}"


class ProjectDraft(models.Model):
    """A registration that isn't finished: what its author has typed so far, step by step. Nobody else sees it."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="project_drafts")
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(_("修改时间"), auto_now=True)

    class Meta:
        ordering = ["-updated_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.by_id} {self.pk}"
