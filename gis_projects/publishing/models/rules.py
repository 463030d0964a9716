"""What is usually shown of a project, and by which law."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DisclosureRule(models.Model):
    """A preset of a disclosure with its legal basis: for a region and what lies below it, for a department's projects,
    or (neither) for all.

    ``document`` is the number or id under which ``basis`` is found. ``fields`` as in `Chosen`. With ``results``
    performance targets are chosen too, and what evaluations found once that is released. A rule that is no longer
    ``offered`` stays with what was published under it.
    """

    name = models.CharField(_("规则名称"), max_length=100, unique=True)
    basis = models.CharField(_("依据"), max_length=300)
    document = models.CharField(_("文号或文件编号"), max_length=120)
    region = models.ForeignKey(
        "people.Region",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("适用地区"),
    )
    authority = models.ForeignKey(
        "people.Organisation",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("主管部门"),
    )
    fields = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    form = models.CharField(_("位置形式"), max_length=10, default="outline")
    precision_m = models.PositiveIntegerField(_("概化精度（米）"), default=50)
    results = models.BooleanField(_("公开绩效目标与评价结果"), default=False)
    offered = models.BooleanField(_("启用"), default=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(basis="") & ~Q(document=""), name="publishing_rule_has_its_source"
            ),
            models.CheckConstraint(
                condition=Q(form__in=["outline", "point", "none"]), name="publishing_rule_form"
            ),
            models.CheckConstraint(
                condition=Q(precision_m__range=(10, 10_000)), name="publishing_rule_precision"
            ),
        ]

    def __str__(self) -> str:
        return self.name
