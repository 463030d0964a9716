"""Reading referrals: which projects a joint meeting let which bodies read, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from gis_projects.argument.models import Committee
from gis_projects.argument.queries.meetings import departments_for
from gis_projects.argument.queries.services import state_of
from gis_projects.library.models import Project
from gis_projects.people.models import Engagement, Organisation, Service, User
from gis_projects.people.permissions import Permission, Role, visible


@dataclass(frozen=True)
class Referral:
    """A referral with its project, and how it stands today (`queries.services.state_labels`)."""

    row: Engagement
    project: Project
    state: str


def bodies(committee: Committee) -> QuerySet[Organisation]:
    """The departments of a committee's region, and above, in which somebody has the role 联动监督."""
    there = User.objects.filter(
        organisation=OuterRef("pk"), is_active=True, roles__contains=[str(Role.JOINT)]
    )
    return departments_for(committee).filter(Exists(there), closed_at=None)


def current(project: int) -> QuerySet[Engagement]:
    """The referrals of a project that are open today."""
    return Engagement.objects.current().filter(project=project, service=Service.REFERRAL)


def referrals(user: User, *, state: str = "", q: str = "") -> QuerySet[Engagement]:
    """Those that a user may know of, the newest first: to their own unit, and of projects in the reach of who holds the
    committee's meetings. Of a project that they can't read any more, their own unit's are left out too.

    ``state``: ``current``, ``over`` (its last day has passed) or ``ended`` (before it); empty for all.
    """
    rows = Engagement.objects.filter(service=Service.REFERRAL)
    held = visible(user, Permission.HOLD_COMMITTEE, Project.objects.all()).values("pk")
    known = visible(user, Permission.READ_PROJECTS, Project.objects.all())
    for word in q.split():
        known = known.filter(Q(name__icontains=word) | Q(code__icontains=word))
    own = Q(organisation=user.organisation_id) if user.organisation_id is not None else Q(pk=None)
    rows = rows.filter(own | Q(project__in=held)).filter(project__in=known.values("pk"))
    today = timezone.localdate()
    if state == "current":
        rows = rows.filter(ended_at=None, starts_on__lte=today, ends_on__gte=today)
    elif state == "over":
        rows = rows.filter(ended_at=None, ends_on__lt=today)
    elif state == "ended":
        rows = rows.filter(ended_at__isnull=False)
    return rows.select_related("organisation", "engaged_by").order_by("-engaged_at", "-pk")


def with_projects(rows: Iterable[Engagement]) -> list[Referral]:
    """Referrals with their projects. One query."""
    found = list(rows)
    projects = Project.objects.select_related("region").in_bulk([row.project for row in found])
    return [Referral(row, projects[row.project], state_of(row)) for row in found]
