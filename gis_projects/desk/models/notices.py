"""What persons are told, how they want to be told, and the mail that goes out."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.people.permissions import ScopePaths


class Kind(models.TextChoices):
    """What a notice is about."""

    WORSE = "worse", _("结论变严")
    UNANSWERABLE = "unanswerable", _("变为无法判定")
    BETTER = "better", _("结论变宽")
    ANSWERED = "answered", _("变为可判定")
    MANY = "many", _("多个项目有变化")
    CHANGE = "change", _("要求修改")
    SUBMITTED = "submitted", _("提请复核")
    ADMISSION = "admission", _("入库办理")
    TASK = "task", _("论证任务")
    OPINION = "opinion", _("论证意见")
    CONDITION = "condition", _("附加条件")
    REVIEW = "review", _("专家评审")
    ENGAGEMENT = "engagement", _("服务委托")
    RESOLUTION = "resolution", _("会议任务")
    INSTRUCTION = "instruction", _("领导批示")
    UNIT = "unit", _("单位管理")
    DUE_SOON = "due_soon", _("即将到期")
    OVERDUE = "overdue", _("已逾期")
    DUTY = "duty", _("定期工作")


#: What follows from a check of a site: told to those who read sites.
SITE_KINDS = (
    Kind.WORSE,
    Kind.UNANSWERABLE,
    Kind.BETTER,
    Kind.ANSWERED,
    Kind.MANY,
    Kind.CHANGE,
    Kind.SUBMITTED,
)


class Notice(models.Model):
    """One thing that a person is told. Nothing of it changes but ``read_at`` (no action does anything else).

    ``template`` (Chinese, the message id) and ``params`` are its sentence, ``address`` the page that tells more. A
    notice about a project is shown only to those who may read the project when they look. So that nothing is told
    twice, it names the ``step`` of the trail that it follows from, or, where a day is what it follows from, carries a
    ``mark`` of its own (``due_soon:argument:task:12:2026-11-25``).
    """

    #: Of notices that are about a project; the others are about nothing that could be out of somebody's reach.
    PROJECT_SCOPE: ClassVar[ScopePaths] = ScopePaths(
        region="project__region_id",
        project="project_id",
        organisation="project__organisation_id",
        secrecy="project__secrecy",
    )

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notices", db_index=False
    )
    kind = models.CharField(_("类型"), max_length=14, choices=Kind)
    project = models.ForeignKey(
        "library.Project", null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("项目")
    )
    step = models.BigIntegerField(null=True)
    mark = models.CharField(max_length=200, blank=True)
    template = models.CharField(max_length=300)
    params = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    address = models.CharField(max_length=200)
    created_at = models.DateTimeField(_("时间"))
    read_at = models.DateTimeField(_("已读时间"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="desk_notice_by_user"),
            models.Index(fields=["user"], name="desk_notice_unread", condition=Q(read_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "step", "project"],
                name="desk_told_once",
                condition=Q(step__isnull=False, project__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["user", "step"],
                name="desk_told_once_of_none",
                condition=Q(step__isnull=False, project=None),
            ),
            models.UniqueConstraint(fields=["user", "mark"], name="desk_marked_once", condition=~Q(mark="")),
            models.CheckConstraint(
                condition=Q(step__isnull=False, mark="") | (Q(step=None) & ~Q(mark="")),
                name="desk_notice_follows_from_something",
            ),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="desk_notice_kind"),
            models.CheckConstraint(
                condition=Q(address__startswith="/") & ~Q(address__startswith="//"), name="desk_address_here"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.kind}"


class Preference(models.Model):
    """How one person wants to be told; who has no row is told everything, and gets no mail.

    ``muted`` kinds are not told at all, ``by_email`` ones by mail too, as far as this installation sends any.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_preference"
    )
    muted = ArrayField(models.CharField(max_length=14, choices=Kind), default=list, blank=True)
    by_email = ArrayField(models.CharField(max_length=14, choices=Kind), default=list, blank=True)
    weekly_digest = models.BooleanField(_("每周摘要"), default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(muted__contained_by=Kind.values) & Q(by_email__contained_by=Kind.values),
                name="desk_preference_kinds_known",
            ),
        ]

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"


class Mail(models.Model):
    """A letter on its way: of one notice, or the digest of one week (``week`` as ``2026-W47``).

    Written in the transaction that told; sent later, once: ``sent_at`` is set when the mail server has taken it. After
    `desk.mail.ATTEMPTS` refusals it is given up, and ``error`` says why.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    notice = models.OneToOneField(
        Notice, null=True, blank=True, on_delete=models.CASCADE, related_name="mail"
    )
    week = models.CharField(max_length=8, blank=True)
    created_at = models.DateTimeField(_("时间"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(_("发送时间"), null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["next_try_at"], name="desk_mail_waiting", condition=Q(sent_at=None)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(notice__isnull=False, week="") | (Q(notice=None) & ~Q(week="")),
                name="desk_mail_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["user", "week"], name="desk_one_digest_a_week", condition=~Q(week="")
            ),
        ]

    def __str__(self) -> str:
        return f"mail {self.pk} to {self.user_id}"
