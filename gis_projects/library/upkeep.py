"""Who keeps up which field of a project, who may enter one, and when a record counts as neglected.

The defaults stand in ``data/rights.toml``; rows of `FieldRight`, `EntryRight` and `StalenessThreshold` replace them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.db.models import Field
from django.utils.translation import gettext as _

from gis_projects.library.models import (
    EntryRight,
    FieldRight,
    InvestmentKind,
    Party,
    Project,
    ProjectKind,
    StalenessThreshold,
)
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, Role, may

DEFAULTS = Path(__file__).parent / "data" / "rights.toml"

#: What the parties keep up: the columns of a project, and three sets that have tables of their own.
FIELDS = (
    "name", "content", "region", "organisation", "industry", "level", "stage", "year", "location", "precision",
    "secrecy", "investment_kind", "policy", "industry_type", "project_type", "construction_mode", "investment_mode",
    "nature", "division", "source_kind", "source_basis", "address", "intended_yuan", "authority", "scale",
    "legal_person", "legal_person_phone", "credit_code", "planned_start", "planned_finish", "goals", "funding_note",
    "functions",
)  # fmt: skip
SETS = ("kinds", "plan", "land")


class OutsideOwnFields(PermissionDenied):
    """Somebody wanted to change what others keep up; ``fields`` are those."""

    def __init__(self, fields: Iterable[str]) -> None:
        self.fields = tuple(sorted(fields))
        super().__init__(", ".join(self.fields))


@cache
def defaults() -> Mapping[str, Any]:
    return tomllib.loads(DEFAULTS.read_text())


def field_rights() -> dict[str, frozenset[str]]:
    """Every field with the parties that may change it. One query."""
    owned: dict[str, set[str]] = {}
    for party, names in defaults()["fields"].items():
        for name in names:
            owned.setdefault(name, set()).add(party)
    shared = frozenset({str(Party.OWNER), str(Party.DEPARTMENT)})
    rights = {name: frozenset(owned.get(name, shared)) for name in (*FIELDS, *SETS)}
    for row in FieldRight.objects.all():
        if row.field in rights:
            rights[row.field] = frozenset(row.parties)
    return rights


def parties_of(user: User, project: Project) -> frozenset[str]:
    """As which parties somebody may work on a project; empty if as none.

    The owner is the unit that the project belongs to; a department whoever may edit it otherwise; the finance
    department whoever manages its budget.
    """
    found = set()
    if may(user, Permission.EDIT_PROJECTS, project):
        own = project.organisation_id is not None and project.organisation_id == user.organisation_id
        found.add(Party.OWNER if own else Party.DEPARTMENT)
    if may(user, Permission.MANAGE_BUDGET, project):
        found.add(Party.FINANCE)
    if Role.ADMINISTRATOR in user.roles and found:
        found.update(Party)
    return frozenset(str(party) for party in found)


def may_change(user: User, project: Project) -> frozenset[str]:
    """The fields that somebody may change of a project."""
    parties = parties_of(user, project)
    return frozenset(name for name, allowed in field_rights().items() if allowed & parties)


def demand_fields(by: User | None, project: Project, fields: Iterable[str]) -> None:
    """Refuse what others keep up.

    Raises
    ------
    PermissionDenied
        ``by`` may change nothing of the project.
    OutsideOwnFields
        They may, but not these fields.
    """
    if by is None:
        return
    parties = parties_of(by, project)
    if not parties:
        raise PermissionDenied(Permission.EDIT_PROJECTS)
    rights = field_rights()
    if refused := [name for name in fields if not rights[name] & parties]:
        raise OutsideOwnFields(refused)


def demand_database(by: User | None, project: Project, database: str) -> None:
    """Refuse who may not put a project into a database, or take it out: it is for those who manage the libraries.

    Four of the databases are the kinds that a project is of: these its field ``kinds`` sets as well, so whoever keeps
    up that field may place it there, and whoever manages the libraries may set the field.

    Raises
    ------
    PermissionDenied, OutsideOwnFields
        Neither one nor the other.
    """
    if by is None or may(by, Permission.MANAGE_LIBRARIES, project):
        return
    if database not in ProjectKind.values:
        raise PermissionDenied(Permission.MANAGE_LIBRARIES)
    demand_fields(by, project, ["kinds"])


def entry_rights() -> dict[str, tuple[str, ...]]:
    """For each kind of investment the functions of the departments that enter such projects. One query."""
    rights = {str(kind): tuple(defaults()["entry"][kind]) for kind in InvestmentKind.values}
    rights |= {row.investment_kind: tuple(row.functions) for row in EntryRight.objects.all()}
    return rights


def may_enter(user: User, investment_kind: str, organisation_id: int | None) -> bool:
    """Whether somebody may enter a project of this kind for a unit (F263, F264).

    Project units enter their own. A department enters the kinds that its function is listed for; an administrator
    takes over what older ledgers hold.
    """
    if Role.ADMINISTRATOR in user.roles:
        return True
    unit = user.organisation
    if unit is None:
        return False
    if unit.kind == "owner":
        return organisation_id == unit.pk
    return unit.department_id in entry_rights().get(investment_kind, ())


def thresholds() -> dict[str, tuple[int, int]]:
    """For each stage the days after which a record turns yellow, and red. One query."""
    found = {stage: (int(days[0]), int(days[1])) for stage, days in defaults()["staleness"].items()}
    found |= {row.stage: (row.yellow_days, row.red_days) for row in StalenessThreshold.objects.all()}
    return found


def template(project_type: str) -> tuple[str, ...]:
    """The functions that a project of a type (a value of the list ``project_type``) is offered first (F091)."""
    return tuple(defaults()["templates"].get(project_type, ()))


def label(name: str) -> str:
    """What a field that is kept up is called."""
    others = {"kinds": _("项目类别"), "plan": _("投资计划"), "land": _("用地申报")}
    if name in others:
        return others[name]
    return str(cast("Field[Any, Any]", Project._meta.get_field(name)).verbose_name)
