"""What one person lends another for a time."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.people.roles import NOT_LENT


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def current(self, day: date | None = None) -> DelegationQuerySet:
        """Those in force on a day (today unless given)."""
        day = day or timezone.localdate()
        return self.filter(starts_on__lte=day, ends_on__gte=day, ended_at=None)


class Delegation(models.Model):
    """``giver`` lends some of their own permissions to a colleague, ``taker``, for a period.

    Both days belong to it; ``ended_at`` ends it before its last day. It lends no more than the giver has at the moment
    that it is used, reaches what the giver reaches, and can't be lent on.
    """

    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="lent")
    taker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="borrowed")
    permissions = ArrayField(models.CharField(max_length=30))
    starts_on = models.DateField(_("起始日期"))
    ends_on = models.DateField(_("截止日期"))
    reason = models.CharField(_("委托事由"), max_length=300)
    made_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(_("提前终止时间"), null=True, blank=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="people_delegation_to_another"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="people_delegation_has_a_period"
            ),
            models.CheckConstraint(
                condition=Q(permissions__len__gte=1)
                & ~Q(permissions__overlap=sorted(str(each) for each in NOT_LENT)),
                name="people_delegation_of_what_may_be_lent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.giver_id} to {self.taker_id}: {', '.join(self.permissions)}"
