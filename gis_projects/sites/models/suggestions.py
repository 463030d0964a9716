"""Searches for sites and what they found. Every row is only ever inserted."""

from __future__ import annotations

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils import timezone

from gis_projects.people.permissions import Scoped, ScopePaths


class SuggestionRun(Scoped, models.Model):
    """One search for sites: what was asked, and what it was asked of.

    ``parameters`` are `siting.suggestions.Parameters` as JSON, ``facts`` what the project told of itself, ``manifest``
    the layer versions with their root hashes. The job's subject is ``sites.suggestion:<pk>``. Rows are only ever
    inserted (trigger ``sites_suggestionrun_append_only``).
    """

    SCOPE = ScopePaths(
        region="project__region_id",
        project="project_id",
        organisation="project__organisation_id",
        secrecy="project__secrecy",
    )

    project = models.ForeignKey("library.Project", on_delete=models.PROTECT, related_name="suggestion_runs")
    parameters = models.JSONField()
    region = models.MultiPolygonField(srid=4490)
    facts = models.JSONField(default=dict)
    rulebook = models.ForeignKey("siting.RuleBook", on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    manifest = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["project", "-created_at"], name="sites_suggestions_of_project")]

    def __str__(self) -> str:
        return f"search {self.pk} for project {self.project_id}"


class SuggestionStop(models.Model):
    """A person asked a search to stop; inserted only (trigger ``sites_suggestionstop_append_only``)."""

    run = models.OneToOneField(SuggestionRun, on_delete=models.PROTECT, related_name="stop")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"search {self.run_id} stopped"


class SuggestionAnswer(models.Model):
    """How a search ended: what was told (layers that couldn't be asked …), and what ruled ground out.

    Written with its patches in one transaction; inserted only (trigger ``sites_suggestionanswer_append_only``).
    """

    run = models.OneToOneField(SuggestionRun, on_delete=models.PROTECT, related_name="answer")
    told = models.JSONField(default=list)
    exclusions = models.JSONField(default=list)
    figures = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"answer of search {self.run_id}"


class SuggestedPatch(Scoped, models.Model):
    """One patch that a search found, with why it scored as it did and its own sealed check.

    ``explanation`` is `siting.suggestions.Explanation` as JSON; ``declared`` and ``geometry`` are as
    `siting.SiteVersion` keeps them. Inserted only (trigger ``sites_suggestedpatch_append_only``).
    """

    SCOPE = ScopePaths(
        region="run__project__region_id",
        project="run__project__pk",
        organisation="run__project__organisation_id",
        secrecy="run__project__secrecy",
    )

    run = models.ForeignKey(SuggestionRun, on_delete=models.PROTECT, related_name="patches")
    rank = models.PositiveSmallIntegerField()
    score = models.FloatField()
    declared = models.JSONField()
    geometry = models.MultiPolygonField(srid=4490)
    area_m2 = models.FloatField()
    explanation = models.JSONField()
    document = models.JSONField()
    verdict = models.CharField(max_length=20)

    class Meta:
        ordering = ["run_id", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["run", "rank"], name="sites_one_patch_per_rank"),
            models.CheckConstraint(condition=Q(rank__gte=1), name="sites_patch_ranks_from_one"),
            models.CheckConstraint(condition=Q(score__range=(0, 1)), name="sites_patch_score_is_a_share"),
            models.CheckConstraint(condition=Q(area_m2__gt=0), name="sites_patch_has_area"),
        ]

    def __str__(self) -> str:
        return f"patch {self.rank} of search {self.run_id}"
