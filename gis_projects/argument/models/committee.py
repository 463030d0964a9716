"""The investment committee: who sits on it, what it meets about, what it resolves, and what follows from that."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.argument.models.consultations import Blocker, Link
from gis_projects.library.models import Project
from gis_projects.people.models import Organisation, Region
from gis_projects.people.permissions import Scoped, ScopePaths


class MeetingKind(models.TextChoices):
    COMMITTEE = "committee", _("投委会会议")
    JOINT = "joint", _("联席会议")
    DISPATCH = "dispatch", _("调度会议")


class MeetingState(models.TextChoices):
    """``PLANNED`` until the minutes are written; ``RECORDED`` until a second person confirms them."""

    PLANNED = "planned", _("待召开")
    RECORDED = "recorded", _("纪要待确认")
    CONFIRMED = "confirmed", _("纪要已确认")
    CANCELLED = "cancelled", _("已取消")


class ItemKind(models.TextChoices):
    """What the committee deliberates (F278, F338, F340–F342)."""

    FISCAL = "fiscal", _("项目财力审议")
    ANNUAL_PLAN = "annual_plan", _("年度投资计划及调整")
    ANNUAL_REPORT = "annual_report", _("年度综合绩效评价报告")
    INDUSTRY_REPORT = "industry_report", _("重点行业绩效评价报告")
    DISPATCH = "dispatch", _("投资运行和三库建设调度")
    ISSUE = "issue", _("协调问题")
    SUPERVISION = "supervision", _("协同监督事项")


class Presence(models.TextChoices):
    PRESENT = "present", _("出席")
    ABSENT = "absent", _("请假")
    OBSERVING = "observing", _("列席")


class Choice(models.TextChoices):
    FOR = "for", _("同意")
    AGAINST = "against", _("反对")
    ABSTAINED = "abstained", _("弃权")
    RECUSED = "recused", _("回避")


class ResolutionOutcome(models.TextChoices):
    ADOPTED = "adopted", _("通过")
    CONDITIONAL = "conditional", _("有条件通过")
    DEFERRED = "deferred", _("暂缓")
    REJECTED = "rejected", _("不通过")


class Committee(Scoped, models.Model):
    """The investment committee (投资管理委员会) of a region.

    ``quorum_percent``: which share of the members with a vote has to be present; ``majority_percent``: more than this
    share of the votes given adopts. Both are the committee's own rules.
    """

    SCOPE = ScopePaths(region="region_id")

    region = models.OneToOneField(
        Region, on_delete=models.PROTECT, related_name="committee", verbose_name=_("所属区划")
    )
    name = models.CharField(_("名称"), max_length=120)
    abbreviation = models.CharField(_("发文代字"), max_length=20)
    quorum_percent = models.PositiveSmallIntegerField(_("法定出席比例（%）"), default=67)
    majority_percent = models.PositiveSmallIntegerField(_("通过比例（%）"), default=50)

    class Meta:
        ordering = ["region_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quorum_percent__range=(1, 100)) & Q(majority_percent__range=(0, 99)),
                name="argument_committee_shares",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CommitteeSeat(models.Model):
    """Who sits on a committee, as what and how long. ``title`` and ``rank`` (1 chairs) are the committee's own."""

    committee = models.ForeignKey(Committee, on_delete=models.PROTECT, related_name="seats")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("职务"), max_length=40)
    rank = models.PositiveSmallIntegerField(_("排序"), default=9)
    votes = models.BooleanField(_("有表决权"), default=True)
    starts_on = models.DateField(_("任职日期"), default=timezone.localdate)
    ends_on = models.DateField(_("卸任日期"), null=True, blank=True)

    class Meta:
        ordering = ["rank", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["committee", "user"], condition=Q(ends_on=None), name="argument_one_seat_each"
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="argument_seat_has_a_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.user_id}"


class AnnualPlan(Scoped, models.Model):
    """One version of a region's investment plan of a year: an adjustment is the next, held against the one before.

    Rows are only ever inserted (trigger ``argument_annualplan_unchanged``).
    """

    SCOPE = ScopePaths(region="committee__region_id")

    committee = models.ForeignKey(Committee, on_delete=models.PROTECT, related_name="plans")
    year = models.PositiveSmallIntegerField(_("年度"))
    version = models.PositiveSmallIntegerField(_("版本"))
    note = models.CharField(_("说明"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-year", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["committee", "year", "version"], name="argument_plan_version"),
            models.CheckConstraint(
                condition=Q(year__range=(1990, 2100), version__gte=1), name="argument_plan_year"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} v{self.version}"


class AnnualPlanLine(models.Model):
    """What a version of a plan gives a project in its year, 元.

    Rows are only ever inserted (trigger ``argument_annualplanline_unchanged``).
    """

    SCOPE = ScopePaths(
        region="project__region_id", organisation="project__organisation_id", project="project_id",
        secrecy="project__secrecy",
    )  # fmt: skip

    plan = models.ForeignKey(AnnualPlan, on_delete=models.PROTECT, related_name="lines")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    amount_yuan = models.DecimalField(_("年度计划投资（元）"), max_digits=18, decimal_places=2)

    class Meta:
        ordering = ["plan_id", "project_id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "project"], name="argument_plan_line_once"),
            models.CheckConstraint(condition=Q(amount_yuan__gte=0), name="argument_plan_line_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.project_id} {self.amount_yuan}"


class Meeting(Scoped, models.Model):
    """A meeting of a committee, alone or together with the joint bodies (联席会议).

    Two persons: who wrote the minutes doesn't confirm them. Once confirmed (or cancelled) nothing of a meeting changes:
    the trigger ``argument_meeting_final`` holds the row, ``argument_*_of_final_meeting`` its agenda, attendance, votes
    and resolutions. ``revision`` grows with every change of those, and who confirms names the one they read.
    """

    SCOPE = ScopePaths(region="committee__region_id")

    committee = models.ForeignKey(Committee, on_delete=models.PROTECT, related_name="meetings")
    kind = models.CharField(_("会议类型"), max_length=12, choices=MeetingKind, default=MeetingKind.COMMITTEE)
    year = models.PositiveSmallIntegerField(_("年度"))
    number = models.PositiveSmallIntegerField(_("次序"))
    title = models.CharField(_("会议名称"), max_length=200)
    scheduled_at = models.DateTimeField(_("时间"))
    place = models.CharField(_("地点"), max_length=120, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=MeetingState, default=MeetingState.PLANNED)
    revision = models.PositiveIntegerField(default=0)
    minutes = models.TextField(_("会议纪要"), blank=True)
    returned = models.CharField(_("退回意见"), max_length=300, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-scheduled_at", "-pk"]
        indexes = [models.Index(fields=["committee", "-scheduled_at"], name="argument_meeting_by_time")]
        constraints = [
            models.UniqueConstraint(
                fields=["committee", "kind", "year", "number"], name="argument_meeting_number"
            ),
            models.CheckConstraint(condition=Q(state__in=MeetingState.values), name="argument_meeting_state"),
            models.CheckConstraint(condition=Q(kind__in=MeetingKind.values), name="argument_meeting_kind"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("recorded_by")),
                name="argument_minutes_two_persons",
            ),
            models.CheckConstraint(
                condition=Q(state="confirmed", confirmed_by__isnull=False, confirmed_at__isnull=False)
                | (~Q(state="confirmed") & Q(confirmed_by=None, confirmed_at=None)),
                name="argument_minutes_confirmed_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["recorded", "confirmed"])
                | (Q(recorded_by__isnull=False, recorded_at__isnull=False) & Q(minutes__regex=r"\S")),
                name="argument_minutes_recorded_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class AgendaItem(models.Model):
    """One thing that a meeting deliberates. ``link`` names the link of an issue (and ``blocker`` what was
    reported there), ``plan`` the version of a plan.
    """

    #: Of items about a project; the others are the meeting's.
    SCOPE = ScopePaths(
        region="project__region_id", organisation="project__organisation_id", project="project_id",
        secrecy="project__secrecy",
    )  # fmt: skip

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField(_("序号"))
    kind = models.CharField(_("议题类型"), max_length=16, choices=ItemKind)
    title = models.CharField(_("议题"), max_length=200)
    text = models.TextField(_("说明"), blank=True)
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("项目")
    )
    plan = models.ForeignKey(
        AnnualPlan,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="items",
        verbose_name=_("计划版本"),
    )
    link = models.CharField(_("环节"), max_length=16, choices=Link, blank=True)
    blocker = models.ForeignKey(
        Blocker, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("堵点")
    )
    organisation = models.ForeignKey(
        Organisation,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("汇报单位"),
    )

    class Meta:
        ordering = ["meeting_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "position"], name="argument_item_position"),
            models.CheckConstraint(condition=Q(kind__in=ItemKind.values), name="argument_item_kind"),
            models.CheckConstraint(
                condition=~Q(kind="fiscal") | Q(project__isnull=False),
                name="argument_fiscal_item_has_a_project",
            ),
            models.CheckConstraint(
                condition=~Q(kind="annual_plan") | Q(plan__isnull=False), name="argument_plan_item_has_a_plan"
            ),
            models.CheckConstraint(
                condition=Q(blocker=None) | Q(kind="issue"), name="argument_only_issues_settle_blockers"
            ),
            models.CheckConstraint(
                condition=Q(kind="issue", link__in=Link.values) | (~Q(kind="issue") & Q(link="")),
                name="argument_issue_has_its_link",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Attendance(models.Model):
    """Who was there. ``seat`` is the one that they filled on that day; None: from a joint body, or there to report."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="attendance")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    seat = models.ForeignKey(CommitteeSeat, null=True, on_delete=models.PROTECT, related_name="+")
    presence = models.CharField(_("出席情况"), max_length=10, choices=Presence)

    class Meta:
        ordering = ["meeting_id", F("seat__rank").asc(nulls_last=True), "pk"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "user"], name="argument_attends_once"),
            models.CheckConstraint(condition=Q(presence__in=Presence.values), name="argument_presence"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.presence}"


class Vote(models.Model):
    """What one member said to one item. Whose unit the project belongs to can't but be recused (trigger
    ``argument_vote_recused``).
    """

    item = models.ForeignKey(AgendaItem, on_delete=models.CASCADE, related_name="votes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    choice = models.CharField(_("表决"), max_length=10, choices=Choice)

    class Meta:
        ordering = ["item_id", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["item", "user"], name="argument_votes_once"),
            models.CheckConstraint(condition=Q(choice__in=Choice.values), name="argument_vote_choice"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.choice}"


class Resolution(models.Model):
    """What was resolved on an item.

    Its ``document`` number comes with the confirmation of the minutes; until then it may be written anew, from then on
    nothing changes.
    """

    SCOPE = ScopePaths(
        region="item__project__region_id", organisation="item__project__organisation_id", project="item__project_id",
        secrecy="item__project__secrecy",
    )  # fmt: skip

    item = models.OneToOneField(AgendaItem, on_delete=models.PROTECT, related_name="resolution")
    outcome = models.CharField(_("决议"), max_length=12, choices=ResolutionOutcome)
    text = models.TextField(_("决议内容"))
    conditions = models.TextField(_("条件"), blank=True)
    document = models.CharField(_("文号"), max_length=60, null=True, unique=True)

    class Meta:
        ordering = ["item__position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=ResolutionOutcome.values), name="argument_resolution_outcome"
            ),
            models.CheckConstraint(condition=Q(text__regex=r"\S"), name="argument_resolution_has_words"),
            models.CheckConstraint(
                condition=Q(outcome="conditional", conditions__regex=r"\S")
                | (~Q(outcome="conditional") & Q(conditions="")),
                name="argument_conditional_has_conditions",
            ),
        ]

    def __str__(self) -> str:
        return self.document or f"resolution {self.pk}"
