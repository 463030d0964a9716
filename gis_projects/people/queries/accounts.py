"""Accounts as those see them who manage them."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import Http404

from gis_projects.people.models import Organisation, User
from gis_projects.people.permissions import Permission, Scope, ScopePaths, has, may, region_prefix, visible

#: Where an account belongs, as `actions.users.home` has it.
_HOME = Coalesce("region_id", "organisation__region_id", Value(settings.REGION_CODE))


@dataclass(frozen=True)
class Wanted:
    """What of a list of accounts is asked for; empty: all."""

    q: str = ""
    role: str = ""
    region: str = ""
    unit: str = ""
    state: str = ""


def managed(user: User) -> QuerySet[User]:
    """The accounts that the user manages, each with its unit and region."""
    rows = User.objects.annotate(home=_HOME).select_related("organisation", "region")
    return visible(user, Permission.MANAGE_PEOPLE, rows, ScopePaths(region="home"))


def of_unit(organisation: Organisation) -> QuerySet[User]:
    return User.objects.filter(organisation=organisation).select_related("region").order_by("username")


def find_account(user: User, pk: int) -> User:
    """An account that the user manages, or of the unit whose administrator they are. 404 or 403 otherwise."""
    if not has(user, Permission.MANAGE_PEOPLE) and not has(user, Permission.MANAGE_UNIT):
        raise PermissionDenied(Permission.MANAGE_PEOPLE)
    account = managed(user).filter(pk=pk).first()
    if account is None:
        account = User.objects.select_related("organisation", "region").filter(pk=pk).first()
        if account is None or account.organisation_id is None:
            raise Http404
        if not may(user, Permission.MANAGE_UNIT, Scope(organisation=str(account.organisation_id))):
            raise Http404
    return account


def chosen(rows: QuerySet[User], wanted: Wanted) -> QuerySet[User]:
    """The accounts that are asked for; ``state`` is active, stopped or never (nobody signed in yet)."""
    if wanted.q:
        rows = rows.filter(
            Q(username__icontains=wanted.q)
            | Q(full_name__icontains=wanted.q)
            | Q(organisation__name__icontains=wanted.q)
        )
    if wanted.role:
        rows = rows.filter(roles__contains=[wanted.role])
    if wanted.region:
        rows = rows.annotate(home=_HOME).filter(home__startswith=region_prefix(wanted.region))
    if wanted.unit:
        rows = rows.filter(organisation__code=wanted.unit)
    if wanted.state == "active":
        rows = rows.filter(is_active=True)
    elif wanted.state == "stopped":
        rows = rows.filter(is_active=False)
    elif wanted.state == "never":
        rows = rows.filter(last_login=None)
    return rows.order_by("username")
