"""Tables that people bring, on their way in; and lists as people keep them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ImportState(models.TextChoices):
    """In the order in which a file walks: read and compared, shown, and written after its owner has said so."""

    READING = "reading", _("正在读取")
    REFUSED = "refused", _("有错误")
    READY = "ready", _("待确认")
    APPLYING = "applying", _("正在导入")
    APPLIED = "applied", _("已导入")
    CANCELLED = "cancelled", _("已取消")
    FAILED = "failed", _("失败")


class TableImport(models.Model):
    """One file that somebody brought for a table (`library.tables`).

    The bytes lie by their SHA-256 (`gis_projects.files`); ``report_sha256`` are those of the copy in which the refused
    rows are marked. Numbers count rows: a file is written as a whole or not at all, so it is never applied while a row
    is refused. ``problems`` holds the first of what is wrong, for the page. Only who brought it sees it.
    """

    table = models.SlugField(max_length=40)
    options = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    name = models.CharField(_("文件名"), max_length=120)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(_("大小"))
    state = models.CharField(_("状态"), max_length=12, choices=ImportState, default=ImportState.READING)
    total = models.PositiveIntegerField(_("总行数"), default=0)
    new = models.PositiveIntegerField(_("新增"), default=0)
    changed = models.PositiveIntegerField(_("更改"), default=0)
    unchanged = models.PositiveIntegerField(_("不变"), default=0)
    refused = models.PositiveIntegerField(_("拒绝"), default=0)
    problems = models.JSONField(default=list)
    report_sha256 = models.CharField(max_length=64, blank=True)
    message = models.CharField(max_length=300, blank=True)
    job = models.ForeignKey("trail.Job", null=True, on_delete=models.SET_NULL, related_name="+")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["by", "table", "-id"], name="library_imports_of_user")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ImportState.values), name="library_import_state"),
            models.CheckConstraint(
                condition=~Q(state__in=["ready", "applying", "applied"]) | Q(refused=0),
                name="library_import_whole_or_not",
            ),
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="library_import_sha256"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.name}"


class SavedView(models.Model):
    """A list as somebody wants to find it again: what it is filtered by, its order and its columns.

    ``query`` is the address's query string without page and format. Shared, it is offered to everybody of
    ``organisation``; what they see in it is theirs to see.
    """

    table = models.SlugField(max_length=40)
    name = models.CharField(_("名称"), max_length=60)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    organisation = models.ForeignKey(
        "people.Organisation", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    shared = models.BooleanField(_("本单位共享"), default=False)
    query = models.CharField(max_length=2000, blank=True)
    columns = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["table", "owner", "name"], name="library_view_named_once"),
            models.CheckConstraint(
                condition=Q(shared=False) | Q(organisation__isnull=False),
                name="library_shared_view_has_its_organisation",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="library_view_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
