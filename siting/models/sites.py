"""Sites and their versions. What was once recorded is never overwritten."""

from __future__ import annotations

from django.contrib.gis.db import models


class Site(models.Model):
    """Where a project stands or may stand: a container of boundary versions, and the facts that rules ask for.

    It knows no project and no person; the rooms above point here. ``facts`` maps fact names of the rulebook to
    values (text). ``current`` is the newest version; only :mod:`siting.boundaries` sets it.
    """

    region_code = models.CharField(max_length=12, blank=True)
    is_live = models.BooleanField(default=True)
    facts = models.JSONField(default=dict, blank=True)
    current = models.OneToOneField(
        "SiteVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    def __str__(self) -> str:
        return f"site {self.pk}"


class SiteVersion(models.Model):
    """One boundary of a site, exactly as declared and as measured. Rows are only ever inserted (trigger).

    ``geometry`` is what overlays use: EPSG:4490, projected edges densified to a chord of 1 mm. ``declared`` holds
    the declared vertices with point and ring numbers and every plot attribute: exports and the official area
    read only it. ``source_file`` is the file as it was brought, empty for a drawing.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    geometry = models.MultiPolygonField(srid=4490)
    declared = models.JSONField()
    format = models.CharField(max_length=20)
    epsg = models.PositiveIntegerField()
    area_m2 = models.FloatField()
    planar_area_m2 = models.FloatField()
    declared_area_m2 = models.FloatField(null=True)
    area_method = models.CharField(max_length=40, default="ellipsoidal-official-1")
    notices = models.JSONField(default=list)
    source_name = models.CharField(max_length=255, blank=True)
    source_file = models.BinaryField(default=bytes)
    source_sha256 = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "number"], name="one_number_per_site_version"),
            models.CheckConstraint(condition=models.Q(area_m2__gt=0), name="site_version_has_area"),
        ]
        ordering = ["site_id", "-number"]

    def __str__(self) -> str:
        return f"site {self.site_id} version {self.number}"
