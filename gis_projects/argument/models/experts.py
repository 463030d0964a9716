"""Who reviews: experts drawn for one review, those who may not be drawn, and the seats that come of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.argument.models.reviews import ExpertReview
from gis_projects.library.models import Expert
from gis_projects.people.models import Engagement


class Recusal(models.Model):
    """An expert who is not to be drawn for one review, named with the reason.

    Rows are only ever inserted (``argument_recusal_append_only``); what the platform itself finds (the owner's own
    people, …) is written into the draw.
    """

    review = models.ForeignKey(ExpertReview, on_delete=models.PROTECT, related_name="recusals")
    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("回避原因"), max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["review", "expert"], name="argument_recused_once"),
            models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="argument_recusal_has_its_reason"),
        ]

    def __str__(self) -> str:
        return f"expert {self.expert_id} recused from review {self.review_id}"


class Draw(models.Model):
    """One draw of experts, kept so that anyone recomputes it (`argument.drawing`).

    ``candidates`` (each with the key that is hashed and its specialities) were fixed, and their SHA-256 written into
    the trail, before ``seed`` was made; ``excluded`` says who was left out and why. ``chosen`` is the result: expert →
    speciality, in the order of the draw. Rows are only ever inserted (``argument_draw_append_only``); a second draw of
    a review needs a reason.
    """

    review = models.ForeignKey(ExpertReview, on_delete=models.PROTECT, related_name="draws")
    number = models.PositiveSmallIntegerField()
    algorithm = models.CharField(max_length=40)
    seed = models.CharField(_("随机种子"), max_length=64)
    wanted = models.JSONField()
    candidates = models.JSONField()
    candidates_sha256 = models.CharField(max_length=64)
    excluded = models.JSONField()
    chosen = models.JSONField()
    reason = models.CharField(_("重抽原因"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["review_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["review", "number"], name="argument_each_draw_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="argument_draws_count_from_one"),
            models.CheckConstraint(
                condition=Q(number=1) | Q(reason__regex=r"\S"), name="argument_drawn_again_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(seed__regex=r"^[0-9a-f]{64}$", candidates_sha256__regex=r"^[0-9a-f]{64}$"),
                name="argument_draw_seed",
            ),
        ]

    def __str__(self) -> str:
        return f"draw {self.number} of review {self.review_id}"


class SeatState(models.TextChoices):
    INVITED = "invited", _("待答复")
    ACCEPTED = "accepted", _("已接受")
    DECLINED = "declined", _("已谢绝")
    WITHDRAWN = "withdrawn", _("已撤换")


#: Who holds one of these takes part.
SEATED = (SeatState.INVITED, SeatState.ACCEPTED)


class Seat(models.Model):
    """An expert's place in a panel; who declines is followed by the next of the same draw (``replaces``).

    An expert with an account is let in to the project by ``engagement`` for the review's period, and no longer than
    the seat is theirs.
    """

    review = models.ForeignKey(ExpertReview, on_delete=models.PROTECT, related_name="seats")
    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="seats")
    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="seats")
    speciality = models.CharField(_("专业"), max_length=40)
    state = models.CharField(_("状态"), max_length=10, choices=SeatState, default=SeatState.INVITED)
    reason = models.CharField(_("原因"), max_length=300, blank=True)
    replaces = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replacement"
    )
    engagement = models.OneToOneField(
        Engagement, null=True, blank=True, on_delete=models.PROTECT, related_name="seat"
    )
    invited_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["review_id", "pk"]
        indexes = [models.Index(fields=["expert", "state"], name="argument_seats_of_expert")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=SeatState.values), name="argument_seat_state"),
            models.UniqueConstraint(fields=["draw", "expert"], name="argument_drawn_once_in_a_draw"),
            models.UniqueConstraint(
                fields=["review", "expert"],
                condition=Q(state__in=SEATED),
                name="argument_one_seat_of_an_expert",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["declined", "withdrawn"]) | Q(reason__regex=r"\S"),
                name="argument_seat_left_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"seat of expert {self.expert_id} in review {self.review_id}: {self.state}"
