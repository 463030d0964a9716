"""What differs between two public copies of a project, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from gis_projects.disclosure.models import DisclosedProject, MediaKind
from gis_projects.library import money
from gis_projects.library.money import Unit
from gis_projects.library.terms import Industry, Level, ProjectKind, Stage
from gis_projects.publishing.copying import Copy
from gis_projects.sentences import listed

NOTHING = "—"


@dataclass(frozen=True)
class Difference:
    """One field by its ``key`` of the copy, what it is called, and its two values as text in the reader's language."""

    key: str
    label: str
    before: str
    after: str


def between(before: Copy, after: Copy) -> list[Difference]:
    """Field by field; only what differs."""
    old, new = told(before), told(after)
    found = []
    for key, (label, text) in new.items():
        was = old[key][1] if key in old else NOTHING
        if was != text:
            found.append(Difference(key, label, was, text))
    found += [Difference(key, label, text, NOTHING) for key, (label, text) in old.items() if key not in new]
    moved = before["geometry"] != after["geometry"]
    if moved and not any(one.key == "geometry" for one in found):
        found.append(Difference("geometry", _("公开位置"), _("原位置"), _("位置已变化")))
    return found


def said(before: Copy, after: Copy) -> tuple[dict[str, str], dict[str, str]]:
    """As a step of the trail keeps it: what was, and what is, of the fields that differ."""
    found = between(before, after)
    return {one.key: one.before for one in found}, {one.key: one.after for one in found}


def told(copy: Copy) -> dict[str, tuple[str, str]]:
    """Everything that a copy holds: key → what it is called, and its value as text, in the order of a page."""
    row = copy["project"]
    found = {key: (label_of(key), _SHOW.get(key, _plain)(row[key])) for key in _ORDER if key in row}
    found["geometry"] = (_("公开位置"), place(copy))
    found["events"] = (
        _("时间线"), _("；").join("{on} {text}".format(**one) for one in copy["events"]) or NOTHING,
    )  # fmt: skip
    found["results"] = (_("绩效"), _("；").join(_result(one) for one in copy["results"]) or NOTHING)
    found["media"] = (_("照片与视频"), _("；").join(_medium(one) for one in copy["media"]) or NOTHING)
    return found


def label_of(key: str) -> str:
    """What a field of the public project is called."""
    field: Any = DisclosedProject._meta.get_field(key)
    return str(field.verbose_name)


def place(copy: Copy) -> str:
    """How a copy shows where the project is."""
    shape, metres = copy["geometry"], copy["project"]["precision_m"]
    if shape is None:
        return _("不公开位置")
    if shape["type"] == "Point":
        return _("概略点位，%(metres)s 米格网") % {"metres": metres}
    rings = [ring for polygon in shape["coordinates"] for ring in polygon]
    return _("概化轮廓，%(metres)s 米格网，%(corners)s 个拐点") % {
        "metres": metres,
        "corners": sum(len(ring) - 1 for ring in rings),
    }


def _plain(value: Any) -> str:
    return NOTHING if value in (None, "", []) else str(value)


def _coded(choices: Any) -> Callable[[Any], str]:
    def shown(value: Any) -> str:
        return str(choices(value).label) if value else NOTHING

    return shown


def _yuan(value: Any) -> str:
    return NOTHING if value is None else money.show(Decimal(value), Unit.YUAN)


def _kinds(value: list[str]) -> str:
    return listed(str(ProjectKind(kind).label) for kind in value) or NOTHING


def _result(one: dict[str, Any]) -> str:
    text = f"{one['year']} {one['target']}"
    return f"{text} → {one['grade']} {one['result']}" if one["result"] else text


def _medium(one: dict[str, Any]) -> str:
    parts = [str(MediaKind(one["kind"]).label), one["caption"], one["taken_on"] or ""]
    return " ".join(part for part in parts if part)


_ORDER = (
    "code", "name", "content", "region_name", "township", "kinds", "industry", "level", "stage", "year", "owner",
    "authority", "starts_on", "ends_on", "planned_yuan", "completed_yuan", "review_number", "notice", "until",
)  # fmt: skip
_SHOW: dict[str, Callable[[Any], str]] = {
    "kinds": _kinds,
    "industry": _coded(Industry),
    "level": _coded(Level),
    "stage": _coded(Stage),
    "planned_yuan": _yuan,
    "completed_yuan": _yuan,
}
