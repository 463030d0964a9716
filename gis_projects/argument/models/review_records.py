"""What a review brings forth: openings of files, questions and answers, visits, score sheets."""

from __future__ import annotations

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.argument.models.experts import Seat
from gis_projects.argument.models.reviews import Criterion, ExpertReview
from gis_projects.library.models import Attachment, Outcome


class Reading(models.Model):
    """Somebody opened a file of a review. Rows are only ever inserted (``argument_reading_append_only``)."""

    review = models.ForeignKey(ExpertReview, on_delete=models.PROTECT, related_name="readings")
    attachment = models.ForeignKey(Attachment, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["review", "by", "attachment"], name="argument_reading_of")]

    def __str__(self) -> str:
        return f"user {self.by_id} opened {self.attachment_id}"


class MessageKind(models.TextChoices):
    STATEMENT = "statement", _("项目陈述")
    QUESTION = "question", _("提问")
    ANSWER = "answer", _("答复")


class Message(models.Model):
    """The owner's statement, a question, or the answer to one.

    Rows are only ever inserted (``argument_message_append_only``), and none after the review is concluded
    (``argument_message_in_time``).
    """

    review = models.ForeignKey(ExpertReview, on_delete=models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=10, choices=MessageKind)
    answers = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="answered_by"
    )
    seat = models.ForeignKey(Seat, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=MessageKind.values), name="argument_message_kind"),
            models.CheckConstraint(condition=Q(text__regex=r"\S"), name="argument_message_says_something"),
            models.CheckConstraint(
                condition=Q(kind="answer", answers__isnull=False) | (~Q(kind="answer") & Q(answers=None)),
                name="argument_answer_has_its_question",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} of review {self.review_id}"


class Visit(models.Model):
    """实地勘查: who was on the ground when, and what they saw. Only ever inserted (``argument_visit_append_only``)."""

    review = models.ForeignKey(ExpertReview, on_delete=models.PROTECT, related_name="visits")
    visited_on = models.DateField(_("勘查日期"))
    attended = models.CharField(_("参加人员"), max_length=300)
    text = models.TextField(_("勘查情况"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["visited_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(text__regex=r"\S", attended__regex=r"\S"), name="argument_visit_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"visit on {self.visited_on} of review {self.review_id}"


class PositionSource(models.TextChoices):
    """Where a photo's position comes from."""

    EXIF = "exif", _("照片自带")
    DEVICE = "device", _("手机定位")
    TYPED = "typed", _("人工填写")
    NONE = "none", _("没有位置")


class VisitPhoto(models.Model):
    """A photo of a visit with its position (EPSG:4490), where that comes from, and how exact it says it is (m).

    Only ever inserted (``argument_visitphoto_append_only``).
    """

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="photos")
    attachment = models.OneToOneField(Attachment, on_delete=models.PROTECT, related_name="+")
    location = models.PointField(_("位置"), srid=4490, null=True, blank=True)
    source = models.CharField(_("位置来源"), max_length=8, choices=PositionSource)
    accuracy_m = models.FloatField(_("精度"), null=True, blank=True)
    taken_at = models.DateTimeField(_("拍摄时间"), null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(source="none", location=None)
                | (Q(source__in=["exif", "device", "typed"]) & Q(location__isnull=False)),
                name="argument_photo_position_has_its_source",
            ),
            models.CheckConstraint(
                condition=Q(accuracy_m=None) | Q(accuracy_m__gte=0), name="argument_photo_accuracy"
            ),
        ]

    def __str__(self) -> str:
        return f"photo {self.attachment_id} of visit {self.visit_id}"


class ScoreSheet(models.Model):
    """One expert's scores: a draft of their own until it is submitted, and unchanged from then on (triggers
    ``argument_scoresheet_settled``, ``argument_scoreitem_settled``).

    ``total`` is the weighted sum, 0 to 100, to two decimals. ``by`` is who submitted: the expert, or the organiser for
    an expert without an account, whose signed sheet lies beside it as a file.
    """

    review = models.ForeignKey(ExpertReview, on_delete=models.PROTECT, related_name="sheets")
    seat = models.OneToOneField(Seat, on_delete=models.PROTECT, related_name="sheet")
    recommendation = models.CharField(_("建议"), max_length=12, choices=Outcome, blank=True)
    opinion = models.TextField(_("评审意见"), blank=True)
    total = models.DecimalField(_("总分"), max_digits=5, decimal_places=2, null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True)

    class Meta:
        ordering = ["seat_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(submitted_at=None, total=None)
                | Q(
                    submitted_at__isnull=False,
                    total__range=(0, 100),
                    recommendation__in=Outcome.values,
                    opinion__regex=r"\S",
                ),
                name="argument_sheet_submitted_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"sheet of seat {self.seat_id}"


class ScoreItem(models.Model):
    """A score from 0 to 100 by one criterion."""

    sheet = models.ForeignKey(ScoreSheet, on_delete=models.PROTECT, related_name="items")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    score = models.DecimalField(_("得分"), max_digits=5, decimal_places=2)

    class Meta:
        ordering = ["criterion__position"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "criterion"], name="argument_scored_once"),
            models.CheckConstraint(condition=Q(score__range=(0, 100)), name="argument_score_range"),
        ]

    def __str__(self) -> str:
        return f"{self.criterion_id}: {self.score}"
