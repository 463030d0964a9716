"""Expert reviews in eleven steps: what is planned, what was done, what came of it."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models import Outcome, Project
from gis_projects.people.permissions import Scoped, ScopePaths

STEPS = 11

_OF_PROJECT = ScopePaths(
    region="project__region_id",
    organisation="project__organisation_id",
    project="project_id",
    secrecy="project__secrecy",
)


class ReviewPurpose(models.TextChoices):
    """What experts are asked for; the codes are those of the register (`library.databases.purposes`)."""

    ARGUMENT = "argument", _("项目论证")
    ASSESSMENT = "assessment", _("规划评估")
    CONSULTATION = "consultation", _("课题咨询")


class ReviewState(models.TextChoices):
    OPEN = "open", _("评审中")
    RETURNED = "returned", _("已退回")
    CLOSED = "closed", _("已归档")


class Averaging(models.TextChoices):
    """How the experts' scores become one."""

    MEAN = "mean", _("算术平均")
    TRIMMED = "trimmed", _("去掉一个最高分和一个最低分后平均")


class Use(models.TextChoices):
    """结果运用: what becomes of the money that was asked for."""

    APPROVE = "approve", _("予以安排")
    CUT = "cut", _("核减后安排")
    SUSPEND = "suspend", _("建议暂缓")
    STOP = "stop", _("建议停建")


#: With these nothing of what was asked for is arranged.
STOPPED = (Use.SUSPEND, Use.STOP)


class ExpertReview(Scoped, models.Model):
    """One review of one project, in the eleven steps of `argument.review_workflow`.

    ``reached`` is the number of the last step that was done or skipped; it moves only together with a `ReviewStep` row
    (trigger ``argument_review_moves_with_its_steps``, deferred to the end of the transaction). ``mandatory`` holds the
    codes of the steps that this review may not skip: they are those of its ``procedure`` when it was opened, whatever
    the data say later. What a step has settled doesn't change after it: the plan after step 3, the conclusion after
    step 9, the use after step 10 (trigger ``argument_review_settled``, which also refuses deletion).

    Amounts are 元. ``applied`` (结果应用): the project is followed in dynamic management from here on.
    """

    SCOPE = _OF_PROJECT

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="expert_reviews")
    title = models.CharField(_("评审名称"), max_length=200)
    purpose = models.CharField(
        _("评审用途"), max_length=12, choices=ReviewPurpose, default=ReviewPurpose.ARGUMENT
    )
    procedure = models.SlugField(_("评审程序"), max_length=20)
    mandatory = ArrayField(models.CharField(max_length=20))
    state = models.CharField(_("状态"), max_length=10, choices=ReviewState, default=ReviewState.OPEN)
    reached = models.PositiveSmallIntegerField(default=0)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField(_("申请时间"), default=timezone.now)
    organiser = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    starts_on = models.DateField(_("评审开始日期"), null=True, blank=True)
    ends_on = models.DateField(_("评审截止日期"), null=True, blank=True)
    requested_yuan = models.DecimalField(_("申报金额"), max_digits=18, decimal_places=2)

    method = models.TextField(_("评审方法"), blank=True)
    averaging = models.CharField(_("计分方法"), max_length=10, choices=Averaging, default=Averaging.MEAN)
    wanted = models.JSONField(_("专家构成"), default=dict, blank=True)

    conclusion = models.CharField(_("评审结论"), max_length=12, choices=Outcome, blank=True)
    opinion = models.TextField(_("评审意见"), blank=True)
    score = models.DecimalField(_("综合得分"), max_digits=5, decimal_places=2, null=True, blank=True)

    use = models.CharField(_("结果运用"), max_length=10, choices=Use, blank=True)
    use_note = models.TextField(_("运用说明"), blank=True)
    approved_yuan = models.DecimalField(_("核定金额"), max_digits=18, decimal_places=2, null=True, blank=True)
    applied = models.BooleanField(_("结果应用"), default=False)

    class Meta:
        ordering = ["-opened_at", "-pk"]
        indexes = [
            models.Index(fields=["project", "-id"], name="argument_review_of_project"),
            models.Index(fields=["state", "reached"], name="argument_review_by_step"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(reached__range=(0, STEPS)), name="argument_review_reached"),
            models.CheckConstraint(
                condition=Q(purpose__in=ReviewPurpose.values), name="argument_review_purpose"
            ),
            models.CheckConstraint(condition=Q(state__in=ReviewState.values), name="argument_review_state"),
            models.CheckConstraint(
                condition=(Q(state="closed") & Q(reached=STEPS))
                | (~Q(state="closed") & Q(reached__lt=STEPS)),
                name="argument_review_closed_when_archived",
            ),
            models.CheckConstraint(
                condition=Q(requested_yuan__gte=0), name="argument_review_asks_for_no_less_than_nothing"
            ),
            models.CheckConstraint(
                condition=Q(reached__lt=2)
                | Q(organiser__isnull=False, starts_on__isnull=False, ends_on__gte=F("starts_on")),
                name="argument_review_accepted_has_a_period",
            ),
            models.CheckConstraint(
                condition=Q(reached__lt=9, conclusion="")
                | Q(
                    reached__gte=9, conclusion__in=Outcome.values, score__range=(0, 100), opinion__regex=r"\S"
                ),
                name="argument_review_concluded_in_step_nine",
            ),
            models.CheckConstraint(
                condition=Q(reached__lt=10, use="", approved_yuan=None, applied=False)
                | Q(reached__gte=10, use="approve", approved_yuan=F("requested_yuan"))
                | Q(reached__gte=10, use="cut", approved_yuan__gte=0, approved_yuan__lt=F("requested_yuan"))
                | Q(reached__gte=10, use__in=STOPPED, approved_yuan=Decimal(0), applied=False),
                name="argument_review_use_fits_its_amount",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def cut_yuan(self) -> Decimal | None:
        """What was cut of what was asked for; None until the result is used."""
        return None if self.approved_yuan is None else self.requested_yuan - self.approved_yuan


class StepState(models.TextChoices):
    DONE = "done", _("已完成")
    SKIPPED = "skipped", _("已跳过")


class ReviewStep(models.Model):
    """One of the eleven steps, done or skipped, by whom and when, and what it left (``content``: counts and SHA-256).

    Rows are only ever inserted (``argument_reviewstep_append_only``), each the next of its review, and none that is
    mandatory is skipped (trigger ``argument_reviewstep_in_order``, which holds the review's row).
    """

    review = models.ForeignKey(ExpertReview, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=StepState)
    note = models.TextField(blank=True)
    content = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["review_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["review", "number"], name="argument_each_step_once"),
            models.UniqueConstraint(fields=["review", "code"], name="argument_each_step_code_once"),
            models.CheckConstraint(condition=Q(number__range=(1, STEPS)), name="argument_step_number"),
            models.CheckConstraint(condition=Q(state__in=StepState.values), name="argument_step_state"),
            models.CheckConstraint(
                condition=~Q(state="skipped") | Q(note__regex=r"\S"), name="argument_step_skipped_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"review {self.review_id} step {self.number}: {self.state}"


class Criterion(models.Model):
    """What experts score, with its weight in per cent; those of one review add up to 100 when its plan is settled
    (trigger ``argument_reviewstep_in_order``) and don't change afterwards (``argument_criterion_settled``).
    """

    review = models.ForeignKey(ExpertReview, on_delete=models.PROTECT, related_name="criteria")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(_("指标"), max_length=80)
    guide = models.CharField(_("评分要点"), max_length=300, blank=True)
    weight = models.DecimalField(_("权重"), max_digits=5, decimal_places=2)

    class Meta:
        ordering = ["review_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["review", "position"], name="argument_criterion_place"),
            models.UniqueConstraint(fields=["review", "name"], name="argument_criterion_name"),
            models.CheckConstraint(
                condition=Q(weight__gt=0, weight__lte=100), name="argument_criterion_weight"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Archive(models.Model):
    """The review as one file (zip), by its SHA-256 below ``MEDIA_ROOT/files``, with the list of what it holds.

    ``manifest`` names each member with its size and SHA-256. Rows are only ever inserted
    (``argument_archive_append_only``).
    """

    review = models.OneToOneField(ExpertReview, on_delete=models.PROTECT, related_name="archive")
    name = models.CharField(max_length=120)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    manifest = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="argument_archive_sha256"
            ),
        ]

    def __str__(self) -> str:
        return self.name
