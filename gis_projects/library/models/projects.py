"""Projects, the kinds they are of, and where they stand."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models.record import CatalogueFields, ReserveFields, record_constraints
from gis_projects.library.terms import (
    ENDED_STAGES,
    Industry,
    InvestmentKind,
    Level,
    Library,
    Precision,
    ProjectSecrecy,
    Stage,
)
from gis_projects.people.permissions import Scoped, ScopePaths


class Project(Scoped, CatalogueFields, ReserveFields, models.Model):
    """A project of public investment.

    ``region`` is its row of the statistics table (150200 is 市本级). ``location`` is a point in EPSG:4490
    that is as good as ``precision`` says. ``disclosed`` says that the public side holds a copy; one that is
    ``sensitive`` (for the reason beside it; no matter of secrecy inside) never has one. Money stands in
    `InvestmentRecord` and `InvestmentPlan`, kinds in `Membership`; what the catalogue and the reserve ask for
    in the fields of `record`. ``library`` is where it stands in its life before it is built. ``begun``: it was under
    construction at some time, or an older ledger brought it past that; the database alone writes it (trigger
    ``library_project_begun``), and one that has not begun comes under construction with its `ConstructionStart` only
    (``library_project_starts``).
    """

    SCOPE = ScopePaths(region="region_id", organisation="organisation_id", project="pk", secrecy="secrecy")

    code = models.CharField(_("项目代码"), max_length=40, unique=True)
    name = models.CharField(_("项目名称"), max_length=200)
    content = models.TextField(_("建设内容"), blank=True)
    region = models.ForeignKey(
        "people.Region", on_delete=models.PROTECT, related_name="projects", verbose_name=_("所属地区")
    )
    organisation = models.ForeignKey(
        "people.Organisation",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="projects",
        verbose_name=_("项目单位"),
    )
    industry = models.CharField(_("所属行业"), max_length=2, choices=Industry)
    level = models.CharField(_("项目级次"), max_length=10, choices=Level)
    stage = models.CharField(_("项目状态"), max_length=15, choices=Stage)
    investment_kind = models.CharField(
        _("投资性质"), max_length=12, choices=InvestmentKind, default=InvestmentKind.GOVERNMENT
    )
    library = models.CharField(_("所在库"), max_length=15, choices=Library, default=Library.NONE)
    year = models.PositiveSmallIntegerField(
        _("入库年度"), validators=[MinValueValidator(1990), MaxValueValidator(2100)]
    )
    location = models.PointField(_("位置"), srid=4490, null=True, blank=True)
    precision = models.CharField(_("位置精度"), max_length=12, choices=Precision, default=Precision.UNKNOWN)
    site = models.OneToOneField(
        "siting.Site", null=True, blank=True, on_delete=models.PROTECT, related_name="project"
    )
    secrecy = models.CharField(
        _("密级"), max_length=12, choices=ProjectSecrecy, default=ProjectSecrecy.INTERNAL
    )
    disclosed = models.BooleanField(_("已公开"), default=False)
    sensitive = models.BooleanField(_("敏感，不得公开"), default=False)
    sensitive_reason = models.CharField(_("敏感原因"), max_length=300, blank=True)
    begun = models.BooleanField(_("曾经在建"), default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["code"]
        indexes = [
            models.Index(fields=["region", "stage"], name="library_project_by_region"),
            models.Index(fields=["year"], name="library_project_by_year"),
            models.Index(fields=["library", "region"], name="library_project_by_library"),
            # finds names that are alike, for duplicates
            GinIndex(fields=["name"], name="library_project_names_alike", opclasses=["gin_trgm_ops"]),
        ]
        constraints = [
            *record_constraints(),
            models.CheckConstraint(
                condition=(Q(precision="unknown") & Q(location=None))
                | (~Q(precision="unknown") & Q(location__isnull=False)),
                name="library_location_has_its_precision",
            ),
            models.CheckConstraint(
                condition=~(Q(secrecy="confidential") & Q(disclosed=True)),
                name="library_confidential_is_not_disclosed",
            ),
            models.CheckConstraint(
                condition=~Q(sensitive=True, disclosed=True), name="library_sensitive_is_not_disclosed"
            ),
            models.CheckConstraint(
                condition=Q(sensitive=False, sensitive_reason="")
                | Q(sensitive=True) & ~Q(sensitive_reason=""),
                name="library_sensitive_has_a_reason",
            ),
            models.CheckConstraint(condition=Q(year__range=(1990, 2100)), name="library_project_year"),
            models.CheckConstraint(
                condition=Q(investment_kind__in=InvestmentKind.values), name="library_project_investment_kind"
            ),
            models.CheckConstraint(condition=Q(library__in=Library.values), name="library_project_library"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        """Whether its site is: neither withdrawn nor completed."""
        return self.stage not in ENDED_STAGES and self.library != Library.EXITED
