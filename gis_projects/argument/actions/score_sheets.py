"""Experts' score sheets: a draft of one's own, then submitted, and from then on unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from gis_projects.argument import scoring
from gis_projects.argument.actions.review_records import seat_of
from gis_projects.argument.models import Criterion, ExpertReview, ScoreItem, ScoreSheet, Seat, SeatState
from gis_projects.argument.refusals import NotNow
from gis_projects.argument.review_subjects import beside, held, note
from gis_projects.library.actions.attachments import attach
from gis_projects.library.models import Outcome
from gis_projects.library.subjects import demand
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission
from siting.engine.notices import Notice, UnusableInput

MAX_TEXT = 4000
PAPER = "score_sheet"


@transaction.atomic
def save_draft(
    *,
    by: User,
    review: ExpertReview,
    scores: Mapping[int, Decimal | None],
    recommendation: str = "",
    opinion: str = "",
) -> ScoreSheet:
    """Keep what an expert has filled in so far; nobody else sees it.

    Parameters
    ----------
    scores
        Criterion's key → 0 to 100; None where nothing stands yet.
    """
    review = held(review)
    seat = _own_seat(by, review)
    return _write(_open_sheet(review, seat), scores, recommendation, opinion)


@transaction.atomic
def submit(
    *, by: User, review: ExpertReview, scores: Mapping[int, Decimal | None], recommendation: str, opinion: str
) -> ScoreSheet:
    """Submit one's scores: every criterion, a recommendation and an opinion. Nothing of it changes afterwards.

    Raises
    ------
    UnusableInput
        Something is missing; each thing is named.
    NotNow
        It was submitted already.
    """
    review = held(review)
    return _submitted(by, review, _own_seat(by, review), scores, recommendation, opinion)


@transaction.atomic
def submit_paper(
    *, by: User, seat: Seat, scores: Mapping[int, Decimal | None], recommendation: str, opinion: str,
    name: str, content: bytes,
) -> ScoreSheet:  # fmt: skip
    """Enter the sheet of an expert without an account, with the signed paper as a file. The organiser does."""
    review = held(seat.review)
    demand(by, Permission.HOLD_REVIEWS, review.project)
    seat = Seat.objects.select_related("expert").get(pk=seat.pk)
    if seat.expert.user_id is not None:
        raise UnusableInput(Notice("seat-of-another", "该专家有账号，应由本人评分。"))
    if seat.state != SeatState.ACCEPTED:
        raise NotNow(Notice("seat-not-accepted", "该专家没有接受邀请。"))
    sheet = _submitted(by, review, seat, scores, recommendation, opinion)
    attach(
        by=by,
        project=review.project,
        purpose=PAPER,
        name=name,
        content=content,
        subject=f"{beside(review)}:{seat.pk}",
    )
    return sheet


def _own_seat(by: User, review: ExpertReview) -> Seat:
    seat = seat_of(by, review)
    if seat is None:
        raise PermissionDenied(Permission.REVIEW_AS_EXPERT)
    return seat


def _open_sheet(review: ExpertReview, seat: Seat) -> ScoreSheet:
    if not 4 <= review.reached < 9:
        raise NotNow(Notice("sheet-time", "评分在组建专家之后、综合评定之前进行。"))
    sheet, _made = ScoreSheet.objects.get_or_create(seat=seat, defaults={"review": review})
    if sheet.submitted_at is not None:
        raise NotNow(Notice("sheet-submitted", "评分已经提交，不能再改。"))
    return sheet


def _write(
    sheet: ScoreSheet, scores: Mapping[int, Decimal | None], recommendation: str, opinion: str
) -> ScoreSheet:
    known = {row.pk: row for row in sheet.review.criteria.all()}
    if scores.keys() - known.keys():
        raise UnusableInput(Notice("sheet-criterion", "没有这样的指标。", field="scores"))
    if recommendation and recommendation not in Outcome.values:
        raise UnusableInput(Notice("sheet-recommendation", "请选择评审建议。", field="recommendation"))
    if len(opinion) > MAX_TEXT:
        raise UnusableInput(
            Notice("sheet-opinion", "文字不能超过 %(limit)s 字。", {"limit": MAX_TEXT}, field="opinion")
        )
    given = {key: _score(known[key], score) for key, score in scores.items() if score is not None}
    sheet.items.exclude(criterion__in=given).delete()
    for key, score in given.items():
        ScoreItem.objects.update_or_create(sheet=sheet, criterion=known[key], defaults={"score": score})
    sheet.recommendation, sheet.opinion = recommendation, opinion.strip().replace("\0", "")
    sheet.save(update_fields=["recommendation", "opinion"])
    return sheet


def _score(criterion: Criterion, score: Decimal) -> Decimal:
    if not score.is_finite() or not 0 <= score <= 100 or score != scoring.rounded(score):
        raise UnusableInput(
            Notice(
                "sheet-score", "“%(name)s”的得分应为 0 至 100，最多两位小数。", {"name": criterion.name},
                field=f"score-{criterion.pk}",
            )
        )  # fmt: skip
    return score


def _submitted(
    by: User,
    review: ExpertReview,
    seat: Seat,
    scores: Mapping[int, Decimal | None],
    recommendation: str,
    opinion: str,
) -> ScoreSheet:
    sheet = _write(_open_sheet(review, seat), scores, recommendation, opinion)
    weights = dict(review.criteria.values_list("pk", "weight"))
    given = dict(sheet.items.values_list("criterion_id", "score"))
    notices = [
        Notice("sheet-unscored", "“%(name)s”还没有打分。", {"name": row.name}, field=f"score-{row.pk}")
        for row in review.criteria.all()
        if row.pk not in given
    ]
    if not sheet.recommendation:
        notices.append(Notice("sheet-recommendation", "请选择评审建议。", field="recommendation"))
    if not sheet.opinion:
        notices.append(Notice("sheet-opinion", "请填写评审意见。", field="opinion"))
    if notices:
        raise UnusableInput(*notices)
    sheet.total, sheet.by, sheet.submitted_at = scoring.total(given, weights), by, timezone.now()
    sheet.save()
    note(by, "argument.submit_scores", review, seat=seat.pk, expert=seat.expert.code)
    return sheet
