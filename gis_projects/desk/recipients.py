"""Who is told: the people of a unit, or those who reach a project, as far as they may do what is asked."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from gis_projects.library.models import Project
from gis_projects.people.models import Delegation, User
from gis_projects.people.permissions import ROLES, Permission, Role, may


def holders(permission: Permission) -> QuerySet[User]:
    """Active people with a role that lists the permission, or to whom somebody lent it."""
    roles = [str(role) for role, listed in ROLES.items() if permission in listed]
    lent = Delegation.objects.current().filter(permissions__contains=[str(permission)])
    return User.objects.filter(Q(roles__overlap=roles) | Q(pk__in=lent.values("taker")), is_active=True)


def members(organisation: int | None, permission: Permission) -> set[int]:
    """A unit's own people who may do something."""
    if organisation is None:
        return set()
    return set(holders(permission).filter(organisation=organisation).values_list("pk", flat=True))


def watching(organisation: int | None) -> set[int]:
    """A supervising body's own people to whom projects are referred: those with the role 联动监督."""
    rows = User.objects.filter(
        organisation=organisation,
        organisation__isnull=False,
        roles__contains=[str(Role.JOINT)],
        is_active=True,
    )
    return set(rows.values_list("pk", flat=True))


def reaching(project: Project, permission: Permission) -> set[int]:
    """Everybody who may do something to a project."""
    region = project.region_id
    above = [region[:n].ljust(len(region), "0") for n in range(2, len(region), 2)]
    near = Q(region__in=[*above, region]) | Q(organisation=project.organisation_id)
    lent = Delegation.objects.current().values("taker")
    found = holders(permission).filter(near | Q(pk__in=lent)).order_by("pk")
    return {user.pk for user in found if may(user, permission, project)}


def readers(project: Project, people: Iterable[int]) -> set[int]:
    """Those of these people who may read a project."""
    rows = User.objects.filter(pk__in=set(people))
    return {user.pk for user in rows if may(user, Permission.READ_PROJECTS, project)}


def named(keys: Iterable[int | None]) -> set[int]:
    """These people, those that there are and who may still sign in."""
    wanted = {key for key in keys if key is not None}
    return set(User.objects.filter(pk__in=wanted, is_active=True).values_list("pk", flat=True))
