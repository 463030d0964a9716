"""Figures that a bureau sets for its libraries, each from a day on and with its source."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ParameterKey(models.TextChoices):
    BASE_INVESTMENT = "base_investment", _("上年度投资规模（元）")
    CATALOGUE_MULTIPLE = "catalogue_multiple", _("目录库总投资应达到的倍数")
    RESERVE_MULTIPLE = "reserve_multiple", _("储备库总投资应达到的倍数")
    REVIEW_THRESHOLD = "review_threshold", _("信息化项目须经评审的总投资（元）")
    ADMISSION_DAYS = "admission_days", _("入库审核期限（工作日）")
    CITY_SETTLEMENT_RATE = "city_settlement_rate", _("全市平均竣工结算率（%）")
    CITY_FINAL_RATE = "city_final_rate", _("全市平均竣工财务决算率（%）")
    AREA_TOLERANCE = "area_tolerance", _("申报面积与边界面积的允许偏差（%）")


class Parameter(models.Model):
    """One figure from a day on, for a region and those below it, or for all (``region`` empty).

    ``inclusive``: a value that equals the figure reaches it (以上 includes it; 超过 doesn't). ``source`` says where it
    comes from: the base of the multiples is not defined by any regulation we know, so whoever sets it says what it is.
    Rows are only ever inserted (trigger ``library_parameter_unchanged``); of one day the newest stands.
    """

    key = models.SlugField(_("参数"), max_length=40, choices=ParameterKey)
    region = models.ForeignKey(
        "people.Region",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("适用地区"),
    )
    value = models.DecimalField(_("取值"), max_digits=20, decimal_places=4)
    inclusive = models.BooleanField(_("含本数"), default=True)
    source = models.CharField(_("来源说明"), max_length=300)
    valid_from = models.DateField(_("起用日期"), default=timezone.localdate)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["key", "region_id", "-valid_from", "-pk"]
        indexes = [models.Index(fields=["key", "-valid_from"], name="library_parameter_in_force")]
        constraints = [
            models.CheckConstraint(condition=Q(key__in=ParameterKey.values), name="library_parameter_known"),
            models.CheckConstraint(condition=Q(value__gte=0), name="library_parameter_not_negative"),
            models.CheckConstraint(condition=~Q(source=""), name="library_parameter_has_a_source"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.region_id or ''} {self.value} from {self.valid_from}"
