"""Administrative divisions."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class RegionKind(models.TextChoices):
    PROVINCE = "province", _("自治区")
    CITY = "city", _("市")
    COUNTY = "county", _("旗县区")
    ZONE = "zone", _("功能区")


class Region(models.Model):
    """An administrative division by its GB/T 2260 code; its shape is a layer's feature, found by the code.

    ``short_name`` is the name in the statistics table, where 150200 reads 市本级; ``position`` is its row
    there.
    """

    code = models.CharField(_("区划代码"), max_length=6, primary_key=True)
    name = models.CharField(_("名称"), max_length=60, unique=True)
    short_name = models.CharField(_("简称"), max_length=30)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    kind = models.CharField(_("类型"), max_length=10, choices=RegionKind)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9]{6}$"), name="people_region_code_six_digits"
            ),
            models.CheckConstraint(condition=~Q(parent=F("code")), name="people_region_not_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name
