"""Moves through the three libraries: who applied, who decided, on what, and what became of a project."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models.projects import Project
from gis_projects.library.terms import Library
from gis_projects.people.permissions import Scoped, ScopePaths

#: The three libraries; a project elsewhere is off the platform (非平台项目).
LIBRARIES = (Library.CATALOGUE, Library.RESERVE, Library.IMPLEMENTATION)
#: Every step that an application may ask for. None skips a library; who came out may begin again.
STEPS = (
    (Library.NONE, Library.CATALOGUE),
    (Library.EXITED, Library.CATALOGUE),
    (Library.CATALOGUE, Library.RESERVE),
    (Library.RESERVE, Library.IMPLEMENTATION),
)

PROJECT_PATHS = ScopePaths(
    region="project__region_id",
    organisation="project__organisation_id",
    project="project_id",
    secrecy="project__secrecy",
)


class ApplicationState(models.TextChoices):
    OPEN = "open", _("待审核")
    ADMITTED = "admitted", _("已入库")
    RETURNED = "returned", _("已退回")
    WITHDRAWN = "withdrawn", _("已撤回")


class Application(Scoped, models.Model):
    """A request to be admitted to a library, or to be transferred to the next one (入库、转库申请).

    ``gate`` is what the gate answered when it was made: a list of ``{code, text, params, met, found}``. Its limit in
    working days runs on the clock of its subject (``library.application:7``). A project has at most one that is open.
    Once decided a row never changes, and one that is admitted has its move by the end of the transaction (triggers
    ``library_application_decided_once``, ``library_application_moved``); it begins open, from the library that the
    project is in (``library_application_begins``).
    """

    SCOPE = PROJECT_PATHS

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="applications")
    from_library = models.CharField(_("原所在库"), max_length=15, choices=Library)
    to_library = models.CharField(_("申请进入"), max_length=15, choices=Library)
    note = models.TextField(_("申请说明"), blank=True)
    gate = models.JSONField(default=list)
    applicant = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    applied_at = models.DateTimeField(_("申请时间"), default=timezone.now)
    state = models.CharField(
        _("状态"), max_length=10, choices=ApplicationState, default=ApplicationState.OPEN
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("办结时间"), null=True)
    reason = models.TextField(_("意见"), blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "to_library"], name="library_application_queue")]
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(state="open"), name="library_one_open_application"
            ),
            models.CheckConstraint(
                condition=Q(state__in=ApplicationState.values), name="library_application_state"
            ),
            models.CheckConstraint(
                condition=Q(from_library__in=["none", "exited"], to_library="catalogue")
                | Q(from_library="catalogue", to_library="reserve")
                | Q(from_library="reserve", to_library="implementation"),
                name="library_application_skips_none",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_by=None, decided_at=None)
                | ~Q(state="open") & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="library_application_decided_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["admitted", "returned"]) | ~Q(decided_by=F("applicant")),
                name="library_applicant_does_not_admit",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(reason=""), name="library_return_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.from_library} → {self.to_library} {self.state}"


class Way(models.TextChoices):
    """How a project came from one library to another."""

    ADMITTED = "admitted", _("审核入库")
    TAKEN_OVER = "taken_over", _("由台账接入")
    EXITED = "exited", _("出库")
    MERGED = "merged", _("并入其他项目")
    SPLIT_UP = "split_up", _("拆分为多个项目")
    SPLIT_OFF = "split_off", _("由拆分产生")


class LibraryMove(Scoped, models.Model):
    """One change of a project's library, with the evidence on which it was made.

    ``gate`` is what every requirement answered at that moment: a list of ``{code, text, params, met, found}``; an
    admission has none that is not met. ``transaction`` is the database's own number of the transaction.
    Rows are only ever inserted (trigger ``library_move_unchanged``), from the library that the project is in
    (``library_move_begins``), and ``Project.library`` changes in the same transaction, to what the newest move says
    and by nothing else (``library_project_moves``, ``library_project_begins``, ``library_move_carried_out``).
    """

    SCOPE = PROJECT_PATHS

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="moves")
    from_library = models.CharField(_("原所在库"), max_length=15, choices=Library)
    to_library = models.CharField(_("转入"), max_length=15, choices=Library)
    way = models.CharField(_("方式"), max_length=12, choices=Way)
    application = models.OneToOneField(Application, null=True, on_delete=models.PROTECT, related_name="move")
    gate = models.JSONField(default=list)
    reason = models.TextField(_("理由"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"), default=timezone.now)
    transaction = models.BigIntegerField(editable=False, default=0)

    class Meta:
        ordering = ["project_id", "-pk"]
        indexes = [models.Index(fields=["project", "-id"], name="library_move_latest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(way="admitted", application__isnull=False)
                & (
                    Q(from_library__in=["none", "exited"], to_library="catalogue")
                    | Q(from_library="catalogue", to_library="reserve")
                    | Q(from_library="reserve", to_library="implementation")
                )
                | Q(way__in=["taken_over", "split_off"], application=None, from_library="none")
                & Q(to_library__in=["catalogue", "reserve", "implementation"])
                | Q(way__in=["exited", "merged", "split_up"], application=None, to_library="exited")
                & Q(from_library__in=["catalogue", "reserve", "implementation"])
                & ~Q(reason=""),
                name="library_move_is_one_of_the_table",
            ),
            models.CheckConstraint(
                condition=~Q(way="admitted") | (~Q(gate=[]) & ~Q(gate__contains=[{"met": False}])),
                name="library_move_passed_its_gate",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.from_library} → {self.to_library} ({self.way})"


class Succession(models.Model):
    """A project that came out of the libraries goes on in another one: by merging or by splitting.

    Rows are only ever inserted (trigger ``library_succession_unchanged``).
    """

    predecessor = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="successors")
    successor = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="predecessors")
    move = models.ForeignKey(LibraryMove, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["predecessor", "successor"], name="library_succession_once"),
            models.CheckConstraint(
                condition=~Q(predecessor=F("successor")), name="library_succession_of_two"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id}"


class Acknowledgement(Scoped, models.Model):
    """Somebody looked at two projects that are alike, and says why they are not one.

    Rows are only ever inserted (trigger ``library_acknowledgement_unchanged``).
    """

    SCOPE = PROJECT_PATHS

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="acknowledgements")
    other = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("不重复的理由"), max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "other"], name="library_acknowledged_once"),
            models.CheckConstraint(condition=~Q(project=F("other")), name="library_acknowledgement_of_two"),
            models.CheckConstraint(condition=~Q(reason=""), name="library_acknowledgement_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} is not {self.other_id}"


class Factor(models.TextChoices):
    """要素保障: what a project needs before it can be built."""

    WATER = "water", _("水资源")
    SOIL = "soil", _("水土保持")
    LAND = "land", _("用地")
    FINANCE = "finance", _("融资")


class FactorState(models.TextChoices):
    UNKNOWN = "unknown", _("未填报")
    PENDING = "pending", _("协调中")
    SECURED = "secured", _("已落实")
    LACKING = "lacking", _("有缺口")


class FactorStatus(Scoped, models.Model):
    """How it stands with one factor of a project; the newest row stands.

    Rows are only ever inserted (trigger ``library_factor_unchanged``).
    """

    SCOPE = PROJECT_PATHS

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="factors")
    factor = models.CharField(_("要素"), max_length=8, choices=Factor)
    state = models.CharField(_("保障情况"), max_length=8, choices=FactorState)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["project_id", "factor", "-pk"]
        indexes = [models.Index(fields=["project", "factor", "-id"], name="library_factor_latest")]
        constraints = [
            models.CheckConstraint(condition=Q(factor__in=Factor.values), name="library_factor_known"),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "secured", "lacking"]), name="library_factor_state"
            ),
            models.CheckConstraint(
                condition=~Q(state="lacking") | ~Q(note=""), name="library_factor_gap_is_described"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.factor} {self.state}"
