"""Which fields an article of each kind has beside its words, what its title is called, and in which list it stands.

Pure: the inside writes by this table, the public reads by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from gis_projects.disclosure.models.articles import ArticleKind

MOST_LONG = 6000
MOST_SHORT = 300


@dataclass(frozen=True)
class Field:
    """One field: ``long`` has several lines, ``day`` is a date (ISO), ``number`` counts."""

    code: str
    label: Any
    required: bool = False
    long: bool = False
    day: bool = False
    number: bool = False


FIELDS: Mapping[str, tuple[Field, ...]] = {
    ArticleKind.ITEM: (
        Field("code", _("事项编码"), required=True),
        Field("legal_basis", _("设定依据"), required=True, long=True),
        Field("materials", _("申请材料"), required=True, long=True),
        Field("time_limit", _("办理时限"), required=True),
        Field("fee", _("收费情况"), required=True),
        Field("place", _("办理地点"), required=True),
    ),
    ArticleKind.GUIDE: (
        Field("item_code", _("对应事项编码")),
        Field("steps", _("办理流程"), required=True, long=True),
        Field("forms", _("所需表格"), long=True),
        Field("time_limit", _("办理时限")),
        Field("place", _("办理地点")),
    ),
    ArticleKind.SYSTEM: (
        Field("document", _("文号")),
        Field("issued_on", _("发文日期"), day=True),
    ),
    ArticleKind.REQUIREMENTS: (Field("applies_to", _("适用对象"), required=True),),
    ArticleKind.POLICY: (
        Field("issuer", _("发文机关"), required=True),
        Field("document", _("文号")),
        Field("issued_on", _("发文日期"), day=True),
        Field("effective_on", _("施行日期"), day=True),
    ),
    ArticleKind.INTERPRETATION: (),
    ArticleKind.NOTICE: (),
    ArticleKind.DELEGATION: (
        Field("code", _("事项编码")),
        Field("form", _("下放方式"), required=True),
        Field("delegated_to", _("承接单位"), required=True),
        Field("since", _("实施日期"), required=True, day=True),
        Field("legal_basis", _("下放依据"), required=True, long=True),
        Field("filed", _("办理备案件数"), number=True),
        Field("filed_until", _("备案统计截至"), day=True),
    ),
    ArticleKind.CONTACT: (
        Field("person", _("联系人"), required=True),
        Field("telephone", _("联系电话"), required=True),
        Field("address", _("办公地址"), required=True),
        Field("hours", _("工作时间"), required=True),
        Field("tasks", _("承担的论证工作"), long=True),
    ),
}

#: What the title is called where it is no title.
TITLES: Mapping[str, Any] = {
    ArticleKind.ITEM: _("事项名称"),
    ArticleKind.DELEGATION: _("事项名称"),
    ArticleKind.CONTACT: _("科（股）室"),
}
#: These have no text of their own.
WORDLESS = frozenset({ArticleKind.CONTACT})
#: These name who is responsible.
WITH_DEPARTMENT = frozenset(
    {ArticleKind.ITEM, ArticleKind.GUIDE, ArticleKind.DELEGATION, ArticleKind.CONTACT}
)

#: The public lists: address → the kinds that stand in it.
LISTS: Mapping[str, tuple[ArticleKind, ...]] = {
    "items": (ArticleKind.ITEM,),
    "guides": (ArticleKind.GUIDE, ArticleKind.SYSTEM, ArticleKind.REQUIREMENTS),
    "policies": (ArticleKind.POLICY, ArticleKind.INTERPRETATION),
    "notices": (ArticleKind.NOTICE,),
    "contacts": (ArticleKind.CONTACT,),
    "delegated": (ArticleKind.DELEGATION,),
}


def list_of(kind: str) -> str:
    """The public list in which articles of a kind stand."""
    return next(name for name, kinds in LISTS.items() if kind in kinds)


def said(kind: str, facts: Mapping[str, Any]) -> list[tuple[Field, str]]:
    """The filled fields of an article in their order."""
    return [(field, str(facts[field.code])) for field in FIELDS[kind] if facts.get(field.code)]
