"""What persons do with a comparison of plans: who asked for it, and how each patch is dealt with."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gis_projects.people.models import Organisation, User
from gis_projects.trail.models import Job
from layers.models import LayerVersion
from siting.models import ConflictPatch, Crosswalk, PlanComparison


class HandlingState(models.TextChoices):
    """How far a patch is dealt with; `sites.comparisons_workflow` says what follows on what."""

    OPEN = "open", _("待处理")
    NEGOTIATING = "negotiating", _("协商中")
    SETTLED = "settled", _("已商定")
    DONE = "done", _("已落实")


class Yields(models.TextChoices):
    """Which plan gives way."""

    A = "a", _("甲方调整")
    B = "b", _("乙方调整")
    BOTH = "both", _("双方调整")
    NEITHER = "neither", _("均不调整")


SETTLED = (HandlingState.SETTLED, HandlingState.DONE)


class ComparisonRun(models.Model):
    """A comparison as somebody asked for it, and the job that makes it.

    ``previous`` is an earlier comparison of the same two layers whose handling is carried over to ground that stays
    the same; ``carried`` says how much of it was, what went and what is new.
    """

    version_a = models.ForeignKey(LayerVersion, models.PROTECT, related_name="+")
    version_b = models.ForeignKey(LayerVersion, models.PROTECT, related_name="+")
    crosswalk = models.ForeignKey(Crosswalk, models.PROTECT, related_name="+")
    sliver_width_m = models.FloatField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    job = models.OneToOneField(Job, models.PROTECT, null=True, related_name="+")
    previous = models.ForeignKey(PlanComparison, models.PROTECT, null=True, related_name="+")
    comparison = models.OneToOneField(PlanComparison, models.PROTECT, null=True, related_name="run")
    carried: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(version_a=F("version_b")), name="comparison_run_of_two_versions"
            ),
            models.CheckConstraint(
                condition=Q(previous=None) | Q(comparison=None) | ~Q(previous=F("comparison")),
                name="comparison_run_not_after_itself",
            ),
        ]

    def __str__(self) -> str:
        return f"comparison run {self.pk}"


class PatchHandling(models.Model):
    """How a patch is dealt with now; a patch without a row is open. Every change is a step of the trail.

    ``version`` counts the changes: whoever changes it names the one that they saw, and is refused if it is another.
    ``carried_from`` is the patch of an earlier comparison whose handling this one began with.
    """

    patch = models.OneToOneField(ConflictPatch, models.PROTECT, related_name="handling")
    state = models.CharField(_("状态"), max_length=12, choices=HandlingState, default=HandlingState.OPEN)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("负责部门")
    )
    yields = models.CharField(_("让步方"), max_length=8, choices=Yields, blank=True)
    note = models.CharField(_("意见"), max_length=1000, blank=True)
    version = models.PositiveIntegerField(default=1)
    carried_from = models.ForeignKey(ConflictPatch, models.PROTECT, null=True, related_name="+")
    updated_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["patch_id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=HandlingState.values), name="patch_handling_state"),
            models.CheckConstraint(
                condition=Q(state__in=SETTLED, yields__in=Yields.values)
                | (~Q(state__in=SETTLED) & Q(yields="")),
                name="patch_handling_settled_says_who_yields",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="patch_handling_counts_from_1"),
            models.CheckConstraint(
                condition=Q(carried_from=None) | ~Q(carried_from=F("patch")),
                name="patch_handling_not_from_itself",
            ),
        ]
        indexes = [models.Index(fields=["state"], name="patch_handling_by_state")]

    def __str__(self) -> str:
        return f"{self.patch_id}: {self.state}"
