"""What a bureau sets for its libraries, and how it stands with a project's factors."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from gis_projects.library.models import FactorStatus, Parameter, Project
from gis_projects.library.subjects import demand, locked, subject
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, Scope
from gis_projects.trail import actions as trail


@transaction.atomic
def set_parameter(
    *,
    by: User | None,
    key: str,
    value: Decimal,
    source: str,
    region: Region | None = None,
    inclusive: bool = True,
    valid_from: date | None = None,
) -> Parameter:
    """Let a figure hold from a day on (today unless given) for a region and those below it, or for all.

    For all only by somebody of the whole platform: whose own region is the one at the top, or has none above it here.

    Raises
    ------
    ValidationError
        For an unknown figure, a negative value or none of a source.
    """
    top = region or (by.region if by is not None else None)
    demand(by, Permission.MANAGE_LIBRARIES, Scope(region=_top(top) if region is None else region.code))
    row = Parameter(
        key=key,
        region=region,
        value=value,
        inclusive=inclusive,
        source=source.strip(),
        valid_from=valid_from or timezone.localdate(),
        by=by,
    )
    row.full_clean(exclude=["by"])
    row.save(force_insert=True)
    trail.record(
        by=by,
        verb="library.set_parameter",
        subject=f"library.parameter:{key}",
        data={"region": row.region_id, "value": str(value), "inclusive": inclusive, "source": row.source,
              "valid_from": row.valid_from.isoformat()},
    )  # fmt: skip
    return row


def _top(region: Region | None) -> str:
    """The code of the topmost region above one; empty (nobody's) where there is none."""
    while region is not None and region.parent is not None:
        region = region.parent
    return region.code if region is not None else ""


@transaction.atomic
def state_factor(
    *, by: User | None, project: Project, factor: str, state: str, note: str = ""
) -> FactorStatus:
    """Say how it stands with one factor of a project (F253).

    Raises
    ------
    ValidationError
        For an unknown factor or state, or a gap that isn't described.
    """
    project = locked(project)
    demand(by, Permission.EDIT_PROJECTS, project)
    row = FactorStatus(project=project, factor=factor, state=state, note=note.strip(), by=by)
    row.full_clean(exclude=["by"])
    row.save(force_insert=True)
    trail.record(
        by=by,
        verb="library.state_factor",
        subject=subject(project),
        data={"factor": factor, "state": state, "note": row.note},
    )
    return row
