"""How investment projects get on with their approvals: how many at each stage, how long those took that passed.

A stage is one kind of procedure with a beginning and an end: admission to a library, an argument, a department's
opinion in it, an expert review, an approval. Days are working days of the official calendar between the day of the
beginning, which isn't counted, and the day of the end; a limit that stood still meanwhile is not taken off here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any, TypeVar

from django.db.models import Max, Model, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gis_projects.argument.models import Case, CaseKind, CaseState, ExpertReview, ReviewState, Task, TaskState
from gis_projects.clock.calendar import ZONE
from gis_projects.clock.queries import calendar
from gis_projects.library.models import Application, ApplicationState, Approval, ApprovalItem, Library
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, region_prefix, visible

M = TypeVar("M", bound=Model)
UNDER_WAY, DONE, BACK = "under_way", "done", "back"

Span = tuple[date, str, date | None]
"""When one procedure began, how it stands (one of those three), and when it was done."""


@dataclass(frozen=True)
class Stage:
    """One kind of procedure: ``group`` and ``name`` are what it is called, ``spans`` reads what there is of it."""

    group: str | Promise
    name: str | Promise
    spans: Iterable[Span]


@dataclass(frozen=True)
class Figures:
    """A stage in figures. ``begun`` is the sum of the other three; ``sent_back`` ended without what was asked for.

    Days are of those that came through; None where none did.
    """

    group: str
    name: str
    begun: int
    under_way: int
    passed: int
    sent_back: int
    mean_days: float | None
    median_days: float | None
    longest_days: int | None
    oldest_days: int | None


@dataclass(frozen=True)
class Wanted:
    """What is asked for; empty means any. ``year`` is that of the beginning, ``region`` counts what lies below it."""

    year: int | None = None
    region: str = ""


def statistics(user: User, wanted: Wanted, *, today: date) -> list[Figures]:
    """Every stage in the order in which a project meets it, of the projects that the user may know of.

    ``oldest_days`` is how long the oldest that is under way has been so.
    """
    days = calendar()
    found = []
    for stage in _stages(user, wanted):
        spans = list(stage.spans)
        took = [days.between(began, ended) for began, _how, ended in spans if ended is not None]
        waiting = [days.between(began, today) for began, how, _ended in spans if how == UNDER_WAY]
        found.append(
            Figures(
                group=str(stage.group),
                name=str(stage.name),
                begun=len(spans),
                under_way=len(waiting),
                passed=len(took),
                sent_back=len(spans) - len(waiting) - len(took),
                mean_days=round(sum(took) / len(took), 1) if took else None,
                median_days=float(median(took)) if took else None,
                longest_days=max(took, default=None),
                oldest_days=max(waiting, default=None),
            )
        )
    return found


def years(user: User) -> list[int]:
    """The years in which anything began, the newest first."""
    found: set[int] = set()
    for rows, field in (
        (_reached(user, Application.objects.all()), "applied_at"),
        (_reached(user, Case.objects.all()), "opened_at"),
        (_reached(user, ExpertReview.objects.all()), "opened_at"),
        (_reached(user, Approval.objects.all()), "started_at"),
    ):
        found |= {day.year for day in rows.order_by().dates(field, "year")}
    return sorted(found, reverse=True)


def _stages(user: User, wanted: Wanted) -> Iterator[Stage]:
    applications = _chosen(_reached(user, Application.objects.all()), wanted, "applied_at")
    for library in (Library.CATALOGUE, Library.RESERVE, Library.IMPLEMENTATION):
        rows = applications.filter(to_library=library)
        yield Stage(_("入库审核"), library.label, _of_applications(rows))
    cases = _chosen(_reached(user, Case.objects.all()), wanted, "opened_at")
    for kind in CaseKind:
        yield Stage(_("三项论证"), kind.label, _of_cases(cases.filter(kind=kind)))
    tasks = _chosen(_reached(user, Task.objects.all()), wanted, "dispatched_at", "case__project__")
    yield Stage(_("三项论证"), _("部门意见"), _of_tasks(tasks))
    reviews = _chosen(_reached(user, ExpertReview.objects.all()), wanted, "opened_at")
    yield Stage(_("专家评审"), _("评审全程"), _of_reviews(reviews))
    approvals = _chosen(_reached(user, Approval.objects.all()), wanted, "started_at")
    for item in ApprovalItem:
        yield Stage(_("项目审批"), item.label, _of_approvals(approvals.filter(item=item)))


def _reached(user: User, rows: QuerySet[M]) -> QuerySet[M]:
    return visible(user, Permission.READ_PROJECTS, rows)


def _chosen(rows: QuerySet[M], wanted: Wanted, began: str, path: str = "project__") -> QuerySet[M]:
    if wanted.year is not None:
        rows = rows.filter(**{f"{began}__year": wanted.year})
    if wanted.region:
        rows = rows.filter(**{f"{path}region__code__startswith": region_prefix(wanted.region)})
    return rows.order_by()


def _day(moment: datetime) -> date:
    return timezone.localtime(moment, ZONE).date()


def _spans(
    rows: Iterable[tuple[datetime, str, Any]], done: frozenset[str], back: frozenset[str]
) -> Iterator[Span]:
    """Of rows of beginning, state and end."""
    for began, state, ended in rows:
        if state in done:
            yield _day(began), DONE, _day(ended)
        else:
            yield _day(began), BACK if state in back else UNDER_WAY, None


def _of_applications(rows: QuerySet[Application]) -> Iterator[Span]:
    return _spans(
        rows.values_list("applied_at", "state", "decided_at"),
        frozenset({ApplicationState.ADMITTED}),
        frozenset({ApplicationState.RETURNED, ApplicationState.WITHDRAWN}),
    )


def _of_cases(rows: QuerySet[Case]) -> Iterator[Span]:
    return _spans(
        rows.values_list("opened_at", "state", "concluded_at"),
        frozenset({CaseState.CONCLUDED}),
        frozenset({CaseState.WITHDRAWN}),
    )


def _of_tasks(rows: QuerySet[Task]) -> Iterator[Span]:
    return _spans(
        rows.values_list("dispatched_at", "state", "settled_at"),
        frozenset({TaskState.GIVEN, TaskState.DEEMED, TaskState.DECIDED}),
        frozenset({TaskState.SUPERSEDED, TaskState.CANCELLED}),
    )


def _of_reviews(rows: QuerySet[ExpertReview]) -> Iterator[Span]:
    return _spans(
        rows.annotate(last=Max("steps__at")).values_list("opened_at", "state", "last"),
        frozenset({ReviewState.CLOSED}),
        frozenset({ReviewState.RETURNED}),
    )


def _of_approvals(rows: QuerySet[Approval]) -> Iterator[Span]:
    for began, granted_on in rows.values_list("started_at", "granted_on"):
        yield _day(began), UNDER_WAY if granted_on is None else DONE, granted_on
