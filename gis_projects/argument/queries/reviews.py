"""Reading expert reviews: the list, one review as its reader may see it, and whose turn it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop

from gis_projects.argument import review_workflow as workflow
from gis_projects.argument.models import (
    SEATED,
    ExpertReview,
    MessageKind,
    ReviewState,
    ReviewStep,
    ScoreSheet,
    Seat,
    SeatState,
)
from gis_projects.argument.queries import review_gates as gates
from gis_projects.library.models import InvestmentRecord, Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, may, visible, visible_by_post
from gis_projects.people.todo import Waiting
from siting.engine.notices import Notice

MOST = 200


@dataclass(frozen=True)
class Wanted:
    """What a list asks for; what is left empty means any."""

    state: str = ""
    step: str = ""
    purpose: str = ""
    use: str = ""
    region: str = ""
    campaign: str = ""
    applied: str = ""
    mine: str = ""
    q: str = ""


def reviews(user: User, wanted: Wanted | None = None) -> QuerySet[ExpertReview]:
    """The reviews of the projects that the user reaches; of experts, those that they sit in."""
    asked = wanted or Wanted()
    every = ExpertReview.objects.all()
    by_post = visible_by_post(user, Permission.READ_ARGUMENTS, every).values("pk")
    seated = every.filter(seats__expert__user=user, seats__state__in=SEATED).values("pk")
    rows = visible(user, Permission.READ_ARGUMENTS, every).filter(Q(pk__in=by_post) | Q(pk__in=seated))
    rows = rows.select_related(
        "project", "project__region", "project__organisation", "organiser", "campaign_item__campaign"
    )
    if asked.state:
        rows = rows.filter(state=asked.state)
    if asked.step in workflow.by_code():
        rows = rows.filter(state=ReviewState.OPEN, reached=workflow.by_code()[asked.step].number - 1)
    for name in ("purpose", "use"):
        if value := getattr(asked, name):
            rows = rows.filter(**{name: value})
    if asked.region:
        rows = rows.filter(project__region=asked.region)
    if asked.campaign:
        rows = rows.filter(campaign_item__campaign=int(asked.campaign))
    if asked.applied:
        rows = rows.filter(applied=True)
    if asked.mine:
        rows = rows.filter(Q(organiser=user) | Q(opened_by=user))
    for word in asked.q.split():
        rows = rows.filter(
            Q(title__icontains=word) | Q(project__name__icontains=word) | Q(project__code__icontains=word)
        )
    return rows


def counts(user: User) -> dict[str, int]:
    """How many reviews stand before each step (by code), and how many have ended (``closed``, ``returned``)."""
    rows = reviews(user).order_by().values_list("state", "reached").annotate(n=Count("pk", distinct=True))
    found = dict.fromkeys([*workflow.by_code(), ReviewState.CLOSED.value, ReviewState.RETURNED.value], 0)
    for state, reached, number in rows:
        step = workflow.next_step(reached)
        if state != ReviewState.OPEN:
            found[state] += number
        elif step is not None:
            found[step.code] += number
    return found


# --- one review -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """One of the eleven steps as the bar shows it: ``row`` once it was done or skipped."""

    step: workflow.Step
    row: ReviewStep | None
    now: bool
    optional: bool


@dataclass(frozen=True)
class Reader:
    """What a user is to a review."""

    organises: bool
    owns: bool
    seat: Seat | None

    @property
    def is_inside(self) -> bool:
        """Whether experts are told by name, and before the conclusion what is told to no one else."""
        return self.organises or self.seat is not None


def reader(user: User, review: ExpertReview) -> Reader:
    seat = None
    if may(user, Permission.REVIEW_AS_EXPERT, review.project):
        seat = review.seats.filter(expert__user=user, state__in=SEATED).select_related("expert").first()
    return Reader(
        may(user, Permission.HOLD_REVIEWS, review.project),
        may(user, Permission.EDIT_PROJECTS, review.project),
        seat,
    )


def bar(review: ExpertReview) -> list[Standing]:
    """The eleven steps, each done, skipped, the one that is next, or still to come."""
    rows = {row.number: row for row in review.steps.select_related("by")}
    return [
        Standing(
            step,
            rows.get(step.number),
            review.state == ReviewState.OPEN and step.number == review.reached + 1,
            step.code not in review.mandatory,
        )
        for step in workflow.steps()
    ]


def obstacles(review: ExpertReview) -> list[Notice]:
    """What keeps a review from going on from the step that it stands before."""
    step = workflow.next_step(review.reached)
    return [] if step is None or review.state != ReviewState.OPEN else gates.missing(review, step.code)


@dataclass(frozen=True)
class SeatRow:
    """A seat as a reader may see it, without the name where that is not theirs to know; ``read`` of ``files``."""

    seat: Seat
    label: str
    read: int
    files: int
    submitted: bool


def panel(review: ExpertReview, told: Reader) -> list[SeatRow]:
    files = set(gates.materials(review).values_list("pk", flat=True))
    opened: dict[int, set[int]] = {}
    for by, attachment in review.readings.values_list("by_id", "attachment_id"):
        opened.setdefault(by, set()).add(attachment)
    done = set(gates.submitted(review).values_list("seat_id", flat=True))
    named = told.is_inside or review.conclusion != ""
    rows = review.seats.select_related("expert", "expert__user", "replaces__expert").order_by("pk")
    if not told.is_inside:
        rows = rows.filter(state__in=SEATED)
    return [
        SeatRow(
            seat,
            seat.expert.name if named else "",
            len(opened.get(seat.expert.user_id or 0, set()) & files),
            len(files),
            seat.pk in done,
        )
        for seat in rows
    ]


def open_sheets(review: ExpertReview, told: Reader) -> list[ScoreSheet]:
    """The sheets that a reader may see: nobody another's before everybody has submitted, the owner none before the
    conclusion.
    """
    sheets = list(gates.submitted(review).select_related("seat__expert").prefetch_related("items__criterion"))
    everybody = len(sheets) == gates.seats(review).count() and bool(sheets)
    if review.conclusion or (everybody and told.is_inside):
        return sheets
    own = told.seat.pk if told.seat is not None else None
    return [sheet for sheet in sheets if sheet.seat_id == own]


def own_sheet(told: Reader) -> ScoreSheet | None:
    """An expert's own sheet, draft or submitted."""
    if told.seat is None:
        return None
    return ScoreSheet.objects.filter(seat=told.seat).prefetch_related("items").first()


# --- what must be reviewed ------------------------------------------------------------------------------


def required(project: Project) -> list[workflow.Required]:
    """The rules by which a project must be reviewed: of its kind, and from its planned investment on."""
    latest = InvestmentRecord.objects.filter(project=project).order_by("-recorded_on", "-pk").first()
    if latest is None:
        return []
    return [
        rule
        for rule in workflow.required()
        if rule.reached_by(latest.planned_yuan)
        and (project.industry in rule.industries or code_type(project.code) in rule.code_types)
    ]


def code_type(code: str) -> str:
    """The type part of a national project code (YYMM-AAAAAA-DD-TT-NNNNNC), empty where it is of another form."""
    parts = code.split("-")
    return parts[3] if len(parts) == 5 and len(parts[0]) == 4 and len(parts[3]) == 2 else ""


# --- whose turn it is -----------------------------------------------------------------------------------

TO_ACCEPT = gettext_noop("专家评审待接收：%(title)s（%(project)s）")
TO_GO_ON = gettext_noop("专家评审待办“%(step)s”：%(title)s（%(project)s）")
TO_ANSWER_INVITATION = gettext_noop("评审邀请待答复：%(title)s（%(project)s）")
TO_REVIEW = gettext_noop("专家评审待您评分：%(title)s（%(project)s）")
TO_READ = gettext_noop("评审资料待阅读：%(title)s（%(project)s）")
TO_STATE = gettext_noop("专家评审待项目陈述：%(title)s（%(project)s）")
TO_REPLY = gettext_noop("专家评审有 %(n)s 个问题待答复：%(title)s（%(project)s）")


def reviews_waiting(user: User) -> Iterator[Waiting]:
    """What expert reviews wait for from this person: an expert, an owner, an organiser."""
    if has(user, Permission.REVIEW_AS_EXPERT):
        yield from _of_expert(user)
    if has(user, Permission.EDIT_PROJECTS) and user.organisation_id is not None:
        yield from _of_owner(user)
    if has(user, Permission.HOLD_REVIEWS):
        yield from _of_organiser(user)


def _of_expert(user: User) -> Iterator[Waiting]:
    rows = visible(user, Permission.REVIEW_AS_EXPERT, ExpertReview.objects.filter(state=ReviewState.OPEN))
    seats = Seat.objects.filter(review__in=rows, expert__user=user, state__in=SEATED, review__reached__lt=9)
    for seat in seats.select_related("review__project", "sheet").order_by("review__ends_on", "pk")[:MOST]:
        sheet = getattr(seat, "sheet", None)
        if seat.state == SeatState.INVITED:
            yield _waiting(seat.review, "review_invitation", TO_ANSWER_INVITATION)
        elif seat.review.reached == 4:
            yield _waiting(seat.review, "review_reading", TO_READ)
        elif seat.review.reached >= 5 and (sheet is None or sheet.submitted_at is None):
            yield _waiting(seat.review, "review_scores", TO_REVIEW)


def _of_owner(user: User) -> Iterator[Waiting]:
    rows = visible(
        user,
        Permission.EDIT_PROJECTS,
        ExpertReview.objects.filter(state=ReviewState.OPEN, project__organisation=user.organisation_id),
    ).select_related("project")
    asked = Count(
        "messages", filter=Q(messages__kind=MessageKind.QUESTION, messages__answered_by=None), distinct=True
    )
    stated = Count("messages", filter=Q(messages__kind=MessageKind.STATEMENT), distinct=True)
    for review in rows.annotate(asked=asked, stated=stated).order_by("ends_on", "pk")[:MOST]:
        if review.asked and review.reached < 9:
            yield _waiting(review, "review_questions", TO_REPLY, mine=False, n=review.asked)
        if review.reached == 5 and not review.stated:
            yield _waiting(review, "review_statement", TO_STATE, mine=False)


def _of_organiser(user: User) -> Iterator[Waiting]:
    rows = visible(user, Permission.HOLD_REVIEWS, ExpertReview.objects.filter(state=ReviewState.OPEN))
    rows = rows.filter(Q(organiser=user) | Q(organiser=None)).select_related("project")
    for review in rows.order_by("ends_on", "pk")[:MOST]:
        step = workflow.next_step(review.reached)
        assert step is not None
        template = TO_ACCEPT if step.code == "accept" else TO_GO_ON
        yield _waiting(review, "review_step", template, mine=review.organiser_id == user.pk, step=step.name)


def _waiting(review: ExpertReview, kind: str, template: str, *, mine: bool = True, **more: Any) -> Waiting:
    return Waiting(
        kind=kind,
        template=template,
        params={"title": review.title, "project": review.project.name, **more},
        address=reverse("argument:review", args=[review.pk]),
        due_on=review.ends_on,
        project=review.project_id,
        mine=mine,
    )


# --- the list as a table ----------------------------------------------------------------------------------


def now_at(review: ExpertReview) -> str:
    """Where a review stands, in a word."""
    step = workflow.next_step(review.reached)
    if review.state != ReviewState.OPEN or step is None:
        return str(ReviewState(review.state).label)
    return step.label


def late(review: ExpertReview) -> bool:
    return review.state == ReviewState.OPEN and gates.period_over(review)


def soon(review: ExpertReview, days: int = 3) -> bool:
    """Whether the last day comes within a few days."""
    return (
        review.state == ReviewState.OPEN
        and review.ends_on is not None
        and not late(review)
        and review.ends_on <= timezone.localdate() + timedelta(days=days)
    )


def amounts(rows: QuerySet[ExpertReview]) -> dict[str, Decimal]:
    """What the reviews of a list ask for, and what of it was approved and cut, 元."""
    requested, approved, used = Decimal(0), Decimal(0), Decimal(0)
    for asked, given in rows.order_by().values_list("requested_yuan", "approved_yuan"):
        requested += asked
        if given is not None:
            approved += given
            used += asked
    return {"requested": requested, "approved": approved, "cut": used - approved}
