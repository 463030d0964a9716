"""The columns that the project list can show, in any order: what each says on the page and in an export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from django.utils import timezone
from django.utils.translation import get_language, gettext, gettext_noop, pgettext

from gis_projects.library.models import Project, ProjectKind
from gis_projects.library.money import Unit, percent, show
from gis_projects.sentences import listed


@dataclass(frozen=True)
class ListColumn:
    """One column: ``value`` is what an export writes, ``text`` what the page says (the value unless given).

    ``order`` is its word in `queries.projects.ORDERINGS`; ``related`` what it needs besides the project's own row.
    """

    key: str
    label: str
    value: Callable[[Any], Any]
    text: Callable[[Any], str] | None = None
    order: str = ""
    numeric: bool = False
    related: str = ""

    def heading(self) -> str:
        return pgettext("column", "年度") if self.key == "year" else gettext(self.label)

    def said(self, project: Any) -> str:
        found = self.text(project) if self.text is not None else self.value(project)
        return "—" if found in (None, "") else str(found)


def labels(name: str) -> dict[str, str]:
    """What the values of a field (or ``kinds``) are called in the language of the day: looked up once, not by row."""
    return _labels(name, get_language())


@lru_cache(maxsize=64)
def _labels(name: str, _language: str | None) -> dict[str, str]:
    choices = ProjectKind.choices if name == "kinds" else cast(Any, Project._meta.get_field(name)).choices
    return {str(value): str(label) for value, label in choices}


def _kinds(project: Any) -> str:
    named = labels("kinds")
    return listed(named[name] for name in project.kinds)


def _wan(name: str) -> Callable[[Any], str]:
    def text(project: Any) -> str:
        value = getattr(project, name)
        return "" if value is None else show(value, Unit.WAN)

    return text


def _progress(project: Any) -> int | None:
    if project.planned_yuan is None or project.cumulative_yuan is None:
        return None
    return percent(project.cumulative_yuan, project.planned_yuan)


def _of(name: str) -> Callable[[Any], Any]:
    return lambda project: getattr(project, name)


def _code(name: str) -> Callable[[Any], str]:
    return lambda project: code.shown if (code := getattr(project, name)) is not None else ""


def _unit(name: str) -> Callable[[Any], str]:
    return lambda project: unit.name if (unit := getattr(project, name)) is not None else ""


def _shown(name: str) -> Callable[[Any], Any]:
    def label(project: Any) -> str:
        value = getattr(project, name)
        return labels(name).get(value, value)

    return label


_COLUMNS = (
    ListColumn("code", gettext_noop("项目代码"), _of("code"), order="code"),
    ListColumn("name", gettext_noop("项目名称"), _of("name"), order="name"),
    ListColumn("kinds", gettext_noop("项目类别"), _kinds),
    ListColumn("region", gettext_noop("地区"), lambda p: p.region.short_name, order="region"),
    ListColumn("industry", gettext_noop("行业"), _shown("industry"), order="industry"),
    ListColumn("level", gettext_noop("级次"), _shown("level"), order="level"),
    ListColumn("stage", gettext_noop("状态"), _shown("stage"), order="stage"),
    ListColumn("year", gettext_noop("入库年度"), _of("year"), order="year", numeric=True),
    ListColumn(
        "planned", gettext_noop("计划投资（万元）"), _of("planned_yuan"), _wan("planned_yuan"), "planned", True
    ),
    ListColumn(
        "cumulative", gettext_noop("累计投资（万元）"), _of("cumulative_yuan"), _wan("cumulative_yuan"), "cumulative",
        True,
    ),
    ListColumn(
        "progress", gettext_noop("进度"), _progress,
        lambda p: "" if (share := _progress(p)) is None else f"{share}%", "progress", True,
    ),
    ListColumn("site", gettext_noop("选址"), lambda p: gettext("有") if p.has_boundary else None),
    ListColumn("library", gettext_noop("所在库"), _shown("library")),
    ListColumn("investment_kind", gettext_noop("投资性质"), _shown("investment_kind")),
    ListColumn("organisation", gettext_noop("项目单位"), _unit("organisation")),
    ListColumn("authority", gettext_noop("主管部门"), _unit("authority"), related="authority"),
    ListColumn("policy", gettext_noop("投资政策"), _code("policy"), related="policy"),
    ListColumn("industry_type", gettext_noop("产业类型"), _code("industry_type"), related="industry_type"),
    ListColumn("project_type", gettext_noop("项目类型"), _code("project_type"), related="project_type"),
    ListColumn("construction_mode", gettext_noop("建设模式"), _code("construction_mode"), related="construction_mode"),
    ListColumn("investment_mode", gettext_noop("投资模式"), _code("investment_mode"), related="investment_mode"),
    ListColumn("nature", gettext_noop("建设性质"), _code("nature"), related="nature"),
    ListColumn("source_kind", gettext_noop("项目来源"), _code("source_kind"), related="source_kind"),
    ListColumn("scale", gettext_noop("建设规模"), _of("scale")),
    ListColumn("address", gettext_noop("建设地点"), _of("address")),
    ListColumn(
        "intended", gettext_noop("意向总投资（万元）"), _of("intended_yuan"), _wan("intended_yuan"), numeric=True
    ),
    ListColumn("planned_start", gettext_noop("计划开工"), _of("planned_start")),
    ListColumn("planned_finish", gettext_noop("计划竣工"), _of("planned_finish")),
    ListColumn("national_code", gettext_noop("国家统一项目代码"), _of("national_code")),
    ListColumn("secrecy", gettext_noop("密级"), _shown("secrecy")),
    ListColumn("longitude", gettext_noop("经度"), lambda p: p.location.x if p.location else None, numeric=True),
    ListColumn("latitude", gettext_noop("纬度"), lambda p: p.location.y if p.location else None, numeric=True),
    ListColumn("precision", gettext_noop("位置精度"), _shown("precision")),
    ListColumn("content", gettext_noop("建设内容"), _of("content")),
    ListColumn("updated", gettext_noop("更新日期"), lambda p: timezone.localdate(p.updated_at)),
)  # fmt: skip
#: Whose exports are in 元, exactly, while the page shows 万元.
_IN_YUAN = {
    "planned": gettext_noop("计划投资（元）"),
    "cumulative": gettext_noop("累计投资（元）"),
    "intended": gettext_noop("意向总投资（元）"),
}
COLUMNS = {column.key: column for column in _COLUMNS}
SHOWN = (
    "code", "name", "kinds", "region", "industry", "level", "stage", "year", "planned", "cumulative", "progress",
    "site",
)  # fmt: skip
EXPORTED = (
    "code", "name", "kinds", "region", "industry", "level", "stage", "year", "planned", "cumulative", "longitude",
    "latitude", "precision", "content",
)  # fmt: skip


def chosen(names: Sequence[str], otherwise: Sequence[str]) -> list[ListColumn]:
    """The columns of these names in this order; what isn't one is passed over; the usual ones where none is left.

    The name is always among them: a row must be told by something.
    """
    known = [name for name in dict.fromkeys(names) if name in COLUMNS]
    if not known:
        known = list(otherwise)
    if "name" not in known and "code" not in known:
        known.insert(0, "name")
    return [COLUMNS[name] for name in known]


def export_heading(column: ListColumn) -> str:
    if column.key in _IN_YUAN:
        return gettext(_IN_YUAN[column.key])
    return gettext(column.label)
