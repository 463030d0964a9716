"""What only a project of the libraries gets: an approval, a start, money from above, a procurement.

So it is with its code, which stands in the project's own row (`record`): the trigger ``library_project_code_gate``
lets none be given to a project outside the libraries. One that a project is registered with came from elsewhere.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models.evidence import Evidence
from gis_projects.library.models.libraries import PROJECT_PATHS
from gis_projects.library.models.projects import Project
from gis_projects.people.permissions import Scoped


class ApprovalItem(models.TextChoices):
    SETUP = "setup", _("立项审批")
    FEASIBILITY = "feasibility", _("可行性研究报告审批")
    DESIGN = "design", _("初步设计审批")


class Approval(Scoped, models.Model):
    """An approval procedure of a project: begun, and granted with number and day.

    Begun only inside the libraries (trigger ``library_approval_gate``); all that changes afterwards is that it is
    granted, once (``library_approval_granted_once``). ``standard`` is the one in force on the day it was begun, None
    where there was none; the database says which (``library_approval_standard``) and lets nobody change it.
    """

    SCOPE = PROJECT_PATHS

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="approvals")
    item = models.CharField(_("审批事项"), max_length=12, choices=ApprovalItem)
    standard = models.ForeignKey(
        "library.EnforcementStandard",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="approvals",
        verbose_name=_("执法规范"),
    )
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField(_("受理时间"), default=timezone.now)
    number = models.CharField(_("批复文号"), max_length=120, blank=True)
    granted_on = models.DateField(_("批复日期"), null=True, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "item"], name="library_one_approval_per_item"),
            models.CheckConstraint(condition=Q(item__in=ApprovalItem.values), name="library_approval_item"),
            models.CheckConstraint(
                condition=Q(granted_on=None, number="", granted_by=None)
                | Q(granted_on__isnull=False) & ~Q(number=""),
                name="library_approval_granted_whole",
            ),
            models.CheckConstraint(
                condition=Q(granted_by=None) | ~Q(granted_by=F("started_by")),
                name="library_approval_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.item} {self.number}"


class ConstructionStart(Scoped, models.Model):
    """The day on which building began: only in the implementation library and after 立项 (trigger
    ``library_start_gate``); a project that was planned or prepared is under construction by no other way
    (``library_project_starts``). Only ever inserted (``library_start_unchanged``).
    """

    SCOPE = PROJECT_PATHS

    project = models.OneToOneField(Project, on_delete=models.PROTECT, related_name="start")
    started_on = models.DateField(_("开工日期"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.started_on}"


class FundFlow(models.TextChoices):
    """The reserve businesses: which money from above a project is put forward for."""

    CENTRAL = "central", _("争取中央投资")
    CITY = "city", _("市财力支持")
    KEY = "key", _("重点建设")


class FundState(models.TextChoices):
    DECLARED = "declared", _("已申报")
    ASSESSED = "assessed", _("已论证")
    RECOMMENDED = "recommended", _("已推荐")
    RETURNED = "returned", _("已退回")
    WITHDRAWN = "withdrawn", _("已撤回")


class FundApplication(Scoped, models.Model):
    """A project put forward for money from above: declared by its unit, assessed by experts, recommended by 发改.

    ``assessment`` is the review report that the assessment rests on. Declared and recommended only inside the
    libraries, step by step, and never changed after its end (trigger ``library_fund_gate``).
    """

    SCOPE = PROJECT_PATHS

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="fund_applications")
    flow = models.CharField(_("申报类别"), max_length=8, choices=FundFlow)
    year = models.PositiveSmallIntegerField(_("申报年度"))
    amount_yuan = models.DecimalField(_("申请资金（元）"), max_digits=18, decimal_places=2)
    purpose = models.TextField(_("资金用途"))
    state = models.CharField(_("状态"), max_length=12, choices=FundState, default=FundState.DECLARED)
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(_("申报时间"), default=timezone.now)
    assessment = models.ForeignKey(Evidence, null=True, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("办结时间"), null=True)
    reason = models.TextField(_("意见"), blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "flow", "year"],
                condition=Q(state__in=["declared", "assessed", "recommended"]),
                name="library_one_fund_application",
            ),
            models.CheckConstraint(condition=Q(flow__in=FundFlow.values), name="library_fund_flow"),
            models.CheckConstraint(condition=Q(state__in=FundState.values), name="library_fund_state"),
            models.CheckConstraint(condition=Q(amount_yuan__gt=0), name="library_fund_positive"),
            models.CheckConstraint(
                condition=~Q(state__in=["assessed", "recommended"]) | Q(assessment__isnull=False),
                name="library_fund_recommended_on_a_report",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["recommended", "returned"])
                | Q(decided_by__isnull=False) & ~Q(decided_by=F("declared_by")),
                name="library_fund_decided_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.flow} {self.year} {self.state}"


class ProcurementSlip(Scoped, models.Model):
    """项目采购联系单: a numbered and signed document by which a project's purchases may be consented to.

    ``canonical`` is the text that was signed, ``digest`` its SHA-256 (hex), ``signature`` Ed25519 in base64 by the
    platform's key ``key_id``. Only inside the libraries (trigger ``library_slip_gate``); only ever inserted
    (``library_slip_unchanged``).
    """

    SCOPE = PROJECT_PATHS

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="slips")
    number = models.CharField(_("联系单编号"), max_length=40, unique=True)
    content = models.TextField(_("采购内容"))
    amount_yuan = models.DecimalField(_("采购限额（元）"), max_digits=18, decimal_places=2)
    canonical = models.TextField()
    digest = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)
    key_id = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("签发时间"), default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_yuan__gt=0), name="library_slip_positive"),
            models.CheckConstraint(condition=~Q(signature=""), name="library_slip_signed"),
        ]

    def __str__(self) -> str:
        return self.number


class ProcurementConsent(Scoped, models.Model):
    """The finance department lets a project's unit purchase, on a slip of the same project and within it (trigger
    ``library_consent_gate``); only ever inserted (``library_consent_unchanged``).
    """

    SCOPE = PROJECT_PATHS

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="procurement_consents")
    slip = models.OneToOneField(ProcurementSlip, on_delete=models.PROTECT, related_name="consent")
    amount_yuan = models.DecimalField(_("同意采购金额（元）"), max_digits=18, decimal_places=2)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_yuan__gt=0), name="library_consent_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.slip_id}"


class Monitoring(Scoped, models.Model):
    """A review's result is applied to a project (结果应用): from now on it is under dynamic management.

    ``review`` is a report of the same project that did not fail (trigger ``library_monitoring_gate``); only ever
    inserted (``library_monitoring_unchanged``).
    """

    SCOPE = PROJECT_PATHS

    project = models.OneToOneField(Project, on_delete=models.PROTECT, related_name="monitoring")
    review = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("纳入时间"), default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.project_id}"
