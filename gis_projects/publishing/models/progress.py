"""Photos, videos and results of a project, as the inside keeps them before they are chosen for the public."""

from __future__ import annotations

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.disclosure.models import MediaKind
from gis_projects.library.models.libraries import PROJECT_PATHS
from gis_projects.people.permissions import Scoped


class PositionSource(models.TextChoices):
    FILE = "file", _("文件自带")
    TYPED = "typed", _("填写")


class ProgressMedia(Scoped, models.Model):
    """A photo or video of a project's progress as a copy without metadata, and what its file said before.

    ``source`` is the diary's photo that it was taken from, None for one that was uploaded; ``sha256`` and ``size`` are
    of the file as it came. ``token``, drawn by lot, names the copy below ``MEDIA_ROOT/progress``. ``location``
    (EPSG:4490, exact) and ``taken_at`` stay inside: the public gets the project's grid and the day. ``shown_as`` is the
    name of the public copy now, empty where there is none.
    """

    SCOPE = PROJECT_PATHS

    project = models.ForeignKey("library.Project", on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey("library.Attachment", null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=MediaKind)
    caption = models.CharField(_("说明"), max_length=200, blank=True)
    name = models.CharField(_("文件名"), max_length=120)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(_("大小"))
    token = models.CharField(max_length=40, unique=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    taken_at = models.DateTimeField(_("拍摄时间"), null=True, blank=True)
    location = models.PointField(_("拍摄位置"), srid=4490, null=True, blank=True)
    position_source = models.CharField(max_length=10, choices=PositionSource, blank=True)
    shown_as = models.CharField(max_length=60, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["taken_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=MediaKind.values), name="publishing_media_kind"),
            models.UniqueConstraint(fields=["project", "sha256"], name="publishing_media_once"),
            models.CheckConstraint(
                condition=Q(location=None, position_source="")
                | Q(location__isnull=False) & ~Q(position_source=""),
                name="publishing_media_position_has_its_source",
            ),
        ]

    def __str__(self) -> str:
        return self.caption or self.name


class PerformanceResult(Scoped, models.Model):
    """A project's performance target of a year, and what its evaluation found.

    The result is shown to the public only once it is released, by another person than who wrote it down.
    """

    SCOPE = PROJECT_PATHS

    project = models.ForeignKey("library.Project", on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField(_("年度"))
    target = models.TextField(_("绩效目标"), max_length=2000)
    result = models.TextField(_("评价结果"), max_length=2000, blank=True)
    grade = models.CharField(_("评价等级"), max_length=20, blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    released_on = models.DateField(_("结果公开日期"), null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["year", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "year"], name="publishing_one_result_a_year"),
            models.CheckConstraint(
                condition=Q(released_on=None, released_by=None)
                | Q(released_on__isnull=False, released_by__isnull=False)
                & ~Q(result="")
                & ~Q(released_by=F("written_by")),
                name="publishing_result_released_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.year}"
