"""Units."""

from __future__ import annotations

from django.db import transaction

from gis_projects.people.models import Organisation, Region, User
from gis_projects.people.permissions import Permission, require
from gis_projects.trail import actions as trail


@transaction.atomic
def save_organisation(*, by: User | None, code: str, name: str, region: Region | None = None) -> Organisation:
    """Enter or correct a unit; its credit code is its identity."""
    if by is not None:
        require(by, Permission.MANAGE_PEOPLE)
    row = Organisation.objects.filter(code=code).first() or Organisation(code=code)
    row.name, row.region = name, region
    row.full_clean(validate_unique=False)
    row.save()
    trail.record(
        by=by,
        verb="people.save_organisation",
        subject=f"people.organisation:{code}",
        data={"name": name, "region": region.code if region else None},
    )
    return row
