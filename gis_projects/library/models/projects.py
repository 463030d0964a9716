"""Projects, the kinds they are of, and where they stand."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models.record import CatalogueFields, ReserveFields, record_constraints
from gis_projects.people.permissions import Scoped, ScopePaths


class Level(models.TextChoices):
    """项目级次: who the project counts for."""

    NATIONAL = "national", _("国家级")
    PROVINCE = "province", _("自治区级")
    CITY = "city", _("市级")
    COUNTY = "county", _("旗县区级")


class Stage(models.TextChoices):
    """项目状态, in the order of a project's life."""

    PLANNING = "planning", _("谋划")
    PREPARATION = "preparation", _("前期")
    CONSTRUCTION = "construction", _("在建")
    COMPLETED = "completed", _("竣工")
    SUSPENDED = "suspended", _("停缓建")


#: Stages in which nothing is decided about a project's site any more: it isn't checked again.
ENDED_STAGES = frozenset({Stage.COMPLETED})


class Industry(models.TextChoices):
    """国民经济行业门类, the sections of GB/T 4754-2017."""

    A = "A", _("农、林、牧、渔业")
    B = "B", _("采矿业")
    C = "C", _("制造业")
    D = "D", _("电力、热力、燃气及水生产和供应业")
    E = "E", _("建筑业")
    F = "F", _("批发和零售业")
    G = "G", _("交通运输、仓储和邮政业")
    H = "H", _("住宿和餐饮业")
    I = "I", _("信息传输、软件和信息技术服务业")  # noqa: E741 - the section's letter
    J = "J", _("金融业")
    K = "K", _("房地产业")
    L = "L", _("租赁和商务服务业")
    M = "M", _("科学研究和技术服务业")
    N = "N", _("水利、环境和公共设施管理业")
    O = "O", _("居民服务、修理和其他服务业")  # noqa: E741 - the section's letter
    P = "P", _("教育")
    Q = "Q", _("卫生和社会工作")
    R = "R", _("文化、体育和娱乐业")
    S = "S", _("公共管理、社会保障和社会组织")
    T = "T", _("国际组织")


class Precision(models.TextChoices):
    """What `Project.location` is worth. None of them is a shape: only a site has one."""

    EXACT = "exact", _("准确点位")
    APPROXIMATE = "approximate", _("大致位置")
    REGION = "region", _("仅到旗县区")
    UNKNOWN = "unknown", _("位置不详")


class ProjectKind(models.TextChoices):
    """The four kinds that the one map shows."""

    KEY = "key", _("重点项目")
    GOVERNMENT = "government", _("政府投资项目")
    PLANNED = "planned", _("规划项目")
    RESERVE = "reserve", _("储备项目")


class InvestmentKind(models.TextChoices):
    """Whose money it is: which departments enter a project, and who argues it, follows from that."""

    GOVERNMENT = "government", _("政府投资")
    SOCIAL = "social", _("社会投资")


class Library(models.TextChoices):
    """The three libraries (三库), in the order in which a project moves through them."""

    NONE = "none", _("未入库")
    CATALOGUE = "catalogue", _("目录库")
    RESERVE = "reserve", _("储备库")
    IMPLEMENTATION = "implementation", _("实施库")
    EXITED = "exited", _("已出库")


class ProjectSecrecy(models.TextChoices):
    PUBLIC = "public", _("公开")
    INTERNAL = "internal", _("内部")
    CONFIDENTIAL = "confidential", _("涉密")


class Project(Scoped, CatalogueFields, ReserveFields, models.Model):
    """A project of public investment.

    ``region`` is its row of the statistics table (150200 is 市本级). ``location`` is a point in EPSG:4490
    that is as good as ``precision`` says. ``disclosed`` says that the public side holds a copy. Money
    stands in `InvestmentRecord` and `InvestmentPlan`, kinds in `Membership`; what the catalogue and the reserve ask for
    in the fields of `record`. ``library`` is where it stands in its life before it is built.
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
