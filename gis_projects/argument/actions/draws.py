"""Drawing a review's experts: who is recused, the draw, and drawing again."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.utils.translation import gettext

from gis_projects.argument import drawing
from gis_projects.argument.actions.seats import give_seat
from gis_projects.argument.models import SEATED, Draw, ExpertReview, Recusal, SeatState
from gis_projects.argument.queries.experts import Candidates, candidates_of
from gis_projects.argument.queries.review_gates import period_over
from gis_projects.argument.refusals import NotNow
from gis_projects.argument.review_subjects import held, note
from gis_projects.argument.review_workflow import expect
from gis_projects.library.databases import specialities
from gis_projects.library.models import Expert
from gis_projects.library.subjects import demand
from gis_projects.people.actions.engagements import end_engagement
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission
from gis_projects.sentences import filled
from siting.engine.notices import Notice, UnusableInput


@transaction.atomic
def recuse(*, by: User, review: ExpertReview, expert: Expert, reason: str) -> Recusal:
    """Name an expert who is not to be drawn for this review."""
    review = held(review)
    demand(by, Permission.HOLD_REVIEWS, review.project)
    words = reason.strip()[:300]
    if not words:
        raise UnusableInput(Notice("recusal-reason", "请填写回避原因。", field="reason"))
    if review.recusals.filter(expert=expert).exists():
        raise NotNow(Notice("recused-already", "该专家已列入回避名单。"))
    row = Recusal.objects.create(review=review, expert=expert, reason=words, by=by)
    note(by, "argument.recuse_expert", review, expert=expert.code, reason=words)
    return row


@transaction.atomic
def draw(*, by: User, review: ExpertReview, reason: str = "") -> Draw:
    """Draw the experts that the plan wants, and invite them (`argument.drawing` says how).

    The candidates and their SHA-256 go into the trail before the seed is made. A second draw needs a reason; those of
    the first lose their seats, and the first stays on record.

    Raises
    ------
    NotNow
        It isn't the panel's turn, there is a draw already (and no reason for another), the review's last day has
        passed, or there are too few candidates: named by speciality.
    """
    review = held(review)
    demand(by, Permission.HOLD_REVIEWS, review.project)
    expect(review.reached, "panel")
    if period_over(review):
        raise NotNow(Notice("review-period-over", "评审期限已过，请先调整期限。"))
    number = review.draws.count() + 1
    words = reason.strip()[:300]
    if number > 1 and not words:
        raise NotNow(Notice("drawn-already", "已经抽取过专家；重新抽取须说明原因。", field="reason"))
    _vacate(by, review, words)
    found = candidates_of(review, by)
    candidates = found.drawn_from()
    sha256 = drawing.committed(candidates)
    note(
        by,
        "argument.fix_candidates",
        review,
        draw=number,
        candidates=len(candidates),
        candidates_sha256=sha256,
    )
    seed = secrets.token_hex(32)
    chosen = _drawn(review, candidates, seed)
    row = Draw.objects.create(
        review=review, number=number, algorithm=drawing.ALGORITHM, seed=seed, wanted=review.wanted,
        candidates=[{"key": c.key, "specialities": list(c.specialities)} for c in candidates],
        candidates_sha256=sha256, excluded=_excluded(found),
        chosen=[{"key": key, "speciality": speciality} for key, speciality in chosen.items()], reason=words, by=by,
    )  # fmt: skip
    note(
        by, "argument.draw_experts", review, draw=number, seed=seed, candidates_sha256=sha256, chosen=list(chosen),
        reason=words,
    )  # fmt: skip
    by_key = {expert.code: expert for expert in found.able}
    for key, speciality in chosen.items():
        give_seat(by, review, row, by_key[key], speciality)
    return row


def _drawn(review: ExpertReview, candidates: list[drawing.Candidate], seed: str) -> dict[str, str]:
    try:
        return drawing.draw(review.wanted, candidates, seed)
    except drawing.TooFew as error:
        raise NotNow(
            *(
                Notice(
                    "too-few-experts",
                    "“%(speciality)s”专家还差 %(n)s 位：专家库中可抽取的不够。",
                    {"speciality": specialities()[code].name, "n": number},
                )
                for code, number in error.missing.items()
            )
        ) from error


def _vacate(by: User, review: ExpertReview, reason: str) -> None:
    """Those of the draw before lose their seats."""
    for seat in review.seats.filter(state__in=SEATED).select_related("engagement", "expert"):
        seat.state, seat.reason = SeatState.WITHDRAWN, reason
        seat.save(update_fields=["state", "reason"])
        if seat.engagement is not None and seat.engagement.ended_at is None:
            end_engagement(by=by, engagement=seat.engagement, reason=reason)
        note(by, "argument.withdraw_seat", review, seat=seat.pk, expert=seat.expert.code, reason=reason)


def _excluded(found: Candidates) -> list[dict[str, str]]:
    return [
        {
            "key": row.expert.code,
            "name": row.expert.name,
            "template": row.reason,
            "detail": row.detail,
            "reason": filled(row.reason, {"detail": row.detail}) if row.detail else gettext(row.reason),
        }
        for row in found.left_out
    ]
