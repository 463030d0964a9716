"""Units and accounts as tables: a directory that is taken over, and its yearly correction."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from gis_projects.library.tables.columns import Column, Kind, Option
from gis_projects.library.tables.registers import labelled
from gis_projects.library.tables.specification import Change, Problem, Row, Table
from gis_projects.people.actions.organisations import enter_organisations, home, save_organisation
from gis_projects.people.actions.users import assign, set_roles, take_over_accounts
from gis_projects.people.actions.users import home as home_of_account
from gis_projects.people.models import Department, Organisation, OrganisationKind, Region, User
from gis_projects.people.permissions import Permission, Scope, may
from gis_projects.people.queries import accounts, organisations
from gis_projects.people.queries.delegations import same_person
from gis_projects.people.roles import Role
from siting.engine.notices import Notice

KEEPING = Permission.MANAGE_PEOPLE
CHUNK = 1000
_CREDIT_CODE = re.compile(r"[0-9A-Z]{18}")
_USERNAME = User._meta.get_field("username")


def _credit_code(value: str) -> None:
    if not _CREDIT_CODE.fullmatch(value):
        raise ValidationError(_("统一社会信用代码是 18 位数字和大写字母。"))


def _username(value: str) -> None:
    for validator in _USERNAME.validators:
        validator(value)


def _departments() -> list[Option]:
    return [Option(row.code, row.name, row.name_en) for row in Department.objects.all()]


UNITS = (
    Column(
        "code", gettext_noop("统一社会信用代码"), required=True, max_length=18, fixed=True, check=_credit_code,
        example="11150207MB0000001X",
    ),
    Column("name", gettext_noop("单位名称"), required=True, max_length=120, example="九原区水务局"),
    Column("kind", gettext_noop("单位类型"), Kind.CHOICE, required=True, choices=labelled(OrganisationKind)),
    Column(
        "department", gettext_noop("职能"), Kind.CHOICE, choices=_departments,
        help=gettext_noop("只有管理部门填写"),
    ),
    Column("region", gettext_noop("所属区划"), Kind.REGION, example="150207"),
    Column("contact", gettext_noop("联系人"), max_length=60),
    Column("phone", gettext_noop("联系电话"), max_length=30),
    Column("email", gettext_noop("电子邮箱"), max_length=254, check=validate_email),
    Column("address", gettext_noop("地址"), max_length=200),
    Column("closed", gettext_noop("已注销"), Kind.BOOLEAN, only_out=True),
)  # fmt: skip

ACCOUNTS = (
    Column(
        "username", gettext_noop("用户名"), required=True, max_length=150, fixed=True, check=_username,
        example="zhang.san",
    ),
    Column("full_name", gettext_noop("姓名"), max_length=60, fixed=True, example="张三"),
    Column("organisation", gettext_noop("所属单位"), Kind.ORGANISATION),
    Column("region", gettext_noop("所属区划"), Kind.REGION, example="150207"),
    Column(
        "roles", gettext_noop("角色"), Kind.CHOICES, choices=labelled(Role),
        help=gettext_noop("可填多项，用分号隔开"),
    ),
    Column("email", gettext_noop("电子邮箱"), max_length=254, fixed=True, check=validate_email),
    Column("is_active", gettext_noop("在用"), Kind.BOOLEAN, only_out=True),
)  # fmt: skip


# --- units ----------------------------------------------------------------------------------------


def _unit(row: Organisation) -> dict[str, Any]:
    stored = {
        name: getattr(row, name) for name in ("code", "name", "kind", "contact", "phone", "email", "address")
    }
    return {
        **stored,
        "department": row.department_id,
        "region": row.region_id,
        "closed": row.closed_at is not None,
    }


def _unit_rows(user: User, options: Mapping[str, Any]) -> Iterator[Row]:
    for row in organisations.managed(user).order_by("code").iterator(chunk_size=CHUNK):
        yield _unit(row)


def _units(by: User | None, keys: Collection[str], options: Mapping[str, Any]) -> dict[str, Row]:
    rows = Organisation.objects.all() if by is None else organisations.managed(by)
    return {row.code: _unit(row) for row in rows.filter(code__in=list(keys))}


def _units_taken(by: User | None, keys: Collection[str], options: Mapping[str, Any]) -> set[str]:
    return set(Organisation.objects.filter(code__in=list(keys)).values_list("code", flat=True))


def _unit_problems(by: User | None, change: Change, prepared: Any) -> Iterator[Problem]:
    if change.value("department") and change.value("kind") != OrganisationKind.DEPARTMENT:
        yield Problem("department", Notice("row-no-department", "只有管理部门有职能"))
    code = change.value("region")
    if by is not None and not may(by, KEEPING, Scope(region=code or home(None))):
        yield Problem("region", Notice("row-out-of-reach", "不在您的权限范围内"))


def _write_units(by: User | None, changes: Sequence[Change], options: Mapping[str, Any]) -> None:
    regions = Region.objects.in_bulk({change.value("region") for change in changes} - {None})
    functions = Department.objects.in_bulk({change.value("department") for change in changes} - {None})
    details = ("contact", "phone", "email", "address")
    new = [
        Organisation(
            code=change.key,
            name=change.value("name"),
            kind=change.value("kind"),
            department=functions.get(change.value("department")),
            region=regions.get(change.value("region")),
            **{name: change.value(name, "") for name in details},
        )
        for change in changes
        if change.before is None
    ]
    enter_organisations(by=by, organisations=new)
    for change in changes:
        if change.before is not None:
            save_organisation(
                by=by,
                code=change.key,
                name=change.value("name"),
                kind=change.value("kind"),
                department=functions.get(change.value("department")),
                region=regions.get(change.value("region")),
                **{name: change.values[name] for name in details if name in change.values},
            )


# --- accounts -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Known:
    """What a batch of rows speaks of: the accounts that are there, by name, and units by key."""

    accounts: Mapping[str, User]
    units: Mapping[int, Organisation]


def _account(row: User) -> dict[str, Any]:
    return {
        "username": row.username,
        "full_name": row.full_name,
        "organisation": row.organisation_id,
        "region": row.region_id,
        "roles": tuple(row.roles),
        "email": row.email,
        "is_active": row.is_active,
    }


def _account_rows(user: User, options: Mapping[str, Any]) -> Iterator[Row]:
    for row in accounts.managed(user).order_by("username").iterator(chunk_size=CHUNK):
        yield _account(row)


def _accounts(by: User | None, keys: Collection[str], options: Mapping[str, Any]) -> dict[str, Row]:
    rows = User.objects.all() if by is None else accounts.managed(by)
    return {row.username: _account(row) for row in rows.filter(username__in=list(keys))}


def _accounts_taken(by: User | None, keys: Collection[str], options: Mapping[str, Any]) -> set[str]:
    return set(User.objects.filter(username__in=list(keys)).values_list("username", flat=True))


def _known(by: User | None, rows: Sequence[Row], options: Mapping[str, Any]) -> _Known:
    names = [row["username"] for row in rows if row.get("username")]
    found = {row.username: row for row in User.objects.filter(username__in=names)}
    keys = {row.get("organisation") for row in rows} | {row.organisation_id for row in found.values()}
    return _Known(found, Organisation.objects.in_bulk(keys - {None}))


def _account_problems(by: User | None, change: Change, prepared: _Known) -> Iterator[Problem]:
    unit = prepared.units.get(change.value("organisation"))
    if unit is not None and unit.closed_at is not None:
        yield Problem("organisation", Notice("row-closed-unit", "该单位已注销"))
    becomes = User(organisation=unit, region_id=change.value("region"))
    if by is not None and not may(by, KEEPING, Scope(region=home_of_account(becomes))):
        yield Problem("region", Notice("row-out-of-reach", "不在您的权限范围内"))
    account = prepared.accounts.get(change.key)
    if by is None or account is None or set(change.value("roles", ())) == set(account.roles):
        return
    if same_person(by, account):
        yield Problem("roles", Notice("row-own-roles", "不能更改自己的角色"))


def _write_accounts(by: User | None, changes: Sequence[Change], options: Mapping[str, Any]) -> None:
    regions = Region.objects.in_bulk({change.value("region") for change in changes} - {None})
    units = Organisation.objects.in_bulk({change.value("organisation") for change in changes} - {None})
    take_over_accounts(
        by=by,
        accounts=[
            User(
                username=change.key,
                full_name=change.value("full_name"),
                email=change.value("email", ""),
                organisation=units.get(change.value("organisation")),
                region=regions.get(change.value("region")),
                roles=list(change.value("roles", ())),
            )
            for change in changes
            if change.before is None
        ],
    )
    stored = User.objects.in_bulk(
        [change.key for change in changes if change.before is not None], field_name="username"
    )
    for change in changes:
        if change.before is None:
            continue
        account = stored[change.key]
        place = (change.value("organisation"), change.value("region"))
        if place != (account.organisation_id, account.region_id):
            account = assign(
                by=by, user=account, organisation=units.get(place[0]), region=regions.get(place[1])
            )
        if set(change.value("roles", ())) != set(account.roles):
            set_roles(by=by, user=account, roles=change.value("roles", ()))


TABLES = [
    Table(
        "organisations", gettext_noop("单位"), columns=lambda options: UNITS, write=_write_units, rows=_unit_rows,
        existing=_units, taken=_units_taken, check=_unit_problems, permission=KEEPING, reading=KEEPING,
        address="people:units",
        about=gettext_noop("项目单位、管理部门和中介机构。注销单位在单位页面办理。"),
    ),
    Table(
        "accounts", gettext_noop("账号"), columns=lambda options: ACCOUNTS, write=_write_accounts, rows=_account_rows,
        existing=_accounts, taken=_accounts_taken, check=_account_problems, prepare=_known, key="username",
        permission=KEEPING, reading=KEEPING, address="people:accounts",
        about=gettext_noop("新账号没有密码，由本人通过一次性链接设置；停用和启用在账号页面办理。"),
    ),
]  # fmt: skip
