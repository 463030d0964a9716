"""Which event inside is which of the five steps that the public sees: one table, read by `actions.handling`.

Only days, departments' names and a document's number go on from here: no opinion, no verdict, nobody's name.

==================  =====================  =======================  ======================  =====================  ========================
matter              窗口受理               业务审核                 专家评审                领导审批               发文
==================  =====================  =======================  ======================  =====================  ========================
argument            the case was opened    the last department of   the first expert        the case was           the first resolution of
(three kinds)                              the last round settled   review concluded since  concluded              the committee confirmed
                                                                    the case was opened                            since the conclusion
admission           applied for            (none)                   (none)                  decided                (none)
approval            accepted               (none)                   (none)                  (none)                 granted, with its number
==================  =====================  =======================  ======================  =====================  ========================
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from django.utils import timezone

from gis_projects.argument.models import Case, CaseState, ExpertReview, Resolution, ReviewPurpose, Task
from gis_projects.argument.models.reviews import ReviewStep, StepState
from gis_projects.disclosure.models import HandlingStage, MatterKind
from gis_projects.library.models import Application, Approval, Project
from gis_projects.people.models import User

T = TypeVar("T")

#: The step of an expert review in which it is concluded.
_EVALUATION = "evaluation"


@dataclass(frozen=True)
class Done:
    """A step that is done."""

    on: date
    departments: tuple[str, ...] = ()
    document: str = ""


@dataclass(frozen=True)
class Matter:
    """One matter of a project as the public may know of it. ``source`` names it as the trail does."""

    source: str
    kind: MatterKind
    started_on: date
    ended: bool
    stages: tuple[HandlingStage, ...]
    steps: dict[HandlingStage, Done] = field(default_factory=dict)


def matters(project: Project) -> Iterator[Matter]:
    """Every matter of a project; what was taken back by who brought it is none."""
    for case in Case.objects.filter(project=project).exclude(state=CaseState.WITHDRAWN).order_by("pk"):
        yield _of_case(case)
    for application in Application.objects.filter(project=project).exclude(state="withdrawn").order_by("pk"):
        yield _of_application(application)
    for approval in Approval.objects.filter(project=project).order_by("pk"):
        yield _of_approval(approval)


CASE_EVENTS: dict[HandlingStage, Callable[[Case], Done | None]] = {
    HandlingStage.ACCEPTED: lambda case: Done(_day(case.opened_at), _unit(case.opened_by)),
    HandlingStage.EXAMINED: lambda case: _settled(case),
    HandlingStage.REVIEWED: lambda case: _reviewed(case),
    HandlingStage.DECIDED: lambda case: (
        Done(_day(case.concluded_at), _unit(case.concluded_by)) if case.concluded_at else None
    ),
    HandlingStage.ISSUED: lambda case: _resolved(case),
}
APPLICATION_EVENTS: dict[HandlingStage, Callable[[Application], Done | None]] = {
    HandlingStage.ACCEPTED: lambda row: Done(_day(row.applied_at), _unit(row.applicant)),
    HandlingStage.DECIDED: lambda row: (
        Done(_day(row.decided_at), _unit(row.decided_by)) if row.decided_at else None
    ),
}
APPROVAL_EVENTS: dict[HandlingStage, Callable[[Approval], Done | None]] = {
    HandlingStage.ACCEPTED: lambda row: Done(_day(row.started_at), _unit(row.started_by)),
    HandlingStage.ISSUED: lambda row: (
        Done(row.granted_on, _unit(row.granted_by), row.number) if row.granted_on else None
    ),
}


def _of_case(case: Case) -> Matter:
    steps = _steps(CASE_EVENTS, case)
    return Matter(
        source=f"argument.case:{case.pk}",
        kind=MatterKind(case.kind),
        started_on=_day(case.opened_at),
        ended=case.state == CaseState.CONCLUDED,
        stages=tuple(CASE_EVENTS),
        steps=steps,
    )


def _of_application(row: Application) -> Matter:
    return Matter(
        source=f"library.application:{row.pk}",
        kind=MatterKind.ADMISSION,
        started_on=_day(row.applied_at),
        ended=row.decided_at is not None,
        stages=tuple(APPLICATION_EVENTS),
        steps=_steps(APPLICATION_EVENTS, row),
    )


def _of_approval(row: Approval) -> Matter:
    return Matter(
        source=f"library.approval:{row.pk}",
        kind=MatterKind(row.item),
        started_on=_day(row.started_at),
        ended=row.granted_on is not None,
        stages=tuple(APPROVAL_EVENTS),
        steps=_steps(APPROVAL_EVENTS, row),
    )


def _steps(events: dict[HandlingStage, Callable[[T], Done | None]], row: T) -> dict[HandlingStage, Done]:
    found = {stage: event(row) for stage, event in events.items()}
    return {stage: done for stage, done in found.items() if done is not None}


def _settled(case: Case) -> Done | None:
    """When the last department of the round spoke; none while one of them owes its opinion."""
    tasks = Task.objects.filter(case=case, round=case.round).exclude(state__in=("superseded", "cancelled"))
    days = [(task.settled_at, task.organisation.name) for task in tasks.select_related("organisation")]
    if not days or any(at is None for at, _name in days):
        return None
    last = max(at for at, _name in days if at is not None)
    return Done(_day(last), tuple(sorted({name for _at, name in days})))


def _reviewed(case: Case) -> Done | None:
    step = (
        ReviewStep.objects.filter(
            review__in=ExpertReview.objects.filter(project=case.project_id, purpose=ReviewPurpose.ARGUMENT),
            code=_EVALUATION,
            state=StepState.DONE,
            at__gte=case.opened_at,
        )
        .select_related("review__organiser__organisation")
        .order_by("at")
        .first()
    )
    return Done(_day(step.at), _unit(step.review.organiser)) if step else None


def _resolved(case: Case) -> Done | None:
    if case.concluded_at is None:
        return None
    resolution = (
        Resolution.objects.filter(
            item__project=case.project_id,
            document__isnull=False,
            item__meeting__confirmed_at__gte=case.concluded_at,
        )
        .select_related("item__meeting__committee")
        .order_by("item__meeting__confirmed_at")
        .first()
    )
    if resolution is None:
        return None
    meeting = resolution.item.meeting
    assert meeting.confirmed_at is not None
    return Done(_day(meeting.confirmed_at), (meeting.committee.name,), resolution.document or "")


def _unit(person: User | None) -> tuple[str, ...]:
    """The unit that somebody acted for, never themselves; nothing where they have none."""
    if person is None or person.organisation is None:
        return ()
    return (person.organisation.name,)


def _day(at: datetime) -> date:
    return timezone.localdate(at)
