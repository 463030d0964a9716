"""The only writers of the public's questions inside: taken in, assigned, answered by a department, shown by another.

Each act writes how far the question is for whoever holds its receipt (`QuestionStatus`), in the same transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.clock.actions import clocks
from gis_projects.clock.models import ClockState
from gis_projects.disclosure.models import (
    ChangeKind,
    InboxQuestion,
    InboxTrace,
    PublicQuestion,
    QuestionStatus,
    ReceiptState,
)
from gis_projects.people.models import Organisation, OrganisationKind, Region, User
from gis_projects.people.permissions import Permission, require
from gis_projects.publishing.actions.changes import note
from gis_projects.publishing.answer_content import may_answer, place_of, suspicious, would_be
from gis_projects.publishing.models import (
    Answer,
    AnswerState,
    PublicationRecord,
    Question,
    QuestionState,
)
from gis_projects.trail import actions as trail

#: Working days within which a question is answered, counted from the day on which it came.
LIMIT_DAYS = 15
MOST_WORDS = 6000
MOST_REASON = 300
_TRACES = timedelta(days=1)


@transaction.atomic
def take_in(*, limit: int = 200) -> int:
    """Carry what waits in the inbox over to the inside, the oldest first; returns how many. The platform does it."""
    rows = list(InboxQuestion.objects.select_for_update(skip_locked=True).order_by("at")[:limit])
    InboxTrace.objects.filter(at__lt=timezone.now() - _TRACES).delete()
    for row in rows:
        project = _project_of(row.project_slug)
        question = Question.objects.create(
            key=row.key,
            receipt_hash=row.receipt_hash,
            slug=secrets.token_hex(6),
            kind=row.kind,
            text=row.text,
            nickname=row.nickname,
            contact=row.contact,
            project=project,
            region=project.region if project else Region.objects.get(pk=settings.REGION_CODE),
            geometry=row.geometry,
            language=row.language,
            received_at=row.at,
        )
        _start(None, question)
        _tell(question, ReceiptState.RECEIVED)
        row.delete()
        _record(None, "publishing.take_in_question", question, kind=question.kind)
    return len(rows)


@transaction.atomic
def assign(*, by: User, question: Question, organisation: Organisation) -> Question:
    """Give a question to the department that is to answer it.

    Raises
    ------
    ValidationError
        It is dealt with already, or the unit is no department that works.
    """
    question = _locked(question)
    require(by, Permission.MANAGE_PORTAL, question)
    _demand(question, QuestionState.NEW, QuestionState.ASSIGNED)
    if organisation.kind != OrganisationKind.DEPARTMENT or organisation.closed_at is not None:
        raise ValidationError({"organisation": _("请选择承办部门。")})
    if question.answers.filter(state=AnswerState.SUBMITTED).exists():
        raise ValidationError(_("答复已提交审核，不能改派。"), code="submitted")
    question.organisation = organisation
    _decided(question, QuestionState.ASSIGNED, by)
    _tell(question, ReceiptState.ASSIGNED)
    _record(by, "publishing.assign_question", question, department=organisation.name)
    return question


@transaction.atomic
def reject(*, by: User, question: Question, reason: str) -> Question:
    """Don't deal with a question; the reason is told to whoever holds its receipt."""
    question = _locked(question)
    require(by, Permission.MANAGE_PORTAL, question)
    _demand(question, QuestionState.NEW, QuestionState.ASSIGNED)
    question.reason = _because(reason)
    _stop(by, question)
    _decided(question, QuestionState.REJECTED, by)
    _tell(question, ReceiptState.REJECTED, reason=question.reason)
    _record(by, "publishing.reject_question", question, reason=question.reason)
    return question


@transaction.atomic
def mark_spam(*, by: User, questions: Iterable[Question]) -> int:
    """Put new questions away as spam, many at once; returns how many."""
    done = 0
    for row in questions:
        question = _locked(row)
        require(by, Permission.MANAGE_PORTAL, question)
        if question.state != QuestionState.NEW:
            continue
        _stop(by, question)
        _decided(question, QuestionState.SPAM, by)
        _tell(question, ReceiptState.REJECTED)
        _record(by, "publishing.mark_spam", question)
        done += 1
    return done


@transaction.atomic
def restore(*, by: User, question: Question) -> Question:
    """Take what was rejected or put away as spam up again."""
    question = _locked(question)
    require(by, Permission.MANAGE_PORTAL, question)
    _demand(question, QuestionState.REJECTED, QuestionState.SPAM)
    question.reason = ""
    _start(by, question)
    _decided(question, QuestionState.NEW, by)
    _tell(question, ReceiptState.RECEIVED)
    _record(by, "publishing.restore_question", question)
    return question


@transaction.atomic
def draft_answer(*, by: User, question: Question, edited: str, text: str, precision_m: int | None) -> Answer:
    """Write the answer, and the question as the public is to read it; anew for one that is shown.

    Only the department that the question is assigned to does. ``precision_m`` None: its place isn't shown.

    Raises
    ------
    ValidationError
        By field: what is missing or too long, or a place that can't be shown on that grid.
    """
    question = _locked(question)
    _require_answering(by, question)
    _demand(question, QuestionState.ASSIGNED, QuestionState.ANSWERED)
    errors = {}
    for name, words in (("edited", edited), ("text", text)):
        if not words.strip():
            errors[name] = [_("请填写内容。")]
        elif len(words) > MOST_WORDS:
            errors[name] = [_("内容不得超过 %(most)s 字。") % {"most": MOST_WORDS}]
    if errors:
        raise ValidationError(errors)
    if precision_m is not None:
        place_of(question, precision_m)
    if question.answers.filter(state=AnswerState.SUBMITTED).exists():
        raise ValidationError(_("答复已提交审核。"), code="submitted")
    last = question.answers.order_by("-number").first()
    answer = question.answers.filter(state=AnswerState.DRAFT).first() or Answer(
        question=question, number=last.number + 1 if last else 1
    )
    assert question.organisation is not None
    answer.edited, answer.text = edited.strip(), text.strip()
    answer.precision_m = precision_m if question.geometry is not None else None
    answer.organisation = question.organisation
    answer.drafted_by, answer.drafted_at = by, timezone.now()
    answer.save()
    _record(by, "publishing.draft_answer", question, answer=answer.number)
    return answer


@transaction.atomic
def submit_answer(*, by: User, answer: Answer) -> Answer:
    """Hand a drafted answer on to whoever publishes."""
    answer = _locked_answer(answer)
    _require_answering(by, answer.question)
    _demand_answer(answer, AnswerState.DRAFT)
    _move(answer, AnswerState.SUBMITTED)
    _record(by, "publishing.submit_answer", answer.question, answer=answer.number)
    return answer


@transaction.atomic
def return_answer(*, by: User, answer: Answer, reason: str) -> Answer:
    """Send a submitted answer back to its department, with the reason; it is drafted anew."""
    answer = _locked_answer(answer)
    require(by, Permission.MANAGE_PORTAL, answer.question)
    _demand_answer(answer, AnswerState.SUBMITTED)
    answer.reason = _because(reason)
    _move(answer, AnswerState.RETURNED)
    _record(by, "publishing.return_answer", answer.question, answer=answer.number, reason=answer.reason)
    return answer


@transaction.atomic
def publish_answer(*, by: User, answer: Answer, knowingly: bool = False) -> Answer:
    """Show a submitted answer to the public, in place of the one that is shown.

    Raises
    ------
    ValidationError
        For who drafted it, or for what looks like personal data and wasn't looked at (``knowingly``).
    """
    answer = _locked_answer(answer)
    question = answer.question
    require(by, Permission.MANAGE_PORTAL, question)
    _demand_answer(answer, AnswerState.SUBMITTED)
    if by.pk == answer.drafted_by_id:
        raise ValidationError(_("须由拟稿人以外的人员审核公开。"), code="one-person")
    if suspicious(answer) and not knowingly:
        raise ValidationError(_("内容中疑似有个人信息，请核对后确认。"), code="personal-data")
    before = PublicQuestion.objects.filter(slug=question.slug).first()
    shown = question.answers.filter(state=AnswerState.SHOWN).first()
    if shown is not None:
        _move(shown, AnswerState.REPLACED)
    answer.approved_by, answer.approved_at = by, timezone.now()
    public = would_be(answer)
    if before is not None:
        public.pk, public.published_at = before.pk, before.published_at
    public.full_clean(validate_unique=False)
    public.save()
    _move(answer, AnswerState.SHOWN)
    # The words of a question are no title: what was withdrawn leaves its id alone.
    note(_change(question), ChangeKind.PUBLISHED if before is None else ChangeKind.CORRECTED)
    _stop(by, question)
    _decided(question, QuestionState.ANSWERED, by)
    _tell(question, ReceiptState.ANSWERED, slug=question.slug)
    _record(by, "publishing.publish_answer", question, answer=answer.number)
    return answer


@transaction.atomic
def withdraw_answer(*, by: User | None, question: Question, reason: str) -> Answer:
    """Take a published question with its answer back. None is the platform (its project was withdrawn)."""
    question = _locked(question)
    if by is not None:
        require(by, Permission.MANAGE_PORTAL, question)
    answer = question.answers.filter(state=AnswerState.SHOWN).first()
    if answer is None:
        raise ValidationError(_("这封来信没有公开的答复。"), code="not-shown")
    PublicQuestion.objects.filter(slug=question.slug).delete()
    note(_change(question), ChangeKind.WITHDRAWN)
    answer.reason = _because(reason)
    _move(answer, AnswerState.WITHDRAWN)
    _tell(question, ReceiptState.ANSWERED)
    _record(by, "publishing.withdraw_answer", question, answer=answer.number, reason=answer.reason)
    return answer


def _require_answering(by: User, question: Question) -> None:
    if not may_answer(by, question):
        raise PermissionDenied(Permission.ANSWER_PUBLIC)


def _project_of(slug: str) -> Any:
    record = PublicationRecord.objects.filter(slug=slug).select_related("project__region").first()
    return record.project if slug and record else None


def _tell(question: Question, state: ReceiptState, *, slug: str = "", reason: str = "") -> None:
    QuestionStatus.objects.update_or_create(
        receipt_hash=question.receipt_hash,
        defaults={"state": state, "changed_on": timezone.localdate(), "slug": slug, "reason": reason},
    )


def _start(by: User | None, question: Question) -> None:
    """The limit counts from the day on which the question came, whoever has it."""
    question.clock = clocks.start(
        by=by,
        limit_days=LIMIT_DAYS,
        starts_on=timezone.localdate(question.received_at),
        subject=_subject(question),
    )
    question.save(update_fields=["clock"])


def _stop(by: User, question: Question) -> None:
    if question.clock is not None and question.clock.state != ClockState.STOPPED:
        question.clock = clocks.stop(by=by, clock=question.clock)


def _decided(question: Question, state: QuestionState, by: User) -> None:
    question.state, question.decided_by, question.decided_at = state, by, timezone.now()
    question.save(update_fields=["state", "decided_by", "decided_at", "organisation", "clock", "reason"])


def _locked(question: Question) -> Question:
    return (
        Question.objects.select_for_update(of=("self",))
        .select_related("region", "organisation", "clock", "project")
        .get(pk=question.pk)
    )


def _locked_answer(answer: Answer) -> Answer:
    answer = Answer.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=answer.pk)
    answer.question = _locked(answer.question)
    return answer


def _demand(question: Question, *states: str) -> None:
    if question.state not in states:
        raise ValidationError(
            _("这封来信处于“%(state)s”状态，不能这样操作。") % {"state": question.get_state_display()},
            code="state",
        )


def _demand_answer(answer: Answer, state: str) -> None:
    if answer.state != state:
        raise ValidationError(
            _("这份答复处于“%(state)s”状态，不能这样操作。") % {"state": answer.get_state_display()},
            code="state",
        )


def _move(answer: Answer, state: AnswerState) -> None:
    answer.state = state
    answer.save(update_fields=["state", "reason", "approved_by", "approved_at"])


def _because(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": _("请填写理由。")})
    if len(reason) > MOST_REASON:
        raise ValidationError({"reason": _("理由过长。")})
    return reason


def _subject(question: Question) -> str:
    return f"publishing.question:{question.pk}"


def _change(question: Question) -> str:
    return f"question:{question.slug}"


def _record(by: User | None, verb: str, question: Question, **more: Any) -> None:
    trail.record(by=by, verb=verb, subject=_subject(question), data={"number": question.pk, **more})
