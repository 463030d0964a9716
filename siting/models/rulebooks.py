"""Rulebooks and their rules. Published ones are never changed."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from siting.models.sites import SiteVersion


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


class RulebookDraft(models.Model):
    """A rulebook on its way to a new version: what it would say (``content``, as in a rulebook file, without version).

    ``revision`` grows by one with every save: whoever saves names the one they began with, so that nobody's work is
    written over. A draft never goes back and is never deleted (trigger); once published (``published_as``) or given
    up (``discarded_at``) it never changes again (trigger). Who saved what stands above
    (`gis_projects.sites.models.RulebookRevision`).
    """

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    base = models.ForeignKey(RuleBook, null=True, on_delete=models.PROTECT, related_name="drafts")
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    published_as = models.OneToOneField(
        RuleBook, null=True, blank=True, on_delete=models.PROTECT, related_name="draft"
    )
    discarded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-updated_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(revision__gte=1), name="rulebook_draft_counts_from_1"),
            models.CheckConstraint(
                condition=Q(published_as=None) | Q(discarded_at=None), name="rulebook_draft_ends_once"
            ),
        ]

    def __str__(self) -> str:
        return f"draft of {self.code}, revision {self.revision}"

    @property
    def is_open(self) -> bool:
        return self.published_as_id is None and self.discarded_at is None


class RulebookTrial(models.Model):
    """A draft tried against all live sites: which verdicts would change, and by which rules.

    It pins what it read: the draft's ``revision`` with its ``content`` and ``sha256``, the rulebook it is held
    ``against``, the day ``on`` which both apply, the layer versions (``manifest``: code → number) and, as
    ``ground_sha256``, every live site with its boundary version and facts (`siting.rulebook.trials`). ``verdicts``
    counts the sites by "before>after".
    A finished trial never changes, and none is deleted (triggers).
    """

    draft = models.ForeignKey(RulebookDraft, on_delete=models.PROTECT, related_name="trials")
    revision = models.PositiveIntegerField()
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    against = models.ForeignKey(RuleBook, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    manifest = models.JSONField(default=dict)
    ground_sha256 = models.CharField(max_length=64)
    sites = models.PositiveIntegerField()
    changed = models.PositiveIntegerField(default=0)
    evaluated = models.PositiveIntegerField(default=0)
    verdicts = models.JSONField(default=dict)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(changed__lte=models.F("sites")), name="trial_changes_no_more_than_it_tries"
            )
        ]

    def __str__(self) -> str:
        return f"trial {self.pk} of draft {self.draft_id}, revision {self.revision}"


class TriedSite(models.Model):
    """What a trial found for one site. Inserted only, and only while its trial runs (triggers).

    ``rules`` are those that end otherwise: {code, before, after} with [severity, outcome, required] or null where the
    rulebook has none; ``causes`` those of them that give the stricter of the two verdicts. ``problem`` says why the
    site could not be tried; then nothing is known of it.
    """

    trial = models.ForeignKey(RulebookTrial, on_delete=models.PROTECT, related_name="tried", db_index=False)
    site_version = models.ForeignKey(SiteVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    before = models.CharField(max_length=20, blank=True)
    after = models.CharField(max_length=20, blank=True)
    rules = models.JSONField(default=list)
    causes = ArrayField(models.CharField(max_length=60), default=list)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["trial_id", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["trial", "site_version"], name="one_answer_per_site_and_trial"),
            models.CheckConstraint(
                condition=(Q(problem="") & ~Q(before="") & ~Q(after=""))
                | (~Q(problem="") & Q(before="", after="")),
                name="tried_site_has_verdicts_or_a_problem",
            ),
        ]

    def __str__(self) -> str:
        return f"trial {self.trial_id}, site version {self.site_version_id}: {self.before} → {self.after}"
