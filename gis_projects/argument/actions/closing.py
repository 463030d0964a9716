"""What ends things in a case: clocks stopped, drafts dropped, conditions lapsed, the result written down, the trail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils import timezone

from gis_projects.argument.models import (
    Case,
    Condition,
    ConditionState,
    Consultation,
    Decision,
    Escalation,
    Opinion,
    OpinionState,
    Task,
)
from gis_projects.argument.subjects import case_subject
from gis_projects.clock.actions import clocks
from gis_projects.clock.models import ClockState
from gis_projects.library.actions.evidence import record_evidence
from gis_projects.library.models import Outcome
from gis_projects.library.subjects import subject
from gis_projects.people.models import User
from gis_projects.trail import actions as trail


def written(*, by: User | None, case: Case, verb: str, data: dict[str, Any]) -> None:
    """One step of a case in its project's trail."""
    trail.record(
        by=by,
        verb=verb,
        subject=subject(case.project),
        data={"case": case.pk, "kind": case.kind, **data},
    )


def stop_clock(by: User | None, case: Case) -> None:
    if case.clock is not None and case.clock.state != ClockState.STOPPED:
        case.clock = clocks.stop(by=by, clock=case.clock)


def establish(by: User | None, case: Case, outcome: Outcome) -> None:
    """Write a case's result down where the gates of the libraries read it."""
    record_evidence(
        by=by,
        project=case.project,
        kind=case.kind,
        outcome=outcome,
        reference=case_subject(case),
        title=str(case.get_kind_display()),
        address=reverse("argument:case", args=[case.pk]),
    )


def drop_opinions(*, by: User | None, tasks: Iterable[Task]) -> None:
    """What was on its way to a signature comes to nothing, with a step each."""
    rows = Opinion.objects.filter(task__in=list(tasks), state__in=["draft", "approving"])
    for opinion in rows.select_related("task__case__project", "task__organisation"):
        opinion.state = OpinionState.DROPPED
        opinion.save(update_fields=["state"])
        written(
            by=by,
            case=opinion.task.case,
            verb="argument.drop_opinion",
            data={
                "task": opinion.task_id,
                "opinion": opinion.pk,
                "department": opinion.task.organisation.name,
            },
        )


def lapse_conditions(tasks: Iterable[Task]) -> None:
    """What was demanded in these tasks, by an opinion or a decision, is demanded no more; what was met stays so."""
    open_ = Condition.objects.filter(task__in=list(tasks), state__in=["open", "claimed"])
    open_.update(state=ConditionState.LAPSED)


def close_meetings(*, by: User, case: Case, reason: str) -> None:
    """End consultations and escalations that were under way, with the reason in place of a result."""
    now = timezone.now()
    Consultation.objects.filter(case=case, settled=None).update(
        settled=False, minutes=reason, recorded_by=by, recorded_at=now
    )
    Escalation.objects.filter(task__case=case, decision="").update(
        decision=Decision.WITHDRAWN, text=reason, decided_by=by, decided_at=now
    )
