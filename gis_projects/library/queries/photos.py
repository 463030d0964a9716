"""Where the photos of the construction diaries were taken, for a map of the inside."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from gis_projects.library.models import Attachment, DiaryEntry
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible


@dataclass(frozen=True)
class PhotoPosition:
    """A photo by its `Attachment` and where its diary entry says that it was taken: longitude and latitude in degrees,
    EPSG:4490, as exact as it was entered.
    """

    attachment: int
    project: int
    project_name: str
    lon: float
    lat: float
    on: date
    text: str


def photo_positions(user: User, projects: Collection[int] | None = None) -> Iterator[PhotoPosition]:
    """Of the projects that somebody may read, or of those among them with these keys, newest day first; of a corrected
    entry the photos stay, at the place that the newest correction names. Two queries.
    """
    within = {} if projects is None else {"project__in": projects}
    entries = {
        row.pk: row
        for row in visible(
            user, Permission.READ_PROJECTS, DiaryEntry.objects.filter(**within).select_related("project")
        )
    }
    newer = {row.corrects_id: row for row in entries.values() if row.corrects_id}
    photos: dict[int, list[int]] = {}
    files = visible(
        user,
        Permission.READ_PROJECTS,
        Attachment.objects.filter(subject__startswith="library.diary:", kind__in=("jpeg", "png"), **within),
    )
    for key, subject in files.values_list("pk", "subject"):
        photos.setdefault(int(subject.partition(":")[2]), []).append(key)
    for key in sorted(
        photos, key=lambda key: (entries[key].on, key) if key in entries else (date.min, key), reverse=True
    ):
        entry = entries.get(key)
        while entry is not None and entry.pk in newer:
            entry = newer[entry.pk]
        if entry is None or entry.location is None:
            continue
        for attachment in photos[key]:
            yield PhotoPosition(
                attachment,
                entry.project_id,
                entry.project.name,
                entry.location.x,
                entry.location.y,
                entry.on,
                entry.text[:200],
            )
