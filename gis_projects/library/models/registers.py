"""The three registers that support decisions: experts, policies, decision resources."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library import databases
from gis_projects.library.terms import ProjectSecrecy
from gis_projects.people.permissions import Scoped, ScopePaths

SOURCES = tuple(term.code for term in databases.registers()["experts"].parts)
LEVELS = tuple(term.code for term in databases.registers()["policies"].parts)
RESOURCE_KINDS = tuple(term.code for term in databases.registers()["resources"].parts)


class Expert(Scoped, models.Model):
    """A person whom arguments, plan assessments and consultations draw on.

    ``region`` is whose register the person is in. ``specialities`` and ``purposes`` are codes of
    `library.databases`, ``works_in`` codes of regions (empty: anywhere). ``unit`` is where they work, as written;
    ``avoids`` the organisations whose projects they don't review. ``user`` is set where they sign in. Telephone and
    mail are shown to those only who keep the register or hold reviews.
    """

    SCOPE = ScopePaths(region="region_id")

    code = models.CharField(_("专家编号"), max_length=40, unique=True)
    name = models.CharField(_("姓名"), max_length=60)
    region = models.ForeignKey(
        "people.Region", on_delete=models.PROTECT, related_name="+", verbose_name=_("专家库所属地区")
    )
    source = models.CharField(_("来源"), max_length=20)
    unit = models.CharField(_("工作单位"), max_length=120)
    title = models.CharField(_("职称"), max_length=60, blank=True)
    position = models.CharField(_("职务"), max_length=60, blank=True)
    specialities = ArrayField(models.CharField(max_length=30), verbose_name=_("专业"), default=list)
    purposes = ArrayField(models.CharField(max_length=30), verbose_name=_("用途"), default=list)
    works_in = ArrayField(
        models.CharField(max_length=12), verbose_name=_("可参评地区"), default=list, blank=True
    )
    phone = models.CharField(_("联系电话"), max_length=40, blank=True)
    email = models.EmailField(_("电子邮箱"), blank=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="expert"
    )
    avoids = models.ManyToManyField(
        "people.Organisation", blank=True, related_name="+", verbose_name=_("回避单位")
    )
    is_active = models.BooleanField(_("在库"), default=True)
    note = models.TextField(_("备注"), blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["code"]
        indexes = [GinIndex(fields=["specialities"], name="library_expert_specialities")]
        constraints = [
            models.CheckConstraint(condition=Q(source__in=SOURCES), name="library_expert_source"),
            models.CheckConstraint(
                condition=Q(specialities__contained_by=list(databases.specialities()))
                & ~Q(specialities__len=0),
                name="library_expert_specialities_known",
            ),
            models.CheckConstraint(
                condition=Q(purposes__contained_by=list(databases.purposes())),
                name="library_expert_purposes_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PolicyKind(models.TextChoices):
    """What a document is, from law down to notice."""

    LAW = "law", _("法律")
    REGULATION = "regulation", _("法规")
    RULE = "rule", _("规章")
    NORMATIVE = "normative", _("规范性文件")
    POLICY = "policy", _("政策文件")
    STANDARD = "standard", _("标准规范")
    MECHANISM = "mechanism", _("机制创新")


class Policy(models.Model):
    """A law, regulation or policy of the nation, the province or the city (``level``).

    In force from ``effective_from`` to ``effective_to`` inclusive (None: without end); ``interpretation`` says what it
    means for projects, ``replaced_by`` what came after it. Everybody inside may read it: it is public where it comes
    from.
    """

    code = models.CharField(_("编号"), max_length=60, unique=True)
    number = models.CharField(_("文号"), max_length=80, blank=True)
    title = models.CharField(_("标题"), max_length=200)
    level = models.CharField(_("层级"), max_length=20)
    kind = models.CharField(_("文件类别"), max_length=20, choices=PolicyKind)
    issuer = models.CharField(_("发布机关"), max_length=120)
    region = models.ForeignKey(
        "people.Region",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("适用地区"),
    )
    issued_on = models.DateField(_("发布日期"))
    effective_from = models.DateField(_("施行日期"))
    effective_to = models.DateField(_("失效日期"), null=True, blank=True)
    replaced_by = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="replaces",
        verbose_name=_("被替代为"),
    )
    topics = ArrayField(models.CharField(max_length=60), verbose_name=_("主题词"), default=list, blank=True)
    text = models.TextField(_("正文摘录"), blank=True)
    interpretation = models.TextField(_("政策解读"), blank=True)
    source = models.CharField(_("来源"), max_length=200, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("政策法规")
        constraints = [
            models.CheckConstraint(condition=Q(level__in=LEVELS), name="library_policy_level"),
            models.CheckConstraint(condition=Q(kind__in=PolicyKind.values), name="library_policy_kind"),
            models.CheckConstraint(
                condition=Q(effective_to=None) | Q(effective_to__gte=F("effective_from")),
                name="library_policy_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(replaced_by=None) | ~Q(replaced_by=F("id")), name="library_policy_not_by_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class DecisionResource(Scoped, models.Model):
    """Material that decisions draw on, of eight kinds; kept for a region, and for whom its secrecy allows."""

    SCOPE = ScopePaths(region="region_id", secrecy="secrecy")

    code = models.CharField(_("编号"), max_length=60, unique=True)
    title = models.CharField(_("标题"), max_length=200)
    kind = models.CharField(_("资料类别"), max_length=20)
    author = models.CharField(_("作者或单位"), max_length=120, blank=True)
    issued_on = models.DateField(_("日期"))
    region = models.ForeignKey(
        "people.Region", on_delete=models.PROTECT, related_name="+", verbose_name=_("所属地区")
    )
    secrecy = models.CharField(
        _("密级"),
        max_length=12,
        default=ProjectSecrecy.INTERNAL,
        choices=ProjectSecrecy,
    )
    topics = ArrayField(models.CharField(max_length=60), verbose_name=_("主题词"), default=list, blank=True)
    summary = models.TextField(_("摘要"), blank=True)
    text = models.TextField(_("内容"), blank=True)
    source = models.CharField(_("来源"), max_length=200, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=RESOURCE_KINDS), name="library_resource_kind"),
            models.CheckConstraint(
                condition=Q(secrecy__in=ProjectSecrecy.values), name="library_resource_secrecy"
            ),
        ]

    def __str__(self) -> str:
        return self.title
