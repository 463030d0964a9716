"""The public's questions as staff see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, visible
from gis_projects.publishing.models import ANSWERING, AnswerState, Question, QuestionState

OVERDUE = "overdue"
#: To be looked at by whoever publishes.
SUBMITTED = "submitted"


@dataclass(frozen=True)
class Wanted:
    """What of the questions is asked for; empty means any."""

    state: str = ""
    kind: str = ""
    organisation: str = ""
    q: str = ""


def questions(user: User, wanted: Wanted, *, today: date) -> QuerySet[Question]:
    """The questions that a user may know of: of their reach, or given to their department. Newest first."""
    rows = _within(user).select_related("region", "organisation", "clock", "project")
    if wanted.state == OVERDUE:
        rows = rows.filter(state=QuestionState.ASSIGNED, clock__due_on__lt=today)
    elif wanted.state == SUBMITTED:
        rows = rows.filter(answers__state=AnswerState.SUBMITTED)
    elif wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.organisation.isdecimal():
        rows = rows.filter(organisation=int(wanted.organisation[:12]))
    for word in wanted.q.split():
        rows = rows.filter(Q(text__icontains=word) | Q(project__name__icontains=word))
    return rows


def counts(user: User) -> dict[str, int]:
    """How many questions are in each state. One query."""
    rows = _within(user).order_by().values_list("state").annotate(n=Count("pk"))
    return dict(rows)


def question(user: User, pk: int) -> Question:
    """One question, or 404."""
    rows = _within(user).select_related("region", "organisation", "clock", "project", "decided_by")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def may_look(user: User) -> bool:
    return has(user, Permission.MANAGE_PORTAL) or has(user, Permission.ANSWER_PUBLIC)


def _within(user: User) -> QuerySet[Question]:
    managed = visible(user, Permission.MANAGE_PORTAL, Question.objects.all())
    given = visible(user, Permission.ANSWER_PUBLIC, Question.objects.all(), ANSWERING)
    return Question.objects.filter(Q(pk__in=managed.values("pk")) | Q(pk__in=given.values("pk")))
