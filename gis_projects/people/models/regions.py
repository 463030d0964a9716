"""Administrative divisions, from the province down to the village."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RegionKind(models.TextChoices):
    PROVINCE = "province", _("自治区")
    CITY = "city", _("市")
    COUNTY = "county", _("旗县区")
    ZONE = "zone", _("功能区")
    TOWN = "town", _("苏木乡镇（街道）")
    VILLAGE = "village", _("嘎查村（社区）")


#: How many digits the code of a kind has.
DIGITS = {
    RegionKind.PROVINCE: 6,
    RegionKind.CITY: 6,
    RegionKind.COUNTY: 6,
    RegionKind.ZONE: 6,
    RegionKind.TOWN: 9,
    RegionKind.VILLAGE: 12,
}
#: The kinds that plan and pay: the rows of statistics, and what a project is counted in.
DIVISIONS = (RegionKind.PROVINCE, RegionKind.CITY, RegionKind.COUNTY, RegionKind.ZONE)


def _without(code: Func | F, pattern: str) -> Func:
    return Func(
        code, Value(pattern), Value(r"\1"), function="regexp_replace", output_field=models.CharField()
    )


#: The digits that a division shares with what lies below it, as `permissions.region_prefix` has them, in SQL.
PARENT_PREFIX = _without(_without(F("parent_id"), "^([0-9]{2})0000$"), "^([0-9]{4})00$")


class RegionQuerySet(models.QuerySet["Region"]):
    def divisions(self) -> RegionQuerySet:
        """Provinces, cities, counties and zones: what statistics, filters and forms list. No towns, no villages."""
        return self.filter(kind__in=DIVISIONS)

    def current(self, day: date | None = None) -> RegionQuerySet:
        """Those whose code is valid on a day (today unless given)."""
        day = day or timezone.localdate()
        return self.filter(
            Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gte=day)
        )


class Region(models.Model):
    """An administrative division by its code; its shape is a layer's feature, found by the code.

    The code has 2 + 2 + 2 digits by GB/T 2260, and 3 more for a town and another 3 for a village (GB/T 10114), so
    what lies below a division begins with its digits. ``valid_from`` and ``valid_to`` are the days on which a code
    came into force and on which it was last valid; None: not known, or still valid. Nothing is ever deleted: records
    keep the division that they were made for. ``short_name`` is the name in the statistics table, where 150200 reads
    市本级; ``position`` is its row there.
    """

    code = models.CharField(_("区划代码"), max_length=12, primary_key=True)
    name = models.CharField(_("名称"), max_length=60)
    short_name = models.CharField(_("简称"), max_length=30)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    kind = models.CharField(_("类型"), max_length=10, choices=RegionKind)
    position = models.PositiveSmallIntegerField(default=0)
    valid_from = models.DateField(_("启用日期"), null=True, blank=True)
    valid_to = models.DateField(_("停用日期"), null=True, blank=True)

    objects = RegionQuerySet.as_manager()

    class Meta:
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9]{6}(([0-9]{3})?[0-9]{3})?$"), name="people_region_code_digits"
            ),
            # 150207000 would be 150207 by another name, and reach what that reaches
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9]{6}$") | ~Q(code__endswith="000"),
                name="people_region_code_of_its_own",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=DIVISIONS, code__regex=r"^[0-9]{6}$")
                | Q(kind=RegionKind.TOWN, code__regex=r"^[0-9]{9}$")
                | Q(kind=RegionKind.VILLAGE, code__regex=r"^[0-9]{12}$"),
                name="people_region_kind_has_its_digits",
            ),
            models.CheckConstraint(condition=~Q(parent=F("code")), name="people_region_not_its_own_parent"),
            models.CheckConstraint(
                condition=Q(parent=None) | Q(code__startswith=PARENT_PREFIX),
                name="people_region_begins_as_its_parent",
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="people_region_valid_in_order",
            ),
            models.UniqueConstraint(
                fields=["parent", "name"],
                condition=Q(valid_to=None),
                nulls_distinct=False,
                name="people_region_one_name_below_one_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def valid_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )
