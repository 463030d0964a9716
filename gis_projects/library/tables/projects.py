"""Projects as a table: what a registration and its revisions say, 10,000 rows at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import Model
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_noop

from gis_projects.library import upkeep
from gis_projects.library.models import (
    Code,
    Industry,
    InvestmentKind,
    Level,
    Library,
    Precision,
    Project,
    ProjectSecrecy,
    Stage,
)
from gis_projects.library.models.record import CODED
from gis_projects.library.queries import projects as queries
from gis_projects.library.tables import building
from gis_projects.library.tables.columns import Column, Kind, Option
from gis_projects.library.tables.registers import labelled
from gis_projects.library.tables.specification import Change, Problem, Row, Table
from gis_projects.people.models import Organisation, User
from gis_projects.people.permissions import Permission, Scope, may, visible
from siting.engine.notices import Notice

#: Columns that are fields of the project itself; the others are its place and its money.
PLACE = ("longitude", "latitude")
MONEY = ("planned_yuan", "cumulative_yuan", "recorded_on")


def coded(name: str) -> Callable[[], list[Option]]:
    """The codes of a list, asked once for the columns that they belong to."""

    @cache
    def options() -> list[Option]:
        return [
            Option(code.key, code.label, code.label_en, offered=code.is_offered())
            for code in Code.objects.of(name)
        ]

    return options


def _valid(name: str) -> Callable[[Any], None]:
    """What the model itself asks of a value."""
    return _field(name).run_validators


def columns(options: Mapping[str, Any] | None = None) -> tuple[Column, ...]:
    codes = {
        name: Column(name, str(_field(name).verbose_name), Kind.CHOICE, choices=coded(source))
        for name, source in CODED.items()
    }
    return (
        Column("code", gettext_noop("项目代码"), required=True, max_length=40, example="2026-150207-000123"),
        Column("name", gettext_noop("项目名称"), required=True, max_length=200, example="九原区污水处理厂提标改造工程"),
        Column(
            "region", gettext_noop("所属地区"), Kind.REGION, required=True, example="150207 九原区",
            help=gettext_noop("区划代码或名称"),
        ),
        Column(
            "organisation", gettext_noop("项目单位"), Kind.ORGANISATION,
            help=gettext_noop("已登记单位的统一社会信用代码或名称"),
        ),
        Column("authority", gettext_noop("主管部门"), Kind.ORGANISATION),
        Column("investment_kind", gettext_noop("投资性质"), Kind.CHOICE, keeps=True, choices=labelled(InvestmentKind)),
        Column("industry", gettext_noop("所属行业"), Kind.CHOICE, required=True, choices=labelled(Industry)),
        Column("level", gettext_noop("项目级次"), Kind.CHOICE, required=True, choices=labelled(Level)),
        Column("stage", gettext_noop("项目状态"), Kind.CHOICE, required=True, choices=labelled(Stage)),
        Column(
            "year", gettext_noop("入库年度"), Kind.INTEGER, required=True, minimum=Decimal(1990),
            maximum=Decimal(2100), example="2026",
        ),
        *codes.values(),
        Column("source_basis", gettext_noop("来源依据"), max_length=300),
        Column("content", gettext_noop("建设内容"), Kind.LONG, max_length=10_000),
        Column("scale", gettext_noop("建设规模"), max_length=500),
        Column("address", gettext_noop("建设地点"), max_length=200),
        Column("intended_yuan", gettext_noop("意向总投资"), Kind.MONEY),
        Column("legal_person", gettext_noop("法定代表人"), max_length=60),
        Column("legal_person_phone", gettext_noop("法人联系电话"), max_length=30, check=_valid("legal_person_phone")),
        Column("credit_code", gettext_noop("业主统一社会信用代码"), max_length=18),
        Column(
            "national_code", gettext_noop("国家统一项目代码"), max_length=24, check=_valid("national_code"), fixed=True
        ),
        Column("planned_start", gettext_noop("计划开工"), Kind.DATE),
        Column("planned_finish", gettext_noop("计划竣工"), Kind.DATE),
        Column("goals", gettext_noop("功能效益目标"), Kind.LONG, max_length=2000),
        Column("funding_note", gettext_noop("资金落实情况"), max_length=500),
        Column(
            "longitude", gettext_noop("经度"), Kind.NUMBER, minimum=Decimal(73), maximum=Decimal(136),
            help=gettext_noop("CGCS2000 十进制度"), example="109.84",
        ),
        Column(
            "latitude", gettext_noop("纬度"), Kind.NUMBER, minimum=Decimal(3), maximum=Decimal(54), example="40.65"
        ),
        Column("precision", gettext_noop("位置精度"), Kind.CHOICE, keeps=True, choices=labelled(Precision)),
        Column("secrecy", gettext_noop("密级"), Kind.CHOICE, keeps=True, choices=labelled(ProjectSecrecy)),
        Column("planned_yuan", gettext_noop("计划投资"), Kind.MONEY),
        Column("cumulative_yuan", gettext_noop("累计投资"), Kind.MONEY),
        Column(
            "recorded_on", gettext_noop("投资记录日期"), Kind.DATE,
            help=gettext_noop("计划投资与累计投资从这一天起有效；有改动而不填时为当天"),
        ),
        Column("library", gettext_noop("所在库"), Kind.CHOICE, choices=labelled(Library), only_out=True),
    )  # fmt: skip


def row_of(found: Any) -> dict[str, Any]:
    """A project of `queries.with_records` as a row."""
    row = {
        column.key: getattr(found, column.key)
        for column in _plain_columns()
        if column.key not in (*PLACE, *MONEY)
    }
    row |= {name: getattr(found, f"{name}_id") for name in ("region", "organisation", "authority", *CODED)}
    location = found.location
    row["longitude"] = None if location is None else Decimal(repr(location.x))
    row["latitude"] = None if location is None else Decimal(repr(location.y))
    row |= {name: getattr(found, name) for name in MONEY}
    return row


@cache
def _plain_columns() -> tuple[Column, ...]:
    keyed = {"region", "organisation", "authority", *CODED}
    return tuple(column for column in columns() if column.key not in keyed)


def rows(user: User, options: Mapping[str, Any]) -> Iterator[Row]:
    """The projects that a user may know of; ``query`` in the options filters them as the list does."""
    from gis_projects.library.filters import ProjectFilter  # which offers what this package knows

    found = queries.with_records(visible(user, Permission.READ_PROJECTS, Project.objects.all()))
    if options.get("query"):
        chosen = ProjectFilter(QueryDict(options["query"]), queryset=found)
        found = chosen.qs if chosen.form.is_valid() else found.none()
    for project in found.order_by("code").iterator(chunk_size=1000):
        yield row_of(project)


def existing(by: User | None, keys: Collection[str], options: Mapping[str, Any]) -> dict[str, Row]:
    every = Project.objects.filter(code__in=list(keys))
    if by is not None:
        every = visible(by, Permission.READ_PROJECTS, every)
    return {project.code: row_of(project) | {"pk": project.pk} for project in queries.with_records(every)}


def taken(by: User | None, keys: Collection[str], options: Mapping[str, Any]) -> set[str]:
    return set(Project.objects.filter(code__in=list(keys)).values_list("code", flat=True))


@dataclass(frozen=True)
class Prepared:
    """What the checks of a batch need to know, read once."""

    by: User | None
    rights: Mapping[str, frozenset[str]]
    retired: Mapping[str, str]
    divisions: Mapping[str, str]
    departments: frozenset[int]
    credit_codes: Mapping[int, str]
    national: Mapping[str, str]
    today: date


def prepare(by: User | None, found: Sequence[Row], options: Mapping[str, Any]) -> Prepared:
    codes = list(Code.objects.filter(list__in=set(CODED.values())))
    keys = {key for row in found for key in (row.get("organisation"), row.get("authority")) if key}
    units = list(Organisation.objects.filter(pk__in=keys).values_list("pk", "code", "kind"))
    wanted = {row["national_code"] for row in found if row.get("national_code")}
    return Prepared(
        by=by,
        rights=upkeep.field_rights(),
        retired={code.key: code.shown for code in codes if not code.is_offered()},
        divisions={code.key: code.group for code in codes if code.list_id == "division"},
        departments=frozenset(pk for pk, _, kind in units if kind == "department"),
        credit_codes={pk: code for pk, code, _ in units},
        national=dict(Project.objects.filter(national_code__in=wanted).values_list("national_code", "code")),
        today=timezone.localdate(),
    )


def changed_fields(change: Change) -> list[str]:
    """The project's own fields that a row changes, as the rights name them (a place is ``location``)."""
    before = change.before or {}
    names = []
    for column in columns_by_key().values():
        if column.key in ("code", "library", *MONEY) or column.key not in change.values:
            continue
        if not column.same(change.values[column.key], before.get(column.key)):
            names.append("location" if column.key in PLACE else column.key)
    return list(dict.fromkeys(names))


@cache
def columns_by_key() -> dict[str, Column]:
    return {column.key: column for column in columns()}


def check(by: User | None, change: Change, prepared: Prepared) -> Iterator[Problem]:
    names = changed_fields(change)
    yield from _in_reach(by, change, prepared, names)
    yield from _fit(change, prepared, names)
    yield from _place(change)
    yield from _money(by, change, prepared)


def _scope(change: Change, *, before: bool = False) -> Scope:
    row = change.before if before and change.before is not None else None
    value = change.value if row is None else row.get
    organisation = value("organisation")
    return Scope(
        str(value("region") or ""),
        "" if organisation is None else str(organisation),
        secrecy=str(value("secrecy") or "internal"),
    )


def _in_reach(by: User | None, change: Change, prepared: Prepared, names: list[str]) -> Iterator[Problem]:
    if by is None or (change.before is not None and not names):
        return
    out = Problem(None, Notice("row-out-of-reach", "不在您的权限范围内"))
    if change.before is None:
        kind = str(change.value("investment_kind") or InvestmentKind.GOVERNMENT)
        if not may(by, Permission.EDIT_PROJECTS, _scope(change)):
            yield out
        elif not upkeep.may_enter(by, kind, change.value("organisation")):
            yield Problem(
                "investment_kind", Notice("row-not-entered-here", "您的单位不录入这类投资性质的项目")
            )
        return
    was = Project(
        pk=change.before["pk"],
        region_id=change.before["region"],
        organisation_id=change.before["organisation"],
        secrecy=change.before["secrecy"],
    )
    parties = upkeep.parties_of(by, was)
    becomes = Project(
        pk=change.before["pk"],
        region_id=change.value("region"),
        organisation_id=change.value("organisation"),
        secrecy=change.value("secrecy") or "internal",
    )
    if not parties or not upkeep.parties_of(by, becomes):
        yield out
        return
    for name in names:
        if name in prepared.rights and not prepared.rights[name] & parties:
            yield Problem(
                "longitude" if name == "location" else name, Notice("cell-of-others", "这一项由别的单位维护")
            )


def _fit(change: Change, prepared: Prepared, names: list[str]) -> Iterator[Problem]:
    for name in names:
        value = change.values.get(name)
        if name in CODED and value in prepared.retired:
            yield Problem(
                name,
                Notice("cell-retired", "“%(code)s”已停用，不能再选", {"code": prepared.retired[str(value)]}),
            )
    division = change.value("division")
    if (
        {"division", "industry"} & set(names)
        and division
        and prepared.divisions.get(division) != change.value("industry")
    ):
        yield Problem("division", Notice("cell-other-section", "不属于所选的行业门类"))
    if (
        "authority" in names
        and change.values["authority"]
        and change.values["authority"] not in prepared.departments
    ):
        yield Problem("authority", Notice("cell-no-department", "主管部门应是管理部门"))
    starts, ends = change.value("planned_start"), change.value("planned_finish")
    if starts is not None and ends is not None and ends < starts:
        yield Problem("planned_finish", Notice("row-ends-before-start", "计划竣工不能早于计划开工"))
    national = change.values.get("national_code")
    if national and prepared.national.get(national, change.key) != change.key:
        yield Problem("national_code", Notice("cell-national-code-taken", "这个国家代码已有别的项目使用"))
    if change.before is not None:
        yield from building.check(change, change.before, names)


def _place(change: Change) -> Iterator[Problem]:
    longitude, latitude = change.value("longitude"), change.value("latitude")
    precision = change.value("precision")
    if (longitude is None) != (latitude is None):
        yield Problem(
            "longitude" if longitude is None else "latitude",
            Notice("cell-half-a-place", "经度和纬度要同时填写"),
        )
    elif longitude is None and precision not in (None, Precision.UNKNOWN):
        yield Problem("precision", Notice("cell-precision-of-nothing", "没有坐标时位置精度只能是“位置不详”"))
    elif longitude is not None and precision == Precision.UNKNOWN:
        yield Problem("precision", Notice("cell-place-without-precision", "有坐标时位置精度不能是“位置不详”"))


def money_changes(change: Change) -> bool:
    """Whether a row says something new of the project's money."""
    before = change.before or {}
    by_key = columns_by_key()
    return any(
        name in change.values and not by_key[name].same(change.values[name], before.get(name))
        for name in MONEY
    )


def _money(by: User | None, change: Change, prepared: Prepared) -> Iterator[Problem]:
    if not money_changes(change):
        return
    planned, cumulative = change.value("planned_yuan"), change.value("cumulative_yuan")
    if planned is None:
        yield Problem(
            "planned_yuan",
            Notice("cell-money-without-plan", "填了累计投资就要填计划投资；已记录的不能清空"),
        )
        return
    if cumulative is None and change.before is not None and change.before["cumulative_yuan"] is not None:
        yield Problem("cumulative_yuan", Notice("cell-money-cleared", "已记录的不能清空"))
    others = (
        by is not None
        and change.before is not None
        and not may(by, Permission.RECORD_INVESTMENT, _scope(change, before=True))
    )
    if others:
        yield Problem("planned_yuan", Notice("cell-of-others", "这一项由别的单位维护"))
    day = change.value("recorded_on")
    given = change.values.get("recorded_on")
    if given is not None and given > prepared.today:
        yield Problem("recorded_on", Notice("cell-future", "不能晚于今天"))
    last = None if change.before is None else change.before["recorded_on"]
    if last is not None and day is not None and day < last:
        yield Problem(
            "recorded_on",
            Notice("cell-before-last", "不能早于上一条记录（%(day)s）", {"day": last.isoformat()}),
        )


def write(by: User | None, changes: Sequence[Change], options: Mapping[str, Any]) -> None:
    from gis_projects.library.actions.bulk import write_projects

    write_projects(by=by, changes=changes)


def model_values(values: Row) -> dict[str, Any]:
    """A row's values by the project's attributes; its place and its money are left to whoever writes."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name in ("library", *PLACE, *MONEY):
            continue
        if name in ("region", "organisation", "authority", *CODED):
            found[f"{name}_id"] = value
        elif value is None and not _field(name).null:
            found[name] = _field(name).get_default()
        else:
            found[name] = value
    return found


def _field(name: str) -> Any:
    model: type[Model] = Project
    return model._meta.get_field(name)


TABLES = [
    Table(
        "projects", gettext_noop("项目"), columns=columns, write=write, rows=rows, existing=existing, taken=taken,
        check=check, prepare=prepare, permission=Permission.EDIT_PROJECTS, reading=Permission.READ_PROJECTS,
        address="library:projects", about=gettext_noop("项目的基本信息、分类、目录与储备字段、位置和投资。"),
    ),
]  # fmt: skip
