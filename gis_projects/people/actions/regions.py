"""Administrative divisions."""

from __future__ import annotations

from django.db import transaction

from gis_projects.people.models import Region, User
from gis_projects.trail import actions as trail


def save_region(
    *, by: User | None, code: str, name: str, short_name: str, kind: str, parent: Region | None, position: int
) -> Region:
    """Enter or correct a region; its code is its identity."""
    with transaction.atomic():
        region = Region(
            code=code, name=name, short_name=short_name, kind=kind, parent=parent, position=position
        )
        region.full_clean(validate_unique=False)
        region.save()
        trail.record(
            by=by,
            verb="people.save_region",
            subject=f"people.region:{code}",
            data={
                "name": name,
                "short_name": short_name,
                "kind": kind,
                "parent": parent.code if parent else None,
                "position": position,
            },
        )
    return region
