"""Who brings a layer's version, who lets it through, and the files that are on their way to become one."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.atlas.workflow import State


class Publication(models.Model):
    """One version's way into force, and the two persons it takes. Once approved it never changes (no action does).

    While the version waits there is no approver; a version that is sent back takes this row with it, and the
    trail keeps what happened. The database itself refuses an approver who is the uploader. The version is
    named as the trail names it, by layer code and number. `request` is why it was brought, `reason` why it was
    let through.
    """

    version = models.OneToOneField(
        "layers.LayerVersion", models.PROTECT, related_name="publication", verbose_name=_("图层版本")
    )
    layer = models.CharField(_("图层代码"), max_length=32)
    number = models.PositiveIntegerField(_("版本号"))
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("提交人")
    )
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("批准人"),
    )
    request = models.CharField(_("提交说明"), max_length=200, blank=True, default="")
    reason = models.CharField(_("事由"), max_length=200, blank=True, default="")
    submitted_at = models.DateTimeField(_("提交时间"), default=timezone.now)
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("图层发布")
        ordering: ClassVar[list[str]] = ["-submitted_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(uploader=F("approver")), name="publication_two_persons"),
            models.CheckConstraint(
                condition=Q(approver=None, published_at=None)
                | Q(approver__isnull=False, published_at__isnull=False),
                name="publication_approved_has_its_time",
            ),
            models.UniqueConstraint(fields=["layer", "number"], name="publication_once"),
        ]

    def __str__(self) -> str:
        return f"{self.layer} v{self.number}"


class Upload(models.Model):
    """A file on its way to become a layer's next version: received in parts, looked at, asked about, staged.

    Its bytes stand in a folder of their own below `UPLOAD_ROOT`, `received` of them; `crc32` runs over those, so a
    browser that goes on later can tell whether it was given the same file. `sha256` is the whole file's, computed here
    once it is whole. `inspection` is what the confined reader found (layers.reading), `answers` what the owner said
    about it. `phase`, `done` and `total` are how far the work at hand is. Which state follows which:
    atlas/workflow.py.
    """

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("提交人")
    )
    filename = models.CharField(_("文件名"), max_length=200)
    size = models.PositiveBigIntegerField(_("大小（字节）"))
    received = models.PositiveBigIntegerField(_("已收到（字节）"), default=0)
    crc32 = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(_("文件哈希"), max_length=64, blank=True, default="")
    layer = models.CharField(_("图层代码"), max_length=32, blank=True, default="")
    answers: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        _("答复"), default=dict, blank=True, encoder=DjangoJSONEncoder
    )
    inspection: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        _("文件内容"), default=dict, blank=True, encoder=DjangoJSONEncoder
    )
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.RECEIVING)
    job = models.ForeignKey("trail.Job", models.SET_NULL, null=True, blank=True, related_name="+")
    phase = models.CharField(max_length=20, blank=True, default="")
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    percent = models.PositiveSmallIntegerField(default=0)
    version = models.OneToOneField(
        "layers.LayerVersion", models.SET_NULL, null=True, blank=True, related_name="upload"
    )
    number = models.PositiveIntegerField(_("版本号"), null=True, blank=True)
    #: Why it was refused or failed: notices as JSON ({code, template, params, …}).
    notices: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        _("说明"), default=list, blank=True, encoder=DjangoJSONEncoder
    )
    created_at = models.DateTimeField(_("开始时间"), auto_now_add=True)
    changed_at = models.DateTimeField(_("最近变化"), auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = _("上传")
        ordering: ClassVar[list[str]] = ["-created_at"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner", "-created_at"], name="upload_by_owner"),
            models.Index(fields=["state", "changed_at"], name="upload_by_state"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="upload_state"),
            models.CheckConstraint(condition=Q(size__gte=1), name="upload_not_empty"),
            models.CheckConstraint(condition=Q(received__lte=F("size")), name="upload_within_its_size"),
            models.CheckConstraint(
                condition=Q(state__in=[State.RECEIVING, State.CANCELLED]) | Q(received=F("size")),
                name="upload_whole_before_it_is_used",
            ),
            models.CheckConstraint(condition=Q(percent__range=(0, 100)), name="upload_percent"),
            models.CheckConstraint(
                condition=~Q(state=State.STAGED) | Q(version__isnull=False), name="upload_staged_has_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filename} ({self.state})"
