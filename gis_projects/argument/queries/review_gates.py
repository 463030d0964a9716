"""What must be there before a review goes on from a step, and what the step leaves."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from gis_projects.argument import review_workflow as workflow
from gis_projects.argument.models import (
    SEATED,
    ExpertReview,
    Message,
    MessageKind,
    PositionSource,
    Reading,
    ScoreSheet,
    Seat,
    SeatState,
    VisitPhoto,
)
from gis_projects.argument.refusals import NotNow
from gis_projects.argument.review_subjects import beside
from gis_projects.library.databases import specialities
from gis_projects.library.models import Attachment
from siting.engine.notices import Notice

MATERIAL = "material"


def seats(review: ExpertReview) -> QuerySet[Seat]:
    """The seats that are held, in the order in which they were drawn."""
    return review.seats.filter(state__in=SEATED).select_related("expert", "expert__user").order_by("pk")


def materials(review: ExpertReview) -> QuerySet[Attachment]:
    """The files that the experts read."""
    return Attachment.objects.filter(subject=beside(review), purpose=MATERIAL).order_by("pk")


def open_questions(review: ExpertReview) -> QuerySet[Message]:
    return review.messages.filter(kind=MessageKind.QUESTION, answered_by=None)


def submitted(review: ExpertReview) -> QuerySet[ScoreSheet]:
    """The sheets that count: of those who still sit."""
    return ScoreSheet.objects.filter(
        review=review, submitted_at__isnull=False, seat__state=SeatState.ACCEPTED
    ).order_by("seat_id")


def missing(review: ExpertReview, code: str) -> list[Notice]:
    """What must still be done before a review goes on from a step; empty where nothing is."""
    return {
        "panel": _panel,
        "materials": _materials,
        "statement": _statement,
        "questions": _questions,
        "visit": _visit,
        "evaluation": _evaluation,
    }.get(code, _nothing)(review)


def demand_nothing_missing(review: ExpertReview, code: str) -> None:
    """Raise NotNow with everything that is missing."""
    if notices := missing(review, code):
        raise NotNow(*notices)


def left_by(review: ExpertReview, code: str) -> dict[str, Any]:
    """What a step leaves, for its row: counts, and the SHA-256 of the files that were its matter."""
    if code == "panel":
        return {"experts": seats(review).count()}
    if code == "materials":
        return {"files": [[row.name, row.sha256] for row in materials(review)]}
    if code == "visit":
        photos = VisitPhoto.objects.filter(visit__review=review).select_related("attachment")
        return {
            "visits": review.visits.count(),
            "files": [[p.attachment.name, p.attachment.sha256] for p in photos],
        }
    return {"messages": dict(Counter(review.messages.values_list("kind", flat=True)))}


def _nothing(review: ExpertReview) -> list[Notice]:
    return []


def _panel(review: ExpertReview) -> list[Notice]:
    held = list(seats(review))
    if not held:
        return [Notice("review-no-draw", "还没有抽取专家。")]
    notices = []
    accepted = Counter(seat.speciality for seat in held if seat.state == SeatState.ACCEPTED)
    waiting = sum(seat.state == SeatState.INVITED for seat in held)
    if waiting:
        notices.append(Notice("review-invited", "还有 %(n)s 位专家没有答复邀请。", {"n": waiting}))
    for code, number in review.wanted.items():
        if len([seat for seat in held if seat.speciality == code]) < number:
            notices.append(
                Notice(
                    "review-seats-open",
                    "“%(speciality)s”专家应有 %(wanted)s 位，已接受 %(have)s 位。",
                    {"speciality": specialities()[code].name, "wanted": number, "have": accepted[code]},
                )
            )
    return notices


def _materials(review: ExpertReview) -> list[Notice]:
    files = {row.pk: row.name for row in materials(review)}
    if not files:
        return [Notice("review-no-materials", "还没有上传评审资料。")]
    read = set(
        Reading.objects.filter(review=review, attachment__in=files)
        .values_list("by_id", "attachment_id")
        .distinct()
    )
    notices = []
    for seat in seats(review):
        if seat.expert.user_id is None:
            continue  # gets them on paper
        unread = [name for key, name in files.items() if (seat.expert.user_id, key) not in read]
        if unread:
            notices.append(
                Notice(
                    "review-unread",
                    "专家%(expert)s还有 %(n)s 份资料没有打开。",
                    {"expert": seat.expert.name, "n": len(unread)},
                )
            )
    return notices


def _statement(review: ExpertReview) -> list[Notice]:
    if review.messages.filter(kind=MessageKind.STATEMENT).exists():
        return []
    return [Notice("review-no-statement", "项目单位还没有陈述。")]


def _questions(review: ExpertReview) -> list[Notice]:
    if not review.messages.filter(kind=MessageKind.QUESTION).exists():
        return [Notice("review-no-questions", "还没有专家提问。")]
    still = open_questions(review).count()
    return [Notice("review-open-questions", "还有 %(n)s 个问题没有答复。", {"n": still})] if still else []


def _visit(review: ExpertReview) -> list[Notice]:
    if not review.visits.exists():
        return [Notice("review-no-visit", "还没有勘查记录。")]
    least = workflow.settings().least_photos
    placed = VisitPhoto.objects.filter(visit__review=review).exclude(source=PositionSource.NONE).count()
    if placed < least:
        return [Notice("review-no-photo", "勘查记录至少要有 %(n)s 张带位置的照片。", {"n": least})]
    return []


def _evaluation(review: ExpertReview) -> list[Notice]:
    done = set(submitted(review).values_list("seat_id", flat=True))
    held = list(seats(review))
    notices = [
        Notice("review-no-sheet", "专家%(expert)s还没有提交评分。", {"expert": seat.expert.name})
        for seat in held
        if seat.pk not in done
    ]
    if not held:
        notices.append(Notice("review-no-draw", "还没有抽取专家。"))
    return notices


def period_over(review: ExpertReview) -> bool:
    """Whether the last day of the review has passed: its experts are let in no longer."""
    return review.ends_on is not None and review.ends_on < timezone.localdate()
