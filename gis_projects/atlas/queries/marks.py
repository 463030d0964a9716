"""Projects as the map shows them, for a sheet: asked as the reader who prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

import shapely
from django.http import QueryDict
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from gis_projects.atlas.permalink import Side
from gis_projects.atlas.printing import drawing, marks, signs
from gis_projects.atlas.printing.sheet import Frame
from gis_projects.atlas.queries import region_figures
from gis_projects.atlas.queries.region_figures import RegionFigures
from gis_projects.library import selecting
from gis_projects.library.filters import selection
from gis_projects.library.models import Project
from gis_projects.library.queries.mapping import Mapped
from gis_projects.library.terms import Industry, Level, ProjectKind, Stage
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, Secrecy, has, require, visible
from gis_projects.sentences import listed

#: Ways of the map in which projects are drawn, and those in which regions are, with what a region's disc stands for.
POINTS, HEATS = "points", ("heat", "heat-amount")
REGIONS = {
    "region-number": "number", "region-planned": "planned_yuan", "region-completed": "cumulative_yuan",
    "region-share": "progress",
}  # fmt: skip
SHOWS = (POINTS, *HEATS, *REGIONS)
_TERMS = {
    "kind": ProjectKind.choices,
    "level": Level.choices,
    "industry": Industry.choices,
    "stage": Stage.choices,
}
_LARGEST = 7.0  # mm


@dataclass(frozen=True)
class Shown:
    """What the map shows of projects: an address's filters (with ``as_of``), the words of the search box, the look of
    the symbols and the way.
    """

    query: str = ""
    words: str = ""
    look: str = "kind"
    show: str = POINTS

    @classmethod
    def of(cls, told: Mapping[str, Any] | None) -> Shown | None:
        return (
            None
            if told is None
            else cls(**{name: told[name] for name in ("query", "words", "look", "show") if name in told})
        )

    def on_side(self, side: Side) -> Shown | None:
        """The same filters with what a bookmark's side says of kinds, day, look and way. None where it has every kind
        off: the map shows no projects then, though regions still.
        """
        kinds = [kind for kind in _kinds(side.kinds) if kind in (*_kinds(None), signs.NO_KIND)]
        if not kinds and side.show not in REGIONS:
            return None
        if set(_kinds(None)) <= set(kinds):  # then those as well whose kinds on that day nobody knows
            kinds.append(signs.UNTOLD)
        params = QueryDict(self.query, mutable=True)
        params.setlist("kind", kinds)
        params.pop("as_of", None)
        if side.day is not None:
            params["as_of"] = side.day.isoformat()
        look = side.look if side.look in signs.LOOKS else "kind"
        return Shown(params.urlencode(), "", look, side.show if side.show in SHOWS else POINTS)


@dataclass(frozen=True)
class Above:
    """What projects add to a sheet: ``number`` of them are drawn singly or gathered, or counted in regions.

    ``keys`` are those that whoever reads the sheet must be allowed to know of: all that are drawn; of those that are
    counted in regions the confidential ones, and one of each region. ``confidential`` are some of these.
    """

    svg: list[str] = field(default_factory=list)
    legend: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    confidential: list[int] = field(default_factory=list)
    number: int = 0


@dataclass(frozen=True)
class Selection:
    """What is shown as it was asked for, once for any number of sheets: ``rows`` with the words of the search box,
    those of them that are ``confidential`` by key, and the ``figures`` where regions are shown.
    """

    params: QueryDict
    chosen: selecting.Selected
    rows: list[Mapped]
    confidential: frozenset[int]
    figures: RegionFigures | None = None


def select(user: User, shown: Shown) -> Selection:
    """Raises as `above`."""
    require(user, Permission.READ_PROJECTS)
    params = QueryDict(shown.query)
    chosen = selecting.selected(user, params)
    rows, figures = chosen.rows, None
    if shown.show in REGIONS:
        require(user, Permission.READ_STATISTICS)
        figures = region_figures.by_region(user, rows, narrowed=_narrowed(params), as_of=chosen.as_of)
    else:
        words = shown.words.strip().lower()
        rows = [row for row in rows if words in row.name.lower() or words in row.code.lower()]
    secret = Project.objects.filter(secrecy=Secrecy.CONFIDENTIAL).values_list("pk", flat=True)
    return Selection(
        params, chosen, rows, frozenset(secret.order_by()).intersection(row.pk for row in rows), figures
    )


def known(user: User) -> frozenset[int]:
    """The projects that the user may know of now, by key: while they are the same, so is what is selected of them. One
    query.
    """
    rows = visible(user, Permission.READ_PROJECTS, Project.objects.order_by())
    return frozenset(rows.values_list("pk", flat=True))


def above(user: User, shown: Shown | None, frame: Frame, selection: Selection | None = None) -> Above:
    """The projects of a sheet, as far as the user may know of them now; ``selection`` is what `select` gave.

    Raises
    ------
    PermissionDenied
        They may read no projects, or (where regions are shown) no statistics.
    Misunderstood
        A filter can't be read.
    """
    if shown is None:
        return Above()
    require(user, Permission.READ_PROJECTS)
    selection = selection or select(user, shown)
    rows, chosen = selection.rows, selection.chosen
    if selection.figures is not None:
        return _regions(user, shown, selection, selection.figures, frame)
    labels = {
        signs.UNTOLD: str(_("当日情况不详")),
        signs.NO_KIND: str(_("未归入四类")),
        **{str(value): str(label) for value, label in _TERMS.get(shown.look, [])},
    }
    made = marks.drawn(rows, frame, shown.look, selection.params.getlist("kind") or _kinds(None), labels)
    notes = [_said(rows, made, chosen)]
    if shown.show in HEATS:
        notes.append(_("屏幕上的热力图在纸上以项目符号表示。"))
    block = {
        "name": _("项目"),
        "date": chosen.as_of,
        "entries": [{**entry, "swatch": mark_safe(entry["swatch"])} for entry in made.entries],  # noqa: S308 - drawn by us
        "empty": not made.svg,
    }
    secret = sorted(selection.confidential.intersection(made.keys))
    return Above(made.svg, [block], notes, made.keys, secret, len(made.keys))


def told(shown: Shown | None, made: Above) -> dict[str, Any] | None:
    """What a sheet shows of projects, for the trail: what was asked for, how many there are, and which of those that
    are confidential.
    """
    if shown is None:
        return None
    return {**asdict(shown), "number": made.number, "confidential": made.confidential}


def readable_by(user: User, shown: Shown | None) -> Shown | None:
    """None where the user reads no projects at all: a sheet of layers is still theirs."""
    return shown if shown is not None and has(user, Permission.READ_PROJECTS) else None


def _kinds(kinds: tuple[str, ...] | None) -> list[str]:
    return list(kinds) if kinds is not None else [str(kind) for kind in ProjectKind]


def _said(rows: list[Mapped], made: marks.Marks, chosen: selecting.Selected) -> str:
    said = [_("项目：图幅内 %(here)s 个，所选共 %(all)s 个") % {"here": len(made.keys), "all": len(rows)}]
    if unplaced := sum(not row.is_placed for row in rows):
        said.append(_("其中 %(n)s 个没有位置，未绘制") % {"n": unplaced})
    if chosen.as_of is not None:
        said.append(_("为 %(day)s 的情况") % {"day": chosen.as_of.isoformat()})
    if made.gathered:
        said.append(_("相近的项目合并成圆，数字为项目数，扇形为各类所占"))
    elif made.svg:
        said.append(_("空心符号为大致位置"))
    return _("，").join(said) + _("。")


def _regions(user: User, shown: Shown, selection: Selection, found: RegionFigures, frame: Frame) -> Above:
    """Discs at the regions, with the report's figures written beside them. The legend has every row of the report, as
    the table beside the map has: those without ground too.
    """
    require(user, Permission.READ_STATISTICS)
    measure = REGIONS[shown.show]
    rows = [row for row in found.rows if row.code]
    outlines = region_figures.outlines(user, [row.code for row in rows])
    values = {
        row.code: float(getattr(row.figures, measure))
        for row in rows
        if row.code in outlines and getattr(row.figures, measure) is not None
    }
    greatest = max(values.values(), default=0.0)
    svg: list[str] = []
    captions: list[str] = []
    entries = [
        {"swatch": "", "label": f"{row.name}  {_figure(measure, getattr(row.figures, measure))}"}
        for row in found.rows
    ]
    for row in rows:
        if row.code not in values:
            continue
        outline = outlines[row.code]
        svg.append(drawing.outlined(shapely.geometry.shape(outline["geometry"]), frame, _REGION))
        place = shapely.get_coordinates(frame.project(shapely.Point(outline["centre"])))[0].tolist()
        value = values[row.code]
        r = max(1.0, _LARGEST * (value / greatest) ** 0.5) if greatest > 0 and value > 0 else 0.6
        svg.append(marks.disc(place[0], place[1], r))
        captions.append(
            drawing.caption(place[0], place[1] + r + 2.6, f"{row.name} {_figure(measure, value)}")
        )
    svg += captions  # above every disc; where they hide each other the legend still says all
    names = {
        "number": _("项目数"), "planned_yuan": _("计划投资"), "cumulative_yuan": _("累计完成投资"),
        "progress": _("投资完成率"),
    }  # fmt: skip
    label = _("圆的面积按%(measure)s，最大为 %(most)s") % {
        "measure": names[measure], "most": _figure(measure, greatest),
    }  # fmt: skip
    block = {
        "name": _("各地区项目"),
        "date": found.as_of,
        "entries": [
            {"swatch": mark_safe(marks.disc_swatch()), "label": label},  # noqa: S308 - drawn by us
            *entries,
        ],
        "empty": not svg,
    }
    notes = [
        _("各地区数字与 %(day)s 的统计报表一致%(narrowed)s。") % {
            "day": found.as_of.isoformat(), "narrowed": _("（按所选项目）") if _narrowed(selection.params) else "",
        }
    ]  # fmt: skip
    if groundless := [row.name for row in rows if row.figures.number and row.code not in outlines]:
        notes.append(_("图上没有界线、只列在图例中：%(names)s。") % {"names": listed(groundless)})
    if found.unrecorded:
        notes.append(_("另有 %(n)s 个项目没有投资记录，不计入统计表。") % {"n": found.unrecorded})
    one_each = {row.region: row.pk for row in reversed(selection.rows)}.values()
    secret = sorted(selection.confidential)
    return Above(svg, [block], notes, sorted({*secret, *one_each}), secret, len(selection.rows))


_REGION: drawing.Look = {"fill": None, "stroke": "#5a5346", "width": 1.5}


def _narrowed(params: QueryDict) -> bool:
    """Whether the address selects less than the report counts: all four kinds on is the whole library."""
    rest = params.copy()
    if set(_kinds(None)) <= set(rest.getlist("kind")):
        rest.pop("kind")
    return bool(selection(rest))


def _figure(measure: str, value: Decimal | float | None) -> str:
    if value is None:
        return "—"
    if measure == "number":
        return f"{value:,.0f}"
    return f"{value:g}%" if measure == "progress" else _("%(n)s 万元") % {"n": f"{float(value) / 1e4:,.0f}"}
