"""The construction diary: entries are added and corrected, never taken away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.library.actions.attachments import attach
from gis_projects.library.models import DiaryEntry, Project
from gis_projects.library.subjects import demand, locked, subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission
from gis_projects.trail import actions as trail


def diary_subject(entry: DiaryEntry) -> str:
    """What an entry's photos lie beside."""
    return f"library.diary:{entry.pk}"


@transaction.atomic
def write_diary(
    *,
    by: User | None,
    project: Project,
    text: str,
    on: date | None = None,
    location: Point | None = None,
    photos: Iterable[tuple[str, bytes]] = (),
    corrects: DiaryEntry | None = None,
) -> DiaryEntry:
    """Write what was seen on a day (today unless given), or correct an entry; both stay.

    Parameters
    ----------
    location
        Where, EPSG:4490.
    photos
        Name and bytes of each.

    Raises
    ------
    ValidationError
        The text is empty, the day lies ahead, the place is none, or the entry was corrected already (correct the
        correction).
    UnusableInput
        A photo isn't taken (`files`).
    """
    project = locked(project)
    demand(by, Permission.EDIT_PROJECTS, project)
    today = timezone.localdate()
    entry = DiaryEntry(
        project=project, on=on or today, text=text.strip(), location=location, corrects=corrects, by=by
    )
    if entry.on > today:
        raise ValidationError({"on": _("日志日期不能晚于今天。")})
    if location is not None and not (-180 <= location.x <= 180 and -90 <= location.y <= 90):
        raise ValidationError({"location": _("经度应在 ±180、纬度应在 ±90 之内。")})
    if corrects is not None:
        if corrects.project_id != project.pk:
            raise ValidationError({"corrects": _("只能更正本项目的日志。")})
        if DiaryEntry.objects.filter(corrects=corrects).exists():
            raise ValidationError({"corrects": _("这一条已有更正，请更正最新的一条。")})
    entry.full_clean(exclude=["by"])
    entry.save(force_insert=True)
    for name, content in photos:
        attach(
            by=by, project=project, purpose="photo", name=name, content=content, subject=diary_subject(entry)
        )
    project.save(update_fields=["updated_at"])
    trail.record(
        by=by,
        verb="library.correct_diary" if corrects else "library.write_diary",
        subject=subject(project),
        data={
            "entry": entry.pk,
            "on": entry.on.isoformat(),
            "text": entry.text,
            "location": [location.x, location.y] if location else None,
            **({"corrects": corrects.pk} if corrects else {}),
        },
    )
    return entry
