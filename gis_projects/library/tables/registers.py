"""The three registers as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.core.validators import validate_email
from django.utils.translation import gettext_noop, override

from gis_projects.library import databases
from gis_projects.library.models import DecisionResource, Expert, Policy, PolicyKind, ProjectSecrecy
from gis_projects.library.tables.columns import Column, Kind, Option
from gis_projects.library.tables.records import Records
from gis_projects.library.tables.specification import Change, Problem, Table
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission
from siting.engine.notices import Notice

KEEPING = Permission.MANAGE_LIBRARIES
READING = Permission.READ_PROJECTS


def terms(found: Sequence[databases.Term]) -> Callable[[], list[Option]]:
    return lambda: [Option(term.code, term.name, term.name_en) for term in found]


def labelled(choices: Any) -> Callable[[], list[Option]]:
    """The members of an enumeration that has ``choices``, in both languages."""

    def options() -> list[Option]:
        found = []
        for value, label in choices.choices() if callable(choices.choices) else choices.choices:
            with override("zh-hans"):
                chinese = str(label)
            with override("en"):
                english = str(label)
            found.append(Option(str(value), chinese, english))
        return found

    return options


_REGISTERS = databases.registers()

EXPERTS = Records(
    Expert,
    (
        Column("code", gettext_noop("专家编号"), required=True, max_length=40, fixed=True, example="ZJ-0001"),
        Column("name", gettext_noop("姓名"), required=True, max_length=60, example="王工"),
        Column("region", gettext_noop("专家库所属地区"), Kind.REGION, required=True, example="150200"),
        Column("source", gettext_noop("来源"), Kind.CHOICE, required=True, choices=terms(_REGISTERS["experts"].parts)),
        Column("unit", gettext_noop("工作单位"), required=True, max_length=120, example="市规划设计研究院"),
        Column("title", gettext_noop("职称"), max_length=60, example="正高级工程师"),
        Column("position", gettext_noop("职务"), max_length=60),
        Column(
            "specialities", gettext_noop("专业"), Kind.CHOICES, required=True,
            choices=terms(tuple(databases.specialities().values())), help=gettext_noop("可填多项，用分号隔开"),
        ),
        Column(
            "purposes", gettext_noop("用途"), Kind.CHOICES, choices=terms(tuple(databases.purposes().values())),
            help=gettext_noop("可填多项，用分号隔开"),
        ),
        Column(
            "works_in", gettext_noop("可参评地区"), Kind.WORDS, max_length=12,
            help=gettext_noop("区划代码，用分号隔开；不填表示不限"),
        ),
        Column("phone", gettext_noop("联系电话"), max_length=40),
        Column("email", gettext_noop("电子邮箱"), max_length=254, check=validate_email),
        Column(
            "avoids", gettext_noop("回避单位"), Kind.ORGANISATIONS,
            help=gettext_noop("统一社会信用代码或单位名称，用分号隔开"),
        ),
        Column("is_active", gettext_noop("在库"), Kind.BOOLEAN, keeps=True, example="是"),
        Column("note", gettext_noop("备注"), Kind.LONG, max_length=2000),
    ),
    verb="library.save_expert", subject="library.expert", permission=KEEPING, reading=KEEPING,
)  # fmt: skip

POLICIES = Records(
    Policy,
    (
        Column("code", gettext_noop("编号"), required=True, max_length=60, fixed=True, example="GJ-2019-712"),
        Column("title", gettext_noop("标题"), required=True, max_length=200, example="政府投资条例"),
        Column("number", gettext_noop("文号"), max_length=80, example="国务院令第712号"),
        Column(
            "level", gettext_noop("层级"), Kind.CHOICE, required=True, choices=terms(_REGISTERS["policies"].parts)
        ),
        Column("kind", gettext_noop("文件类别"), Kind.CHOICE, required=True, choices=labelled(PolicyKind)),
        Column("issuer", gettext_noop("发布机关"), required=True, max_length=120, example="国务院"),
        Column("region", gettext_noop("适用地区"), Kind.REGION),
        Column("issued_on", gettext_noop("发布日期"), Kind.DATE, required=True, example="2019-04-14"),
        Column("effective_from", gettext_noop("施行日期"), Kind.DATE, required=True, example="2019-07-01"),
        Column("effective_to", gettext_noop("失效日期"), Kind.DATE, help=gettext_noop("不填表示长期有效")),
        Column("topics", gettext_noop("主题词"), Kind.WORDS, help=gettext_noop("可填多项，用分号隔开")),
        Column("text", gettext_noop("正文摘录"), Kind.LONG, max_length=20_000),
        Column("interpretation", gettext_noop("政策解读"), Kind.LONG, max_length=10_000),
        Column("source", gettext_noop("来源"), max_length=200),
    ),
    verb="library.save_policy", subject="library.policy", permission=KEEPING, reading=READING,
)  # fmt: skip

RESOURCES = Records(
    DecisionResource,
    (
        Column("code", gettext_noop("编号"), required=True, max_length=60, fixed=True, example="JC-2026-01"),
        Column("title", gettext_noop("标题"), required=True, max_length=200),
        Column(
            "kind", gettext_noop("资料类别"), Kind.CHOICE, required=True, choices=terms(_REGISTERS["resources"].parts)
        ),
        Column("author", gettext_noop("作者或单位"), max_length=120),
        Column("issued_on", gettext_noop("日期"), Kind.DATE, required=True, example="2026-03-31"),
        Column("region", gettext_noop("所属地区"), Kind.REGION, required=True, example="150200"),
        Column("secrecy", gettext_noop("密级"), Kind.CHOICE, keeps=True, choices=labelled(ProjectSecrecy)),
        Column("topics", gettext_noop("主题词"), Kind.WORDS, help=gettext_noop("可填多项，用分号隔开")),
        Column("summary", gettext_noop("摘要"), Kind.LONG, max_length=5_000),
        Column("text", gettext_noop("内容"), Kind.LONG, max_length=20_000),
        Column("source", gettext_noop("来源"), max_length=200),
    ),
    verb="library.save_resource", subject="library.resource", permission=KEEPING, reading=READING,
)  # fmt: skip


def _policy(by: User | None, change: Change, prepared: Any) -> Iterator[Problem]:
    begins, ends = change.value("effective_from"), change.value("effective_to")
    if begins is not None and ends is not None and ends < begins:
        yield Problem("effective_to", Notice("row-ends-before", "不能早于施行日期"))


TABLES = [
    Table(
        "experts", gettext_noop("专家信息库"), columns=lambda options: EXPERTS.columns, write=EXPERTS.write,
        rows=EXPERTS.rows, existing=EXPERTS.existing, taken=EXPERTS.taken, check=EXPERTS.in_reach,
        permission=KEEPING, reading=KEEPING, address="library:databases",
        about=gettext_noop("专家的来源、专业、用途与回避单位。"),
    ),
    Table(
        "policies", gettext_noop("政策法规库"), columns=lambda options: POLICIES.columns, write=POLICIES.write,
        rows=POLICIES.rows, existing=POLICIES.existing, taken=POLICIES.taken, check=_policy,
        permission=KEEPING, reading=READING, address="library:databases",
        about=gettext_noop("国家、省（自治区）、市三级法律法规和政策文件，含解读与有效期。"),
    ),
    Table(
        "resources", gettext_noop("决策资源库"), columns=lambda options: RESOURCES.columns, write=RESOURCES.write,
        rows=RESOURCES.rows, existing=RESOURCES.existing, taken=RESOURCES.taken, check=RESOURCES.in_reach,
        permission=KEEPING, reading=READING, address="library:databases",
        about=gettext_noop("八类为决策服务的资料。"),
    ),
]  # fmt: skip
