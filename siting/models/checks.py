"""Checks and what they found. Rows are only ever inserted."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.db.models.functions import Cast

from siting.models.rulebooks import RuleBook
from siting.models.sites import SiteVersion


class Check(models.Model):
    """One answer: a boundary, pinned layer versions, a rulebook, facts → a verdict with its evidence.

    ``canonical`` is the signed text itself; every face (page, API, PDF, command) reads the same one. ``not_checked``
    lists the codes of the rules that it leaves open; the database takes them from the text, so that lists needn't
    parse it. Rows are only ever inserted (trigger).
    """

    site_version = models.ForeignKey(SiteVersion, on_delete=models.PROTECT, related_name="checks")
    rulebook = models.ForeignKey(RuleBook, on_delete=models.PROTECT, related_name="checks")
    verdict = models.CharField(max_length=20)
    canonical = models.TextField()
    digest = models.CharField(max_length=64, db_index=True)
    signature = models.CharField(max_length=128)
    key_id = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    not_checked = models.GeneratedField(
        expression=models.Func(
            Cast("canonical", models.JSONField()),
            template="jsonb_path_query_array(%(expressions)s, '$.not_checked[*].rule')",
        ),
        output_field=models.JSONField(),
        db_persist=True,
    )

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
