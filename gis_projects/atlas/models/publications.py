"""Who brings a layer's version, and who lets it through."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


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
