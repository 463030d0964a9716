"""Changes and acceptances as lists and pages show them, and what of the record goes with an application."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from gis_projects.library.models import (
    Acceptance,
    ApprovalItem,
    BuildingChange,
    ChangeKind,
    ChangeState,
    Project,
)
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible

_WITH = ("project", "project__region", "project__organisation", "applied_by", "decided_by")


def changes(user: User) -> QuerySet[BuildingChange]:
    """The changes of projects that a user may know of, newest first."""
    rows = visible(user, Permission.READ_PROJECTS, BuildingChange.objects.all())
    return rows.select_related(*_WITH)


def acceptances(user: User) -> QuerySet[Acceptance]:
    """The acceptances of projects that a user may know of, newest first."""
    return visible(user, Permission.READ_PROJECTS, Acceptance.objects.all()).select_related(*_WITH)


def planned_yuan(project: Project) -> Decimal | None:
    """A project's total by the plan in force; before there is one, by the latest record of its money. 元."""
    plan = project.plans.first()
    if plan is not None:
        return plan.total_yuan
    latest = project.investments.first()
    return latest.planned_yuan if latest is not None else None


def facts(project: Project) -> dict[str, Any]:
    """What the record says of a project that applies for acceptance; amounts in 元 and days as text."""
    setup = project.approvals.filter(item=ApprovalItem.SETUP, granted_on__isnull=False).first()
    start = getattr(project, "start", None)
    planned, latest = planned_yuan(project), project.investments.first()
    return {
        "code": project.code,
        "name": project.name,
        "unit": project.organisation.name if project.organisation is not None else "",
        "content": project.content,
        "setup_number": setup.number if setup is not None else "",
        "started_on": start.started_on.isoformat() if start is not None else "",
        "planned_finish": project.planned_finish.isoformat() if project.planned_finish else "",
        "planned_yuan": str(planned) if planned is not None else "",
        "cumulative_yuan": str(latest.cumulative_yuan) if latest is not None else "",
        "changes": project.building_changes.filter(state=ChangeState.APPROVED).count(),
    }


def plan_behind(project: Project) -> BuildingChange | None:
    """The last approved change of money, where no plan was made since."""
    row = project.building_changes.filter(kind=ChangeKind.INVESTMENT, state=ChangeState.APPROVED).first()
    if row is None or row.decided_at is None or project.plans.filter(at__gt=row.decided_at).exists():
        return None
    return row
