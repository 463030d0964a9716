"""Readers of the ledgers."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import QuerySet

from gis_projects.argument.models import QuotaAccount
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, visible


def accounts(user: User) -> QuerySet[QuotaAccount]:
    """The accounts of the regions that a user reaches."""
    return visible(user, Permission.READ_ARGUMENTS, QuotaAccount.objects.select_related("region"))


def account_of(kind: str, region: Region, year: int) -> QuotaAccount | None:
    """The account that a project of a region draws on: the region's own, else that of the nearest above it."""
    here: Region | None = region
    while here is not None:
        found = QuotaAccount.objects.filter(kind=kind, region=here, year=year).first()
        if found is not None:
            return found
        here = here.parent
    return None


def remaining(account: QuotaAccount) -> Decimal:
    return account.granted - account.taken
