"""Publicity of handling as a table, for the public's download and for the desk's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from gis_projects.disclosure.models import HandlingMatter, HandlingStage
from gis_projects.disclosure.queries import handling as queries


def columns() -> list[str]:
    """The heads: the matter, each of the five steps with its departments, the document, and whether it ended."""
    heads = [_("项目名称"), _("办理事项"), _("所属地区")]
    for _number, label in HandlingStage.choices:
        heads += [str(label), _("%(stage)s部门") % {"stage": label}]
    return [*heads, _("文号"), _("是否办结")]


def rows(matters: Iterable[HandlingMatter]) -> Iterator[list[Any]]:
    """One line for each matter, its steps by their days."""
    for row in matters:
        line: list[Any] = [row.project.name, row.get_kind_display(), row.region_name]
        document = ""
        for station in queries.stations(row):
            line += [station.step.on, station.step.departments] if station.step else ["", ""]
            document = station.step.document if station.step and station.step.document else document
        yield [*line, document, _("是") if row.ended else _("否")]
