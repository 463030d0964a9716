"""What opinions and superiors' decisions demand, and what the reader may do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from gis_projects.argument.actions.conditions import condition_subject
from gis_projects.argument.models import Decision, Escalation
from gis_projects.argument.scopes import CONFIRMING, DECIDING
from gis_projects.library.models import Attachment
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may, visible

#: How many rows the form of a decision has for conditions before anything is written into it.
CONDITION_ROWS = 3


def escalation_data(
    user: User,
    row: Escalation,
    files: Mapping[str, list[Attachment]],
    *,
    typed: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What was put before a superior: its decision with the conditions, or whether it is the reader's to decide.

    ``typed``: what a form that wasn't done held (``decision``, ``text``, ``conditions``), and its ``errors`` by field.
    """
    held = typed or {}
    rows = list(held.get("conditions", ()))
    return {
        "row": row,
        "decidable": _decides(user, row),
        "form": {
            "decision": held.get("decision", ""),
            "text": held.get("text", ""),
            "conditions": [*rows, {}, *({} for _row in range(len(rows) + 1, CONDITION_ROWS))],
            "errors": held.get("errors", {}),
        },
        "decisions": [choice for choice in Decision.choices if choice[0] != Decision.WITHDRAWN],
        "conditions": [condition_data(user, each, files) for each in row.conditions.all()],
    }


def _decides(user: User, row: Escalation) -> bool:
    if row.decision or row.by_id == user.pk:
        return False
    return visible(user, Permission.APPROVE_OPINIONS, Escalation.objects.filter(pk=row.pk), DECIDING).exists()


def condition_data(user: User, row: Any, files: Mapping[str, list[Attachment]]) -> dict[str, Any]:
    """One condition, and what the reader may do about it."""
    case = row.task.case
    live = row.state in ("open", "claimed")
    answers = may(user, Permission.START_ARGUMENTS, case.project) or may(
        user, Permission.EDIT_PROJECTS, case.project
    )
    mine = row.organisation_id == user.organisation_id
    return {
        "row": row,
        "state_label": row.get_state_display(),
        "files": files.get(condition_subject(row), []),
        "overdue": live and row.due_on is not None and row.due_on < timezone.localdate(),
        "may_claim": row.state == "open" and answers,
        "may_confirm": row.state == "claimed"
        and mine
        and row.claimed_by_id != user.pk
        and visible(user, Permission.GIVE_OPINIONS, type(row).objects.filter(pk=row.pk), CONFIRMING).exists(),
    }
