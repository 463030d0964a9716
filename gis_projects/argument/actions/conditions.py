"""The only writers of conditions once they are set: said to be met, confirmed by the department, or not."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from gis_projects.argument.actions import closing
from gis_projects.argument.models import Condition, ConditionState
from gis_projects.argument.refusals import not_now, words
from gis_projects.argument.scopes import CONFIRMING
from gis_projects.argument.subjects import locked_case
from gis_projects.library.actions import attachments
from gis_projects.library.models import Attachment
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, may, require
from gis_projects.people.queries.delegations import same_person


def condition_subject(condition: Condition) -> str:
    """Where the files that show it met lie (`library.Attachment.subject`)."""
    return f"argument.condition:{condition.pk}"


@transaction.atomic
def claim(*, by: User, condition: Condition, text: str) -> Condition:
    """Say how a condition was met; the department that set it confirms."""
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
        project=row.opinion.task.case.project,
        purpose="condition",
        name=name,
        content=content,
        subject=condition_subject(row),
    )


@transaction.atomic
def confirm(*, by: User, condition: Condition) -> Condition:
    """Confirm as the department that set it that a condition is met."""
    row = _claimed(by, condition)
    if same_person(by, row.claimed_by, timezone.localdate(row.claimed_at) if row.claimed_at else None):
        raise not_now("condition-two-persons", "填报落实情况的人不能确认，须由另一人确认")
    row.state, row.confirmed_by, row.confirmed_at = ConditionState.MET, by, timezone.now()
    row.save(update_fields=["state", "confirmed_by", "confirmed_at"])
    _written(by, row, verb="argument.confirm_condition", text=row.claim)
    return row


@transaction.atomic
def refuse_claim(*, by: User, condition: Condition, reason: str) -> Condition:
    """Say as the department that set it that a condition is not met yet, and why."""
    row = _claimed(by, condition)
    why = words(reason, field="reason")
    row.state, row.claim, row.claimed_by, row.claimed_at = ConditionState.OPEN, "", None, None
    row.save(update_fields=["state", "claim", "claimed_by", "claimed_at"])
    _written(by, row, verb="argument.refuse_condition", text=why)
    return row


def _locked(condition: Condition) -> Condition:
    known = Condition.objects.select_related("opinion__task")
    case = locked_case(known.get(pk=condition.pk).opinion.task.case_id)
    row = (
        Condition.objects.select_for_update(of=("self",))
        .select_related("opinion__task__organisation", "claimed_by")
        .get(pk=condition.pk)
    )
    row.opinion.task.case = case
    return row


def _fulfilled(by: User, condition: Condition) -> Condition:
    """A condition, held by who answers for the project: its unit, or who organises its arguments."""
    row = _locked(condition)
    project = row.opinion.task.case.project
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
        case=row.opinion.task.case,
        verb=verb,
        data={
            "condition": row.pk,
            "task": row.opinion.task_id,
            "department": row.opinion.task.organisation.name,
            "about": row.text,
            "text": text,
        },
    )
