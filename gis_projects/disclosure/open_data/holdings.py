"""The disclosed projects as of a day, one by one.

Today's are the public copies themselves; a past day's are `Edition`s, and only of projects that are disclosed today:
what was withdrawn or has run out is in no version, whichever day is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import shapely
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from gis_projects.disclosure.models import DisclosedEvent, DisclosedProject, DisclosedResult, Edition
from gis_projects.disclosure.queries import PUBLIC
from gis_projects.disclosure.queries.selection import disclosed

# As on the public map: about a metre, finer than any grid that is published.
_DECIMALS = 5
_CHUNK = 500
TEXTS = (
    "code", "name", "content", "region_code", "region_name", "township", "industry", "level", "stage", "owner",
    "authority", "form", "review_number", "notice",
)  # fmt: skip


@dataclass(frozen=True)
class Event:
    """A line of the public timeline."""

    on: date
    text: str


@dataclass(frozen=True)
class Result:
    """A performance target, and what its evaluation found once that was released."""

    year: int
    target: str
    result: str
    grade: str
    released_on: date | None


@dataclass(frozen=True)
class Holding:
    """What the public may know of one project on a day; empty or None is what was not disclosed.

    ``geometry`` is a GeoJSON geometry (longitude and latitude of EPSG:4490, outer rings counterclockwise).
    """

    slug: str
    texts: dict[str, str]
    kinds: tuple[str, ...]
    year: int | None
    starts_on: date | None
    ends_on: date | None
    planned_yuan: Decimal | None
    completed_yuan: Decimal | None
    geometry: dict[str, Any] | None
    precision_m: int | None
    published_at: datetime
    changed_at: datetime
    until: date | None
    events: tuple[Event, ...] = field(default=())
    results: tuple[Result, ...] = field(default=())

    def __getitem__(self, name: str) -> str:
        """One of the `TEXTS`."""
        return self.texts[name]


def holdings(day: date | None = None) -> Iterator[Holding]:
    """Every disclosed project in a fixed order, as it stood at the end of ``day`` (None or today: as it stands)."""
    if day is None or day >= timezone.localdate():
        yield from _current()
    else:
        for edition in editions(day).order_by("slug").iterator(chunk_size=_CHUNK):
            yield _past(edition.slug, edition.content)


def editions(day: date) -> QuerySet[Edition]:
    """What stood at the end of a past day, of the projects that are disclosed today."""
    return _still_disclosed().filter(
        Q(until_day=None) | Q(until_day__gt=day),
        from_day__lte=day,
    )


def days() -> list[date]:
    """The days from which another version holds, the newest first; today's is the newest version of all."""
    found = {
        day
        for pair in _still_disclosed().order_by().values_list("from_day", "until_day").distinct()
        for day in pair
        if day is not None and day <= timezone.localdate()
    }
    return sorted(found, reverse=True)


def version_of(day: date) -> date:
    """The day from which the version holds that stood on a past day: the newest of `days` by then. What was asked for
    before anything was disclosed is one version too, that of the first day of all.
    """
    found = _still_disclosed().aggregate(
        begun=Max("from_day", filter=Q(from_day__lte=day)),
        ended=Max("until_day", filter=Q(until_day__lte=day)),
    )
    return max((one for one in found.values() if one is not None), default=date.min)


def changed_at(day: date | None = None) -> datetime:
    """When the version of a day last changed: the newest change of a project, or the end of the past day."""
    if day is not None and day < timezone.localdate():
        return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
    newest = disclosed().order_by("-changed_at").values_list("changed_at", flat=True).first()
    return timezone.localtime(newest or timezone.now())


def _still_disclosed() -> QuerySet[Edition]:
    shown = disclosed().filter(slug=OuterRef("slug"))
    return Edition.objects.using(PUBLIC).filter(Exists(shown))


def _current() -> Iterator[Holding]:
    batch: list[DisclosedProject] = []
    for project in disclosed().order_by("slug").iterator(chunk_size=_CHUNK):
        batch.append(project)
        if len(batch) == _CHUNK:
            yield from _with_lines(batch)
            batch = []
    yield from _with_lines(batch)


def _with_lines(projects: list[DisclosedProject]) -> Iterator[Holding]:
    """The same projects with their timelines and results, two questions for all of them."""
    slugs = [project.slug for project in projects]
    events: dict[str, list[Event]] = {}
    for line in DisclosedEvent.objects.using(PUBLIC).filter(slug__in=slugs):
        events.setdefault(line.slug, []).append(Event(line.on, line.text))
    results: dict[str, list[Result]] = {}
    for row in DisclosedResult.objects.using(PUBLIC).filter(slug__in=slugs):
        results.setdefault(row.slug, []).append(
            Result(row.year, row.target, row.result, row.grade, row.released_on)
        )
    for project in projects:
        yield Holding(
            slug=project.slug,
            texts={name: getattr(project, name) for name in TEXTS},
            kinds=tuple(project.kinds),
            year=project.year,
            starts_on=project.starts_on,
            ends_on=project.ends_on,
            planned_yuan=project.planned_yuan,
            completed_yuan=project.completed_yuan,
            geometry=_drawn(shapely.from_wkb(bytes(project.geometry.wkb))) if project.geometry else None,
            precision_m=project.precision_m,
            published_at=timezone.localtime(project.published_at),
            changed_at=timezone.localtime(project.changed_at),
            until=project.until,
            events=tuple(events.get(project.slug, ())),
            results=tuple(results.get(project.slug, ())),
        )


def _past(slug: str, content: dict[str, Any]) -> Holding:
    """What an edition holds: the fields of the public copy by their names, its place as GeoJSON."""
    shape = content.get("geometry")
    return Holding(
        slug=slug,
        texts={name: content.get(name) or "" for name in TEXTS},
        kinds=tuple(content.get("kinds") or ()),
        year=content.get("year"),
        starts_on=_day(content.get("starts_on")),
        ends_on=_day(content.get("ends_on")),
        planned_yuan=_money(content.get("planned_yuan")),
        completed_yuan=_money(content.get("completed_yuan")),
        geometry=_drawn(shapely.geometry.shape(shape)) if shape else None,
        precision_m=content.get("precision_m"),
        published_at=_moment(content["published_at"]),
        changed_at=_moment(content["changed_at"]),
        until=_day(content.get("until")),
    )


def _drawn(shape: Any) -> dict[str, Any]:
    """RFC 7946: outer rings counterclockwise, holes clockwise; no more decimals than the grid is worth."""
    turned = shapely.orient_polygons(shape, exterior_cw=False)
    rounded = shapely.transform(turned, lambda places: places.round(_DECIMALS))
    return dict(shapely.geometry.mapping(rounded))


def _day(text: str | None) -> date | None:
    return parse_date(text) if text else None


def _money(value: str | float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _moment(text: str) -> datetime:
    moment = parse_datetime(text)
    if moment is None:
        raise ValueError(f"an edition's moment can't be read: {text!r}")
    return timezone.localtime(moment)
