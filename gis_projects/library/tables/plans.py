"""Development plans, their items, and planning lists' rows as tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from gis_projects.library.databases import project_databases
from gis_projects.library.models import (
    DevelopmentPlan,
    Industry,
    Level,
    PlanItem,
    PlanningList,
    PlanningRow,
)
from gis_projects.library.tables.columns import Column, Kind
from gis_projects.library.tables.records import Records
from gis_projects.library.tables.registers import labelled, terms
from gis_projects.library.tables.specification import Change, Problem, Row, Table
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may, visible
from siting.engine.notices import Notice

KEEPING = Permission.MANAGE_LIBRARIES
READING = Permission.READ_PROJECTS


class Parts(Records):
    """Rows of one whole: a plan's items, a list's rows. ``whole`` is the field, and the option that names it."""

    def __init__(self, *args: Any, whole: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.whole = whole

    def of(self, query: QuerySet[Any], options: Mapping[str, Any]) -> QuerySet[Any]:
        return query.filter(**{self.whole: options[self.whole]})

    def made(self, change: Change, options: Mapping[str, Any]) -> Any:
        row = super().made(change, options)
        setattr(row, f"{self.whole}_id", int(options[self.whole]))
        return row


PLANS = Records(
    DevelopmentPlan,
    (
        Column("code", gettext_noop("规划编号"), required=True, max_length=40, example="GH-145"),
        Column("name", gettext_noop("规划名称"), required=True, max_length=200),
        Column(
            "kind", gettext_noop("规划类别"), Kind.CHOICE, required=True,
            choices=terms(project_databases()["planned"].parts),
        ),
        Column("level", gettext_noop("级次"), Kind.CHOICE, required=True, choices=labelled(Level)),
        Column("region", gettext_noop("地区"), Kind.REGION, required=True, example="150200"),
        Column("issuer", gettext_noop("编制机关"), max_length=120),
        Column(
            "first_year", gettext_noop("起始年"), Kind.INTEGER, required=True, minimum=Decimal(1949),
            maximum=Decimal(2100), example="2021",
        ),
        Column(
            "last_year", gettext_noop("截止年"), Kind.INTEGER, required=True, minimum=Decimal(1949),
            maximum=Decimal(2100), example="2025",
        ),
        Column("summary", gettext_noop("要点"), Kind.LONG, max_length=5000),
    ),
    verb="library.save_development_plan", subject="library.development_plan", permission=KEEPING, reading=READING,
)  # fmt: skip

ITEMS = Parts(
    PlanItem,
    (
        Column("number", gettext_noop("序号"), required=True, max_length=20, example="1.1"),
        Column("title", gettext_noop("任务"), required=True, max_length=200),
        Column("target", gettext_noop("目标"), max_length=300),
    ),
    verb="library.save_plan_item", subject="library.plan_item", permission=KEEPING, reading=READING, key="number",
    whole="plan",
)  # fmt: skip

ROWS = Parts(
    PlanningRow,
    (
        Column("number", gettext_noop("序号"), Kind.INTEGER, required=True, minimum=Decimal(1), maximum=Decimal(10**6)),
        Column("name", gettext_noop("项目名称"), required=True, max_length=200),
        Column("code", gettext_noop("项目代码"), max_length=40),
        Column("region", gettext_noop("地区"), Kind.REGION, required=True),
        Column("owner", gettext_noop("项目单位"), max_length=120),
        Column("industry", gettext_noop("所属行业"), Kind.CHOICE, choices=labelled(Industry)),
        Column("planned_yuan", gettext_noop("计划投资"), Kind.MONEY),
        Column("content", gettext_noop("建设内容"), Kind.LONG, max_length=10_000),
    ),
    verb="library.save_planning_row", subject="library.planning_row", permission=KEEPING, reading=READING,
    key="number", whole="list",
)  # fmt: skip


def _years(by: User | None, change: Change, prepared: Any) -> Iterator[Problem]:
    first, last = change.value("first_year"), change.value("last_year")
    if first is not None and last is not None and last < first:
        yield Problem("last_year", Notice("row-ends-before-year", "不能早于起始年"))
    yield from PLANS.in_reach(by, change, prepared)


def _nothing_more(by: User | None, keys: Collection[str], options: Mapping[str, Any]) -> set[str]:
    """Rows of one whole are all reached with it."""
    return set()


def _plan(user: User, name: str, value: str) -> bool:
    return (
        value.isascii()
        and value.isdigit()
        and visible(user, READING, DevelopmentPlan.objects.filter(pk=int(value[:18]))).exists()
    )


def _list(user: User, name: str, value: str) -> bool:
    return (
        value.isascii()
        and value.isdigit()
        and visible(user, READING, PlanningList.objects.filter(pk=int(value[:18]))).exists()
    )


def _whole(by: User | None, found: Sequence[Row], options: Mapping[str, Any]) -> bool:
    """Whether the plan or list itself is the user's to change."""
    if by is None:
        return True
    if "plan" in options:
        return may(by, KEEPING, DevelopmentPlan.objects.get(pk=options["plan"]))
    return may(by, KEEPING, PlanningList.objects.get(pk=options["list"]))


def _of_whole(by: User | None, change: Change, prepared: bool) -> Iterator[Problem]:
    if not prepared:
        yield Problem(None, Notice("row-out-of-reach", "不在您的权限范围内"))


def _row(by: User | None, change: Change, prepared: bool) -> Iterator[Problem]:
    yield from _of_whole(by, change, prepared)
    yield from ROWS.in_reach(by, change, prepared)


TABLES = [
    Table(
        "development-plans", gettext_noop("发展规划"), columns=lambda options: PLANS.columns, write=PLANS.write,
        rows=PLANS.rows, existing=PLANS.existing, taken=PLANS.taken, check=_years, permission=KEEPING,
        reading=READING, address="library:development-plans", about=gettext_noop("总体、专项和区域规划。"),
    ),
    Table(
        "plan-items", gettext_noop("规划任务"), columns=lambda options: ITEMS.columns, write=ITEMS.write,
        rows=ITEMS.rows, existing=ITEMS.existing, taken=_nothing_more, check=_of_whole, prepare=_whole,
        permission=KEEPING, reading=READING, key="number", needs=("plan",), allows=_plan,
        about=gettext_noop("一部规划列出的任务，由项目来实现。"),
    ),
    Table(
        "planning-rows", gettext_noop("前期项目谋划清单"), columns=lambda options: ROWS.columns, write=ROWS.write,
        rows=ROWS.rows, existing=ROWS.existing, taken=_nothing_more, check=_row, prepare=_whole,
        permission=KEEPING, reading=READING, key="number", needs=("list",), allows=_list,
        about=gettext_noop("一份清单的行，导入后与目录库对应。"),
    ),
]  # fmt: skip
