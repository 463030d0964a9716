"""Print series: which sheets one takes, what is drawn on each, and one's own series with their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import shapely
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from gis_projects.atlas import drawn, permalink
from gis_projects.atlas.printing import series
from gis_projects.atlas.printing.content import Wanted
from gis_projects.atlas.printing.pdf import BASE
from gis_projects.atlas.printing.sheet import Frame, Sheet
from gis_projects.atlas.queries import areas, catalogue, marks
from gis_projects.atlas.queries.bookmarks import hash_for, readable
from gis_projects.atlas.queries.exports import folder
from gis_projects.atlas.queries.marks import Shown
from gis_projects.library import selecting
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require, visible
from gis_projects.trail.models import Job, JobState
from layers.models import LayerVersion

KIND = "atlas.print_series"
SHOWN = 10
GRID, PROJECTS, BOOKMARKS = "grid", "projects", "bookmarks"
WAYS = (GRID, PROJECTS, BOOKMARKS)


@dataclass(frozen=True)
class Asked:
    """What somebody asked for, as the API has checked it and a job keeps it as JSON.

    ``area`` (`atlas.areas`) of a grid; ``query`` of projects (the list page's filters, with an area and a day as the
    map's export has them); ``bookmarks`` by key, in the order of the sheets. ``scale`` 0: as each sheet needs it.
    ``layers`` and ``projects`` as the map shows them (`api.printing.LayerIn`, `queries.marks.Shown`; None: none).
    """

    way: str
    paper: str
    landscape: bool
    scale: int = 0
    title: str = ""
    approval: str = ""
    base: bool = True
    area: str = ""
    query: str = ""
    bookmarks: tuple[int, ...] = ()
    layers: tuple[dict[str, Any], ...] = ()
    projects: dict[str, Any] | None = None

    @property
    def sheet(self) -> Sheet:
        return Sheet(self.paper, self.landscape)


@dataclass(frozen=True)
class Planned:
    """One sheet: its frame and title, and the project or bookmark that it is about."""

    frame: Frame
    title: str
    project: int | None = None
    bookmark: int | None = None

    def to_json(self) -> dict[str, Any]:
        frame = self.frame
        return {
            "title": self.title, "project": self.project, "bookmark": self.bookmark,
            "lon": frame.lon, "lat": frame.lat, "scale": frame.scale, "zone": frame.zone,
        }  # fmt: skip


def planned(told: Mapping[str, Any], sheet: Sheet) -> Planned:
    """Undo `Planned.to_json`."""
    width, height = sheet.window
    frame = Frame(told["lon"], told["lat"], told["scale"], 0.0, width, height, told["zone"])
    return Planned(frame, told["title"], told["project"], told["bookmark"])


@dataclass(frozen=True)
class Plan:
    """The sheets in their order, and the projects (key and name) that have no place and so no sheet."""

    sheets: list[Planned]
    unplaced: list[tuple[int, str]]


def plan(user: User, asked: Asked) -> Plan:
    """The sheets of what is asked for, of what the user may know of now.

    Raises
    ------
    ValidationError
        No sheet, or more than `series.MOST_SHEETS`; the area or a filter can't be understood.
    """
    require(user, Permission.READ_LAYERS)
    try:
        found = {GRID: _grid, PROJECTS: _projects, BOOKMARKS: _bookmarks}[asked.way](user, asked)
    except selecting.Misunderstood as error:
        raise ValidationError(error.errors) from error
    except series.TooManySheets as error:
        raise ValidationError(
            _("至少需要 %(number)s 幅，一次最多 %(most)s 幅。请缩小范围或用更小的比例尺。"),
            params={"number": error.number, "most": series.MOST_SHEETS}, code="many",
        ) from error  # fmt: skip
    if not found.sheets:
        raise ValidationError(_("没有可以成图的内容。"), code="none")
    return found


def _grid(user: User, asked: Asked) -> Plan:
    area, _mode = drawn.asked({"area": asked.area})
    if area is None or not asked.scale:
        raise selecting.Misunderstood({"area": [drawn.said("form")]})
    try:
        shape = areas.shape_of(user, area)
    except areas.NoOutline as error:
        raise selecting.Misunderstood({"area": [drawn.said("outline")]}) from error
    name = asked.title or _("一张图")
    frames = series.grid(shape, asked.sheet, asked.scale)
    return Plan([Planned(frame, f"{name} {number}") for number, frame in enumerate(frames, 1)], [])


def _projects(user: User, asked: Asked) -> Plan:
    require(user, Permission.READ_PROJECTS)
    params = QueryDict(asked.query)
    area, mode = drawn.asked(params)
    rows = drawn.rows_in(user, selecting.selected(user, params), area, mode)
    if len(rows) > series.MOST_SHEETS:
        raise series.TooManySheets(len(rows))
    shapes = sites(user, [row.pk for row in rows])
    sheets, unplaced = [], []
    for row in sorted(rows, key=lambda row: (row.region, row.code)):
        shape = shapes.get(row.pk)
        if shape is None and row.longitude is not None:
            shape = shapely.Point(row.longitude, row.latitude)
        if shape is None:
            unplaced.append((row.pk, row.name))
        else:
            sheets.append(Planned(series.around(shape, asked.sheet, asked.scale), row.name, project=row.pk))
    return Plan(sheets, unplaced)


def sites(user: User, keys: Sequence[int]) -> dict[int, shapely.Geometry]:
    """The present boundaries (degrees) of those projects whose sites the user may read. One query."""
    rows = visible(user, Permission.READ_SITES, Project.objects.filter(site__current__isnull=False))
    found = rows.filter(pk__in=keys).values_list("pk", "site__current__geometry")
    return {pk: shapely.from_wkb(bytes(geometry.wkb)) for pk, geometry in found}


def _bookmarks(user: User, asked: Asked) -> Plan:
    if len(asked.bookmarks) > series.MOST_SHEETS:
        raise series.TooManySheets(len(asked.bookmarks))
    rows = readable(user).in_bulk(asked.bookmarks)
    sheets = []
    for row in (rows[key] for key in asked.bookmarks if key in rows):
        view = permalink.parse(row.hash)
        frame = series.of_view(view.lon, view.lat, view.zoom, asked.sheet)
        sheets.append(Planned(frame, row.name, bookmark=row.pk))
    return Plan(sheets, [])


def layers_of(
    user: User, layers: Sequence[Mapping[str, Any]], day: date | None = None
) -> tuple[list[Wanted], list[str]]:
    """The layers that are asked for as far as the user may read them now, and the codes of those that they may not.

    With a ``day``: in the versions that were in force then, where none is asked for by number; the codes are of those
    as well that had none. What isn't said of a layer (or makes no sense of it) is as the catalogue has it.
    """
    numbers = {one["code"]: one["version"] for one in layers if one.get("version")}
    found = {version.layer.code: version for version in catalogue.shown(user, day=day, numbers=numbers)}
    wanted = [_wanted(found[one["code"]], one) for one in layers if one["code"] in found]
    return wanted, [one["code"] for one in layers if one["code"] not in found]


def _wanted(version: LayerVersion, one: Mapping[str, Any]) -> Wanted:
    opacity, look, looks = one.get("opacity"), one.get("look", ""), catalogue.looks(version)
    return Wanted(
        version,
        version.layer.opacity if opacity is None else opacity,
        frozenset(one.get("hidden", ())),
        look if look in looks else next(iter(looks), ""),
    )


def base_of(user: User, day: date | None = None) -> list[Wanted]:
    """The layers of the base map that the user may read, as they are or as they were on a day."""
    found = {version.layer.code: version for version in catalogue.shown(user, day=day)}
    return [Wanted(found[code]) for code in BASE if code in found]


def bookmarked(
    user: User, key: int, otherwise: Sequence[Mapping[str, Any]]
) -> tuple[list[Mapping[str, Any]], date | None]:
    """The layers of a bookmark's (left) side, as they are asked for, and the day of which it shows them; None for now.

    Where it names no layers, they are those of the map.

    Raises `PermissionDenied` where the user may not open it any more.
    """
    row = readable(user).filter(pk=key).first()
    if row is None:
        raise PermissionDenied
    side = permalink.parse(hash_for(user, row)).left
    if side.layers is None:
        held = () if side.as_of is None else ("version",)  # what the map shows now is no version of that day
        return [
            {name: said for name, said in one.items() if name not in held} for one in otherwise
        ], side.as_of
    return [
        {
            "code": state.code,
            "version": state.version,
            "opacity": None if state.opacity is None else state.opacity / 100,
            "hidden": sorted(state.hidden),
            "look": state.style or "",
        }
        for state in side.layers
    ], side.as_of


def marked(user: User, key: int | None, told: Mapping[str, Any] | None) -> Shown | None:
    """The projects of a sheet: as the map shows them, or as its bookmark does. None where none are asked for, or where
    the user reads none, or the bookmark has every kind off.
    """
    shown = marks.readable_by(user, Shown.of(told))
    if shown is None or key is None:
        return shown
    row = readable(user).filter(pk=key).first()
    if row is None:
        raise PermissionDenied
    side = permalink.parse(hash_for(user, row)).left
    return Shown(QueryDict(row.query).urlencode()).on_side(side)


@dataclass(frozen=True)
class Series:
    """A job of somebody's, and its file if that can be fetched."""

    job: Job
    path: Path | None
    name: str
    expires_at: datetime | None

    @property
    def expired(self) -> bool:
        return self.job.state == JobState.DONE and self.path is None


def _own(user: User) -> QuerySet[Job]:
    return Job.objects.filter(kind=KIND, actor_id=str(user.pk))


def _series(user: User, job: Job) -> Series:
    result = job.result or {}
    expires_at = parse_datetime(result["expires_at"]) if result.get("expires_at") else None
    path = folder() / result["file"] if result.get("file") else None
    gone = expires_at is None or expires_at <= timezone.now() or path is None or not path.exists()
    if not gone and not _may_still(user, result):
        gone = True
    return Series(job, None if gone else path, result.get("name", ""), expires_at)


def _may_still(user: User, result: Mapping[str, Any]) -> bool:
    """Whether all that was printed may be read today as well: a right that went takes the file with it."""
    codes, projects = set(result["codes"]), set(result["projects"])
    if codes - set(catalogue.visible_codes(user, codes)):
        return False
    known = visible(user, Permission.READ_PROJECTS, Project.objects.filter(pk__in=projects))
    return known.count() == len(projects)


def every(user: User) -> list[Series]:
    """The user's newest series."""
    require(user, Permission.READ_LAYERS)
    return [_series(user, job) for job in _own(user)[:SHOWN]]


def one(user: User, pk: int) -> Series:
    """One of the user's own series; else 404."""
    require(user, Permission.READ_LAYERS)
    job = _own(user).filter(pk=pk).first()
    if job is None:
        raise Http404
    return _series(user, job)
