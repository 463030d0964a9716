"""Alternative sites of a project: drafts that are compared, how their criteria are weighed, and which was chosen."""

from __future__ import annotations

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.people.permissions import Scoped, ScopePaths


class AlternativeSource(models.TextChoices):
    """Where an alternative's boundary came from."""

    DRAWN = "drawn", _("绘制")
    FILE = "file", _("文件")
    SUGGESTED = "suggested", _("推荐")
    COPIED = "copied", _("复制已存边界")


class Alternative(Scoped, models.Model):
    """One candidate site of a project, with its check under the rulebook and the layer versions of all of them.

    A draft: it is no boundary version until it is chosen. ``declared`` and ``geometry`` are as `siting.SiteVersion`
    keeps them. ``document`` is the sealed check (`siting.certificates.seal`), ``figures`` what is measured beside it
    (`siting.options.figures`). A check is done again for all alternatives of a project together, so ``document``,
    ``figures``, ``verdict`` and ``checked_at`` are the only columns that are updated, beside ``name``.
    """

    SCOPE = ScopePaths(
        region="project__region_id",
        project="project_id",
        organisation="project__organisation_id",
        secrecy="project__secrecy",
    )

    project = models.ForeignKey("library.Project", on_delete=models.PROTECT, related_name="alternatives")
    name = models.CharField(_("名称"), max_length=60)
    source = models.CharField(_("来源"), max_length=12, choices=AlternativeSource)
    source_name = models.CharField(max_length=255, blank=True)
    patch = models.ForeignKey(
        "sites.SuggestedPatch", on_delete=models.PROTECT, null=True, blank=True, related_name="alternatives"
    )
    declared = models.JSONField()
    geometry = models.MultiPolygonField(srid=4490)
    area_m2 = models.FloatField()
    planar_area_m2 = models.FloatField()
    document = models.JSONField()
    figures = models.JSONField()
    verdict = models.CharField(max_length=20)
    checked_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["project_id", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="sites_alternative_named_once"),
            models.CheckConstraint(condition=Q(area_m2__gt=0), name="sites_alternative_has_area"),
            models.CheckConstraint(condition=Q(name__regex=r"\S"), name="sites_alternative_has_a_name"),
            models.CheckConstraint(
                condition=Q(source__in=AlternativeSource.values), name="sites_alternative_source_known"
            ),
            models.CheckConstraint(
                condition=Q(source="suggested", patch__isnull=False) | ~Q(source="suggested") & Q(patch=None),
                name="sites_alternative_names_its_patch",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of project {self.project_id}"

    @property
    def map_name(self) -> str:
        """What its map is called in a page."""
        return f"map-{self.pk}"


class AlternativeWeights(models.Model):
    """How a project's criteria weigh (`siting.options.CRITERIA`), and how much ground it needs, m² (None: unsaid).

    The only row of a project; each change is a step of the trail.
    """

    project = models.OneToOneField(
        "library.Project", on_delete=models.PROTECT, related_name="alternative_weights"
    )
    weights = models.JSONField()
    required_m2 = models.FloatField(null=True, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(required_m2=None) | Q(required_m2__gt=0), name="sites_weights_need_some_ground"
            ),
        ]

    def __str__(self) -> str:
        return f"weights of project {self.project_id}"


class AlternativeChoice(Scoped, models.Model):
    """Which alternative became the project's boundary, why, and all that was known then.

    ``snapshot`` holds the table with values, scores and ranks, the weights, the manifest and the digest of each
    alternative's check; ``sha256`` is of its canonical text. Rows are only ever inserted (trigger
    ``sites_alternativechoice_append_only``): the drafts may go, what was compared stays.
    """

    SCOPE = ScopePaths(
        region="project__region_id",
        project="project_id",
        organisation="project__organisation_id",
        secrecy="project__secrecy",
    )

    project = models.ForeignKey(
        "library.Project", on_delete=models.PROTECT, related_name="alternative_choices"
    )
    site_version = models.OneToOneField(
        "siting.SiteVersion", on_delete=models.PROTECT, related_name="alternative_choice"
    )
    name = models.CharField(max_length=60)
    reason = models.TextField(_("理由"))
    snapshot = models.JSONField()
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="sites_choice_has_its_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.name} chosen for project {self.project_id}"
