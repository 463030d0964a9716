"""Minutes: written by one person, confirmed by another; with that the resolutions have numbers and take effect."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from gis_projects.argument.actions.meetings import (
    TwoPersons,
    held,
    may_resolve,
    meeting_subject,
    planned,
    projects_of,
)
from gis_projects.argument.models import (
    AgendaItem,
    Committee,
    ItemKind,
    Meeting,
    MeetingState,
    Resolution,
    ResolutionOutcome,
)
from gis_projects.argument.refusals import not_now, words
from gis_projects.library.actions.evidence import record_evidence
from gis_projects.library.models import EvidenceKind, Outcome
from gis_projects.library.subjects import subject as project_subject
from gis_projects.people.models import User
from gis_projects.people.queries.delegations import same_person
from gis_projects.trail import actions as trail
from siting.engine.notices import Notice

_EVIDENCE = {
    ResolutionOutcome.ADOPTED: Outcome.PASSED,
    ResolutionOutcome.CONDITIONAL: Outcome.CONDITIONAL,
    ResolutionOutcome.REJECTED: Outcome.FAILED,
}  # what is deferred establishes nothing


@transaction.atomic
def record_minutes(*, by: User, meeting: Meeting, minutes: str) -> Meeting:
    """Write the minutes of a meeting, every item of which is resolved; a second person confirms them."""
    row = planned(by, meeting)
    said = words(minutes, field="minutes", limit=20_000)
    items = list(row.items.select_related("resolution", "project"))
    if not items:
        raise not_now("no-items", "还没有议题")
    for item in items:
        if not hasattr(item, "resolution"):
            raise not_now(
                "item-open",
                "议题 %(position)s“%(title)s”还没有决议",
                position=item.position,
                title=item.title,
            )
        may_resolve(row, item, item.resolution.outcome)
    row.minutes, row.state, row.returned = said, MeetingState.RECORDED, ""
    row.recorded_by, row.recorded_at = by, timezone.now()
    row.revision += 1
    row.save()
    trail.record(
        by=by, verb="argument.record_minutes", subject=meeting_subject(row),
        data={"title": row.title, "items": len(items), "revision": row.revision},
    )  # fmt: skip
    return row


@transaction.atomic
def return_minutes(*, by: User, meeting: Meeting, reason: str) -> Meeting:
    """Send minutes back to be written anew; any of the office may, their writer too."""
    row = _recorded(by, meeting)
    row.state, row.returned = MeetingState.PLANNED, words(reason, field="reason", limit=300)
    row.revision += 1
    row.save()
    trail.record(
        by=by, verb="argument.return_minutes", subject=meeting_subject(row),
        data={"title": row.title, "reason": row.returned},
    )  # fmt: skip
    return row


@transaction.atomic
def confirm_minutes(*, by: User, meeting: Meeting, revision: int) -> Meeting:
    """Confirm the minutes as they were read: each resolution gets its number, and what it establishes of its project.

    Raises
    ------
    TwoPersons
        The one who wrote them.
    NotNow
        They were changed meanwhile, or somebody else confirmed them.
    """
    row = _recorded(by, meeting)
    if row.revision != revision:
        raise not_now("minutes-moved-on", "纪要已有改动，请看过后再确认")
    if row.recorded_by_id == by.pk or same_person(
        row.recorded_by, by, row.recorded_at and timezone.localdate(row.recorded_at)
    ):
        raise TwoPersons(Notice("two-persons", "纪要的记录人不能确认，须由另一人确认"))
    items = list(row.items.select_related("resolution", "project"))
    for number, item in enumerate(items, start=_last_document(row) + 1):
        item.resolution.document = f"{row.committee.abbreviation}〔{row.year}〕{number}号"
        item.resolution.save(update_fields=["document"])
    for item in items:
        _establish(by, row, item)
    row.state, row.confirmed_by, row.confirmed_at = MeetingState.CONFIRMED, by, timezone.now()
    row.save(update_fields=["state", "confirmed_by", "confirmed_at"])
    trail.record(
        by=by,
        verb="argument.confirm_minutes",
        subject=meeting_subject(row),
        data={
            "title": row.title, "revision": row.revision, "projects": projects_of(row),
            "documents": [item.resolution.document for item in items],
        },
    )  # fmt: skip
    return row


def _recorded(by: User, meeting: Meeting) -> Meeting:
    row = held(by, meeting)
    if row.state != MeetingState.RECORDED:
        raise not_now(
            "minutes-not-recorded", "会议处于“%(state)s”，没有待确认的纪要", state=row.get_state_display()
        )
    return row


def _last_document(meeting: Meeting) -> int:
    """The highest number that a resolution of the committee has in the meeting's year; its committee is held."""
    Committee.objects.select_for_update().get(pk=meeting.committee_id)
    numbers = Resolution.objects.filter(
        item__meeting__committee=meeting.committee_id,
        item__meeting__year=meeting.year,
        document__isnull=False,
    ).values_list("document", flat=True)
    return max(
        (int(document.rpartition("〕")[2].removesuffix("号")) for document in numbers if document), default=0
    )


def _establish(by: User, meeting: Meeting, item: AgendaItem) -> None:
    """What a fiscal deliberation resolved is evidence for the gates; a timeline tells of what concerns its project."""
    if item.project is None:
        return
    resolution = item.resolution
    trail.record(
        by=by,
        verb="argument.adopt_resolution",
        subject=project_subject(item.project),
        data={
            "of": f"argument.resolution:{resolution.pk}", "meeting": meeting.title, "title": item.title,
            "document": resolution.document, "outcome": resolution.outcome, "text": resolution.text,
            "conditions": resolution.conditions,
        },
    )  # fmt: skip
    outcome = _EVIDENCE.get(ResolutionOutcome(resolution.outcome))
    if item.kind == ItemKind.FISCAL and outcome is not None:
        record_evidence(
            by=by, project=item.project, kind=EvidenceKind.RESOLUTION, outcome=outcome,
            reference=f"argument.resolution:{resolution.pk}", title=f"{resolution.document} {item.title}"[:200],
            address=reverse("argument:resolution", args=[resolution.pk]),
        )  # fmt: skip
