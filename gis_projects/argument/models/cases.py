"""Cases: one of the three arguments of one project."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.argument.models.routing import RoutingTable
from gis_projects.argument.workflow import LIVE_CASE
from gis_projects.library.models import Outcome, Project
from gis_projects.people.permissions import Scoped, ScopePaths

#: From a row of a case to what it belongs to.
CASE_SCOPE = ScopePaths(
    region="project__region_id",
    organisation="project__organisation_id",
    project="project_id",
    secrecy="project__secrecy",
)


class CaseKind(models.TextChoices):
    """The three arguments; the values are those of `library.EvidenceKind`."""

    TOTAL_STRUCTURE = "total_structure", _("总量结构论证")
    SITE = "site", _("选址论证")
    FISCAL = "fiscal", _("财力论证")


class CaseState(models.TextChoices):
    OPEN = "open", _("征求意见中")
    CONSULTING = "consulting", _("联合会商")
    ESCALATED = "escalated", _("提请上级")
    CONCLUDED = "concluded", _("已办结")
    WITHDRAWN = "withdrawn", _("已撤回")


class Case(Scoped, models.Model):
    """One argument (论证) of a project: every department concerned is asked at the same moment.

    ``check`` (the row is called ``answer``, since every model has a method of that name) and ``site_version`` are what
    a site is argued on, ``digest`` the check's; ``routing`` the version of the table by which departments were asked.
    ``round`` counts from 1 and grows when changed ground is argued anew, under another ``clock``.
    States move as `argument.workflow.CASE_MOVES` says (trigger ``argument_case_moves``); a project has one live case
    of a kind.
    """

    SCOPE = CASE_SCOPE

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="cases")
    kind = models.CharField(_("论证类型"), max_length=20, choices=CaseKind)
    state = models.CharField(_("状态"), max_length=12, choices=CaseState, default=CaseState.OPEN)
    routing = models.ForeignKey(RoutingTable, on_delete=models.PROTECT, related_name="cases")
    answer = models.ForeignKey(
        "siting.Check", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    site_version = models.ForeignKey(
        "siting.SiteVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    digest = models.CharField(max_length=64, blank=True)
    round = models.PositiveSmallIntegerField(_("轮次"), default=1)
    clock = models.OneToOneField(
        "clock.Clock", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.TextField(_("论证说明"), blank=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("发起时间"), default=timezone.now)
    outcome = models.CharField(_("论证结论"), max_length=12, choices=Outcome, blank=True)
    conclusion = models.TextField(_("结论意见"), blank=True)
    concluded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    concluded_at = models.DateTimeField(_("办结时间"), null=True, blank=True)

    class Meta:
        ordering = ["-opened_at", "-pk"]
        indexes = [models.Index(fields=["state", "kind"], name="argument_case_by_state")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CaseKind.values), name="argument_case_kind"),
            models.CheckConstraint(condition=Q(state__in=CaseState.values), name="argument_case_state"),
            models.UniqueConstraint(
                fields=["project", "kind"],
                condition=Q(state__in=LIVE_CASE),
                name="argument_one_live_case_of_a_kind",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="concluded", concluded_at__isnull=False, concluded_by__isnull=False)
                    & Q(outcome__in=Outcome.values)
                )
                | (~Q(state="concluded") & Q(concluded_at=None, concluded_by=None, outcome="")),
                name="argument_concluded_case_has_its_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(kind="site") | Q(answer__isnull=False, site_version__isnull=False),
                name="argument_site_case_has_its_check",
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.pk}: {self.kind} of {self.project_id}"
