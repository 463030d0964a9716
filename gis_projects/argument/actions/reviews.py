"""The eleven steps of an expert review, from its application to its archive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from gis_projects.argument import review_workflow as workflow
from gis_projects.argument import scoring
from gis_projects.argument.actions.seats import end_engagements, engage_again
from gis_projects.argument.models import (
    Averaging,
    Criterion,
    ExpertReview,
    ReviewPurpose,
    ReviewState,
    ReviewStep,
    StepState,
    Use,
)
from gis_projects.argument.queries import review_gates
from gis_projects.argument.refusals import NotNow
from gis_projects.argument.review_subjects import beside, held, note
from gis_projects.argument.review_workflow import Step
from gis_projects.library.actions.evidence import record_evidence
from gis_projects.library.databases import specialities
from gis_projects.library.models import Evidence, EvidenceKind, Outcome, Project
from gis_projects.library.subjects import demand
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may
from siting.engine.notices import Notice, UnusableInput

MAX_TEXT = 8000
MAX_CRITERIA = 20
MAX_SEATS = 30


# --- 1, 2: the project is chosen, the review taken on -----------------------------------------------


@transaction.atomic
def open_review(
    *,
    by: User | None,
    project: Project,
    title: str,
    requested_yuan: Decimal,
    purpose: str = ReviewPurpose.ARGUMENT,
    procedure: str = "standard",
    basis: str = "",
) -> ExpertReview:
    """Push a project into the review library: step 1, 确定项目. Its owner may, or whoever holds reviews.

    Parameters
    ----------
    requested_yuan
        What is asked for, 元; the result cuts or approves it.
    procedure
        Which steps may be skipped (`review_workflow.procedures`); the review keeps them whatever the data say later.

    Raises
    ------
    UnusableInput
        A field is missing or unknown.
    NotNow
        A review of the project is under way.
    """
    if by is not None and not (
        may(by, Permission.HOLD_REVIEWS, project) or may(by, Permission.APPLY_ADMISSION, project)
    ):
        raise PermissionDenied(Permission.HOLD_REVIEWS)
    known = workflow.procedures().get(procedure)
    if known is None:
        raise _refusal("procedure", "没有这样的评审程序：%(value)s", value=procedure)
    if purpose not in ReviewPurpose.values:
        raise _refusal("purpose", "没有这样的评审用途：%(value)s", value=purpose)
    # Two who push the same project at once: the second sees the first's review.
    Project.objects.select_for_update().only("pk").get(pk=project.pk)
    if ExpertReview.objects.filter(project=project, state=ReviewState.OPEN, purpose=purpose).exists():
        raise NotNow(Notice("review-under-way", "该项目已有同一用途的评审在办。"))
    review = ExpertReview(
        project=project,
        title=_words("title", title, needed=True)[:200],
        purpose=purpose,
        procedure=procedure,
        mandatory=list(known.mandatory),
        opened_by=by,
        requested_yuan=_amount("requested_yuan", requested_yuan),
        reached=1,
    )
    review.save(force_insert=True)
    step = workflow.steps()[0]
    _keep(
        review,
        step,
        StepState.DONE,
        by,
        basis,
        requested_yuan=str(review.requested_yuan),
        procedure=procedure,
    )
    return review


@transaction.atomic
def accept(
    *, by: User, review: ExpertReview, starts_on: date, ends_on: date, remark: str = ""
) -> ExpertReview:
    """Take a review on for a period (both days belong to it): step 2, 接收评审. Its organiser is ``by``."""
    review = _before(by, review, "accept")
    if ends_on < starts_on:
        raise _refusal("ends_on", "截止日期不能早于开始日期。")
    if ends_on < timezone.localdate():
        raise _refusal("ends_on", "截止日期不能早于今天。")
    review.organiser, review.starts_on, review.ends_on = by, starts_on, ends_on
    return _done(review, "accept", by, remark, starts_on=str(starts_on), ends_on=str(ends_on))


@transaction.atomic
def send_back(*, by: User, review: ExpertReview, reason: str) -> ExpertReview:
    """Not take a review on: it ends, and its owner may apply again."""
    review = _before(by, review, "accept")
    review.state = ReviewState.RETURNED
    review.save(update_fields=["state"])
    note(by, "argument.return_review", review, reason=_words("reason", reason, needed=True))
    return review


@transaction.atomic
def extend(*, by: User, review: ExpertReview, ends_on: date, reason: str) -> ExpertReview:
    """Set another last day; the experts' access goes on until it, or ends with it."""
    review = held(review)
    demand(by, Permission.HOLD_REVIEWS, review.project)
    if review.starts_on is None or review.ends_on is None:
        raise NotNow(Notice("review-not-accepted", "评审接收后才能调整期限。"))
    if ends_on < max(review.starts_on, timezone.localdate()):
        raise _refusal("ends_on", "截止日期不能早于今天，也不能早于开始日期。")
    words = _words("reason", reason, needed=True)
    before, review.ends_on = review.ends_on, ends_on
    review.save(update_fields=["ends_on"])
    note(
        by,
        "argument.extend_review",
        review,
        reason=words,
        before={"ends_on": str(before)},
        after={"ends_on": str(ends_on)},
    )
    engage_again(by, review)
    return review


# --- 3: the plan ------------------------------------------------------------------------------------


@transaction.atomic
def settle_plan(
    *,
    by: User,
    review: ExpertReview,
    method: str,
    criteria: Iterable[tuple[str, str, Decimal]],
    wanted: Mapping[str, int],
    averaging: str = Averaging.MEAN,
) -> ExpertReview:
    """Step 3, 制定方案: how it is reviewed, by what it is scored, and which experts are wanted.

    Parameters
    ----------
    criteria
        Name, guide, weight in per cent; the weights add up to 100.
    wanted
        Speciality (`library.databases`) → how many experts.
    """
    review = _before(by, review, "plan")
    rows = [(name.strip(), guide.strip(), weight) for name, guide, weight in criteria]
    _check_criteria(rows)
    seats = {code: number for code, number in wanted.items() if number}
    if unknown := sorted(seats.keys() - specialities().keys()):
        raise _refusal("wanted", "没有这样的专业：%(value)s", value=unknown)
    least = workflow.settings().least_experts
    if any(number < 0 for number in seats.values()) or not least <= sum(seats.values()) <= MAX_SEATS:
        raise _refusal("wanted", "专家应为 %(least)s 至 %(most)s 人。", least=least, most=MAX_SEATS)
    if averaging not in Averaging.values:
        raise _refusal("averaging", "没有这样的计分方法：%(value)s", value=averaging)
    review.method, review.averaging, review.wanted = _words("method", method, needed=True), averaging, seats
    Criterion.objects.bulk_create(
        Criterion(review=review, position=position, name=name, guide=guide, weight=weight)
        for position, (name, guide, weight) in enumerate(rows, start=1)
    )
    return _done(
        review, "plan", by, "", averaging=averaging, wanted=seats,
        criteria=[[name, str(weight)] for name, _guide, weight in rows],
    )  # fmt: skip


def _check_criteria(rows: list[tuple[str, str, Decimal]]) -> None:
    if not 1 <= len(rows) <= MAX_CRITERIA:
        raise _refusal("criteria", "评分指标应为 1 至 %(most)s 项。", most=MAX_CRITERIA)
    if any(not name or len(name) > 80 or len(guide) > 300 for name, guide, _weight in rows):
        raise _refusal("criteria", "每项指标应有名称（80 字以内），评分要点不超过 300 字。")
    if len({name for name, *_rest in rows}) < len(rows):
        raise _refusal("criteria", "指标名称不能重复。")
    if any(
        not weight.is_finite() or weight != scoring.rounded(weight) or weight <= 0 for *_rest, weight in rows
    ):
        raise _refusal("criteria", "权重应为大于 0 的数，最多两位小数。")
    if (whole := sum((weight for *_rest, weight in rows), Decimal(0))) != scoring.FULL:
        raise _refusal("criteria", "各项权重合计应为 100%%，现为 %(sum)s%%。", sum=str(whole))


# --- 4 to 8: what experts, owner and organiser bring must be there ------------------------------------


@transaction.atomic
def complete(*, by: User, review: ExpertReview, code: str, remark: str = "") -> ExpertReview:
    """Go on from a step whose work is done: 组建专家, 资料评审, 项目陈述, 咨询答辩 or 实地勘查.

    Raises
    ------
    NotNow
        Something is missing for it (each thing is named), or it isn't this step's turn.
    """
    if code not in ("panel", "materials", "statement", "questions", "visit"):
        raise _refusal("step", "这个环节有自己的办理方式：%(value)s", value=code)
    review = _before(by, review, code)
    review_gates.demand_nothing_missing(review, code)
    return _done(review, code, by, remark, **review_gates.left_by(review, code))


@transaction.atomic
def skip(*, by: User, review: ExpertReview, code: str, reason: str) -> ExpertReview:
    """Leave an optional step out, with the reason.

    Raises
    ------
    NotNow
        The step is mandatory for this review, or it isn't its turn.
    """
    if code not in workflow.by_code():
        raise _refusal("step", "没有这样的环节：%(value)s", value=code)
    review = _before(by, review, code)
    workflow.skippable(workflow.by_code()[code], review.mandatory)
    words = _words("reason", reason, needed=True)
    return _moved(review, workflow.by_code()[code], StepState.SKIPPED, by, words)


# --- 9, 10: what came of it ---------------------------------------------------------------------------


@transaction.atomic
def conclude(*, by: User, review: ExpertReview, conclusion: str, opinion: str) -> ExpertReview:
    """Step 9, 综合评定: the experts' scores become one; the conclusion is written where the gates read it."""
    review = _before(by, review, "evaluation")
    review_gates.demand_nothing_missing(review, "evaluation")
    if conclusion not in Outcome.values:
        raise _refusal("conclusion", "请选择评审结论。")
    review.conclusion, review.opinion = conclusion, _words("opinion", opinion, needed=True)
    review.score = scoring.together(
        [sheet.total for sheet in review_gates.submitted(review) if sheet.total is not None],
        trimmed=review.averaging == Averaging.TRIMMED,
    )
    _done(review, "evaluation", by, "", conclusion=conclusion, score=str(review.score))
    write_evidence(by, review)
    return review


def write_evidence(by: User | None, review: ExpertReview) -> Evidence:
    """The conclusion where the gates of the libraries read it."""
    return record_evidence(
        by=by, project=review.project, kind=EvidenceKind.REVIEW, outcome=review.conclusion, reference=beside(review),
        title=review.title, address=f"/expert-reviews/{review.pk}/",
    )  # fmt: skip


@transaction.atomic
def use_result(
    *, by: User, review: ExpertReview, use: str, approved_yuan: Decimal | None = None, applied: bool = False,
    remark: str,
) -> ExpertReview:  # fmt: skip
    """Step 10, 结果运用: approve what was asked for, cut it, or advise to suspend or stop.

    Parameters
    ----------
    approved_yuan
        What remains after a cut, 元; the other uses say it themselves (all of it, or nothing).
    applied
        The project is followed in dynamic management from here on.
    """
    review = _before(by, review, "use")
    if use not in Use.values:
        raise _refusal("use", "请选择结果运用方式。")
    review.use, review.use_note = use, _words("remark", remark, needed=True)
    review.approved_yuan = approved(Use(use), review.requested_yuan, approved_yuan)
    review.applied = applied
    if applied and use in (Use.SUSPEND, Use.STOP):
        raise _refusal("applied", "暂缓或停建的项目不列入动态管理。")
    return _done(review, "use", by, "", use=use, approved_yuan=str(review.approved_yuan), applied=applied)


def approved(use: Use, requested: Decimal, given: Decimal | None) -> Decimal:
    """What is approved of what was asked for, 元."""
    if use is Use.APPROVE:
        return requested
    if use is not Use.CUT:
        return Decimal(0)
    amount = _amount("approved_yuan", given)
    if amount >= requested:
        raise _refusal("approved_yuan", "核减后的金额应小于申报金额。")
    return amount


@transaction.atomic
def close(*, by: User, review: ExpertReview) -> ExpertReview:
    """Step 11, 资料归档: everything in one file with the list of what it holds; the experts' access ends."""
    from gis_projects.argument.archiving import keep_archive  # it prints the report, which few callers need

    review = _before(by, review, "archive")
    archive = keep_archive(by, review)
    review.state = ReviewState.CLOSED
    _done(review, "archive", by, "", sha256=archive.sha256, name=archive.name, members=len(archive.manifest))
    end_engagements(by, review, "评审已归档")
    return review


# --- every step -----------------------------------------------------------------------------------------


def _before(by: User, review: ExpertReview, code: str) -> ExpertReview:
    review = held(review)
    demand(by, Permission.HOLD_REVIEWS, review.project)
    workflow.expect(review.reached, code)
    return review


def _done(review: ExpertReview, code: str, by: User | None, remark: str, **content: Any) -> ExpertReview:
    return _moved(review, workflow.by_code()[code], StepState.DONE, by, remark, **content)


def _moved(
    review: ExpertReview, step: Step, state: StepState, by: User | None, remark: str, **content: Any
) -> ExpertReview:
    _keep(review, step, state, by, remark, **content)
    review.reached = step.number
    review.save()
    return review


def _keep(
    review: ExpertReview, step: Step, state: StepState, by: User | None, remark: str, **content: Any
) -> ReviewStep:
    row = ReviewStep.objects.create(
        review=review, number=step.number, code=step.code, state=state, note=_words("remark", remark), content=content,
        by=by,
    )  # fmt: skip
    verb = "argument.review_step" if state is StepState.DONE else "argument.skip_review_step"
    note(by, verb, review, step=step.code, number=step.number, remark=row.note, **content)
    return row


def _words(field: str, text: str, *, needed: bool = False) -> str:
    words = text.strip().replace("\0", "")
    if needed and not words:
        raise _refusal(field, "请填写说明。")
    if len(words) > MAX_TEXT:
        raise _refusal(field, "文字不能超过 %(limit)s 字。", limit=MAX_TEXT)
    return words


def _amount(field: str, yuan: Decimal | None) -> Decimal:
    if yuan is None or not yuan.is_finite() or yuan < 0 or yuan != scoring.rounded(yuan) or yuan >= 10**16:
        raise _refusal(field, "请填写金额，单位为元，最多两位小数。")
    return yuan


def _refusal(field: str, template: str, **params: object) -> UnusableInput:
    return UnusableInput(Notice(f"review-{field.replace('_', '-')}", template, params, field=field))
