"""Taking a project into the library, and what it says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.gis.geos import Point
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from gis_projects.library import upkeep
from gis_projects.library.actions.investment import add_record, described
from gis_projects.library.actions.sites import keep_live
from gis_projects.library.models import (
    ChangeKind,
    Code,
    InvestmentKind,
    Membership,
    Precision,
    Project,
    ProjectKind,
)
from gis_projects.library.models.record import CODED
from gis_projects.library.queries.building import shut
from gis_projects.library.queries.starts import begins, completes, reopens
from gis_projects.library.subjects import demand, locked, subject
from gis_projects.people.models import Organisation, Region, User
from gis_projects.people.permissions import Permission, Scope
from gis_projects.sentences import listed
from gis_projects.trail import actions as trail

# What every registration says in its step, empty or not.
_ALWAYS_SAID = frozenset({
    "code", "name", "content", "region", "organisation", "industry", "level", "stage", "year", "location", "precision",
    "secrecy", "kinds",
})  # fmt: skip
# What revise_project may change; money, plans, land, kinds, the site, the library and disclosure have actions of their
# own.
REVISABLE = upkeep.FIELDS
# What a project may be registered with beside what register_project names itself.
DETAILS = (
    *(name for name in CODED),
    "source_basis", "address", "intended_yuan", "authority", "scale", "legal_person", "legal_person_phone",
    "credit_code", "national_code", "planned_start", "planned_finish", "goals", "funding_note", "functions",
)  # fmt: skip


class MayNotEnter(PermissionDenied):
    """The department of whoever registers doesn't enter projects of this kind of investment (F263, F264)."""


@transaction.atomic
def register_project(
    *,
    by: User | None,
    code: str = "",
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
    investment_kind: str = InvestmentKind.GOVERNMENT,
    planned_yuan: Decimal | None = None,
    cumulative_yuan: Decimal = Decimal(0),
    recorded_on: date | None = None,
    **details: Any,
) -> Project:
    """Take a project into the library, with its kinds and, where known, its money.

    Without a ``code`` the platform gives it one of its own. ``location`` is EPSG:4490. ``recorded_on`` may lie in the
    past, for figures taken over from an older ledger. ``details`` are fields of the catalogue and the reserve
    (`DETAILS`). The credit code is the unit's own unless another is given.

    Raises
    ------
    PermissionDenied
        ``by`` may not edit projects there.
    MayNotEnter
        Their department doesn't enter projects of this kind of investment.
    ValidationError
        By field, what is wrong.
    """
    if unknown := set(details) - set(DETAILS):
        raise TypeError(f"not a field of a project: {sorted(unknown)}")
    demand(
        by,
        Permission.EDIT_PROJECTS,
        Scope(region.code, str(organisation.pk) if organisation else "", secrecy=secrecy),
    )
    if by is not None and not upkeep.may_enter(
        by, investment_kind, organisation.pk if organisation else None
    ):
        raise MayNotEnter(investment_kind)
    project = Project(
        code=code or _next_code(region, year),
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
        investment_kind=investment_kind,
        **details,
    )
    if organisation is not None and not project.credit_code:
        project.credit_code = organisation.code
    _refuse_unfit(project, details)
    project.full_clean()
    project.save(force_insert=True)
    wanted = _known_kinds(kinds)
    Membership.objects.bulk_create(Membership(project=project, kind=kind) for kind in wanted)
    said = ("code", *REVISABLE, "national_code")
    data = {name: _plain(getattr(project, name)) for name in said} | {"kinds": wanted}
    data = {
        name: value for name, value in data.items() if name in _ALWAYS_SAID or value not in (None, "", [])
    }
    if planned_yuan is not None:
        record = add_record(project, planned_yuan, cumulative_yuan, recorded_on)
        data["investment"] = described(record)
    trail.record(by=by, verb="library.register_project", subject=subject(project), data=data)
    return project


def revise_project(*, by: User | None, project: Project, **changes: Any) -> Project:
    """Change what a project says of itself (`REVISABLE`); only what differs is written and recorded.

    A new region also writes an investment record: past reports keep the project where it was counted then. Who wants
    to change what others keep up is refused, and the attempt is recorded.

    Raises
    ------
    OutsideOwnFields
        One of the fields that would change is another party's (`upkeep`).
    """
    if unknown := set(changes) - set(REVISABLE):
        raise TypeError(f"not revisable: {sorted(unknown)}")
    with own_fields(by, project):
        return _revise(by, project, changes)


@contextmanager
def own_fields(by: User | None, project: Project) -> Iterator[None]:
    """Let whoever oversteps leave a step in the trail, after what they began is undone."""
    try:
        with transaction.atomic():
            yield
    except upkeep.OutsideOwnFields as refused:
        trail.record(
            by=by,
            verb="library.refuse_change",
            subject=subject(project),
            data={"fields": list(refused.fields)},
        )
        raise


def _revise(by: User | None, project: Project, changes: dict[str, Any]) -> Project:
    project = locked(project)
    if by is not None and not upkeep.parties_of(by, project):
        raise PermissionDenied(Permission.EDIT_PROJECTS)
    before = {name: getattr(project, name) for name in changes}
    changed = [name for name, value in changes.items() if before[name] != value]
    if not changed:
        return project
    upkeep.demand_fields(by, project, changed)
    if "planned_finish" in changed and shut(project, ChangeKind.SCHEDULE):
        raise ValidationError({"planned_finish": _("在建项目的计划竣工须申请工期变更，不能直接修改。")})
    for name in changed:
        setattr(project, name, changes[name])
    _refuse_unfit(project, changed)
    if "stage" in changed:
        _refuse_stage(project, before["stage"])
    if project.disclosed and project.secrecy == "confidential":
        # Who hides a project need not also be someone who discloses. The public side withdraws its copy when
        # it reads this step.
        before["disclosed"], changes["disclosed"] = True, False
        project.disclosed = False
        changed.append("disclosed")
    project.full_clean()
    # Nobody moves a project out of, or into, a reach that isn't theirs.
    if by is not None and not upkeep.parties_of(by, project):
        raise PermissionDenied(Permission.EDIT_PROJECTS)
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


def set_kinds(*, by: User | None, project: Project, kinds: Iterable[str]) -> Project:
    """Let a project be of exactly these kinds."""
    with own_fields(by, project):
        return _set_kinds(by, project, kinds)


def _set_kinds(by: User | None, project: Project, kinds: Iterable[str]) -> Project:
    project = locked(project)
    upkeep.demand_database(by, project, ProjectKind.KEY)  # the same for all four
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
            _("没有这样的项目类别：%(kinds)s"), params={"kinds": listed(sorted(unknown))}, code="kind"
        )
    return [kind for kind in ProjectKind.values if kind in wanted]


def _next_code(region: Region, year: int) -> str:
    """The platform's own number for a project that has no code yet; a sequence, so that two at once differ."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('library_project_number')")
        number = cursor.fetchone()[0]
    return f"XM-{year}-{region.code[:6]}-{number:06d}"


def _refuse_unfit(project: Project, fields: Iterable[str]) -> None:
    """What no constraint says: retired codes, the division's section, functions, who may be in charge."""
    faults: dict[str, str] = {}
    fields = set(fields)
    for name in fields & set(CODED):
        code: Code | None = getattr(project, name)
        if code is not None and not code.is_offered():
            faults[name] = _("“%(code)s”已停用，不能再选。") % {"code": code.shown}
    division = project.division
    if fields & {"division", "industry"} and division is not None and division.group != project.industry:
        faults["division"] = _("“%(division)s”不属于所选的行业门类。") % {"division": division.shown}
    if "functions" in fields:
        known = set(Code.objects.of("process_function").values_list("value", flat=True))
        if unknown := set(project.functions) - known:
            faults["functions"] = _("没有这样的流程功能：%(names)s") % {"names": listed(sorted(unknown))}
    if "authority" in fields and project.authority is not None and project.authority.kind != "department":
        faults["authority"] = _("主管部门应是管理部门。")
    if faults:
        raise ValidationError(faults)


def _refuse_stage(project: Project, before: str) -> None:
    """Building begins by `ConstructionStart` only, and ends by an acceptance; the database holds the direct way too."""
    if begins(project.pk, before, project.stage):
        raise ValidationError({"stage": _("开工须先在实施库登记开工，不能直接改为在建。")})
    if completes(project.pk, before, project.stage):
        raise ValidationError({"stage": _("已登记开工的项目通过联合或自行验收后竣工，不能直接改为竣工。")})
    if reopens(project.pk, before, project.stage):
        raise ValidationError({"stage": _("竣工日期已登记，项目状态不能再改。")})


def _plain(value: Any) -> Any:
    """As the trail keeps it: keys for rows, longitude and latitude for points, text for the rest."""
    if value is None or isinstance(value, int | list):
        return value
    if isinstance(value, Point):
        return [value.x, value.y]
    if isinstance(value, Region | Organisation | Code):
        return str(value.pk)
    return str(value)
