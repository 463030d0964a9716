"""The only writers of conditions: set with what demands them, said to be met, confirmed by who set them, or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date

from gis_projects.argument.actions import closing
from gis_projects.argument.models import Condition, ConditionState, Escalation, Opinion
from gis_projects.argument.refusals import not_now, refuse, words
from gis_projects.argument.scopes import CONFIRMING
from gis_projects.argument.subjects import locked_case
from gis_projects.library.actions import attachments
from gis_projects.library.models import Attachment
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, may, require
from gis_projects.people.queries.delegations import same_person

MAX_CONDITIONS = 20


def condition_subject(condition: Condition) -> str:
    """Where the files that show it met lie (`library.Attachment.subject`)."""
    return f"argument.condition:{condition.pk}"


def demanded(given: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Conditions as somebody wrote them down: ``{"text": …, "due_on": "2026-05-01"}``, the day may be empty; rows with
    nothing in them are left out.

    Raises
    ------
    UnusableInput
        A day without a text, no day at all, or more than `MAX_CONDITIONS`.
    """
    found = []
    for at, entry in enumerate(given):
        text = words(str(entry.get("text", "")), field=f"conditions[{at}].text", needed=False, limit=1000)
        day = str(entry.get("due_on") or "").strip()
        if not text and not day:
            continue
        if not text:
            raise refuse("condition-empty", "请写明条件内容", field=f"conditions[{at}].text")
        if day and _day(day) is None:
            raise refuse("condition-day", "落实期限须为日期", field=f"conditions[{at}].due_on")
        found.append({"text": text, "due_on": day})
    if len(found) > MAX_CONDITIONS:
        raise refuse(
            "conditions-too-many", "条件不能超过 %(limit)s 项", field="conditions", limit=MAX_CONDITIONS
        )
    return found


def establish(source: Opinion | Escalation, asked: Iterable[Mapping[str, str]]) -> list[Condition]:
    """Set the conditions (as `demanded` returns them) of an opinion that comes into force, or of a decision."""
    opinion, escalation = (source, None) if isinstance(source, Opinion) else (None, source)
    unit = source.organisation_id if isinstance(source, Escalation) else source.task.organisation_id
    return Condition.objects.bulk_create(
        Condition(
            task_id=source.task_id,
            opinion=opinion,
            escalation=escalation,
            organisation_id=unit,
            position=at,
            text=entry["text"],
            due_on=_day(entry["due_on"]) if entry["due_on"] else None,
        )
        for at, entry in enumerate(asked, start=1)
    )


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:  # it looks like a day and is none: 2026-02-30
        return None


@transaction.atomic
def claim(*, by: User, condition: Condition, text: str) -> Condition:
    """Say how a condition was met; whoever set it confirms."""
    row = _fulfilled(by, condition)
    said = words(text, field="text")
    if row.state != ConditionState.OPEN:
        raise not_now("condition-not-open", "条件处于“%(state)s”", state=row.get_state_display())
    row.state, row.claim, row.claimed_by, row.claimed_at = ConditionState.CLAIMED, said, by, timezone.now()
    row.save(update_fields=["state", "claim", "claimed_by", "claimed_at"])
    _written(by, row, verb="argument.claim_condition", text=said)
    return row


@transaction.atomic
def attach(*, by: User, condition: Condition, name: str, content: bytes) -> Attachment:
    """Put a file that shows a condition met beside it."""
    row = _fulfilled(by, condition)
    if row.state not in (ConditionState.OPEN, ConditionState.CLAIMED):
        raise not_now("condition-not-open", "条件处于“%(state)s”", state=row.get_state_display())
    return attachments.attach(
        by=by,
        project=row.task.case.project,
        purpose="condition",
        name=name,
        content=content,
        subject=condition_subject(row),
    )


@transaction.atomic
def confirm(*, by: User, condition: Condition) -> Condition:
    """Confirm as the department (or the superior) that set it that a condition is met."""
    row = _claimed(by, condition)
    if same_person(by, row.claimed_by, timezone.localdate(row.claimed_at) if row.claimed_at else None):
        raise not_now("condition-two-persons", "填报落实情况的人不能确认，须由另一人确认")
    row.state, row.confirmed_by, row.confirmed_at = ConditionState.MET, by, timezone.now()
    row.save(update_fields=["state", "confirmed_by", "confirmed_at"])
    _written(by, row, verb="argument.confirm_condition", text=row.claim)
    return row


@transaction.atomic
def refuse_claim(*, by: User, condition: Condition, reason: str) -> Condition:
    """Say as the department (or the superior) that set it that a condition is not met yet, and why."""
    row = _claimed(by, condition)
    why = words(reason, field="reason")
    row.state, row.claim, row.claimed_by, row.claimed_at = ConditionState.OPEN, "", None, None
    row.save(update_fields=["state", "claim", "claimed_by", "claimed_at"])
    _written(by, row, verb="argument.refuse_condition", text=why)
    return row


def _locked(condition: Condition) -> Condition:
    known = Condition.objects.select_related("task")
    case = locked_case(known.get(pk=condition.pk).task.case_id)
    row = (
        Condition.objects.select_for_update(of=("self",))
        .select_related("task", "organisation", "claimed_by")
        .get(pk=condition.pk)
    )
    row.task.case = case
    return row


def _fulfilled(by: User, condition: Condition) -> Condition:
    """A condition, held by who answers for the project: its unit, or who organises its arguments."""
    row = _locked(condition)
    project = row.task.case.project
    if not may(by, Permission.START_ARGUMENTS, project):
        require(by, Permission.EDIT_PROJECTS, project)
    return row


def _claimed(by: User, condition: Condition) -> Condition:
    find(by, Permission.GIVE_OPINIONS, Condition.objects.all(), paths=CONFIRMING, pk=condition.pk)
    row = _locked(condition)
    if row.state != ConditionState.CLAIMED:
        raise not_now("condition-not-claimed", "条件处于“%(state)s”", state=row.get_state_display())
    return row


def _written(by: User, row: Condition, *, verb: str, text: str) -> None:
    closing.written(
        by=by,
        case=row.task.case,
        verb=verb,
        data={
            "condition": row.pk,
            "task": row.task_id,
            "department": row.organisation.name,
            "about": row.text,
            "text": text,
        },
    )
