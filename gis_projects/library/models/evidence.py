"""What other rooms have established about a project, and gates ask for."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models.projects import Project
from gis_projects.people.permissions import Scoped, ScopePaths


class EvidenceKind(models.TextChoices):
    """What can be established; each gate of the three libraries names those that it needs."""

    TOTAL_STRUCTURE = "total_structure", _("总量结构论证")
    SITE = "site", _("选址论证")
    FISCAL = "fiscal", _("财力论证")
    REVIEW = "review", _("评审报告")
    RESOLUTION = "resolution", _("投委会决议")
    CONSULTATION = "consultation", _("三方会商")


class Outcome(models.TextChoices):
    PASSED = "passed", _("通过")
    CONDITIONAL = "conditional", _("有条件通过")
    FAILED = "failed", _("不通过")


class Evidence(Scoped, models.Model):
    """One result about a project, written by the room that reached it (an argument, a review, the committee).

    The library lies below those rooms and asks none of them: its gates read these rows. ``reference`` names what it
    comes from as the trail does (``argument.case:12``), ``address`` the page that shows it. The newest row of a kind
    stands. Rows are only ever inserted (trigger ``library_evidence_unchanged``): what is taken back is followed by a
    row that failed.
    """

    SCOPE = ScopePaths(
        region="project__region_id",
        organisation="project__organisation_id",
        project="project_id",
        secrecy="project__secrecy",
    )

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(_("依据类型"), max_length=20, choices=EvidenceKind)
    outcome = models.CharField(_("结果"), max_length=12, choices=Outcome)
    reference = models.CharField(max_length=120)
    title = models.CharField(_("名称"), max_length=200)
    address = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"), default=timezone.now)

    class Meta:
        ordering = ["project_id", "kind", "-pk"]
        indexes = [models.Index(fields=["project", "kind", "-id"], name="library_evidence_latest")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=EvidenceKind.values), name="library_evidence_kind"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="library_evidence_outcome"),
            models.CheckConstraint(condition=~Q(reference=""), name="library_evidence_comes_from_something"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.kind} {self.outcome}"
