"""What the public asks, and what it is answered."""

from __future__ import annotations

import uuid

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.disclosure.models.projects import DisclosedProject


class QuestionKind(models.TextChoices):
    CONSULT = "consult", _("咨询")
    OPINION = "opinion", _("意见")
    CORRECTION = "correction", _("纠错")


class ReceiptState(models.TextChoices):
    """How far a question is, as whoever holds its receipt is told."""

    RECEIVED = "received", _("已收到，待分办")
    ASSIGNED = "assigned", _("办理中")
    ANSWERED = "answered", _("已答复")
    REJECTED = "rejected", _("不予受理")


class PublicQuestion(models.Model):
    """A question and its answer as published: edited so that it names no person.

    ``position`` (EPSG:4490) is a grid's node or polygons on it, never what was drawn; ``precision_m`` is the grid's
    step. A question about a disclosed project is gone with the project's row.
    """

    slug = models.CharField(max_length=20, unique=True)
    kind = models.CharField(_("类型"), max_length=12, choices=QuestionKind)
    question = models.TextField(_("问题"))
    answer = models.TextField(_("答复"))
    department = models.CharField(_("答复部门"), max_length=120)
    region_code = models.CharField(max_length=6, db_index=True)
    region_name = models.CharField(_("所属地区"), max_length=60)
    project = models.ForeignKey(
        DisclosedProject,
        to_field="slug",
        db_column="project_slug",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="questions",
    )
    asked_on = models.DateField(_("提问日期"))
    answered_on = models.DateField(_("答复日期"))
    position = models.GeometryField(srid=4490, null=True, blank=True)
    precision_m = models.PositiveIntegerField(null=True, blank=True)
    published_at = models.DateTimeField(_("公开时间"), default=timezone.now)
    changed_at = models.DateTimeField(_("更新时间"), default=timezone.now)

    class Meta:
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=QuestionKind.values), name="disclosure_question_kind"
            ),
            models.CheckConstraint(
                condition=Q(position=None, precision_m=None) | Q(position__isnull=False, precision_m__gte=10),
                name="disclosure_question_position_is_coarse",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.slug}"


class QuestionStatus(models.Model):
    """How far a question is, found by the SHA-256 of its receipt; there from when staff's side took it in."""

    receipt_hash = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10, choices=ReceiptState)
    changed_on = models.DateField()
    slug = models.CharField(max_length=20, blank=True)
    reason = models.CharField(_("说明"), max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ReceiptState.values), name="disclosure_receipt_state"
            )
        ]

    def __str__(self) -> str:
        return self.state


class InboxQuestion(models.Model):
    """What somebody sent, until staff's side takes it in: the public role may insert rows and read none.

    The trigger ``disclosure_inbox_held_off`` refuses what comes too often from one address, what came before, and
    anything while too much waits; it keeps ``address_hash`` and ``text_hash`` in `InboxTrace` for a day and empties
    both here. ``key`` is drawn for the form, so one form brings one row.
    """

    key = models.UUIDField(primary_key=True, default=uuid.uuid4)
    receipt_hash = models.CharField(max_length=64)
    kind = models.CharField(max_length=12, choices=QuestionKind)
    text = models.TextField()
    nickname = models.CharField(max_length=40, blank=True)
    contact = models.CharField(max_length=100, blank=True)
    project_slug = models.CharField(max_length=20, blank=True)
    geometry = models.GeometryField(srid=4490, null=True, blank=True)
    language = models.CharField(max_length=10, blank=True)
    address_hash = models.CharField(max_length=64, blank=True)
    text_hash = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=QuestionKind.values), name="disclosure_inbox_kind"),
            models.CheckConstraint(condition=Q(text__regex=r"\S"), name="disclosure_inbox_has_words"),
        ]

    def __str__(self) -> str:
        return str(self.key)


class InboxTrace(models.Model):
    """That something came today: keyed hashes of the address (with a salt of the day) and of the words.

    Written by the inbox's trigger alone, which also deletes what is older than a day. The public role has no right to
    it.
    """

    key = models.UUIDField(primary_key=True)
    address_hash = models.CharField(max_length=64, db_index=True)
    text_hash = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.key)
