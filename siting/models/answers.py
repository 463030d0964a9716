"""What every live site's answer is now, and why it may be taken for one: re-checked, or proved unchanged."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Q

from siting.models.checks import Check
from siting.models.rulebooks import RuleBook
from siting.models.sites import Site, SiteVersion


class Footing(models.Model):
    """What answers stand on together: a version of every layer asked, a rulebook, and its rules in force.

    ``sha256`` is over those three, so the same footing is one row whenever it is met. ``manifest`` maps layer codes to
    {version, root_hash}; ``on`` is a day on which exactly ``rules`` (codes, in order) are in force. Inserted only
    (trigger).
    """

    sha256 = models.CharField(max_length=64, unique=True)
    rulebook = models.ForeignKey(RuleBook, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    rules = models.JSONField(default=list)
    manifest = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.sha256[:16]


class RunState(models.TextChoices):
    QUEUED = "queued", "等待中"
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    SUPERSEDED = "superseded", "已由后一次接替"


ENDED = (RunState.DONE, RunState.SUPERSEDED)


class Revalidation(models.Model):
    """One run that brings every live site's answer to the current versions.

    ``causes`` are the steps that made it necessary ({verb, subject, step}; none: a person asked). ``everything`` means
    that nothing is proved and all is re-checked. ``footing`` is what the run aims at, pinned when it begins: what is
    published later is the next run's. A run that a later one overtakes is ``superseded``: what it recorded stands.
    ``digest`` is SHA-256 over the outcomes of all sites in order. A run that has ended never changes (trigger), and
    none is deleted.
    """

    causes = models.JSONField(default=list)
    everything = models.BooleanField(default=False)
    footing = models.ForeignKey(Footing, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=RunState, default=RunState.QUEUED)
    sites = models.PositiveIntegerField(default=0)
    affected = models.PositiveIntegerField(default=0)
    rechecked = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    proved = models.PositiveIntegerField(default=0)
    current = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="revalidation_state"),
            models.CheckConstraint(
                condition=Q(state__in=ENDED, finished_at__isnull=False)
                | (~Q(state__in=ENDED) & Q(finished_at=None)),
                name="revalidation_ended_has_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=RunState.DONE)
                | Q(sites=F("affected") + F("proved") + F("current"), affected=F("rechecked") + F("failed")),
                name="revalidation_leaves_no_site_out",
            ),
        ]

    def __str__(self) -> str:
        return f"revalidation {self.pk}: {self.state}"


class Proof(models.Model):
    """Why answers that stood on one footing hold on another: what differs, how far rules look, and that it is apart.

    ``statements`` are JSON, one per layer version or set of rules that differs (`siting.revalidation.proofs`). Inserted
    only (trigger).
    """

    revalidation = models.ForeignKey(Revalidation, on_delete=models.PROTECT, related_name="proofs")
    before = models.ForeignKey(Footing, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(Footing, on_delete=models.PROTECT, related_name="+")
    statements = models.JSONField(default=list)
    sites = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revalidation", "before"], name="one_proof_per_footing_and_run"),
            models.CheckConstraint(condition=~Q(before=F("after")), name="proof_leads_elsewhere"),
        ]

    def __str__(self) -> str:
        return f"proof {self.pk}"


class How(models.TextChoices):
    """How a site came by its answer in a run."""

    CHECKED = "checked", "重新检查"
    PROVED = "proved", "证明未变"
    FAILED = "failed", "未能检查"


class Change(models.TextChoices):
    """What became of a site's answer. ``findings``: another content under the same verdict."""

    FIRST = "first", "首次"
    SAME = "same", "未变"
    FINDINGS = "findings", "结论未变，内容有变"
    WORSE = "worse", "变严"
    BETTER = "better", "变宽"
    UNANSWERABLE = "unanswerable", "变为无法判定"
    ANSWERED = "answered", "由无法判定变为可判定"
    UNKNOWN = "unknown", "未能检查"


class RevalidatedSite(models.Model):
    """What one run did about one site. Sites whose answer was current already have no row. Inserted only (trigger).

    ``before`` is the check that was its answer, ``after`` the one that is; of a proof both are the same, and
    ``proof`` says why.
    """

    revalidation = models.ForeignKey(
        Revalidation, on_delete=models.PROTECT, related_name="outcomes", db_index=False
    )
    site_version = models.ForeignKey(SiteVersion, on_delete=models.PROTECT, related_name="revalidated")
    how = models.CharField(max_length=8, choices=How)
    change = models.CharField(max_length=12, choices=Change)
    proof = models.ForeignKey(Proof, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    before = models.ForeignKey(Check, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    after = models.ForeignKey(Check, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["revalidation", "site_version"], name="one_outcome_per_site_and_run"
            ),
            models.CheckConstraint(
                condition=Q(how=How.PROVED, proof__isnull=False, change=Change.SAME, before=F("after"))
                | Q(how=How.CHECKED, proof=None, after__isnull=False)
                | Q(how=How.FAILED, proof=None, after=None, change=Change.UNKNOWN),
                name="revalidated_site_says_how",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.revalidation_id}: {self.site_version_id} {self.how}"


class CurrentAnswer(models.Model):
    """A live site's answer: the check that is its evidence, and the footing that it holds for now.

    The one row here that is updated. ``proof`` is set where the check itself stood on another footing and nothing
    that it stands on changed since. ``facts`` are the site's as they were asked; ``concerned`` the layers with a
    finding, ``open`` those with an unanswered rule, ``rules`` the rules that were not clear: what a change of
    words, names or rules is held against. ``passing``: a rule was left unanswered for a reason that may be gone the
    next time (a layer took too long), so the next run asks again. ``content`` is SHA-256 of what the answer says
    (`siting.revalidation.content`).
    """

    site = models.OneToOneField(Site, primary_key=True, on_delete=models.PROTECT, related_name="answer")
    site_version = models.ForeignKey(SiteVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    # "check" is a method of every Django model.
    evidence = models.ForeignKey(Check, on_delete=models.PROTECT, related_name="+", db_index=False)
    footing = models.ForeignKey(Footing, on_delete=models.PROTECT, related_name="+")
    proof = models.ForeignKey(Proof, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    revalidation = models.ForeignKey(Revalidation, on_delete=models.PROTECT, related_name="+", db_index=False)
    verdict = models.CharField(max_length=20)
    facts = models.JSONField(default=dict)
    concerned = ArrayField(models.CharField(max_length=40), default=list)
    open = ArrayField(models.CharField(max_length=40), default=list)
    rules = ArrayField(models.CharField(max_length=60), default=list)
    passing = models.BooleanField(default=False)
    content = models.CharField(max_length=64)
    held_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["verdict"], name="current_answer_by_verdict")]

    def __str__(self) -> str:
        return f"site {self.site_id}: {self.verdict}"
