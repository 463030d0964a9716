"""The members of one database as a table: project, parts, stage."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_noop

from gis_projects.library.databases import project_databases
from gis_projects.library.models import Membership, Project
from gis_projects.library.queries import databases as queries
from gis_projects.library.tables.columns import Column, Kind
from gis_projects.library.tables.registers import terms
from gis_projects.library.tables.specification import Change, Problem, Row, Table
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may, visible
from siting.engine.notices import Notice


def columns(options: Mapping[str, Any]) -> tuple[Column, ...]:
    database = project_databases().get(options.get("database", ""))
    found = [
        Column("code", gettext_noop("项目代码"), required=True, max_length=40),
        Column("name", gettext_noop("项目名称"), only_out=True),
    ]
    if database is not None and database.parts:
        found.append(
            Column(
                "parts", gettext_noop("分类"), Kind.CHOICES, choices=terms(database.parts),
                help=gettext_noop("可填多项，用分号隔开"),
            )
        )  # fmt: skip
    if database is not None and database.stages:
        found.append(Column("stage", gettext_noop("环节"), Kind.CHOICE, choices=terms(database.stages)))
    found.append(Column("since", gettext_noop("列入日期"), Kind.DATE, only_out=True))
    return tuple(found)


def rows(user: User, options: Mapping[str, Any]) -> Iterator[Row]:
    chosen = {name: options.get(name, "") for name in ("part", "stage", "region", "words")}
    for project in (
        queries.members(user, options["database"], **chosen).order_by("code").iterator(chunk_size=1000)
    ):
        yield {
            "code": project.code,
            "name": project.name,
            "parts": tuple(project.parts),  # type: ignore[attr-defined]
            "stage": project.at_stage or None,  # type: ignore[attr-defined]
            "since": project.since,  # type: ignore[attr-defined]
        }


def existing(by: User | None, keys: Collection[str], options: Mapping[str, Any]) -> dict[str, Row]:
    found: dict[str, dict[str, Any]] = {}
    inside = Membership.objects.filter(kind=options["database"], project__code__in=list(keys))
    if by is not None:
        inside = visible(by, Permission.READ_PROJECTS, inside)
    for code, part, stage in inside.values_list("project__code", "part", "stage"):
        row = found.setdefault(code, {"code": code, "parts": (), "stage": stage or None})
        if part:
            row["parts"] = (*row["parts"], part)
    return dict(found)


def prepare(by: User | None, found: Sequence[Row], options: Mapping[str, Any]) -> dict[str, Project]:
    codes = [row["code"] for row in found if row.get("code")]
    every = Project.objects.filter(code__in=codes)
    if by is not None:
        every = visible(by, Permission.READ_PROJECTS, every)
    return {project.code: project for project in every}


def check(by: User | None, change: Change, prepared: dict[str, Project]) -> Iterator[Problem]:
    project = prepared.get(change.key)
    if project is None:
        yield Problem("code", Notice("row-no-project", "没有这个项目，或者您无权查看"))
    elif by is not None and not may(by, Permission.MANAGE_LIBRARIES, project):
        yield Problem("code", Notice("row-out-of-reach", "不在您的权限范围内"))


def write(by: User | None, changes: Sequence[Change], options: Mapping[str, Any]) -> None:
    from gis_projects.library.actions.databases import Placing, place_many

    projects = Project.objects.in_bulk([change.key for change in changes], field_name="code")
    place_many(
        by=by,
        database=options["database"],
        placings=[
            Placing(projects[change.key], tuple(change.value("parts") or ()), change.value("stage") or "")
            for change in changes
        ],
    )


TABLES = [
    Table(
        "memberships", gettext_noop("数据库项目"), columns=columns, write=write, rows=rows, existing=existing,
        check=check, prepare=prepare, permission=Permission.MANAGE_LIBRARIES, reading=Permission.READ_PROJECTS,
        about=gettext_noop("项目在一个数据库中的分类与环节。"), needs=("database",),
        allows=lambda user, name, value: value in project_databases(),
    ),
]  # fmt: skip
