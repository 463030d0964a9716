"""Who brought a layer's version and who let it through."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Publication(models.Model):
    """One published version of a layer, and the two persons it took. Never changed (no action does).

    The database itself refuses an approver who is the uploader. The version is named as the trail names it,
    by layer code and number, and by its root hash.
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
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("批准人")
    )
    reason = models.CharField(_("事由"), max_length=200, blank=True, default="")
    published_at = models.DateTimeField(_("发布时间"), auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = _("图层发布")
        ordering: ClassVar[list[str]] = ["-published_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(uploader=F("approver")), name="publication_two_persons"),
            models.UniqueConstraint(fields=["layer", "number"], name="publication_once"),
        ]

    def __str__(self) -> str:
        return f"{self.layer} v{self.number}"
