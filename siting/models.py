"""Sites and their versions, rulebooks, checks and findings. What was once recorded is never overwritten."""

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


class RuleBook(models.Model):
    """One dated version of a set of rules. Published versions are never changed (trigger)."""

    code = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    sha256 = models.CharField(max_length=64)
    facts = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_number_per_rulebook_version"),
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_to__gt=models.F("valid_from")),
                name="rulebook_ends_after_it_begins",
            ),
        ]
        ordering = ["code", "-version"]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class Rule(models.Model):
    """One rule as data: what the engine evaluates (``spec``), with its legal basis and dates."""

    rulebook = models.ForeignKey(RuleBook, on_delete=models.PROTECT, related_name="rules")
    code = models.CharField(max_length=60)
    position = models.PositiveIntegerField()
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    spec = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rulebook", "code"], name="one_rule_per_code_in_a_rulebook")
        ]
        ordering = ["rulebook_id", "position"]

    def __str__(self) -> str:
        return self.code


class Check(models.Model):
    """One answer: a boundary, pinned layer versions, a rulebook, facts → a verdict with its evidence.

    ``canonical`` is the signed text itself; every face (page, API, PDF, command) reads the same one. Rows are only
    ever inserted (trigger).
    """

    site_version = models.ForeignKey(SiteVersion, on_delete=models.PROTECT, related_name="checks")
    rulebook = models.ForeignKey(RuleBook, on_delete=models.PROTECT, related_name="checks")
    verdict = models.CharField(max_length=20)
    canonical = models.TextField()
    digest = models.CharField(max_length=64, db_index=True)
    signature = models.CharField(max_length=128)
    key_id = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["site_version", "-created_at"])]

    def __str__(self) -> str:
        return f"check {self.pk}: {self.verdict}"


class Finding(models.Model):
    """One rule that a check found hit or suspect, with the piece of the site where. Inserted only (trigger)."""

    # "check" is a method of every Django model, hence the longer name.
    answer = models.ForeignKey(Check, on_delete=models.PROTECT, related_name="findings")
    rule = models.CharField(max_length=60)
    layer = models.CharField(max_length=40)
    severity = models.CharField(max_length=1)
    outcome = models.CharField(max_length=12)
    area_m2 = models.FloatField()
    share = models.FloatField()
    geometry = models.GeometryField(srid=4490, null=True)

    class Meta:
        ordering = ["answer_id", "pk"]

    def __str__(self) -> str:
        return f"{self.rule}: {self.outcome}"
