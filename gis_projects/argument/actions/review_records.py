"""What is brought to a review: files to read, their openings, statement, questions and answers, visits with photos."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.contrib.gis.geos import Point
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from gis_projects.argument import photo_position
from gis_projects.argument.models import (
    ExpertReview,
    Message,
    MessageKind,
    PositionSource,
    Reading,
    Seat,
    SeatState,
    Visit,
    VisitPhoto,
)
from gis_projects.argument.queries.review_gates import MATERIAL
from gis_projects.argument.refusals import NotNow
from gis_projects.argument.review_subjects import beside, held, note
from gis_projects.library.actions.attachments import attach
from gis_projects.library.models import Attachment
from gis_projects.library.subjects import demand
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may
from siting.engine.notices import Notice, UnusableInput

MAX_TEXT = 4000
MAX_PHOTOS = 20  # of one visit
_PANEL, _CONCLUSION = 4, 9  # the steps after and before which experts' work lies


@dataclass(frozen=True)
class Photo:
    """A photo as it is brought: its bytes, and where its bearer stood (EPSG:4490) if the phone or a person says so."""

    name: str
    content: bytes
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    source: str = PositionSource.NONE


@transaction.atomic
def bring_material(*, by: User, review: ExpertReview, name: str, content: bytes) -> Attachment:
    """Add a file that the experts are to read: the owner's or the organiser's, until the review is concluded."""
    review = held(review)
    _owner_or_organiser(by, review)
    if review.reached >= _CONCLUSION:
        raise _too_late()
    return attach(
        by=by, project=review.project, purpose=MATERIAL, name=name, content=content, subject=beside(review)
    )


@transaction.atomic
def open_file(*, by: User, review: ExpertReview, attachment: Attachment) -> None:
    """Note that somebody opened a file of a review; each person's first opening goes into the trail as well."""
    first = not Reading.objects.filter(review=review, attachment=attachment, by=by).exists()
    Reading.objects.create(review=review, attachment=attachment, by=by)
    if first:
        note(
            by,
            "argument.open_review_file",
            review,
            attachment=attachment.pk,
            name=attachment.name,
            sha256=attachment.sha256,
        )


@transaction.atomic
def state(*, by: User, review: ExpertReview, text: str) -> Message:
    """项目陈述, by the project's own unit (or the organiser, who writes down what was said)."""
    review = held(review)
    _owner_or_organiser(by, review)
    return _say(by, review, MessageKind.STATEMENT, text)


@transaction.atomic
def ask(*, by: User, review: ExpertReview, text: str) -> Message:
    """A question: an expert's of the panel, or the organiser's for one."""
    review = held(review)
    seat = seat_of(by, review)
    if seat is None:
        demand(by, Permission.HOLD_REVIEWS, review.project)
    return _say(by, review, MessageKind.QUESTION, text, seat=seat)


@transaction.atomic
def reply(*, by: User, question: Message, text: str) -> Message:
    """The answer to a question, by the project's own unit or the organiser."""
    review = held(question.review)
    _owner_or_organiser(by, review)
    if question.kind != MessageKind.QUESTION:
        raise UnusableInput(Notice("not-a-question", "只能答复提问。"))
    return _say(by, review, MessageKind.ANSWER, text, answers=question)


@transaction.atomic
def record_visit(
    *,
    by: User,
    review: ExpertReview,
    visited_on: date,
    attended: str,
    text: str,
    photos: Iterable[Photo] = (),
) -> Visit:
    """实地勘查: who was there when, what they saw, and their photos; an expert's of the panel, or the organiser's.

    A photo's own position (EXIF) goes before the phone's, and that before what somebody typed.
    """
    review = held(review)
    if seat_of(by, review) is None:
        demand(by, Permission.HOLD_REVIEWS, review.project)
    _in_time(review)
    if visited_on > timezone.localdate():
        raise UnusableInput(Notice("visit-day", "勘查日期不能晚于今天。", field="visited_on"))
    row = Visit.objects.create(
        review=review, visited_on=visited_on, attended=_words("attended", attended)[:300],
        text=_words("text", text), by=by,
    )  # fmt: skip
    kept = [_keep_photo(by, row, photo) for photo in _few(photos)]
    note(
        by, "argument.visit_site", review, visit=row.pk, visited_on=str(visited_on), photos=len(kept),
        files=[[photo.attachment.name, photo.attachment.sha256] for photo in kept],
    )  # fmt: skip
    return row


def _few(photos: Iterable[Photo]) -> list[Photo]:
    given = list(photos)
    if len(given) > MAX_PHOTOS:
        raise UnusableInput(
            Notice("too-many-photos", "一次最多 %(n)s 张照片。", {"n": MAX_PHOTOS}, field="photos")
        )
    return given


def _keep_photo(by: User, visit: Visit, photo: Photo) -> VisitPhoto:
    attachment = attach(
        by=by, project=visit.review.project, purpose="photo", name=photo.name, content=photo.content,
        subject=f"argument.visit:{visit.pk}",
    )  # fmt: skip
    if attachment.kind not in ("jpeg", "png"):
        raise UnusableInput(Notice("not-a-photo", "照片应为 JPG 或 PNG。", field="photos"))
    taken = photo_position.read(photo.content)
    at, source, accuracy = _placed(photo), photo.source, photo.accuracy_m
    if taken.position is not None:
        at = Point(taken.position.lon, taken.position.lat, srid=4490)
        source, accuracy = PositionSource.EXIF, taken.position.accuracy_m
    return VisitPhoto.objects.create(
        visit=visit, attachment=attachment, location=at, source=source if at else PositionSource.NONE,
        accuracy_m=accuracy if at else None, taken_at=taken.at,
    )  # fmt: skip


def _placed(photo: Photo) -> Point | None:
    if photo.lon is None or photo.lat is None:
        return None
    if photo.source not in (PositionSource.DEVICE, PositionSource.TYPED):
        raise UnusableInput(Notice("photo-source", "位置来源应为手机定位或人工填写。", field="photos"))
    if not (-180 <= photo.lon <= 180 and -90 <= photo.lat <= 90):
        raise UnusableInput(Notice("photo-place", "经纬度超出范围。", field="photos"))
    if photo.accuracy_m is not None and not 0 <= photo.accuracy_m < 1e7:
        raise UnusableInput(Notice("photo-accuracy", "定位精度应为不小于 0 的米数。", field="photos"))
    return Point(photo.lon, photo.lat, srid=4490)


def seat_of(user: User, review: ExpertReview) -> Seat | None:
    """The seat that a user has accepted in a review and may still act from."""
    if not may(user, Permission.REVIEW_AS_EXPERT, review.project):
        return None
    return review.seats.filter(expert__user=user, state=SeatState.ACCEPTED).select_related("expert").first()


def _say(
    by: User, review: ExpertReview, kind: MessageKind, text: str, *, seat: Seat | None = None,
    answers: Message | None = None,
) -> Message:  # fmt: skip
    _in_time(review)
    row = Message.objects.create(
        review=review, kind=kind, text=_words("text", text), seat=seat, answers=answers, by=by
    )
    verb = {
        MessageKind.STATEMENT: "argument.state_project",
        MessageKind.QUESTION: "argument.ask_question",
        MessageKind.ANSWER: "argument.answer_question",
    }[kind]
    note(by, verb, review, message=row.pk, text=row.text[:200])
    return row


def _in_time(review: ExpertReview) -> None:
    if review.reached >= _CONCLUSION:
        raise _too_late()
    if review.reached < _PANEL:
        raise NotNow(Notice("review-too-early", "专家组建后才能办理。"))


def _too_late() -> NotNow:
    return NotNow(Notice("review-too-late", "评审已作出结论，不能再补充。"))


def _owner_or_organiser(by: User, review: ExpertReview) -> None:
    if not (
        may(by, Permission.EDIT_PROJECTS, review.project) or may(by, Permission.HOLD_REVIEWS, review.project)
    ):
        raise PermissionDenied(Permission.HOLD_REVIEWS)


def _words(field: str, text: str) -> str:
    words = text.strip().replace("\0", "")
    if not words:
        raise UnusableInput(Notice(f"review-{field}", "请填写说明。", field=field))
    if len(words) > MAX_TEXT:
        raise UnusableInput(
            Notice(f"review-{field}", "文字不能超过 %(limit)s 字。", {"limit": MAX_TEXT}, field=field)
        )
    return words
