"""One project as the public sees it, and what belongs to it."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import Centroid, Transform
from django.contrib.postgres.fields import ArrayField
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Form(models.TextChoices):
    """How coarse a public geometry is shown."""

    OUTLINE = "outline", _("概化轮廓")
    POINT = "point", _("概略点位")


class DisclosedProject(models.Model):
    """The chosen fields of one project, and a geometry from `gis_projects.publishing.generalise`.

    ``slug`` is drawn by lot and stays when the project is withdrawn and published again. ``geometry``
    (EPSG:4490) is None where the project's place isn't known; ``precision_m`` is the step of its grid. ``mark`` (Web
    Mercator, made by the database) is the middle of the public geometry, where maps put the symbol. Name, region and
    kinds are always there; every other field is empty where it was not chosen. ``until`` is the last day on which
    it is shown.
    """

    slug = models.CharField(max_length=20, unique=True)
    code = models.CharField(_("项目代码"), max_length=40, blank=True)
    name = models.CharField(_("项目名称"), max_length=200)
    content = models.TextField(_("建设内容"), blank=True)
    region_code = models.CharField(_("区划代码"), max_length=6, db_index=True)
    region_name = models.CharField(_("所属地区"), max_length=60)
    township = models.CharField(_("所在乡镇"), max_length=60, blank=True)
    kinds = ArrayField(models.CharField(max_length=12), blank=True, verbose_name=_("项目类别"))
    industry = models.CharField(_("所属行业"), max_length=2, blank=True)
    level = models.CharField(_("项目级次"), max_length=10, blank=True)
    stage = models.CharField(_("项目状态"), max_length=15, blank=True)
    year = models.PositiveSmallIntegerField(_("入库年度"), null=True, blank=True)
    owner = models.CharField(_("项目单位"), max_length=200, blank=True)
    authority = models.CharField(_("主管部门"), max_length=200, blank=True)
    starts_on = models.DateField(_("开工日期"), null=True, blank=True)
    ends_on = models.DateField(_("竣工日期"), null=True, blank=True)
    planned_yuan = models.DecimalField(_("计划投资"), max_digits=18, decimal_places=2, null=True, blank=True)
    completed_yuan = models.DecimalField(
        _("累计完成投资"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    geometry = models.GeometryField(_("公开位置"), srid=4490, null=True, blank=True)
    mark = models.GeneratedField(
        expression=Transform(Centroid("geometry"), 3857),
        output_field=models.PointField(srid=3857, null=True),
        db_persist=True,
    )
    form = models.CharField(_("位置形式"), max_length=10, choices=Form)
    precision_m = models.PositiveIntegerField(_("概化精度（米）"))
    review_number = models.CharField(_("审图号"), max_length=40, blank=True)
    notice = models.CharField(_("声明"), max_length=200, blank=True)
    published_at = models.DateTimeField(_("公开时间"), default=timezone.now)
    changed_at = models.DateTimeField(_("更新时间"), default=timezone.now)
    until = models.DateField(_("公开至"), null=True, blank=True)

    class Meta:
        ordering = ["region_code", "code", "slug"]
        constraints = [
            models.CheckConstraint(condition=Q(form__in=Form.values), name="disclosure_form_known"),
            models.CheckConstraint(condition=Q(precision_m__gte=10), name="disclosure_precision_is_coarse"),
        ]

    def __str__(self) -> str:
        return self.name


class DisclosedEvent(models.Model):
    """One line of a project's public timeline. ``slug`` is the project's."""

    slug = models.CharField(max_length=20, db_index=True)
    on = models.DateField(_("日期"))
    text = models.CharField(_("事项"), max_length=300)

    class Meta:
        ordering = ["on", "pk"]

    def __str__(self) -> str:
        return f"{self.on} {self.text}"


class MediaKind(models.TextChoices):
    PHOTO = "photo", _("照片")
    VIDEO = "video", _("视频")


class DisclosedMedia(models.Model):
    """A photo or a video of a project's progress, as a copy without any metadata.

    ``name`` is drawn by lot and is the file's below `gis_projects.disclosure.media_files.folder`; ``position``
    (EPSG:4490) is where it was taken, on the project's own grid, or None.
    """

    slug = models.CharField(max_length=20, db_index=True)
    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=10, choices=MediaKind)
    caption = models.CharField(_("说明"), max_length=200, blank=True)
    taken_on = models.DateField(_("拍摄日期"), null=True, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    position = models.PointField(srid=4490, null=True, blank=True)

    class Meta:
        ordering = ["taken_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=MediaKind.values), name="disclosure_media_kind")
        ]

    def __str__(self) -> str:
        return self.caption or self.name


class DisclosedResult(models.Model):
    """A performance target of a project and, once it is released, what its evaluation found."""

    slug = models.CharField(max_length=20, db_index=True)
    year = models.PositiveSmallIntegerField(_("年度"))
    target = models.TextField(_("绩效目标"))
    result = models.TextField(_("评价结果"), blank=True)
    grade = models.CharField(_("评价等级"), max_length=20, blank=True)
    released_on = models.DateField(_("结果公开日期"), null=True, blank=True)

    class Meta:
        ordering = ["year", "pk"]

    def __str__(self) -> str:
        return f"{self.year}: {self.target[:40]}"
