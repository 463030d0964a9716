"""What the public may see, as copies of its own; and, apart from it, who let the public see it.

`DisclosedProject` and `PublicOutline` are the only tables that the database role of the public pages can
read (migration 0002). They point at nothing: no foreign key leads back to a project, a site or a layer. A
withdrawn copy is deleted; that it was there stands in `PublicationRecord`, which the public role can't read.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Form(models.TextChoices):
    """How coarse a public geometry is shown."""

    OUTLINE = "outline", _("概化轮廓")
    POINT = "point", _("概略点位")


class DisclosedProject(models.Model):
    """The permitted fields of one project, and a geometry from `gis_projects.disclosure.generalise`.

    ``slug`` is drawn by lot and stays when the project is withdrawn and published again. ``geometry``
    (EPSG:4490) is None where the project's place isn't known; ``precision_m`` is the step of its grid.
    """

    slug = models.CharField(max_length=20, unique=True)
    code = models.CharField(_("项目代码"), max_length=40, blank=True)
    name = models.CharField(_("项目名称"), max_length=200)
    content = models.TextField(_("建设内容"), blank=True)
    region_code = models.CharField(_("区划代码"), max_length=6, db_index=True)
    region_name = models.CharField(_("所属地区"), max_length=60)
    township = models.CharField(_("所在乡镇"), max_length=60, blank=True)
    kinds = ArrayField(models.CharField(max_length=12), blank=True, verbose_name=_("项目类别"))
    industry = models.CharField(_("所属行业"), max_length=2)
    level = models.CharField(_("项目级次"), max_length=10)
    stage = models.CharField(_("项目状态"), max_length=15)
    year = models.PositiveSmallIntegerField(_("入库年度"))
    planned_yuan = models.DecimalField(_("计划投资"), max_digits=18, decimal_places=2, null=True, blank=True)
    geometry = models.GeometryField(_("公开位置"), srid=4490, null=True, blank=True)
    form = models.CharField(_("位置形式"), max_length=10, choices=Form)
    precision_m = models.PositiveIntegerField(_("概化精度（米）"))
    review_number = models.CharField(_("审图号"), max_length=40, blank=True)
    notice = models.CharField(_("声明"), max_length=200, blank=True)
    published_at = models.DateTimeField(_("公开时间"), default=timezone.now)
    changed_at = models.DateTimeField(_("更新时间"), default=timezone.now)

    class Meta:
        ordering = ["region_code", "code", "slug"]
        constraints = [
            models.CheckConstraint(condition=Q(form__in=Form.values), name="disclosure_form_known"),
            models.CheckConstraint(condition=Q(precision_m__gte=10), name="disclosure_precision_is_coarse"),
        ]

    def __str__(self) -> str:
        return self.name


class PublicOutline(models.Model):
    """A generalised copy of a region's outline or of open water (EPSG:4490): the public page's base map."""

    kind = models.CharField(max_length=10, choices={"region": _("行政区"), "water": _("水系")})
    code = models.CharField(max_length=100)
    name = models.CharField(max_length=200, blank=True)
    geometry = models.GeometryField(srid=4490)
    precision_m = models.PositiveIntegerField()
    review_number = models.CharField(_("审图号"), max_length=40, blank=True)
    notice = models.CharField(_("声明"), max_length=200, blank=True)
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["kind", "code"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "code"], name="disclosure_one_outline_per_code"),
            models.CheckConstraint(condition=Q(kind__in=["region", "water"]), name="disclosure_outline_kind"),
            models.CheckConstraint(condition=Q(precision_m__gte=50), name="disclosure_outline_is_coarse"),
        ]

    def __str__(self) -> str:
        return self.name or self.code


class Decision(models.TextChoices):
    OPEN = "open", _("待审批")
    APPROVED = "approved", _("已批准")
    REJECTED = "rejected", _("已退回")


class Proposal(models.Model):
    """Someone wants a project shown to the public (or shown anew); someone else decides.

    A project has one open proposal at most.
    """

    project = models.ForeignKey("library.Project", on_delete=models.PROTECT, related_name="+")
    form = models.CharField(_("位置形式"), max_length=10, choices=Form, default=Form.OUTLINE)
    precision_m = models.PositiveIntegerField(_("概化精度（米）"), default=50)
    township = models.CharField(_("所在乡镇"), max_length=60, blank=True)
    review_number = models.CharField(_("审图号"), max_length=40, blank=True)
    reason = models.CharField(_("理由"), max_length=300, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(decision="open"), name="disclosure_one_open_proposal"
            ),
            models.CheckConstraint(
                condition=Q(decision="open", decided_by=None, decided_at=None)
                | Q(decision="approved", decided_by__isnull=False, decided_at__isnull=False)
                | Q(decision="rejected", decided_by__isnull=False, decided_at__isnull=False),
                name="disclosure_decision_has_its_person",
            ),
            # Who proposed may take it back (rejected), but not approve it.
            models.CheckConstraint(
                condition=~Q(decision="approved", decided_by=F("proposed_by")),
                name="disclosure_two_people_decide",
            ),
            models.CheckConstraint(
                condition=Q(precision_m__range=(10, 10_000)), name="disclosure_proposal_precision"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.decision}"


class Act(models.TextChoices):
    PUBLISHED = "published", _("公开")
    CORRECTED = "corrected", _("更正")
    WITHDRAWN = "withdrawn", _("撤回")
    OUTLINES = "outlines", _("公开底图")


class PublicationRecord(models.Model):
    """What was done to the public copy of a project (or to the base map's outlines), by whom.

    Rows are only inserted (trigger ``disclosure_record_unchanged``). ``digest`` is SHA-256 over the copied
    fields and the public geometry, so it can be told later what the public saw. A withdrawal needs one
    person, or none where the platform did it; the other acts need two.
    """

    project = models.ForeignKey("library.Project", null=True, on_delete=models.PROTECT, related_name="+")
    slug = models.CharField(max_length=20, blank=True, db_index=True)
    act = models.CharField(max_length=10, choices=Act)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=300, blank=True)
    form = models.CharField(max_length=10, blank=True)
    precision_m = models.PositiveIntegerField(null=True)
    review_number = models.CharField(max_length=40, blank=True)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(act__in=Act.values), name="disclosure_act_known"),
            models.CheckConstraint(
                condition=Q(act="withdrawn")
                | (Q(by__isnull=False, approved_by__isnull=False) & ~Q(by=F("approved_by"))),
                name="disclosure_two_people_publish",
            ),
            models.CheckConstraint(
                condition=Q(act="outlines", project=None) | (~Q(act="outlines") & Q(project__isnull=False)),
                name="disclosure_record_names_its_project",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slug} {self.act}"
