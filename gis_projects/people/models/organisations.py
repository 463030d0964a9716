"""Units: who owns projects, who manages them, who serves them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gis_projects.people.models.regions import Region


class Department(models.Model):
    """What a managing department is for (发改, 财政, 水务), whatever it is called in one region.

    Work is routed to a department of a region: to the organisation that has this function there. Rows are a bureau's
    own list (`people/data`); ``code`` is what routing tables refer to.
    """

    code = models.SlugField(_("职能代码"), max_length=20, primary_key=True)
    name = models.CharField(_("职能部门"), max_length=60, unique=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name


class OrganisationKind(models.TextChoices):
    OWNER = "owner", _("项目单位")
    DEPARTMENT = "department", _("管理部门")
    INTERMEDIARY = "intermediary", _("中介机构")


class Organisation(models.Model):
    """A unit that people work for and projects belong to.

    ``department`` is its function, where it is a managing department that has one.
    """

    code = models.CharField(_("统一社会信用代码"), max_length=18, unique=True)
    name = models.CharField(_("单位名称"), max_length=120)
    kind = models.CharField(
        _("单位类型"), max_length=12, choices=OrganisationKind, default=OrganisationKind.OWNER
    )
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.PROTECT, related_name="organisations"
    )
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=OrganisationKind.values), name="people_organisation_kind"
            ),
            models.CheckConstraint(
                condition=Q(department=None) | Q(kind="department"),
                name="people_only_departments_have_a_function",
            ),
        ]

    def __str__(self) -> str:
        return self.name
