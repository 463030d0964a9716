"""Changes and acceptances as lists and pages show them, and what of the record goes with an application."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from gis_projects.library.models import (
    WHOLE,
    Acceptance,
    AcceptanceState,
    ApprovalItem,
    BuildingChange,
    ChangeKind,
    ChangeState,
    Library,
    Project,
    Stage,
)
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible

_BUILT = (Stage.CONSTRUCTION, Stage.SUSPENDED)
_WITH = ("project", "project__region", "project__organisation", "applied_by", "decided_by")


def changes(user: User) -> QuerySet[BuildingChange]:
    """The changes of projects that a user may know of, newest first."""
    rows = visible(user, Permission.READ_PROJECTS, BuildingChange.objects.all())
    return rows.select_related(*_WITH)


def acceptances(user: User) -> QuerySet[Acceptance]:
    """The acceptances of projects that a user may know of, newest first."""
    return visible(user, Permission.READ_PROJECTS, Acceptance.objects.all()).select_related(*_WITH)


def planned_yuan(project: Project) -> Decimal | None:
    """A project's total as it was decided last, 元: the approved change that no plan says yet, else the plan in force;
    before there is a plan, the latest record of its money.
    """
    ahead = plan_behind(project)
    if ahead is not None:
        return ahead.to_yuan
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
    """The last approved change of money, until a plan says its total."""
    row = project.building_changes.filter(kind=ChangeKind.INVESTMENT, state=ChangeState.APPROVED).first()
    if row is None or row.to_yuan is None:
        return None
    plan = project.plans.first()
    said = project.plans.filter(total_yuan=row.to_yuan, at__gte=row.decided_at).exists()
    return None if said or (plan is not None and plan.total_yuan == row.to_yuan) else row


def open_whole(project: Project) -> Acceptance | None:
    """The application for acceptance of the whole project that isn't concluded yet."""
    return project.acceptances.filter(kind__in=WHOLE, state=AcceptanceState.APPLIED).first()


def shut(project: Project, kind: str) -> bool:
    """Whether what a change of this kind would alter stands, so that it becomes otherwise by a change only.

    So it is while a project of the implementation library is under construction, or suspended since: its planned finish
    and the total of its plan once they are known, or once a change of them was asked for and not taken back.
    """
    if project.library != Library.IMPLEMENTATION or not project.begun or project.stage not in _BUILT:
        return False
    known = {
        ChangeKind.SCHEDULE: lambda: project.planned_finish is not None,
        ChangeKind.INVESTMENT: lambda: project.plans.exists(),
    }[ChangeKind(kind)]
    asked = project.building_changes.filter(kind=kind).exclude(state=ChangeState.WITHDRAWN)
    return known() or asked.exists()
