"""What every department owes week by week, month by month and year by year."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.people.models import Organisation, Region
from gis_projects.people.permissions import Scoped, ScopePaths


class Duty(Scoped, models.Model):
    """What one department owes in one period by a rule of ``desk/data/duties.toml`` (``code``).

    ``period`` is ``2026-W47``, ``2026-11`` or ``2026``; there is one row per rule, department and period. ``due_on`` is
    the rule's day, or the one that a superior set (``source`` says by what). Who did it, when and by what is written
    once and stays (trigger ``desk_duty_guarded``); ``done_by`` None: the platform saw it itself (``evidence``).
    """

    SCOPE: ClassVar[ScopePaths] = ScopePaths(region="organisation__region_id", organisation="organisation_id")  # type: ignore[misc]

    code = models.SlugField(_("事项"), max_length=40)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="duties", verbose_name=_("责任单位")
    )
    period = models.CharField(_("周期"), max_length=8)
    starts_on = models.DateField(_("起始日期"))
    due_on = models.DateField(_("截止日期"))
    source = models.CharField(_("依据"), max_length=300, blank=True)
    done_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.TextField(_("完成情况"), blank=True)
    evidence = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)

    class Meta:
        ordering = ["due_on", "code", "pk"]
        indexes = [
            models.Index(fields=["organisation", "due_on"], name="desk_duty_of_a_department"),
            models.Index(fields=["due_on"], name="desk_duty_open", condition=Q(done_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "organisation", "period"], name="desk_one_duty_per_period"
            ),
            models.CheckConstraint(condition=Q(due_on__gte=F("starts_on")), name="desk_duty_due_after_start"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=False) | Q(done_by=None, note=""),
                name="desk_duty_done_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(done_by=None) | Q(note__regex=r"\S"),
                name="desk_duty_done_says_how",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.period} of {self.organisation_id}"


class Deadline(models.Model):
    """The day that a superior set for a rule in one period, for every department of ``region`` and below.

    Rows are only ever inserted (trigger ``desk_deadline_append_only``); the last one of a superior stands, and the
    highest superior's before a lower one's.
    """

    code = models.SlugField(_("事项"), max_length=40)
    period = models.CharField(_("周期"), max_length=8)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name=_("适用地区"))
    due_on = models.DateField(_("截止日期"))
    source = models.CharField(_("依据"), max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"), default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["code", "period"], name="desk_deadline_of_a_rule")]
        constraints = [
            models.CheckConstraint(condition=Q(source__regex=r"\S"), name="desk_deadline_names_its_source"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.period}: {self.due_on}"
