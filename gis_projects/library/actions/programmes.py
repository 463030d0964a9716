"""Programmes: their targets, and the projects that count for them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from gis_projects.library.models import Programme, ProgrammeMember, Project
from gis_projects.library.money import Rounding
from gis_projects.library.subjects import demand
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, Scope, visible
from gis_projects.trail import actions as trail


@transaction.atomic
def save_programme(
    *,
    by: User | None,
    programme: Programme | None = None,
    name: str,
    region: Region,
    target_yuan: Decimal,
    starts_year: int,
    years: int,
    rounding: str = Rounding.HALF_UP,
    note: str = "",
) -> Programme:
    """Set up a programme, or change one."""
    demand(by, Permission.MANAGE_LIBRARIES, Scope(region.code))
    if programme is not None:
        programme = Programme.objects.select_for_update().get(pk=programme.pk)
        demand(by, Permission.MANAGE_LIBRARIES, programme.scope())
    row = programme or Programme()
    before = _said(row) if programme else None
    row.name, row.region, row.target_yuan, row.starts_year = name.strip(), region, target_yuan, starts_year
    row.years, row.rounding, row.note = years, rounding, note.strip()
    row.full_clean()
    row.save()
    data = {"name": row.name, "after": _said(row)} | ({"before": before} if before else {})
    trail.record(by=by, verb="library.save_programme", subject=f"library.programme:{row.pk}", data=data)
    return row


@transaction.atomic
def set_members(
    *, by: User | None, programme: Programme, add: Iterable[Project] = (), remove: Iterable[Project] = ()
) -> Programme:
    """Let projects count for a programme, or count no more."""
    programme = Programme.objects.select_for_update().select_related("region").get(pk=programme.pk)
    demand(by, Permission.MANAGE_LIBRARIES, programme.scope())
    added, removed = list(add), list(remove)
    if by is not None:
        wanted = {project.pk for project in [*added, *removed]}
        known = visible(by, Permission.READ_PROJECTS, Project.objects.filter(pk__in=wanted)).count()
        if known != len(wanted):
            raise ValidationError(_("其中有您无权查看的项目。"), code="unknown")
    there = set(programme.members.values_list("project_id", flat=True))
    new = [project for project in added if project.pk not in there]
    gone = [project for project in removed if project.pk in there]
    ProgrammeMember.objects.bulk_create(
        ProgrammeMember(programme=programme, project=project, by=by) for project in new
    )
    programme.members.filter(project__in=gone).delete()
    if new or gone:
        trail.record(
            by=by,
            verb="library.set_programme_members",
            subject=f"library.programme:{programme.pk}",
            data={
                "name": programme.name,
                "added": [project.pk for project in new],
                "removed": [project.pk for project in gone],
                "number": len(there) + len(new) - len(gone),
            },
        )
    return programme


def _said(row: Programme) -> dict[str, object]:
    return {
        "name": row.name,
        "region": row.region_id,
        "target_yuan": str(row.target_yuan),
        "starts_year": row.starts_year,
        "years": row.years,
        "rounding": str(row.rounding),
        "note": row.note,
    }
