"""Which public matter is which inside."""

from __future__ import annotations

from django.contrib.gis.db import models


class MatterCopy(models.Model):
    """The public address (by lot) of one matter inside, which stays when its project is withdrawn and shown again.

    ``source`` names the matter as the trail does: ``argument.case:12``.
    """

    project = models.ForeignKey("library.Project", on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=80, unique=True)
    slug = models.CharField(max_length=20, unique=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.source} {self.slug}"
