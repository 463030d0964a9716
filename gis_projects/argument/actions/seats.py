"""Experts' seats and the access that goes with them: let in for the review's period, out when the seat is left."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from gis_projects.argument import drawing
from gis_projects.argument.models import SEATED, Draw, ExpertReview, Seat, SeatState
from gis_projects.argument.queries.experts import candidates_of
from gis_projects.argument.queries.review_gates import period_over, seats
from gis_projects.argument.refusals import NotNow
from gis_projects.argument.review_subjects import held, note
from gis_projects.library.models import Expert
from gis_projects.library.subjects import demand
from gis_projects.people.actions.engagements import end_engagement, engage
from gis_projects.people.models import Engagement, Phase, Service, User
from gis_projects.people.permissions import Permission, has, require
from siting.engine.notices import Notice, UnusableInput


def give_seat(
    by: User,
    review: ExpertReview,
    draw: Draw,
    expert: Expert,
    speciality: str,
    replaces: Seat | None = None,
) -> Seat:
    """Invite an expert; one with an account is let in to the project until the review's last day."""
    return Seat.objects.create(
        review=review, draw=draw, expert=expert, speciality=speciality, replaces=replaces,
        engagement=_let_in(by, review, expert),
    )  # fmt: skip


def _let_in(by: User, review: ExpertReview, expert: Expert) -> Engagement | None:
    if expert.user is None or period_over(review):
        return None
    assert review.ends_on is not None
    return engage(
        by=_engaging(by), in_name_of=review.organiser, project_key=review.project_id, user=expert.user,
        phase=Phase.EARLY, service=Service.REVIEW, purpose=review.title, starts_on=timezone.localdate(),
        ends_on=review.ends_on,
    )  # fmt: skip


def _engaging(by: User) -> User | None:
    """Who lets experts in and out by this act: they themselves, or nobody where it follows from an expert's answer.

    Experts engage nobody, and who organised may have left meanwhile: that holds up no answer.
    """
    return by if has(by, Permission.MANAGE_ENGAGEMENTS) else None


@transaction.atomic
def answer(*, by: User, seat: Seat, accepts: bool, reason: str = "") -> Seat:
    """Accept an invitation or decline it (with the reason); the next of the draw follows who declines.

    The expert answers for themselves; the organiser for one without an account, as told by telephone. Who has accepted
    may still decline (a conflict that shows in the papers) until their scores are submitted.

    Raises
    ------
    NotNow
        The seat was answered already, or nobody is left to follow.
    """
    review = held(seat.review)
    seat = Seat.objects.select_related("expert__user", "draw", "engagement").get(pk=seat.pk)
    _answers_for(by, seat, review)
    if seat.state not in SEATED or (accepts and seat.state == SeatState.ACCEPTED):
        raise NotNow(Notice("seat-answered", "这项邀请已经答复过。"))
    if not accepts:
        return _leave(by, review, seat, SeatState.DECLINED, reason)
    seat.state, seat.answered_at = SeatState.ACCEPTED, timezone.now()
    seat.save(update_fields=["state", "answered_at"])
    note(by, "argument.accept_seat", review, seat=seat.pk, expert=seat.expert.code)
    return seat


@transaction.atomic
def withdraw(*, by: User, seat: Seat, reason: str) -> Seat:
    """Take a seat back (a conflict was found out) before its scores are submitted; the next of the draw follows."""
    review = held(seat.review)
    demand(by, Permission.HOLD_REVIEWS, review.project)
    seat = Seat.objects.select_related("expert__user", "draw", "engagement").get(pk=seat.pk)
    if seat.state not in SEATED:
        raise NotNow(Notice("seat-answered", "这项邀请已经答复过。"))
    return _leave(by, review, seat, SeatState.WITHDRAWN, reason)


def _answers_for(by: User, seat: Seat, review: ExpertReview) -> None:
    if seat.expert.user_id == by.pk:
        require(by, Permission.REVIEW_AS_EXPERT, review.project)
    else:
        demand(by, Permission.HOLD_REVIEWS, review.project)
        if seat.expert.user_id is not None:
            raise UnusableInput(Notice("seat-of-another", "该专家有账号，应由本人答复。"))


def _leave(by: User, review: ExpertReview, seat: Seat, state: SeatState, reason: str) -> Seat:
    words = reason.strip()[:300]
    if not words:
        raise UnusableInput(Notice("seat-reason", "请填写原因。", field="reason"))
    if review.sheets.filter(seat=seat, submitted_at__isnull=False).exists():
        raise NotNow(Notice("seat-scored", "已经提交评分，不能再退出。"))
    seat.state, seat.reason, seat.answered_at = state, words, timezone.now()
    seat.save(update_fields=["state", "reason", "answered_at"])
    if seat.engagement is not None and seat.engagement.ended_at is None:
        end_engagement(by=_engaging(by), engagement=seat.engagement, reason=words)
    note(
        by, "argument.decline_seat" if state == SeatState.DECLINED else "argument.withdraw_seat", review, seat=seat.pk,
        expert=seat.expert.code, reason=words,
    )  # fmt: skip
    _follow(by, review, seat)
    return seat


def _follow(by: User, review: ExpertReview, left: Seat) -> None:
    """Invite the next of the draw, if there is one who may still be drawn; the panel's step says where none is."""
    now = {expert.code: expert for expert in candidates_of(review).able}
    fixed = [drawing.Candidate(row["key"], tuple(row["specialities"])) for row in left.draw.candidates]
    gone = {seat.expert.code for seat in review.seats.select_related("expert")}
    gone |= {candidate.key for candidate in fixed} - now.keys()  # recused since, or no longer in the register
    follower = drawing.successor(left.speciality, fixed, left.draw.seed, gone)
    if follower is not None:
        seat = give_seat(by, review, left.draw, now[follower.key], left.speciality, replaces=left)
        note(
            by, "argument.replace_seat", review, seat=seat.pk, expert=follower.key, replaced=left.expert.code
        )


def end_engagements(by: User, review: ExpertReview, reason: str) -> None:
    """Let the experts of a review out."""
    for seat in review.seats.filter(engagement__isnull=False, engagement__ended_at=None):
        assert seat.engagement is not None
        end_engagement(by=_engaging(by), engagement=seat.engagement, reason=reason)


def engage_again(by: User, review: ExpertReview) -> None:
    """Let the experts of a review in until its new last day."""
    for seat in seats(review).select_related("engagement"):
        if seat.engagement is None:
            continue
        if seat.engagement.ended_at is None:
            end_engagement(by=_engaging(by), engagement=seat.engagement, reason="评审期限调整")
        seat.engagement = _let_in(by, review, seat.expert)
        seat.save(update_fields=["engagement"])
