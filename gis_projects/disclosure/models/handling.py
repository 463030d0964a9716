"""How far the handling of a disclosed project's matters is: five steps with their days, and nobody's name."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.disclosure.models.projects import DisclosedProject


class MatterKind(models.TextChoices):
    """What is handled: one of the three arguments, an admission to a library, an approval."""

    TOTAL_STRUCTURE = "total_structure", _("总量结构论证")
    SITE = "site", _("选址论证")
    FISCAL = "fiscal", _("财力论证")
    ADMISSION = "admission", _("入库、转库申请")
    SETUP = "setup", _("立项审批")
    FEASIBILITY = "feasibility", _("可行性研究报告审批")
    DESIGN = "design", _("初步设计审批")


class HandlingStage(models.IntegerChoices):
    """The five steps (办理全过程) in their order."""

    ACCEPTED = 1, _("窗口受理")
    EXAMINED = 2, _("业务审核")
    REVIEWED = 3, _("专家评审")
    DECIDED = 4, _("领导审批")
    ISSUED = 5, _("发文")


class HandlingMatter(models.Model):
    """One matter of a disclosed project. It is gone with the project's row.

    ``slug`` is drawn by lot. ``stages`` are the numbers of the steps that a matter of this kind has at all; ``ended``:
    it goes no further (concluded, granted or returned).
    """

    slug = models.CharField(max_length=20, unique=True)
    project = models.ForeignKey(
        DisclosedProject,
        to_field="slug",
        db_column="project_slug",
        on_delete=models.CASCADE,
        related_name="matters",
    )
    kind = models.CharField(_("办理事项"), max_length=20, choices=MatterKind)
    region_code = models.CharField(max_length=6, db_index=True)
    region_name = models.CharField(_("所属地区"), max_length=60)
    stages = models.JSONField(default=list)
    started_on = models.DateField(_("受理日期"))
    ended = models.BooleanField(default=False)
    changed_at = models.DateTimeField(_("更新时间"), default=timezone.now)

    class Meta:
        ordering = ["-started_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=MatterKind.values), name="disclosure_matter_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.slug}"


class HandlingStep(models.Model):
    """A step that is done: the day, the departments, and of 发文 the document's number."""

    matter = models.ForeignKey(
        HandlingMatter, to_field="slug", db_column="slug", on_delete=models.CASCADE, related_name="steps"
    )
    stage = models.PositiveSmallIntegerField(choices=HandlingStage)
    on = models.DateField(_("日期"))
    departments = models.CharField(_("办理部门"), max_length=1000, blank=True)
    document = models.CharField(_("文号"), max_length=120, blank=True)

    class Meta:
        ordering = ["stage"]
        constraints = [
            models.UniqueConstraint(fields=["matter", "stage"], name="disclosure_one_step_a_stage"),
            models.CheckConstraint(
                condition=Q(stage__in=HandlingStage.values), name="disclosure_handling_stage"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.matter_id} {self.stage}"
