"""Rulebooks and their rules. Published ones are never changed."""

from __future__ import annotations

from django.db import models


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
