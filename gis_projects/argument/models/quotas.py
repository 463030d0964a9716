"""What there is only so much of: land quotas and debt limits, each a ledger that can't be overdrawn."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.argument.models.opinions import Opinion
from gis_projects.people.models import Region
from gis_projects.people.permissions import Scoped, ScopePaths


class QuotaKind(models.TextChoices):
    LAND = "land", _("用地指标")
    DEBT = "debt", _("债务限额")


class EntryKind(models.TextChoices):
    """``reserve`` takes from the account, ``release`` gives back; ``debit`` makes what is reserved final."""

    RESERVE = "reserve", _("预占")
    DEBIT = "debit", _("扣减")
    RELEASE = "release", _("释放")


class QuotaAccount(Scoped, models.Model):
    """A region's quota of a year: land in m², debt in 元.

    ``taken`` is the sum of the entries, kept by the trigger ``argument_quotaentry_counts`` and by nothing else (trigger
    ``argument_quotaaccount_kept``); that it never passes ``granted`` is a constraint, so of two who take the last of it
    at once one is refused.
    """

    SCOPE = ScopePaths(region="region_id")

    kind = models.CharField(_("额度类型"), max_length=8, choices=QuotaKind)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name=_("地区"))
    year = models.PositiveSmallIntegerField(_("年度"))
    granted = models.DecimalField(_("下达额度"), max_digits=20, decimal_places=2)
    taken = models.DecimalField(_("已用额度"), max_digits=20, decimal_places=2, default=0)
    source = models.CharField(_("下达文件"), max_length=200, blank=True)

    class Meta:
        ordering = ["kind", "-year", "region_id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "region", "year"], name="argument_one_account"),
            models.CheckConstraint(condition=Q(kind__in=QuotaKind.values), name="argument_quota_kind"),
            models.CheckConstraint(
                condition=Q(taken__gte=0) & Q(taken__lte=F("granted")), name="argument_quota_not_overdrawn"
            ),
            models.CheckConstraint(condition=Q(year__range=(1990, 2100)), name="argument_quota_year"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.region_id} {self.year}"


class QuotaEntry(models.Model):
    """One row of a ledger. Only ever inserted (trigger ``argument_quotaentry_append_only``).

    ``amount`` is positive; a release gives back what a reservation of the same opinion took, once. A debit takes
    nothing more: it says that what was reserved is used.
    """

    account = models.ForeignKey(QuotaAccount, on_delete=models.PROTECT, related_name="entries")
    opinion = models.ForeignKey(Opinion, on_delete=models.PROTECT, related_name="quota_entries")
    kind = models.CharField(_("类型"), max_length=8, choices=EntryKind)
    amount = models.DecimalField(_("数额"), max_digits=20, decimal_places=2)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"), default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="argument_entry_positive"),
            models.CheckConstraint(condition=Q(kind__in=EntryKind.values), name="argument_entry_kind"),
            # One reservation per opinion and account, and one end of it.
            models.UniqueConstraint(
                fields=["account", "opinion"], condition=Q(kind="reserve"), name="argument_reserved_once"
            ),
            models.UniqueConstraint(
                fields=["account", "opinion"], condition=Q(kind="release"), name="argument_released_once"
            ),
            models.UniqueConstraint(
                fields=["account", "opinion"], condition=Q(kind="debit"), name="argument_debited_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} of {self.account_id}"
