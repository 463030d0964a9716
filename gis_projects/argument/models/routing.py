"""Who is asked for what: the routing table in its versions."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RoutingTable(models.Model):
    """One version of the routing table (分派表): `argument.routing.reading` says what ``content`` holds.

    The newest version is in force; a case keeps the one that it was opened by. Rows are only ever inserted (trigger
    ``argument_routingtable_append_only``).
    """

    version = models.PositiveIntegerField(_("版本"), unique=True)
    name = models.CharField(_("名称"), max_length=120)
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    reason = models.CharField(_("说明"), max_length=300, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField(_("发布时间"), default=timezone.now)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="argument_routing_sha256"
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="argument_routing_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"
