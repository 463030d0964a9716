"""What the public asked, who is to answer it, and the answers."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.disclosure.models import QuestionKind
from gis_projects.people.permissions import Scoped, ScopePaths

#: Who answers: the people of the department that it is assigned to, wherever they are, and nobody else.
ANSWERING = ScopePaths(organisation="organisation_id")


class QuestionState(models.TextChoices):
    NEW = "new", _("待分办")
    ASSIGNED = "assigned", _("办理中")
    ANSWERED = "answered", _("已答复")
    REJECTED = "rejected", _("不予受理")
    SPAM = "spam", _("垃圾信息")


class Question(Scoped, models.Model):
    """A question as it came (公众来信). What was sent never changes, and no row is deleted (trigger
    ``publishing_question_fixed``).

    ``nickname`` and ``contact`` stay inside. ``geometry`` (EPSG:4490) is what was drawn or typed; the public gets it on
    a grid. ``region`` is the project's, else the city's. The limit runs on the clock of ``publishing.question:<pk>``
    from the day on which the question came.
    """

    SCOPE: ClassVar[ScopePaths] = ScopePaths(region="region_id")  # type: ignore[misc]

    key = models.UUIDField(unique=True)
    receipt_hash = models.CharField(max_length=64, unique=True)
    slug = models.CharField(max_length=20, unique=True)
    kind = models.CharField(_("类型"), max_length=12, choices=QuestionKind)
    text = models.TextField(_("原文"))
    nickname = models.CharField(_("称呼"), max_length=40, blank=True)
    contact = models.CharField(_("联系方式"), max_length=100, blank=True)
    project = models.ForeignKey(
        "library.Project", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    region = models.ForeignKey("people.Region", on_delete=models.PROTECT, related_name="+")
    geometry = models.GeometryField(srid=4490, null=True, blank=True)
    language = models.CharField(max_length=10, blank=True)
    received_at = models.DateTimeField(_("收到时间"))
    state = models.CharField(_("状态"), max_length=10, choices=QuestionState, default=QuestionState.NEW)
    organisation = models.ForeignKey(
        "people.Organisation",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("承办部门"),
    )
    clock = models.OneToOneField(
        "clock.Clock", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(_("说明"), max_length=300, blank=True)

    class Meta:
        ordering = ["-received_at", "-pk"]
        indexes = [models.Index(fields=["state", "-received_at"], name="publishing_question_queue")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=QuestionState.values), name="publishing_question_state"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["assigned", "answered"]) | Q(organisation__isnull=False),
                name="publishing_assigned_question_has_its_department",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | Q(reason__regex=r"\S"),
                name="publishing_rejected_question_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"question {self.pk}"


class AnswerState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    SUBMITTED = "submitted", _("待审核")
    RETURNED = "returned", _("已退回")
    SHOWN = "shown", _("已公开")
    REPLACED = "replaced", _("已更替")
    WITHDRAWN = "withdrawn", _("已撤回")


class Answer(models.Model):
    """A department's answer, with the question as the public is to read it.

    Another person than whoever drafted it publishes it (constraint). What it says changes only while it is a draft, and
    none is deleted (trigger ``publishing_answer_fixed``). ``precision_m`` None: the place isn't shown.
    """

    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="answers")
    number = models.PositiveSmallIntegerField(_("版本"))
    state = models.CharField(_("状态"), max_length=10, choices=AnswerState, default=AnswerState.DRAFT)
    edited = models.TextField(_("公开的问题"))
    text = models.TextField(_("答复"))
    precision_m = models.PositiveIntegerField(_("位置概化精度（米）"), null=True, blank=True)
    organisation = models.ForeignKey("people.Organisation", on_delete=models.PROTECT, related_name="+")
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(_("理由"), max_length=300, blank=True)

    class Meta:
        ordering = ["question_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["question", "number"], name="publishing_answer_versions"),
            models.UniqueConstraint(
                fields=["question"],
                condition=Q(state__in=["draft", "submitted"]),
                name="publishing_one_answer_under_way",
            ),
            models.UniqueConstraint(
                fields=["question"], condition=Q(state="shown"), name="publishing_one_answer_shown"
            ),
            models.CheckConstraint(condition=Q(state__in=AnswerState.values), name="publishing_answer_state"),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | (Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("drafted_by"))),
                name="publishing_two_people_answer",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["shown", "replaced", "withdrawn"]) | Q(approved_by__isnull=False),
                name="publishing_shown_answer_is_approved",
            ),
            models.CheckConstraint(
                condition=Q(edited__regex=r"\S", text__regex=r"\S"), name="publishing_answer_has_words"
            ),
            models.CheckConstraint(
                condition=Q(precision_m=None) | Q(precision_m__range=(10, 10_000)),
                name="publishing_answer_precision",
            ),
        ]

    def __str__(self) -> str:
        return f"answer {self.question_id}.{self.number}"
