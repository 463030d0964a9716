"""Who works here, for which region and which organisation, and in which roles."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gis_projects.people.permissions import Role


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


class Organisation(models.Model):
    """A unit that people work for and projects belong to (项目单位, 管理部门)."""

    code = models.CharField(_("统一社会信用代码"), max_length=18, unique=True)
    name = models.CharField(_("单位名称"), max_length=120)
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person with an account.

    What they may do stands in ``roles`` and nowhere else (`gis_projects.people.permissions`): Django's
    groups, user permissions and ``is_superuser`` open no door here. They reach the objects of ``region``
    and of every division below it, and those of ``organisation`` wherever they are.
    """

    full_name = models.CharField(_("姓名"), max_length=60, blank=True)
    region = models.ForeignKey(
        Region,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="users",
        verbose_name=_("所属区划"),
    )
    organisation = models.ForeignKey(
        Organisation,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="users",
        verbose_name=_("所属单位"),
    )
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices()), default=list, blank=True)

    class Meta:
        ordering = ["username"]
        constraints = [
            models.CheckConstraint(
                condition=Q(roles__contained_by=[str(role) for role in Role]), name="people_user_roles_known"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    def get_full_name(self) -> str:
        return self.full_name or super().get_full_name()
