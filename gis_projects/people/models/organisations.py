"""Units: who owns projects, who manages them, who serves them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from gis_projects.people.models.regions import Region
from gis_projects.people.permissions import Scoped, ScopePaths


class Department(models.Model):
    """What a managing department is for (发改, 财政, 水务), whatever it is called in one region.

    Work is routed to a department of a region: to the organisation that has this function there. Rows are a bureau's
    own list (`people/data/functions.toml`, `actions.functions.load`); ``code`` is what routing tables refer to.
    """

    code = models.SlugField(_("职能代码"), max_length=20, primary_key=True)
    name = models.CharField(_("职能部门"), max_length=60, unique=True)
    name_en = models.CharField(_("英文名称"), max_length=80, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """Its name in the reader's language."""
        return self.name_en if self.name_en and get_language() == "en" else self.name


class OrganisationKind(models.TextChoices):
    OWNER = "owner", _("项目单位")
    DEPARTMENT = "department", _("管理部门")
    INTERMEDIARY = "intermediary", _("中介机构")


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def open(self) -> OrganisationQuerySet:
        return self.filter(closed_at=None)


class Organisation(Scoped, models.Model):
    """A unit that people work for and projects belong to.

    ``department`` is its function, where it is a managing department that has one. A closed unit keeps what it did;
    its people can no longer sign in to work for it.
    """

    SCOPE: ClassVar[ScopePaths] = ScopePaths(region="region_id", organisation="pk")  # type: ignore[misc]

    code = models.CharField(_("统一社会信用代码"), max_length=18, unique=True)
    name = models.CharField(_("单位名称"), max_length=120)
    kind = models.CharField(
        _("单位类型"), max_length=12, choices=OrganisationKind, default=OrganisationKind.OWNER
    )
    department = models.ForeignKey(
        Department,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="organisations",
        verbose_name=_("职能"),
    )
    region = models.ForeignKey(
        Region, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("所属区划")
    )
    contact = models.CharField(_("联系人"), max_length=60, blank=True)
    phone = models.CharField(_("联系电话"), max_length=30, blank=True)
    email = models.EmailField(_("电子邮箱"), blank=True)
    address = models.CharField(_("地址"), max_length=200, blank=True)
    closed_at = models.DateTimeField(_("注销时间"), null=True, blank=True)
    closed_reason = models.CharField(_("注销原因"), max_length=300, blank=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        indexes = [models.Index(fields=["department", "region"], name="people_organisation_of_a_task")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=OrganisationKind.values), name="people_organisation_kind"
            ),
            models.CheckConstraint(
                condition=Q(department=None) | Q(kind="department"),
                name="people_only_departments_have_a_function",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_reason="")
                | (Q(closed_at__isnull=False) & ~Q(closed_reason="")),
                name="people_organisation_closed_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.name
