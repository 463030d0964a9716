"""Where photos and videos of projects were taken, for the inside's map: the diary's and those that were brought."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from gis_projects.library.models import Attachment, Project
from gis_projects.library.queries.photos import PhotoPosition, photo_positions
from gis_projects.library.queries.projects import search
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible
from gis_projects.publishing.models import ProgressMedia

#: Where a position comes from, when a diary's entry names it.
ENTERED = "entered"


@dataclass(frozen=True)
class PlacedPhoto:
    """A photo or video and where it was taken: longitude and latitude in degrees, EPSG:4490, as exact as it was said.

    ``key`` is ``diary:<attachment>`` or ``media:<row>``. ``on`` is the day on which it was taken (``taken``), or else
    the day on which it was brought. ``position_by``: ``file`` (its own metadata), ``typed`` (by who brought it) or
    ``entered`` (in the diary). ``small`` and ``whole`` are addresses; they ask for the permission again.
    """

    key: str
    kind: str
    project: int
    project_name: str
    lon: float
    lat: float
    on: date
    taken: bool
    caption: str
    position_by: str
    small: str
    whole: str


@dataclass(frozen=True)
class Wanted:
    """What of them is asked for; the days are both within."""

    project: int | None = None
    q: str = ""
    since: date | None = None
    until: date | None = None


def photos(user: User, wanted: Wanted = Wanted()) -> list[PlacedPhoto]:
    """What was taken of the projects that somebody may read, newest day first; without a position it is on no map.

    A diary's photo that was also taken over for the public is told once, by its copy; its own position goes before
    the diary's. Six queries at most.
    """
    projects = _projects(user, wanted)
    diary = {one.attachment: one for one in photo_positions(user, projects)}
    bytes_of = dict(Attachment.objects.filter(pk__in=diary).values_list("pk", "sha256"))
    of_bytes = {(diary[key].project, sha256): key for key, sha256 in bytes_of.items()}
    told: set[int] = set()
    found: list[PlacedPhoto] = []
    rows = visible(user, Permission.READ_PROJECTS, ProgressMedia.objects.select_related("project"))
    if projects is not None:
        rows = rows.filter(project__in=projects)
    for row in rows.filter(Q(location__isnull=False) | Q(sha256__in=bytes_of.values())):
        twin = of_bytes.get((row.project_id, row.sha256))
        if twin is not None:
            told.add(twin)
        if (placed := _of_media(row, diary.get(twin) if twin is not None else None)) is not None:
            found.append(placed)
    found += [_of_diary(one) for key, one in diary.items() if key not in told]
    # What was taken over has its day from the diary or of its own, so the days are asked of the whole.
    within = [one for one in found if _is_within(one.on, wanted)]
    return sorted(within, key=lambda one: (one.on, one.key), reverse=True)


def _projects(user: User, wanted: Wanted) -> list[int] | None:
    """The keys of the projects that are asked for; None asks for all that somebody may read."""
    if wanted.project is None and not wanted.q:
        return None
    known = search(visible(user, Permission.READ_PROJECTS, Project.objects.order_by()), wanted.q)
    if wanted.project is not None:
        known = known.filter(pk=wanted.project)
    return list(known.values_list("pk", flat=True))


def _is_within(day: date, wanted: Wanted) -> bool:
    return not ((wanted.since and day < wanted.since) or (wanted.until and day > wanted.until))


def _of_media(row: ProgressMedia, twin: PhotoPosition | None) -> PlacedPhoto | None:
    whole = reverse("publishing:media", args=[row.project_id, row.pk])
    moment = row.taken_at or row.at
    made = PlacedPhoto(
        key=f"media:{row.pk}",
        kind=row.kind,
        project=row.project_id,
        project_name=row.project.name,
        lon=0.0,
        lat=0.0,
        on=timezone.localtime(moment).date(),
        taken=row.taken_at is not None,
        caption=row.caption,
        position_by=row.position_source,
        small=f"{whole}?small",
        whole=whole,
    )
    if row.location is not None:
        made = replace(made, lon=row.location.x, lat=row.location.y)
    elif twin is not None:
        made = replace(made, lon=twin.lon, lat=twin.lat, position_by=ENTERED)
    else:
        return None
    if twin is not None:
        made = replace(made, caption=made.caption or twin.text)
        if row.taken_at is None:
            made = replace(made, on=twin.on, taken=True)
    return made


def _of_diary(one: PhotoPosition) -> PlacedPhoto:
    return PlacedPhoto(
        key=f"diary:{one.attachment}",
        kind="photo",
        project=one.project,
        project_name=one.project_name,
        lon=one.lon,
        lat=one.lat,
        on=one.on,
        taken=True,
        caption=one.text,
        position_by=ENTERED,
        small=reverse("publishing:diary-photo", args=[one.attachment]),
        whole=reverse("library:project-file", args=[one.project, one.attachment]),
    )
