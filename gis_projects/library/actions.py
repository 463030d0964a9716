"""The only writers of the library. ``by`` None is the machine's own operator, who has the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.library.models import InvestmentRecord, Membership, Precision, Project, ProjectKind
from gis_projects.people.models import Organisation, Region, User
from gis_projects.people.permissions import Permission, Scope, require
from gis_projects.trail import actions as trail
from siting.models import Site

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
    _require(
        by,
        Permission.EDIT_PROJECTS,
        Scope(region.code, str(organisation.pk) if organisation else "", secrecy),
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
        record = _add_record(project, planned_yuan, cumulative_yuan, recorded_on)
        data["investment"] = _investment(record)
    trail.record(by=by, verb="library.register_project", subject=subject(project), data=data)
    return project


@transaction.atomic
def revise_project(*, by: User | None, project: Project, **changes: Any) -> Project:
    """Change what a project says of itself (`REVISABLE`); only what differs is written and recorded.

    A new region also writes an investment record: past reports keep the project where it was counted then.
    """
    if unknown := set(changes) - set(REVISABLE):
        raise TypeError(f"not revisable: {sorted(unknown)}")
    project = _locked(project)
    _require(by, Permission.EDIT_PROJECTS, project)
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
    _require(by, Permission.EDIT_PROJECTS, project)
    project.save(update_fields=[*changed, "updated_at"])
    if project.site is not None:
        _keep_live(project, project.site)
    if "region" in changed:
        latest = project.investments.first()
        if latest is not None:
            _add_record(project, latest.planned_yuan, latest.cumulative_yuan, None)
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
    project = _locked(project)
    _require(by, Permission.EDIT_PROJECTS, project)
    wanted = _known_kinds(kinds)
    before = sorted(project.memberships.values_list("kind", flat=True))
    if before == sorted(wanted):
        return project
    project.memberships.exclude(kind__in=wanted).delete()
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


@transaction.atomic
def record_investment(
    *,
    by: User | None,
    project: Project,
    planned_yuan: Decimal,
    cumulative_yuan: Decimal,
    recorded_on: date | None = None,
) -> InvestmentRecord:
    """Write what is known of a project's money from a day on (today unless given).

    Raises
    ------
    ValidationError
        For a day in the future or before the project's last record, for negative amounts or fractions of a
        fen.
    """
    project = _locked(project)
    _require(by, Permission.RECORD_INVESTMENT, project)
    record = _add_record(project, planned_yuan, cumulative_yuan, recorded_on)
    trail.record(by=by, verb="library.record_investment", subject=subject(project), data=_investment(record))
    return record


@transaction.atomic
def attach_site(*, by: User | None, project: Project, site: Site | None = None) -> Site:
    """Give a project its site: the one passed, or a new empty one. A project keeps the site it has."""
    project = _locked(project)
    _require(by, Permission.EDIT_SITES, project)
    if project.site is not None:
        if site is not None and site.pk != project.site.pk:
            raise ValidationError(_("项目已有选址，不能改接另一个。"), code="has-site")
        return project.site
    if site is None:
        site = Site.objects.create(region_code=project.region_id, is_live=project.is_live)
    project.site = site
    project.save(update_fields=["site", "updated_at"])
    _keep_live(project, site)
    trail.record(by=by, verb="library.attach_site", subject=subject(project), data={"site": site.pk})
    return site


@transaction.atomic
def state_facts(*, by: User | None, project: Project, facts: Mapping[str, str]) -> Site:
    """Write the answers to what rules ask of a project (its kind of work, how its land is granted) on its
    site.
    """
    project = _locked(project)
    _require(by, Permission.EDIT_SITES, project)
    if project.site is None:
        raise ValidationError(_("项目还没有选址。"), code="no-site")
    site = Site.objects.select_for_update().get(pk=project.site.pk)
    after = {str(name): str(value) for name, value in facts.items() if value not in ("", None)}
    if site.facts != after:
        before, site.facts = site.facts, after
        site.save(update_fields=["facts"])
        trail.record(
            by=by,
            verb="library.state_facts",
            subject=subject(project),
            data={"before": before, "after": after},
        )
    return site


@transaction.atomic
def mark_disclosed(*, by: User | None, project: Project, disclosed: bool) -> Project:
    """Note that the public side holds a copy of a project, or no longer does."""
    project = _locked(project)
    _require(by, Permission.DISCLOSE_PROJECTS, project)
    if project.disclosed == disclosed:
        return project
    if disclosed and project.secrecy == "confidential":
        raise ValidationError(_("涉密项目不能公开。"), code="confidential")
    project.disclosed = disclosed
    project.save(update_fields=["disclosed", "updated_at"])
    trail.record(
        by=by,
        verb="library.mark_disclosed",
        subject=subject(project),
        data={"disclosed": disclosed},
    )
    return project


def subject(project: Project) -> str:
    """How the trail names a project."""
    return f"library.project:{project.pk}"


def _require(by: User | None, permission: Permission, target: Project | Scope) -> None:
    if by is not None:
        require(by, permission, target)


def _keep_live(project: Project, site: Site) -> None:
    """A site is live for as long as its project is; the floor below knows no project."""
    if site.is_live != project.is_live:
        site.is_live = project.is_live
        site.save(update_fields=["is_live"])


def _locked(project: Project) -> Project:
    # Locked first and read afterwards: in one statement the joined rows would be those from before the wait, and of two
    # who give a project its first site at once each would make one.
    Project.objects.select_for_update().only("pk").get(pk=project.pk)
    return Project.objects.select_related("region", "site").get(pk=project.pk)


def _add_record(
    project: Project, planned_yuan: Decimal, cumulative_yuan: Decimal, recorded_on: date | None
) -> InvestmentRecord:
    today = timezone.localdate()
    record = InvestmentRecord(
        project=project,
        region=project.region,
        planned_yuan=planned_yuan,
        cumulative_yuan=cumulative_yuan,
        recorded_on=recorded_on or today,
    )
    record.full_clean(validate_constraints=False)
    if record.recorded_on > today:
        raise ValidationError({"recorded_on": _("记录日期不能晚于今天。")})
    if planned_yuan < 0 or cumulative_yuan < 0:
        raise ValidationError(_("金额不能为负。"), code="negative")
    last = project.investments.first()
    if last is not None and last.recorded_on > record.recorded_on:
        raise ValidationError(
            {"recorded_on": _("记录日期不能早于上一条记录（%(day)s）。") % {"day": last.recorded_on}}
        )
    record.save(force_insert=True)
    return record


def _known_kinds(kinds: Iterable[str]) -> list[str]:
    wanted = {str(kind) for kind in kinds}
    if unknown := wanted - set(ProjectKind.values):
        raise ValidationError(
            _("没有这样的项目类别：%(kinds)s"), params={"kinds": "、".join(sorted(unknown))}, code="kind"
        )
    return [kind for kind in ProjectKind.values if kind in wanted]


def _investment(record: InvestmentRecord) -> dict[str, str]:
    return {
        "planned_yuan": str(record.planned_yuan),
        "cumulative_yuan": str(record.cumulative_yuan),
        "recorded_on": record.recorded_on.isoformat(),
        "region": record.region_id,
    }


def _plain(value: Any) -> Any:
    """As the trail keeps it: keys for rows, longitude and latitude for points, text for the rest."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, Point):
        return [value.x, value.y]
    if isinstance(value, Region | Organisation):
        return str(value.pk)
    return str(value)
