"""A project's eight links as one thing (一件事): what each came to, all under the project's own code (F198).

From application to evaluation: each link reads what its own room keeps about the same project; nothing is entered for
this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import TextChoices
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gis_projects.argument.models import Assessment, CampaignItem, CampaignKind, ReviewState
from gis_projects.argument.queries.campaigns import campaigns, evaluated
from gis_projects.argument.queries.reviews import Wanted, reviews
from gis_projects.library.models import (
    WHOLE,
    AcceptanceState,
    ApplicationState,
    ApprovalItem,
    ChangeState,
    Library,
    Project,
    Stage,
    Way,
)
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible


class Link(TextChoices):
    """The eight links, in their order."""

    APPLICATION = "application", gettext_lazy("申报")
    REVIEW = "review", gettext_lazy("评审")
    SETUP = "setup", gettext_lazy("立项")
    BUILDING = "building", gettext_lazy("建设")
    CHANGE = "change", gettext_lazy("变更")
    ACCEPTANCE_APPLICATION = "acceptance_application", gettext_lazy("验收申请")
    ACCEPTANCE = "acceptance", gettext_lazy("验收")
    EVALUATION = "evaluation", gettext_lazy("绩效评价")


class Standing(TextChoices):
    DONE = "done", gettext_lazy("已完成")
    UNDER_WAY = "under_way", gettext_lazy("办理中")
    BACK = "back", gettext_lazy("已退回")
    NOT_YET = "not_yet", gettext_lazy("未开始")
    NOT_NEEDED = "not_needed", gettext_lazy("未发生")


@dataclass(frozen=True)
class Event:
    """One thing that a link came to: when, what, how it stands, and the page that has it (empty: none)."""

    on: date
    text: str
    state: str | Promise
    address: str = ""


@dataclass(frozen=True)
class Reached:
    """A link with what it came to, oldest first, and the page where it is gone on with."""

    link: Link
    standing: Standing
    events: tuple[Event, ...]
    address: str


def links(user: User, project: Project) -> list[Reached]:
    """The eight links of a project that the user may read.

    Reviews and evaluations are told one by one as far as the user may read those. That a review was concluded, and how,
    is told to all: it stands in the project's record (`Evidence`), which is read with the project.
    """
    standing = reverse("library:standing", args=[project.pk])
    pages = {
        Link.APPLICATION: f"{standing}#gate",
        Link.REVIEW: reverse("argument:reviews"),
        Link.SETUP: standing,
        Link.BUILDING: reverse("library:project-diary", args=[project.pk]),
        Link.CHANGE: f"{standing}#at-work",
        Link.ACCEPTANCE_APPLICATION: f"{standing}#at-work",
        Link.ACCEPTANCE: f"{standing}#at-work",
        Link.EVALUATION: reverse("argument:campaigns"),
    }
    return [Reached(link, *_READ[link](user, project), pages[link]) for link in Link]


def case_number(project: Project) -> str:
    """The one number that spans the links: the project's code."""
    return project.code


_Found = tuple[Standing, tuple[Event, ...]]


def _application(_user: User, project: Project) -> _Found:
    rows = list(project.applications.order_by("pk"))
    found = [
        Event(
            timezone.localdate(row.applied_at),
            _("申请进入%(library)s") % {"library": row.get_to_library_display()},
            row.get_state_display(),
            reverse("library:application", args=[row.pk]),
        )
        for row in rows
    ]
    # What an older ledger brought never applied.
    found += [
        Event(
            timezone.localdate(move.at),
            _("进入%(library)s") % {"library": move.get_to_library_display()},
            move.get_way_display(),
        )
        for move in project.moves.filter(way__in=[Way.TAKEN_OVER, Way.SPLIT_OFF]).order_by("pk")
    ]
    if rows and rows[-1].state == ApplicationState.OPEN:
        return Standing.UNDER_WAY, _in_order(found)
    if project.library == Library.IMPLEMENTATION:
        return Standing.DONE, _in_order(found)
    if rows and rows[-1].state == ApplicationState.RETURNED:
        return Standing.BACK, _in_order(found)
    return (Standing.UNDER_WAY if found else Standing.NOT_YET), _in_order(found)


def _review(user: User, project: Project) -> _Found:
    rows = reviews(user, Wanted()).filter(project=project).order_by("pk")
    found = tuple(
        Event(
            timezone.localdate(row.opened_at),
            row.title,
            row.get_conclusion_display() or row.get_state_display(),
            reverse("argument:review", args=[row.pk]),
        )
        for row in rows
    )
    states = [row.state for row in rows]
    if ReviewState.OPEN in states:
        return Standing.UNDER_WAY, found
    report = project.evidence.filter(kind="review").order_by("pk").last()
    if report is not None and not found:
        found = (
            # No address: whose review it is of may not be this reader's.
            Event(timezone.localdate(report.at), report.title, report.get_outcome_display()),
        )
    if ReviewState.CLOSED in states or report is not None:
        return Standing.DONE, found
    return (Standing.BACK if states else Standing.NOT_YET), found


def _setup(_user: User, project: Project) -> _Found:
    row = project.approvals.filter(item=ApprovalItem.SETUP).first()
    if row is None:
        return Standing.NOT_YET, ()
    if row.granted_on is None:
        return Standing.UNDER_WAY, (Event(timezone.localdate(row.started_at), _("立项审批"), _("已受理")),)
    return Standing.DONE, (Event(row.granted_on, row.number, _("已批复")),)


def _building(_user: User, project: Project) -> _Found:
    start = getattr(project, "start", None)
    found = [] if start is None else [Event(start.started_on, _("开工"), _("已登记"))]
    entries = project.diary.order_by("on", "pk")
    if (last := entries.last()) is not None:
        words = _("建设日志 %(n)s 条") % {"n": entries.count()}
        found.append(
            Event(last.on, words, _("最近一条"), reverse("library:project-diary", args=[project.pk]))
        )
    if project.stage == Stage.COMPLETED:
        return Standing.DONE, _in_order(found)
    return (Standing.UNDER_WAY if project.stage == Stage.CONSTRUCTION else Standing.NOT_YET), _in_order(found)


def _change(_user: User, project: Project) -> _Found:
    rows = list(project.building_changes.order_by("pk"))
    found = tuple(
        Event(
            timezone.localdate(row.applied_at),
            f"{row.get_kind_display()} {row.text[:60]}",
            row.get_state_display(),
        )
        for row in rows
    )
    standing = [row for row in rows if row.state != ChangeState.WITHDRAWN]
    if not standing:
        return Standing.NOT_NEEDED, found
    last = {ChangeState.APPLIED: Standing.UNDER_WAY, ChangeState.RETURNED: Standing.BACK}
    return last.get(ChangeState(standing[-1].state), Standing.DONE), found


def _acceptance_application(_user: User, project: Project) -> _Found:
    rows = list(project.acceptances.order_by("pk"))
    found = tuple(
        Event(
            timezone.localdate(row.applied_at),
            f"{row.get_kind_display()} {row.subject}",
            _("已撤回") if row.state == AcceptanceState.WITHDRAWN else _("已申请"),
        )
        for row in rows
    )
    standing = [row for row in rows if row.state != AcceptanceState.WITHDRAWN]
    if not standing:  # what a ledger brought as completed never applied here
        came = project.completions.filter(acceptance=None).exists()
        return (Standing.NOT_NEEDED if came else Standing.NOT_YET), found
    whole = any(row.kind in WHOLE for row in standing)
    return (Standing.DONE if whole else Standing.UNDER_WAY), found


def _acceptance(_user: User, project: Project) -> _Found:
    rows = list(
        project.acceptances.filter(state__in=[AcceptanceState.PASSED, AcceptanceState.RECTIFY]).order_by("pk")
    )
    found = tuple(
        Event(
            row.accepted_on or timezone.localdate(row.decided_at),
            " ".join(filter(None, (row.get_kind_display(), row.subject, row.number))),
            row.get_state_display(),
        )
        for row in rows
    )
    if any(row.kind in WHOLE and row.state == AcceptanceState.PASSED for row in rows):
        return Standing.DONE, found
    if (day := project.completions.first()) is not None:  # what a ledger brought as completed
        return Standing.DONE, (*found, Event(day.completed_on, day.source, _("竣工日期已登记")))
    if project.acceptances.filter(state=AcceptanceState.APPLIED).exists():
        return Standing.UNDER_WAY, found
    # Of the whole, however it was applied for, and of each part the last one counts.
    last = {"" if row.kind in WHOLE else row.subject: row.state for row in rows}
    if AcceptanceState.RECTIFY in last.values():
        return Standing.BACK, found
    return (Standing.UNDER_WAY if rows else Standing.NOT_YET), found


def _evaluation(user: User, project: Project) -> _Found:
    items = visible(user, Permission.READ_ARGUMENTS, CampaignItem.objects.filter(project=project)).filter(
        campaign__kind=CampaignKind.EVALUATION
    )
    theirs = set(campaigns(user).filter(items__project=project).values_list("pk", flat=True))
    rows = Assessment.objects.filter(item__in=items).select_related("item__campaign").order_by("pk")
    found = tuple(
        Event(
            timezone.localdate(row.at),
            f"{row.item.campaign} {row.get_evaluator_display()}",
            str(row.score),
            reverse("argument:campaign", args=[row.item.campaign_id])
            if row.item.campaign_id in theirs
            else "",
        )
        for row in rows
    )
    whole = set(evaluated(items).values_list("pk", flat=True))
    if items.filter(campaign__closed_at=None).exclude(pk__in=whole).exists():
        return Standing.UNDER_WAY, found
    if whole:
        return Standing.DONE, found
    return (Standing.UNDER_WAY if found else Standing.NOT_YET), found


def _in_order(events: list[Event]) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda event: event.on))


_READ: Mapping[Link, Callable[[User, Project], _Found]] = {
    Link.APPLICATION: _application,
    Link.REVIEW: _review,
    Link.SETUP: _setup,
    Link.BUILDING: _building,
    Link.CHANGE: _change,
    Link.ACCEPTANCE_APPLICATION: _acceptance_application,
    Link.ACCEPTANCE: _acceptance,
    Link.EVALUATION: _evaluation,
}


def rows(reached: list[Reached]) -> Iterator[list[Any]]:
    """As an export has them: one row per event, a link without any once."""
    for number, one in enumerate(reached, start=1):
        for event in one.events or (None,):
            yield [
                number, str(one.link.label), str(one.standing.label),
                *((event.on, event.text, str(event.state)) if event is not None else (None, "", "")),
            ]  # fmt: skip
