"""The public base map."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


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
