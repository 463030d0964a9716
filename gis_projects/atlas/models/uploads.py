"""The files that are on their way to become a layer's version."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gis_projects.atlas.workflow import State


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
