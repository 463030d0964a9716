"""Taking a project into the library, and what it says of itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from gis_projects.library.actions.investment import add_record, described
from gis_projects.library.actions.sites import keep_live
from gis_projects.library.models import Membership, Precision, Project, ProjectKind
from gis_projects.library.subjects import demand, locked, subject
from gis_projects.people.models import Organisation, Region, User
from gis_projects.people.permissions import Permission, Scope
from gis_projects.trail import actions as trail

# What revise_project may change; money, kinds, the site and disclosure have actions of their own.
REVISABLE = (
    "name",
    "content",
    "region",
    "organisation",
    "industry",
    "level",
    "stage",
    "year",
    "location",
    "precision",
    "secrecy",
)


@transaction.atomic
def register_project(
    *,
    by: User | None,
    code: str,
    name: str,
    region: Region,
    industry: str,
    level: str,
    stage: str,
    year: int,
    kinds: Iterable[str] = (),
    content: str = "",
    organisation: Organisation | None = None,
    location: Point | None = None,
    precision: str = Precision.UNKNOWN,
    secrecy: str = "internal",
    planned_yuan: Decimal | None = None,
    cumulative_yuan: Decimal = Decimal(0),
    recorded_on: date | None = None,
) -> Project:
    """Take a project into the library, with its kinds and, where known, its money.

    ``location`` is EPSG:4490. ``recorded_on`` may lie in the past, for figures taken over from an older
    ledger.
    """
    demand(
        by,
        Permission.EDIT_PROJECTS,
        Scope(region.code, str(organisation.pk) if organisation else "", secrecy=secrecy),
    )
    project = Project(
        code=code,
        name=name,
        content=content,
        region=region,
        organisation=organisation,
        industry=industry,
        level=level,
        stage=stage,
        year=year,
        location=location,
        precision=precision,
        secrecy=secrecy,
    )
    project.full_clean()
    project.save(force_insert=True)
    wanted = _known_kinds(kinds)
    Membership.objects.bulk_create(Membership(project=project, kind=kind) for kind in wanted)
    data = {name: _plain(getattr(project, name)) for name in ("code", *REVISABLE)} | {"kinds": wanted}
    if planned_yuan is not None:
        record = add_record(project, planned_yuan, cumulative_yuan, recorded_on)
        data["investment"] = described(record)
    trail.record(by=by, verb="library.register_project", subject=subject(project), data=data)
    return project


@transaction.atomic
def revise_project(*, by: User | None, project: Project, **changes: Any) -> Project:
    """Change what a project says of itself (`REVISABLE`); only what differs is written and recorded.

    A new region also writes an investment record: past reports keep the project where it was counted then.
    """
    if unknown := set(changes) - set(REVISABLE):
        raise TypeError(f"not revisable: {sorted(unknown)}")
    project = locked(project)
    demand(by, Permission.EDIT_PROJECTS, project)
    before = {name: getattr(project, name) for name in changes}
    changed = [name for name, value in changes.items() if before[name] != value]
    if not changed:
        return project
    for name in changed:
        setattr(project, name, changes[name])
    if project.disclosed and project.secrecy == "confidential":
        # Who hides a project need not also be someone who discloses. The public side withdraws its copy when
        # it reads this step.
        before["disclosed"], changes["disclosed"] = True, False
        project.disclosed = False
        changed.append("disclosed")
    project.full_clean()
    # Nobody moves a project out of, or into, a reach that isn't theirs.
    demand(by, Permission.EDIT_PROJECTS, project)
    project.save(update_fields=[*changed, "updated_at"])
    if project.site is not None:
        keep_live(project, project.site)
    if "region" in changed:
        latest = project.investments.first()
        if latest is not None:
            add_record(project, latest.planned_yuan, latest.cumulative_yuan, None)
    trail.record(
        by=by,
        verb="library.revise_project",
        subject=subject(project),
        data={
            "before": {name: _plain(before[name]) for name in changed},
            "after": {name: _plain(changes[name]) for name in changed},
        },
    )
    return project


@transaction.atomic
def set_kinds(*, by: User | None, project: Project, kinds: Iterable[str]) -> Project:
    """Let a project be of exactly these kinds."""
    project = locked(project)
    demand(by, Permission.EDIT_PROJECTS, project)
    wanted = _known_kinds(kinds)
    shown = project.memberships.filter(kind__in=ProjectKind.values)
    before = sorted(set(shown.values_list("kind", flat=True)))
    if before == sorted(wanted):
        return project
    shown.exclude(kind__in=wanted).delete()
    Membership.objects.bulk_create(
        Membership(project=project, kind=kind) for kind in wanted if kind not in before
    )
    trail.record(
        by=by,
        verb="library.set_kinds",
        subject=subject(project),
        data={"before": before, "after": sorted(wanted)},
    )
    return project


def _known_kinds(kinds: Iterable[str]) -> list[str]:
    wanted = {str(kind) for kind in kinds}
    if unknown := wanted - set(ProjectKind.values):
        raise ValidationError(
            _("没有这样的项目类别：%(kinds)s"), params={"kinds": "、".join(sorted(unknown))}, code="kind"
        )
    return [kind for kind in ProjectKind.values if kind in wanted]


def _plain(value: Any) -> Any:
    """As the trail keeps it: keys for rows, longitude and latitude for points, text for the rest."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, Point):
        return [value.x, value.y]
    if isinstance(value, Region | Organisation):
        return str(value.pk)
    return str(value)
