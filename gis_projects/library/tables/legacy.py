"""The lists of the five systems that came before (F362): their headings and words are data, the rows become projects.

Each is a table of its own, so a file is checked, marked, compared and written like any other: rows that are refused
stand in a marked copy of the file with their reasons, and nothing is written before none is left.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_noop

from gis_projects.library.databases import project_databases
from gis_projects.library.models import Project, ProjectKind
from gis_projects.library.tables import projects
from gis_projects.library.tables.columns import Column, Option
from gis_projects.library.tables.specification import Change, Problem, Row, Table
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, Scope, may
from siting.engine.notices import Notice

_FILE = Path(__file__).parent.parent / "data" / "legacy.toml"
_TITLES = {
    "legacy-key": gettext_noop("市重点项目数据库管理系统（旧）"),
    "legacy-central": gettext_noop("中央投资项目管理系统（旧）"),
    "legacy-finance": gettext_noop("市财力项目管理系统（旧）"),
    "legacy-government": gettext_noop("市政府投资项目监督管理系统（旧）"),
    "legacy-enforcement": gettext_noop("行政执法规范监控系统（旧）"),
}
_ABOUT = gettext_noop(
    "从旧系统导出的清单，按其原有表头和用语读入；读不懂的行连同原因标在您的文件里，全部改好后一次写入。"
)


@dataclass(frozen=True)
class System:
    """One of them. ``columns``: our column → its heading; ``words``: our column → its words → our values; ``defaults``
    what a project that is new here gets where its list says nothing; ``database`` in which its projects then are.
    """

    code: str
    database: str
    columns: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]
    defaults: Mapping[str, str]


@cache
def systems() -> dict[str, System]:
    """The five, by the names of their tables."""
    with _FILE.open("rb") as file:
        rows = tomllib.load(file)["system"]
    return {
        row["code"]: System(
            row["code"], row["database"], row["columns"], row.get("words", {}), row.get("defaults", {})
        )
        for row in rows
    }


def columns(system: System) -> tuple[Column, ...]:
    """The columns of projects that the system has, under its headings and with its words beside ours."""
    known = {column.key: column for column in projects.columns()}
    return tuple(
        _renamed(known[name], heading, system.words.get(name, {})) for name, heading in system.columns.items()
    )


def _renamed(column: Column, heading: str, words: Mapping[str, str]) -> Column:
    choices = column.choices
    if not words or choices is None:
        return replace(column, label=heading)
    return replace(column, label=heading, choices=_with(choices, words))


def _with(
    choices: Callable[[], Sequence[Option]], words: Mapping[str, str]
) -> Callable[[], Sequence[Option]]:
    """Theirs are understood, but not offered; ours come last, as the last label of a value is the one that is shown."""
    return lambda: [*(Option(value, word, offered=False) for word, value in words.items()), *choices()]


def _filled(system: System, change: Change) -> Change:
    """What the system's list leaves out of a project that is new here."""
    return change if change.before else replace(change, values={**system.defaults, **change.values})


def _table(system: System) -> Table:
    def rows(user: User, options: Mapping[str, Any]) -> Iterator[Row]:
        """The projects of the system's database, in its own columns."""
        keys = [column.key for column in columns(system)]
        name = "database" if system.database in project_databases() else "kind"
        query = f"{name}={system.database}"
        for row in projects.rows(user, {"query": query}):
            yield {key: row[key] for key in keys}

    def check(by: User | None, change: Change, prepared: projects.Prepared) -> Iterator[Problem]:
        filled = _filled(system, change)
        scope = Scope(region=filled.value("region"), secrecy=str(filled.value("secrecy") or "internal"))
        if by is not None and not may(by, Permission.MANAGE_LIBRARIES, scope):
            yield Problem("region", Notice("row-out-of-reach", "不在您的权限范围内"))
            return
        yield from projects.check(by, filled, prepared)

    def write(by: User | None, changes: Sequence[Change], options: Mapping[str, Any]) -> None:
        _write(system, by, changes)

    return Table(
        system.code, _TITLES[system.code], columns=lambda options: columns(system), write=write, rows=rows,
        existing=projects.existing, taken=projects.taken, check=check, prepare=projects.prepare,
        permission=Permission.MANAGE_LIBRARIES, reading=Permission.MANAGE_LIBRARIES, about=_ABOUT,
    )  # fmt: skip


def _write(system: System, by: User | None, changes: Sequence[Change]) -> None:
    from gis_projects.library.actions.bulk import write_projects
    from gis_projects.library.actions.databases import Placing, place_many
    from gis_projects.library.actions.projects import set_kinds

    write_projects(by=by, changes=[_filled(system, change) for change in changes])
    found = Project.objects.filter(code__in=[change.key for change in changes]).order_by("pk")
    missing = list(found.exclude(memberships__kind=system.database))
    if system.database in project_databases():
        place_many(by=by, database=system.database, placings=[Placing(project) for project in missing])
        return
    for project in missing:  # a kind that is no database of its own
        kinds = {*project.memberships.values_list("kind", flat=True)} & {*ProjectKind.values}
        set_kinds(by=by, project=project, kinds=[*kinds, system.database])


TABLES = [_table(system) for system in systems().values()]
