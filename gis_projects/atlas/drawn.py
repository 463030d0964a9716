"""The area that an address names beside the filters, and the selected projects in it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from gis_projects.atlas import areas
from gis_projects.atlas.queries import areas as queries
from gis_projects.library import selecting
from gis_projects.library.queries.mapping import Mapped
from gis_projects.library.queries.projects import projects
from gis_projects.people.models import User


def asked(params: Any) -> tuple[areas.Area | None, str]:
    """The area that an address names, if it does, and how projects must lie in it.

    Raises
    ------
    selecting.Misunderstood
        It is no area, or no such way.
    """
    mode = params.get("mode") or "intersects"
    if mode not in queries.MODES:
        raise selecting.Misunderstood({"mode": [", ".join(queries.MODES)]})
    text = params.get("area") or ""
    if not text:
        return None, mode
    try:
        return areas.parse(text), mode
    except areas.NoArea as error:
        raise selecting.Misunderstood({"area": [said(error.code)]}) from error


def said(code: str) -> str:
    """Why what was drawn or typed is no area."""
    return {
        "form": _("范围应写作 rect、poly、circle 或 region 之一。"),
        "place": _("坐标超出经纬度范围。"),
        "empty": _("范围没有面积。"),
        "crossed": _("范围的边线自相交。"),
        "points": _("范围的顶点过多，最多 %(most)s 个。") % {"most": areas.MOST_POINTS},
        "radius": _("半径应大于 0 且不超过 500 公里。"),
        "outline": _("没有这个地区的界线。"),
    }[code]


def rows_in(user: User, chosen: selecting.Selected, area: areas.Area | None, mode: str) -> list[Mapped]:
    """The rows of a selection that lie in an area; all of them without one."""
    if area is None:
        return chosen.rows
    try:
        keys = queries.inside(user, area, mode, projects(user))
    except queries.NoOutline as error:
        raise selecting.Misunderstood({"area": [said("outline")]}) from error
    return [row for row in chosen.rows if row.pk in keys]
