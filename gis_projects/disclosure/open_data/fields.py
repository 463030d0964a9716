"""What each field of the files is: the one list that writes GeoJSON and CSV and that the page explains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gis_projects.disclosure.models import Form
from gis_projects.disclosure.open_data.holdings import TEXTS, Holding
from gis_projects.disclosure.open_data.oc4ids import moment
from gis_projects.library.terms import Industry, Level, ProjectKind, Stage


@dataclass(frozen=True)
class Field:
    """``name`` is GeoJSON's and CSV's; ``oc4ids`` is the path in the package, empty where it has none.

    ``value`` gives text, a number, a list of codes or None; CSV joins a list by ``|``.
    """

    name: str
    about: str | Promise
    kind: str | Promise
    oc4ids: str
    value: Callable[[Holding], Any]


TEXT, NUMBER, DAY, MOMENT, CODE, CODES = (
    _("文本"), _("数值"), _("日期"), _("时间"), _("代码"), _("代码，可多个")
)  # fmt: skip


def _text(name: str) -> Callable[[Holding], Any]:
    assert name in TEXTS
    return lambda holding: holding[name]


def _label(name: str, words: Any) -> Callable[[Holding], Any]:
    return lambda holding: str(words(holding[name]).label) if holding[name] else ""


def _day(name: str) -> Callable[[Holding], Any]:
    def value(holding: Holding) -> str:
        on = getattr(holding, name)
        return on.isoformat() if on else ""

    return value


FIELDS: tuple[Field, ...] = (
    Field("slug", _("公开编号，项目撤回后再公开仍不变"), TEXT, "id", lambda holding: holding.slug),
    Field("code", _("项目代码"), TEXT, "identifiers[0].id", _text("code")),
    Field("name", _("项目名称"), TEXT, "title", _text("name")),
    Field("content", _("建设内容"), TEXT, "description", _text("content")),
    Field("region_code", _("所属地区的区划代码（GB/T 2260）"), CODE, "locations[0].gazetteer.identifiers[0]",
          _text("region_code")),
    Field("region_name", _("所属地区"), TEXT, "locations[0].address.region", _text("region_name")),
    Field("township", _("所在乡镇"), TEXT, "locations[0].address.locality", _text("township")),
    Field("kinds", _("项目类别"), CODES, "additionalClassifications[]", lambda holding: list(holding.kinds)),
    Field("kinds_name", _("项目类别的名称"), TEXT, "additionalClassifications[].description",
          lambda holding: [str(ProjectKind(kind).label) for kind in holding.kinds]),
    Field("industry", _("所属行业门类（GB/T 4754-2017）"), CODE, "additionalClassifications[] · sector",
          _text("industry")),
    Field("industry_name", _("所属行业门类的名称"), TEXT, "additionalClassifications[].description",
          _label("industry", Industry)),
    Field("level", _("项目级次"), CODE, "additionalClassifications[]", _text("level")),
    Field("level_name", _("项目级次的名称"), TEXT, "additionalClassifications[].description", _label("level", Level)),
    Field("stage", _("项目状态"), CODE, "additionalClassifications[] · status", _text("stage")),
    Field("stage_name", _("项目状态的名称"), TEXT, "additionalClassifications[].description", _label("stage", Stage)),
    Field("year", _("入库年度"), NUMBER, "", lambda holding: holding.year),
    Field("owner", _("项目单位"), TEXT, "parties[].name", _text("owner")),
    Field("authority", _("主管部门"), TEXT, "parties[].name", _text("authority")),
    Field("starts_on", _("开工日期"), DAY, "period.startDate", _day("starts_on")),
    Field("ends_on", _("竣工日期"), DAY, "period.endDate", _day("ends_on")),
    Field("planned_yuan", _("计划投资（元）"), NUMBER, "budget.amount.amount", lambda holding: holding.planned_yuan),
    Field("completed_yuan", _("累计完成投资（元）"), NUMBER, "metrics[0].observations[0].value.amount",
          lambda holding: holding.completed_yuan),
    Field("form", _("位置形式：outline 概化轮廓，point 概略点位"), CODE, "locations[0].geometry.type",
          lambda holding: holding["form"] if holding.geometry else ""),
    Field("form_name", _("位置形式的名称"), TEXT, "",
          lambda holding: str(Form(holding["form"]).label) if holding.geometry else ""),
    Field("precision_m", _("位置概化的格网间距（米）"), NUMBER, "",
          lambda holding: holding.precision_m if holding.geometry else None),
    Field("review_number", _("审图号"), TEXT, "", _text("review_number")),
    Field("notice", _("声明"), TEXT, "", _text("notice")),
    Field("published_at", _("公开时间"), MOMENT, "documents[0].datePublished",
          lambda holding: moment(holding.published_at)),
    Field("changed_at", _("更新时间"), MOMENT, "updated", lambda holding: moment(holding.changed_at)),
    Field("until", _("公开至（含当日）"), DAY, "", _day("until")),
)  # fmt: skip


def values(holding: Holding) -> dict[str, Any]:
    """The fields of one project by their names; words in Chinese, whatever the reader's language."""
    with translation.override("zh-hans"):
        return {field.name: field.value(holding) for field in FIELDS}
